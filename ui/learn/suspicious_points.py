"""Labels that other labels contradict: a layer, and a button that goes from one to the next."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsCoordinateTransform, QgsFeature, QgsProject, QgsRectangle, QgsVectorLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtWidgets import QHBoxLayout, QToolButton, QWidget

from ..labels import wrapped_label

SUSPICIOUS_FILE = "suspicious.gpkg"
_WIDTH_M = 500.0
"""Of the map around a point."""
_M_PER_DEGREE = 111_320.0


class SuspiciousPoints(QWidget):
    """Hidden until a folder of training data has suspicious labels.

    Parameters
    ----------
    canvas : shows the labels.
    parent : owner.

    """

    def __init__(self, canvas: QgsMapCanvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaSuspicious")
        self._canvas = canvas
        self._layer_id = ""
        self._index = -1
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._text = wrapped_label("allpaSuspiciousText", self)
        self._previous, self._next = QToolButton(self), QToolButton(self)
        for button, name, text, step in (
            (self._previous, "allpaSuspiciousPrevious", "◀", -1),
            (self._next, "allpaSuspiciousNext", "▶", 1),
        ):
            button.setObjectName(name)
            button.setText(text)
            button.clicked.connect(lambda _checked=False, step=step: self.go(step))
        self._previous.setToolTip(self.tr("Previous suspicious label"))
        self._next.setToolTip(self.tr("Next suspicious label"))
        row.addWidget(self._text, 1)
        row.addWidget(self._previous)
        row.addWidget(self._next)
        self.setVisible(False)

    def show_folder(self, folder: Path | None) -> None:
        """Load the layer of suspicious labels of training data.

        Parameters
        ----------
        folder : of the training data; None hides this.

        """
        path = folder / SUSPICIOUS_FILE if folder is not None else None
        self._index, self._layer_id = -1, ""
        layer = QgsVectorLayer(str(path), self.tr("Suspicious labels"), "ogr") if path and path.is_file() else None
        if layer is None or not layer.isValid() or not layer.featureCount():
            self.setVisible(False)
            return
        project = QgsProject.instance()
        same = [known for known in project.mapLayers().values() if known.source() == layer.source()]
        project.removeMapLayers([known.id() for known in same])
        layer.loadDefaultStyle()
        project.addMapLayer(layer, addToLegend=False)
        project.layerTreeRoot().insertLayer(0, layer)  # above the images, whatever layer is the current one
        self._layer_id = layer.id()
        self._text.setText(self.tr("{count} labels are contradicted by others.").format(count=layer.featureCount()))
        self.setVisible(True)

    def go(self, step: int) -> None:
        """Show the next or previous label on the map.

        Parameters
        ----------
        step : 1 or -1; after the last one the first one follows.

        """
        layer = QgsProject.instance().mapLayer(self._layer_id)
        ids = sorted(layer.allFeatureIds()) if isinstance(layer, QgsVectorLayer) else []
        if not ids:
            self.setVisible(False)
            return
        self._index = (self._index + step) % len(ids) if self._index >= 0 else (0 if step > 0 else -1)
        self._index %= len(ids)
        feature = layer.getFeature(ids[self._index])
        layer.selectByIds([feature.id()])
        self._zoom(layer, feature)
        self._text.setText(
            self.tr("{number} of {count}: {text}").format(
                number=self._index + 1, count=len(ids), text=_description(feature)
            )
        )

    def _zoom(self, layer: QgsVectorLayer, feature: QgsFeature) -> None:
        crs = self._canvas.mapSettings().destinationCrs()
        transform = QgsCoordinateTransform(layer.crs(), crs, QgsProject.instance())
        box = transform.transformBoundingBox(feature.geometry().boundingBox())
        half = _WIDTH_M / 2 / (_M_PER_DEGREE if crs.isGeographic() else 1.0)
        middle = box.center()
        least = QgsRectangle(middle.x() - half, middle.y() - half, middle.x() + half, middle.y() + half)
        least.combineExtentWith(box)
        self._canvas.setExtent(least)
        self._canvas.refresh()


def _description(feature: QgsFeature) -> str:
    """What was recorded, and what other labels suggest."""
    names = [field.name() for field in feature.fields()]
    classes = [str(feature[name]) for name in ("recorded", "suggested") if name in names and feature[name]]
    return " → ".join(classes)
