"""Two linked pictures of a point: a scene in true colours, and in short-wave infrared, near infrared and red."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsContrastEnhancement,
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsMultiBandColorRenderer,
    QgsPointXY,
    QgsRasterLayer,
    QgsRectangle,
    QgsWkbTypes,
)
from qgis.gui import QgsMapCanvas, QgsMapToolPan, QgsRubberBand
from qgis.PyQt.QtCore import QEvent, QObject, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ...plugin.layers.point_series import SceneOfPoint
from ...plugin.translation import tr
from ..sections import ElidedLabel

TRUE_COLOUR = (("B04", 0, 3000), ("B03", 0, 3000), ("B02", 0, 3000))
"""Band and the digital numbers of its darkest and lightest tone, for red, green and blue."""
FALSE_COLOUR = (("B11", 0, 4500), ("B08", 0, 5000), ("B04", 0, 3000))
_GAMMA = 1.6
"""Lightens dark land, such as forests and shaded slopes, without losing bright soils."""
WIDTH_M = 600.0
"""Width of the ground that the pictures show at first."""
METRES_PER_DEGREE = 111_320.0
"""Of latitude; for maps in degrees, whose pixels are outlined roughly."""
_MAX_LAYERS = 60
_HEIGHT_PX, _MAX_HEIGHT_PX = 126, 280
_OUTLINE = QColor(255, 235, 59)
_AROUND = QColor(0, 0, 0, 200)

Stretch = tuple[tuple[str, int, int], ...]


def pixel_band(canvas: QgsMapCanvas) -> QgsRubberBand:
    """The outline of a pixel on a canvas, light with a dark edge: it is visible on any picture.

    Parameters
    ----------
    canvas : on which it is drawn; the caller removes it from the canvas's scene.

    """
    band = QgsRubberBand(canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
    band.setStrokeColor(_OUTLINE)
    band.setSecondaryStrokeColor(_AROUND)
    band.setFillColor(QColor(0, 0, 0, 0))
    band.setWidth(2)
    return band


class SceneViews(QWidget):
    """The pictures; moving one moves the other."""

    key_pressed = pyqtSignal(object)
    """A key event on a picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaSceneViews")
        self._layers: dict[tuple[Path, Stretch], QgsRasterLayer] = {}
        self._placing = False
        self._width_m = WIDTH_M
        self._centre: QgsPointXY | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self._true = _Picture("allpaTrueColour", tr("True colour"), TRUE_COLOUR, self)
        self._false = _Picture("allpaFalseColour", tr("SWIR, NIR, red"), FALSE_COLOUR, self)
        self._pictures = (self._true, self._false)
        for picture in self._pictures:
            row.addWidget(picture)
            picture.setMaximumHeight(_MAX_HEIGHT_PX + picture.fontMetrics().height())
            picture.canvas.installEventFilter(self)
        self.setMaximumHeight(_MAX_HEIGHT_PX + self.fontMetrics().height())
        self._true.canvas.extentsChanged.connect(self._follow_true)
        self._false.canvas.extentsChanged.connect(self._follow_false)

    def show_point(self, crs: QgsCoordinateReferenceSystem, pixel: QgsGeometry) -> None:
        """Centre both pictures on a pixel and outline it; the scale stays.

        Parameters
        ----------
        crs : of the sample.
        pixel : its square in that CRS.

        """
        for picture in self._pictures:
            picture.outline(crs, pixel)
        self._place(pixel.boundingBox().center())

    def show_scene(self, true_colour: SceneOfPoint | None, false_colour: SceneOfPoint | None) -> None:
        """Show the scenes of one or two dates.

        Parameters
        ----------
        true_colour, false_colour : of the left and of the right picture; None shows none.

        """
        for picture, scene in zip(self._pictures, (true_colour, false_colour)):
            layer = self._layer(scene.image, picture.stretch) if scene is not None and scene.image is not None else None
            picture.show_layer(layer, scene)

    def zoom_to_start(self) -> None:
        """Show the ground in its first width again."""
        self._width_m = WIDTH_M
        self._place_again()

    def dispose(self) -> None:
        """Take everything off the canvases."""
        for picture in self._pictures:
            picture.dispose()
        self._layers.clear()
        self._centre = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: ARG002, N802 - Qt's name
        """Keys on a picture are keys of the page; a picture whose size changes shows the same width of ground."""
        if event.type() == QEvent.Type.Resize:
            QTimer.singleShot(0, self._place_again)  # after the canvas has taken its size over
        if event.type() == QEvent.Type.KeyPress:
            event.setAccepted(False)
            self.key_pressed.emit(event)
            return bool(event.isAccepted())
        return False

    def _layer(self, path: Path, stretch: Stretch) -> QgsRasterLayer | None:
        key = (path, stretch)
        if key not in self._layers:
            while len(self._layers) >= _MAX_LAYERS:
                self._layers.pop(next(iter(self._layers)))
            layer = QgsRasterLayer(str(path), path.stem)
            if not layer.isValid():
                return None
            stretch_bands(layer, stretch)
            self._layers[key] = layer
        return self._layers[key]

    def _follow_true(self) -> None:
        self._link(self._true, self._false)

    def _follow_false(self) -> None:
        self._link(self._false, self._true)

    def _link(self, moved: _Picture, other: _Picture) -> None:
        """Follow what a person did."""
        if self._placing or moved.is_resized():
            return
        centre = moved.canvas.extent().center()
        self._centre = centre
        self._width_m = moved.width_m()
        self._placing = True
        other.place(centre, self._width_m)
        self._placing = False

    def _place_again(self) -> None:
        if self._centre is not None:
            self._place(self._centre)

    def _place(self, centre: QgsPointXY) -> None:
        self._centre = centre
        self._placing = True
        for picture in self._pictures:
            picture.place(centre, self._width_m)
        self._placing = False


