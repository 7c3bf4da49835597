"""The region from typed coordinates: two corners of a rectangle, or a point and a radius."""

from __future__ import annotations

import math

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
)
from qgis.gui import QgsProjectionSelectionWidget
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from ...plugin.coordinate_text import CoordinatesUnreadable, parse_length, parse_pair
from ...plugin.region_geometry import wgs84
from ..labels import let_shrink, wrapped_label

_CORNERS, _CIRCLE = "corners", "circle"
_MAX_RADIUS_KM = 1000.0
_ARC_STEPS = 24
"""Corners of a quarter of a circle: its area is off by less than a thousandth."""


class CoordinatesForm(QWidget):
    """Fields for two corners, or a centre and a radius, and a button that takes them."""

    entered = pyqtSignal(QgsGeometry, QgsCoordinateReferenceSystem)
    """A polygon and its CRS."""
    rejected = pyqtSignal(str)
    """What cannot be read, in one sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaCoordinates")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._kind = QComboBox(self)
        self._kind.setObjectName("allpaCoordinatesKind")
        self._kind.addItem(self.tr("Two corners"), _CORNERS)
        self._kind.addItem(self.tr("Point and radius"), _CIRCLE)
        self._crs = QgsProjectionSelectionWidget(self)
        self._crs.setObjectName("allpaCoordinatesCrs")
        self._crs.setCrs(wgs84())
        self._first, self._second, self._radius = (
            self._line(name) for name in ("allpaCoordinatesFirst", "allpaCoordinatesSecond", "allpaCoordinatesRadius")
        )
        self._radius.setPlaceholderText("10")
        self._first_label, self._second_label = QLabel(self), QLabel(self.tr("Opposite corner"), self)
        self._radius_label = QLabel(self.tr("Radius (km)"), self)
        self._order = wrapped_label("allpaCoordinatesOrder", self)
        let_shrink(self._kind, self._crs, self._first, self._second, self._radius)
        take = QPushButton(self.tr("Use coordinates"), self)
        take.setObjectName("allpaCoordinatesTake")
        form.addRow(self.tr("Given as"), self._kind)
        form.addRow(self._first_label, self._first)
        form.addRow(self._second_label, self._second)
        form.addRow(self._radius_label, self._radius)
        form.addRow(self.tr("CRS"), self._crs)
        column.addLayout(form)
        column.addWidget(self._order)
        column.addWidget(take)
        self._kind.currentIndexChanged.connect(self._show_kind)
        self._crs.crsChanged.connect(self._show_kind)
        take.clicked.connect(self.take)
        for line in (self._first, self._second, self._radius):
            line.returnPressed.connect(self.take)
        self._show_kind()

    def take(self) -> None:
        """Make the region of what is typed, or say what cannot be read."""
        crs = self._crs.crs()
        try:
            first = self._pair(self._first)
            if self._kind.currentData() == _CORNERS:
                second = self._pair(self._second)
                rectangle = QgsRectangle(QgsPointXY(*first), QgsPointXY(*second))
                if rectangle.isEmpty():
                    self.rejected.emit(self.tr("The two corners lie on one line; a region needs an area."))
                    return
                self.entered.emit(QgsGeometry.fromRect(rectangle), crs)
                return
            radius_km = parse_length(self._radius.text())
        except CoordinatesUnreadable as error:
            self.rejected.emit(self.tr("These coordinates cannot be read: {text}.").format(text=str(error) or "–"))
            return
        if radius_km > _MAX_RADIUS_KM:
            self.rejected.emit(self.tr("The radius is larger than {km} km.").format(km=int(_MAX_RADIUS_KM)))
            return
        try:
            self.entered.emit(circle(QgsPointXY(*first), crs, radius_km * 1000), wgs84())
        except QgsCsException:
            self.rejected.emit(self.tr("The point lies outside of the area of its CRS."))

    def _pair(self, line: QLineEdit) -> tuple[float, float]:
        return parse_pair(line.text(), is_geographic=self._crs.crs().isGeographic())

    def _line(self, name: str) -> QLineEdit:
        line = QLineEdit(self)
        line.setObjectName(name)
        return line

    def _show_kind(self) -> None:
        is_circle = self._kind.currentData() == _CIRCLE
        self._first_label.setText(self.tr("Centre") if is_circle else self.tr("Corner"))
        for widget in (self._second_label, self._second):
            widget.setVisible(not is_circle)
        for widget in (self._radius_label, self._radius):
            widget.setVisible(is_circle)
        is_geographic = self._crs.crs().isGeographic()
        examples = ("-13.50, -72.90", "-13.60, -72.80") if is_geographic else ("726000 8507000", "737000 8496000")
        self._first.setPlaceholderText(examples[0])
        self._second.setPlaceholderText(examples[1])
        if is_geographic:
            text = self.tr(
                "Latitude first, then longitude: -13.50, -72.90 or 13°30'S 72°54'W. South and west are negative. With "
                "decimal commas, separate the two by a semicolon: -13,50; -72,90."
            )
        else:
            text = self.tr("East (x) first, then north (y), in metres: 726000 8507000.")
        self._order.setText(text)


def circle(centre: QgsPointXY, crs: QgsCoordinateReferenceSystem, radius_m: float) -> QgsGeometry:
    """A circle on the ground, in longitude and latitude.

    Parameters
    ----------
    centre : in `crs`.
    crs : of the centre.
    radius_m : metres on the ellipsoid.

    Returns
    -------
    A polygon in EPSG:4326.

    Raises
    ------
    QgsCsException : where the centre cannot be transformed.

    """
    context: QgsCoordinateTransformContext = QgsProject.instance().transformContext()
    point = QgsCoordinateTransform(crs, wgs84(), context).transform(centre)
    if not (math.isfinite(point.x()) and math.isfinite(point.y())):
        raise QgsCsException("no place on the Earth")
    around = QgsCoordinateReferenceSystem.fromProj(
        f"+proj=aeqd +lat_0={point.y():.9f} +lon_0={point.x():.9f} +datum=WGS84 +units=m +no_defs"
    )
    polygon = QgsGeometry.fromPointXY(QgsPointXY(0, 0)).buffer(radius_m, _ARC_STEPS)
    polygon.transform(QgsCoordinateTransform(around, wgs84(), context))
    return polygon
