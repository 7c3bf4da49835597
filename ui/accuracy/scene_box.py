"""What the scenes of a run show at a point: two pictures and the time line, linked by the scene that is chosen."""

from __future__ import annotations

from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QCheckBox, QLayout, QVBoxLayout, QWidget

from ...plugin.layers.point_series import SceneOfPoint
from ...plugin.layers.sample_labels import SamplePoint
from ..labels import let_shrink
from .scene_views import SceneViews
from .series_reading import SeriesReading
from .time_line import TimeLine


class SceneBox(QWidget):
    """Hidden where no folder of scenes is chosen."""

    key_pressed = pyqtSignal(object)
    """A key event on a picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaSceneBox")
        self._reading: SeriesReading | None = None
        self._point: SamplePoint | None = None
        self._scenes: tuple[SceneOfPoint, ...] = ()
        self._chosen: tuple[int | None, int | None] = (None, None)
        self._preferred = ""
        self._scene_count: int | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.setSizeConstraint(QLayout.SizeConstraint.SetMinAndMaxSize)
        self._views = SceneViews(self)
        self._time_line = TimeLine(self)
        self._show_classes = QCheckBox(self.tr("Show the classes of single scenes"), self)
        self._show_classes.setObjectName("allpaShowSceneClasses")
        self._show_classes.setToolTip(
            self.tr("They come from the same network as the map: labels that follow them make the map seem better.")
        )
        let_shrink(self._show_classes)
        self._show_classes.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column.addWidget(self._views, 1)
        for widget in (self._time_line, self._show_classes):
            column.addWidget(widget)
        self._views.key_pressed.connect(self.key_pressed)
        self._time_line.scene_chosen.connect(self._choose)
        self._show_classes.toggled.connect(self._time_line.set_classes_shown)

    def start(self, reading: SeriesReading | None, *, offer_classes: bool = True) -> None:
        """Show the scenes of a session.

        Parameters
        ----------
        reading : of the scenes, which the box stops at the end; None hides the box.
        offer_classes : whether the classes of single scenes may be shown.

        """
        self._reading, self._scene_count = reading, None
        self._show_classes.setChecked(False)
        self._show_classes.setVisible(offer_classes)
        self.setVisible(reading is not None)
        if reading is not None:
            reading.found.connect(self._on_found)
            reading.point_read.connect(self._on_point_read)
            reading.start()

    def stop(self) -> None:
        """End the reading; nothing is shown any more."""
        if self._reading is not None:
            self._reading.stop()
            self._reading.deleteLater()
        self._reading, self._point = None, None
        self._scenes, self._chosen = (), (None, None)
        self._views.show_scene(None, None)

    def dispose(self) -> None:
        """Before the plugin is unloaded."""
        self.stop()
        self._views.dispose()

    def show_point(
        self, crs: QgsCoordinateReferenceSystem, pixel: QgsGeometry, point: SamplePoint, following: SamplePoint | None
    ) -> None:
        """Show a point, and read the one that is likely to follow.

        Parameters
        ----------
        crs : of the sample.
        pixel : square of the point in that CRS.
        point : to show.
        following : to read meanwhile; None reads none.

        """
        if self._reading is None:
            return
        self._point = point
        self._views.show_point(crs, pixel)
        self._reading.ask([point, *([following] if following is not None else [])])
        scenes = self._reading.scenes_of(point)
        if scenes is not None:
            self._show_scenes(scenes)
        else:
            self._scenes = ()
            self._time_line.show_scenes((), self.tr("Reading scenes…"))

    def step(self, by: int) -> None:
        """Show the scene before (-1) or after (1) the one that is shown."""
        shown = [index for index, scene in enumerate(self._scenes) if scene.image is not None]
        left = self._chosen[0]
        if left in shown and 0 <= shown.index(left) + by < len(shown):
            self._choose(shown[shown.index(left) + by], False)

    def zoom_to_start(self) -> None:
        """Show the pictures at their first scale."""
        self._views.zoom_to_start()

    def _on_found(self, count: int) -> None:
        self._scene_count = count
        if count == 0:
            self._show_scenes(())

    def _on_point_read(self, point_id: int) -> None:
        if self._reading is not None and self._point is not None and self._point.point_id == point_id:
            self._show_scenes(self._reading.scenes_of(self._point) or ())

    def _show_scenes(self, scenes: tuple[SceneOfPoint, ...]) -> None:
        self._scenes = scenes
        nothing = self.tr("No scene covers this point.")
        if self._scene_count == 0:
            nothing = self.tr("There are no scenes in the folder.")
        self._time_line.show_scenes(scenes, nothing)
        index = _best_scene(scenes, self._preferred)
        self._show_chosen(index, index)

    def _choose(self, index: int, right_only: bool) -> None:
        self._preferred = self._scenes[index].scene_id
        self._show_chosen(self._chosen[0] if right_only else index, index)

    def _show_chosen(self, left: int | None, right: int | None) -> None:
        self._chosen = (left, right)
        self._time_line.set_chosen(left, right)
        self._views.show_scene(*(self._scenes[index] if index is not None else None for index in self._chosen))


def _best_scene(scenes: tuple[SceneOfPoint, ...], preferred: str) -> int | None:
    """The scene that is shown first: that of the point before where it is clear here, else the greenest clear one."""
    shown = [index for index, scene in enumerate(scenes) if scene.image is not None]
    clear = [index for index in shown if scenes[index].clear] or shown
    for index in clear:
        if scenes[index].scene_id == preferred:
            return index
    return max(clear, key=lambda index: scenes[index].ndvi or 0.0, default=None)
