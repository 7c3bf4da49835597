"""The region as the dock holds it: a polygon in longitude and latitude, its area, and its name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsCsException,
    QgsDistanceArea,
    QgsFeatureRequest,
    QgsGeometry,
    QgsUnitTypes,
    QgsVectorLayer,
)

from ...plugin.allpa_engine.core.errors import RegionInvalid
from ...plugin.region_geometry import COORDINATE_DECIMALS, merge_polygons, no_polygons_error, wgs84
from ...plugin.tiles_of_region import tiles_of_region
from ...plugin.translation import tr

MAX_FEATURES = 5000
"""More features are not merged while the window waits."""
_NAMED_FEATURES = 3
"""Of a region; one of more features is named after their layer."""
_MAX_NAME_CHARS = 300


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

    @cached_property
    def tiles(self) -> tuple[str, ...]:
        """The Sentinel-2 tiles that it needs; empty where there are too many to count."""
        return tiles_of_region(self.geometry)

    @property
    def parameter(self) -> str:
        """The value of the algorithms' GEOMETRY parameter: WKT with its CRS."""
        return f"CRS=EPSG:4326;{self.geometry.asWkt(COORDINATE_DECIMALS)}"


def area_ha(geometry: QgsGeometry, crs: QgsCoordinateReferenceSystem) -> float:
    """Area of a polygon on the WGS 84 ellipsoid.

    Parameters
    ----------
    geometry : a polygon in `crs`.
    crs : of the polygon.

    Returns
    -------
    Hectares; NaN where the area cannot be computed.

    """
    measure = QgsDistanceArea()
    measure.setSourceCrs(crs, QgsCoordinateTransformContext())
    measure.setEllipsoid("EPSG:7030")
    try:
        area = measure.measureArea(geometry)
    except QgsCsException:
        return float("nan")
    return float(measure.convertAreaMeasurement(area, QgsUnitTypes.AreaUnit.AreaHectares))


def layer_region(
    layer: QgsVectorLayer, selected_only: bool, context: QgsCoordinateTransformContext
) -> tuple[QgsGeometry, int]:
    """Merge a polygon layer's features into one region in longitude and latitude.

    Parameters
    ----------
    layer
        A polygon layer.
    selected_only
        Whether only its selected features are used.
    context
        The project's choice of transformations.

    Returns
    -------
    The region, and the number of features that were repaired.

    Raises
    ------
    RegionInvalid
        Where there are none or too many features, or the region cannot be mapped.

    """
    count = layer.selectedFeatureCount() if selected_only else layer.featureCount()
    if count > MAX_FEATURES:
        raise RegionInvalid(
            tr("The layer has too many features: {}.").format(count),
            "",
            tr("Select at most {} of them, or dissolve the layer.").format(MAX_FEATURES),
        )
    request = QgsFeatureRequest().setSubsetOfAttributes([])
    features = layer.getSelectedFeatures(request) if selected_only else layer.getFeatures(request)
    parts = [(feature.geometry(), layer.crs()) for feature in features if feature.hasGeometry()]
    if not parts:
        raise no_polygons_error(selected_only=selected_only)
    return merge_polygons(parts, context)


def region_name(layer: QgsVectorLayer, selected_only: bool, field: str) -> str:
    """The title of a region that is made of a layer: the names of its features, else that of the layer.

    Parameters
    ----------
    layer : a layer of polygons.
    selected_only : whether only its selected features are the region.
    field : with the features' names; may be empty.

    Returns
    -------
    One line of at most 300 characters.

    """
    index = layer.fields().lookupField(field) if field else -1
    count = layer.selectedFeatureCount() if selected_only else layer.featureCount()
    names: list[str] = []
    if index >= 0 and 0 < count <= _NAMED_FEATURES:
        request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
        features = layer.getSelectedFeatures(request) if selected_only else layer.getFeatures(request)
        by_id = {feature.id(): _one_line(feature.attribute(index)) for feature in features}
        names = [by_id[key] for key in sorted(by_id)]  # a selection has no order
    if not names or not all(names):
        names = [_one_line(layer.name())]
    return ", ".join(dict.fromkeys(names))[:_MAX_NAME_CHARS]


def _one_line(value: object) -> str:
    """A value of an attribute as one line; empty where it is null."""
    is_null = value is None or (hasattr(value, "isNull") and value.isNull())
    return "" if is_null else " ".join(str(value).split())
