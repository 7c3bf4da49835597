"""The region as the dock holds it: a polygon in longitude and latitude, its area, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsDistanceArea,
    QgsFeatureRequest,
    QgsGeometry,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QCoreApplication

MAX_FEATURES = 5000
"""More features than this are not merged while the window waits."""
_EDGE_POINTS = 9
_MAX_LATITUDE = 84.0


@dataclass(frozen=True)
class RegionChoice:
    """What the user chose to map."""

    geometry: QgsGeometry
    """Polygon or multipolygon, longitude/latitude WGS 84."""
    crs: str
    """`EPSG:` code or other name of the CRS it was drawn in."""
    name: str = ""
    """Title for tables and reports; may be empty."""

    @property
    def area_ha(self) -> float:
        """Area on the WGS 84 ellipsoid."""
        return area_ha(self.geometry, wgs84())

    @property
    def parameter(self) -> str:
        """The value of the algorithms' GEOMETRY parameter: a WKT with its CRS, plain text that a command can repeat."""
        return f"CRS=EPSG:4326;{self.geometry.asWkt(7)}"


def _text(text: str) -> str:
    return str(QCoreApplication.translate("AllpaRegion", text))


def wgs84() -> QgsCoordinateReferenceSystem:
    """Longitude/latitude WGS 84."""
    return QgsCoordinateReferenceSystem("EPSG:4326")


def area_ha(geometry: QgsGeometry, crs: QgsCoordinateReferenceSystem) -> float:
    """Area in hectares on the WGS 84 ellipsoid of a polygon given in `crs`; NaN where that cannot be computed."""
    measure = QgsDistanceArea()
    measure.setSourceCrs(crs, QgsCoordinateTransformContext())
    measure.setEllipsoid("EPSG:7030")
    try:
        area = measure.measureArea(geometry)
    except QgsCsException:
        return float("nan")
    return float(measure.convertAreaMeasurement(area, QgsUnitTypes.AreaUnit.AreaHectares))


def to_wgs84(
    geometry: QgsGeometry, crs: QgsCoordinateReferenceSystem, context: QgsCoordinateTransformContext
) -> QgsGeometry:
    """The geometry in longitude and latitude; edges get points between, so that they stay where they were drawn.

    Raises QgsCsException where a point has no place on the globe.
    """
    if crs.authid() == "EPSG:4326":
        return QgsGeometry(geometry)
    transformed = geometry.densifyByCount(_EDGE_POINTS)
    transformed.transform(QgsCoordinateTransform(crs, wgs84(), context))
    return transformed


def region_problem(geometry: QgsGeometry) -> str:
    """One sentence that says why a region in longitude and latitude cannot be mapped; empty where it can."""
    if geometry.isNull() or geometry.isEmpty():
        return _text("The region is empty.")
    if QgsWkbTypes.geometryType(geometry.wkbType()) != QgsWkbTypes.GeometryType.PolygonGeometry:
        return _text("The region is not a polygon.")
    if geometry.area() == 0 and repair_geometry(geometry).isEmpty():
        return _text("The region has no area.")
    errors = geometry.validateGeometry(Qgis.GeometryValidationEngine.Geos)
    if errors:
        where = errors[0].where()
        return _text("The region's border crosses or touches itself near longitude {x:.4f}, latitude {y:.4f}.").format(
            x=where.x(), y=where.y()
        )
    return _extent_problem(geometry)


def _extent_problem(geometry: QgsGeometry) -> str:
    box = geometry.boundingBox()
    if box.xMinimum() < -180 or box.xMaximum() > 180 or max(-box.yMinimum(), box.yMaximum()) > _MAX_LATITUDE:
        return _text("The region leaves the area of Sentinel-2 (longitude -180 to 180, latitude -84 to 84).")
    if box.width() > 180:
        return _text("The region seems to run around the globe; cut it at the 180th meridian.")
    return ""


def repair_geometry(geometry: QgsGeometry) -> QgsGeometry:
    """A valid geometry of the same land, polygons only; empty where nothing is left."""
    valid = geometry.makeValid()
    if QgsWkbTypes.geometryType(valid.wkbType()) == QgsWkbTypes.GeometryType.PolygonGeometry:
        return valid
    return _extract_polygons(valid)


def _extract_polygons(geometry: QgsGeometry) -> QgsGeometry:
    parts = [
        part
        for part in geometry.asGeometryCollection()
        if QgsWkbTypes.geometryType(part.wkbType()) == QgsWkbTypes.GeometryType.PolygonGeometry
    ]
    return QgsGeometry.unaryUnion(parts) if parts else QgsGeometry()


def layer_region(
    layer: QgsVectorLayer, selected_only: bool, context: QgsCoordinateTransformContext
) -> tuple[QgsGeometry, int]:
    """Merge a polygon layer's features into one region in longitude and latitude.

    Gives the region and the number of features whose borders were repaired. Raises ValueError with one sentence where
    there are none or too many features, and QgsCsException where they have no place on the globe.
    """
    count = layer.selectedFeatureCount() if selected_only else layer.featureCount()
    if count > MAX_FEATURES:
        raise ValueError(
            _text("The layer has {count} features; select fewer than {most}.").format(count=count, most=MAX_FEATURES)
        )
    request = QgsFeatureRequest().setSubsetOfAttributes([])
    features = layer.getSelectedFeatures(request) if selected_only else layer.getFeatures(request)
    parts, repaired_count = [], 0
    for feature in features:
        if not feature.hasGeometry():
            continue
        part = feature.geometry()
        if not part.isGeosValid():
            part, repaired_count = repair_geometry(part), repaired_count + 1
        parts.append(to_wgs84(part, layer.crs(), context))
    if not parts:
        raise ValueError(
            _text("No feature is selected in the layer.") if selected_only else _text("The layer has no polygons.")
        )
    return (parts[0] if len(parts) == 1 else QgsGeometry.unaryUnion(parts)), repaired_count