class _Picture(QFrame):
    """A canvas of one stretch with its title."""

    def __init__(self, name: str, title: str, stretch: Stretch, parent: QWidget) -> None:
        super().__init__(parent)
        self.stretch = stretch
        self._title_text = title
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        self.canvas = QgsMapCanvas(self)
        self.canvas.setObjectName(name)
        self.canvas.setMinimumHeight(_HEIGHT_PX)
        self.canvas.setMinimumWidth(80)
        self.canvas.setCanvasColor(QColor("#808080"))
        self.canvas.enableAntiAliasing(True)
        self.canvas.setParallelRenderingEnabled(False)
        self._tool = QgsMapToolPan(self.canvas)
        self.canvas.setMapTool(self._tool)
        self._band = pixel_band(self.canvas)
        self._placed_size = self.canvas.size()
        self._title = ElidedLabel(f"{name}Title", self)
        self._title.setText(title)
        self._title.setToolTip(title)
        column.addWidget(self._title)
        column.addWidget(self.canvas, 1)

    def outline(self, crs: QgsCoordinateReferenceSystem, pixel: QgsGeometry) -> None:
        if self.canvas.mapSettings().destinationCrs() != crs:
            self.canvas.setDestinationCrs(crs)
        self._band.setToGeometry(pixel, None)

    def place(self, centre: QgsPointXY, width_m: float) -> None:
        self._placed_size = self.canvas.size()
        half_x = width_m / self._metres_per_unit() / 2
        half_y = half_x * max(1, self.canvas.height()) / max(1, self.canvas.width())
        x, y = centre.x(), centre.y()
        self.canvas.setExtent(QgsRectangle(x - half_x, y - half_y, x + half_x, y + half_y))
        self.canvas.refresh()

    def is_resized(self) -> bool:
        return bool(self.canvas.size() != self._placed_size)

    def width_m(self) -> float:
        return float(self.canvas.extent().width()) * self._metres_per_unit()

    def _metres_per_unit(self) -> float:
        return METRES_PER_DEGREE if self.canvas.mapSettings().destinationCrs().isGeographic() else 1.0

    def show_layer(self, layer: QgsRasterLayer | None, scene: SceneOfPoint | None) -> None:
        day = scene.day.isoformat() if scene is not None else tr("no scene")
        self._title.setText(f"{day} · {self._title_text}")
        self._title.setToolTip(f"{day} · {self._title_text}\n{scene.scene_id if scene is not None else ''}".strip())
        layers = [layer] if layer is not None else []
        if self.canvas.layers() != layers:
            self.canvas.setLayers(layers)
            self.canvas.refresh()

    def dispose(self) -> None:
        self.canvas.stopRendering()
        self.canvas.setLayers([])
        if self._band is not None:
            self.canvas.scene().removeItem(self._band)
            self._band = None


def stretch_bands(layer: QgsRasterLayer, stretch: Stretch) -> None:
    """Show three bands of a scene by their names; those that are missing are taken in the order of the file.

    Parameters
    ----------
    layer : of a scene.
    stretch : such as `TRUE_COLOUR`.

    """
    provider = layer.dataProvider()
    names = [provider.generateBandName(number) for number in range(1, layer.bandCount() + 1)]
    numbers = []
    for place, (name, _, _) in enumerate(stretch):
        found = [number for number, text in enumerate(names, 1) if name in text.split(":")[-1].split()]
        numbers.append(found[0] if found else min(place + 1, layer.bandCount()))
    renderer = QgsMultiBandColorRenderer(provider, *numbers)
    setters = (
        renderer.setRedContrastEnhancement,
        renderer.setGreenContrastEnhancement,
        renderer.setBlueContrastEnhancement,
    )
    for number, (_, low, high), set_enhancement in zip(numbers, stretch, setters):
        enhancement = QgsContrastEnhancement(provider.dataType(number))
        enhancement.setMinimumValue(low)
        enhancement.setMaximumValue(high)
        enhancement.setContrastEnhancementAlgorithm(
            QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum
        )
        set_enhancement(enhancement)
    layer.setRenderer(renderer)
    layer.brightnessFilter().setGamma(_GAMMA)
