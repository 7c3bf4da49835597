"""The polygons of a layer that are to be the region, and the name that they give it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qgis.core import QgsFeatureRequest, QgsGeometry, QgsVectorLayer, QgsVectorLayerFeatureSource

from ...plugin.allpa_engine.core.errors import RegionInvalid
from ...plugin.region_geometry import no_polygons_error
from ...plugin.translation import tr
from .region_geometry import SHORT_POINTS, Parts, point_count

MAX_FEATURES = 5000
"""More features are not merged."""
_SHORT_FEATURES = 100
"""More features are not read in the main thread."""
_NAMED_FEATURES = 3
"""Of a region; one of more features is named after their layer."""
_MAX_NAME_CHARS = 300


@dataclass(frozen=True)
class LayerPolygons:
    """The polygons of a layer that are to be a region: at hand, or read when they are asked for."""

    is_short: bool
    """Whether there are so few of them that the window need not wait."""
    parts: Callable[[], Parts]
    """Gives them, each with its CRS; may be called in another thread."""


def layer_polygons(layer: QgsVectorLayer, selected_only: bool) -> LayerPolygons:
    """The polygons of a layer, of which the main thread reads a few only.

    Parameters
    ----------
    layer
        A polygon layer.
    selected_only
        Whether only its selected features are used.

    Returns
    -------
    The polygons.

    Raises
    ------
    RegionInvalid
        Where there are none or too many features.

    """
    count = layer.selectedFeatureCount() if selected_only else layer.featureCount()
    if count > MAX_FEATURES:
        raise RegionInvalid(
            tr("The layer has too many features: {}.").format(count),
            "",
            tr("Select at most {} of them, or dissolve the layer.").format(MAX_FEATURES),
        )
    request = QgsFeatureRequest().setSubsetOfAttributes([])
    if selected_only:
        request.setFilterFids(layer.selectedFeatureIds())
    few = _few_polygons(layer, request) if count <= _SHORT_FEATURES else None
    source = QgsVectorLayerFeatureSource(layer)

    def parts() -> Parts:
        found = few
        if found is None:
            found = [feature.geometry() for feature in source.getFeatures(request) if feature.hasGeometry()]
        if not found:
            raise no_polygons_error(selected_only=selected_only)
        return [(geometry, crs) for geometry in found]

    crs = layer.crs()
    return LayerPolygons(few is not None, parts)


def _few_polygons(layer: QgsVectorLayer, request: QgsFeatureRequest) -> list[QgsGeometry] | None:
    """The polygons of a request; None where they have many corners."""
    found, corners = [], 0
    for feature in layer.getFeatures(request):
        if feature.hasGeometry():
            found.append(feature.geometry())
            corners += point_count(found[-1])
        if corners > SHORT_POINTS:
            return None
    return found


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
