"""The point on QGIS's main map: centred and outlined."""

from __future__ import annotations

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsProject,
)
from qgis.gui import QgsMapCanvas, QgsRubberBand

from .scene_views import pixel_band

_PIXELS_ACROSS = 60
"""Width of the map in pixels of the land-cover map when it is zoomed to a point."""


class PointOnMap:
    """The outline of one pixel on a canvas.

    Parameters
    ----------
    canvas : of the main window.

    """

    def __init__(self, canvas: QgsMapCanvas) -> None:
        self._canvas = canvas
        self._band: QgsRubberBand | None = None

    def show(self, crs: QgsCoordinateReferenceSystem, pixel: QgsGeometry, *, zoom: bool) -> None:
        """Outline a pixel and bring it to the centre of the map.

        Parameters
        ----------
        crs : of the sample.
        pixel : its square in that CRS.
        zoom : whether the scale is set; else it stays as the interpreter has chosen it.

        """
        target = self._canvas.mapSettings().destinationCrs()
        outline = QgsGeometry(pixel)
        if crs.isValid() and target.isValid() and crs != target:
            try:
                outline.transform(QgsCoordinateTransform(crs, target, QgsProject.instance()))
            except QgsCsException:
                self.clear()
                return
        if self._band is None:
            self._band = pixel_band(self._canvas)
        self._band.setToGeometry(outline, None)
        box = outline.boundingBox()
        if zoom:
            self._canvas.setExtent(box.scaled(_PIXELS_ACROSS))
        else:
            self._canvas.setCenter(box.center())
        self._canvas.refresh()

    def clear(self) -> None:
        """Remove the outline."""
        if self._band is not None:
            self._canvas.scene().removeItem(self._band)
            self._band = None
