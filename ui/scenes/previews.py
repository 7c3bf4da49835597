"""Quick looks of the listed scenes: beside the table, and one of them on the map."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from qgis.core import QgsLayerTreeGroup, QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QObject, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QImage, QPixmap
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from ..background import Background
from ..labels import wrapped_label

ICON_PX = 80
"""Longest side of a picture in its row, for screens of double density too."""
PICTURE_PX = 160
"""Height of the picture below the table."""


class PreviewView(QWidget):
    """The picture of the current scene, and a button that shows it on the map; hidden without pictures."""

    icons_changed = pyqtSignal()
    """`icon` has the pictures of other files."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("allpaQuickLook")
        self._paths: dict[str, Path] = {}
        self._icons: dict[str, QPixmap] = {}
        self._current = ""
        self._background = Background(self)
        self._layer = PreviewLayer(self)
        self._picture = QLabel(self)
        self._picture.setObjectName("allpaQuickLookPicture")
        self._picture.setFixedHeight(PICTURE_PX)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._picture.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._text = wrapped_label("allpaQuickLookText", self)
        self._on_map = QToolButton(self)
        self._on_map.setObjectName("allpaQuickLookOnMap")
        self._on_map.setText(self.tr("On the map"))
        self._on_map.setToolTip(self.tr("Show the picture of the current scene on the map"))
        self._on_map.setCheckable(True)
        row = QHBoxLayout()
        row.addWidget(self._text, 1)
        row.addWidget(self._on_map)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._picture)
        column.addLayout(row)
        self._on_map.toggled.connect(lambda _checked: self._update_map())
        self.setVisible(False)

    def set_pictures(self, text: str, failed_count: int) -> None:
        """Take over what `allpa:quicklooks` made.

        Parameters
        ----------
        text : JSON of the pictures' paths by scene id.
        failed_count : scenes that gave none.

        """
        self._paths.update({str(scene): Path(str(path)) for scene, path in json.loads(text).items()})
        self._background.start(partial(_small_pictures, dict(self._paths)), self._show_icons, lambda _error: None)
        failed = self.tr(" Without a picture: {count}.").format(count=failed_count) if failed_count else ""
        self._text.setText(self.tr("Pictures: {count}.").format(count=len(self._paths)) + failed)
        self.setVisible(bool(self._paths) or failed_count > 0)
        self.show_scene(self._current)

    @property
    def busy(self) -> bool:
        """Whether the files of pictures are being read."""
        return self._background.busy

    def clear(self) -> None:
        """Forget the pictures of another list; the files stay."""
        self._background.cancel()
        self._paths, self._icons = {}, {}
        self._on_map.setChecked(False)
        self._layer.remove()
        self.setVisible(False)

    def icon(self, scene_id: str) -> QPixmap | None:
        """The picture of a scene for its row of the table; None where there is none."""
        return self._icons.get(scene_id)

    def _show_icons(self, pictures: dict[str, QImage]) -> None:
        self._icons = {scene: QPixmap.fromImage(picture) for scene, picture in pictures.items()}
        self.icons_changed.emit()

    def show_scene(self, scene_id: str) -> None:
        """Show the picture of a scene, here and, where that is wanted, on the map."""
        self._current = scene_id
        picture = QPixmap(str(self._paths[scene_id])) if scene_id in self._paths else QPixmap()
        self._picture.setVisible(not picture.isNull())
        if not picture.isNull():
            ratio = self.devicePixelRatioF()
            size = QSize(self._picture.width() or PICTURE_PX, PICTURE_PX) * ratio
            scaled = picture.scaled(
                size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            scaled.setDevicePixelRatio(ratio)
            self._picture.setPixmap(scaled)
        self._update_map()

    def dispose(self) -> None:
        """Remove the picture from the map."""
        self._background.dispose()
        self._layer.remove()

    def _update_map(self) -> None:
        path = self._paths.get(self._current)
        if self._on_map.isChecked() and path is not None:
            self._layer.show_file(path, self.tr("Quick look {}").format(self._current))
        else:
            self._layer.remove()


def _small_pictures(paths: dict[str, Path]) -> dict[str, QImage]:
    """Pictures for the rows of the table, by scene; a file that cannot be read has none."""
    side, kind, smooth = (
        QSize(ICON_PX, ICON_PX),
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    small = {}
    for scene, path in paths.items():
        picture = QImage(str(path))
        if not picture.isNull():
            small[scene] = picture.scaled(side, kind, smooth)
    return small


class PreviewLayer(QObject):
    """One picture as a layer above all others; the user may remove it at any time."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._layer_id = ""
        self._path = Path()

    def show_file(self, path: Path, title: str) -> None:
        """Show a picture in place of the one before."""
        project = QgsProject.instance()
        if path == self._path and self._layer_id in project.mapLayers():
            return
        self.remove()
        layer = QgsRasterLayer(str(path), title)
        if not layer.isValid():
            return
        project.addMapLayer(layer, False)
        root: QgsLayerTreeGroup = project.layerTreeRoot()
        root.insertLayer(0, layer).setExpanded(False)
        self._layer_id, self._path = layer.id(), path

    def remove(self) -> None:
        """Remove the picture from the project."""
        if self._layer_id in QgsProject.instance().mapLayers():
            QgsProject.instance().removeMapLayer(self._layer_id)
        self._layer_id, self._path = "", Path()
