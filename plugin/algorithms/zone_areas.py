"""The areas of zones as a layer in the CRS of the zones, with their own attributes."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsFeature,
    QgsFeatureRequest,
    QgsFeatureSink,
    QgsField,
    QgsFields,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeatureSource,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFeatureSink,
    QgsProcessingUtils,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..allpa_engine.core.errors import JobInvalid
from ..region_geometry import only_polygons
from ..translation import tr
from .region import UNCHECKED
from .zones import ZONES, has_polygon, id_list

ZONE_LAYER = "ZONE_LAYER"
_FID = "fid"
"""Name of the key of a GeoPackage table: values that are null or not unique make it refuse features."""
_TAKEN = ("geom", "geometry")
"""Usual names of the column with the geometry, in databases."""
_TEXT_COLUMNS, _COUNT_COLUMNS = ("zone", "zone_name", "zone_code", "note"), ("pixels",)
"""Columns of the engine's wide table that are texts and whole numbers; the others are hectares and percents."""
_FIRST_FIGURE = "zone_ha"
"""Before this column of the wide table stand the zones' names and their own attributes."""


def zone_layer_parameter() -> QgsProcessingParameterDefinition:
    """The zones with their areas as a layer."""
    layer = QgsProcessingParameterFeatureSink(
        ZONE_LAYER, tr("Areas by zone"), QgsProcessing.SourceType.TypeVectorPolygon, None, True
    )
    layer.setHelp(
        tr(
            "The zones with hectares (ha_1 to ha_10, by class code) and percent (pct_1 to pct_10). Their tables are "
            "also written beside the area table: NAME_zones.csv and NAME_zones_long.csv. NAME_zones_input.geojson has "
            "the zones as the job reads them, so that the job file can be run again."
        )
    )
    return layer


def write_zone_layer(
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    context: QgsProcessingContext,
    wide: Path,
    feedback: QgsProcessingFeedback,
) -> str | None:
    """Write the zones with their own attributes and their areas to the layer that was asked for.

    Parameters
    ----------
    algorithm, parameters, context, feedback
        As Processing gives them.
    wide
        The engine's table with a row for each zone.

    Returns
    -------
    The id or path of the layer; None where none was asked for.

    Raises
    ------
    JobInvalid
        Where not every zone could be written.

    """
    source = algorithm.parameterAsSource(parameters, ZONES, context)
    columns, rows = _read_wide(wide)
    zones = _zones_with_area(source, rows, feedback)
    own_fields = _usable_fields(source.fields(), zones, feedback)
    fields = QgsProcessingUtils.combineFields(own_fields, _area_fields(columns))
    kind = QgsWkbTypes.multiType(QgsWkbTypes.dropM(QgsWkbTypes.dropZ(source.wkbType())))
    sink, layer = algorithm.parameterAsSink(parameters, ZONE_LAYER, context, fields, kind, source.sourceCrs())
    if sink is None:
        return None
    failed = []
    for zone in zones:
        values = [_cell_value(column, rows[str(zone.id())][column]) for column in columns]
        feature = _zone_feature(fields, zone, values, is_curved=QgsWkbTypes.isCurvedType(kind))
        if not sink.addFeature(feature, QgsFeatureSink.Flag.FastInsert):
            failed.append(str(zone.id()))
    if not sink.flushBuffer() and not failed:
        failed = [str(zone.id()) for zone in zones]
    if failed:
        text = tr("{} of {} zones could not be written to the layer; feature IDs: {}.")
        raise JobInvalid(
            text.format(len(failed), len(zones), id_list(failed)),
            str(sink.lastError()),
            tr("Choose another file format for the layer. The tables are complete: {}.").format(wide.name),
        )
    return str(layer)


def _read_wide(wide: Path) -> tuple[list[str], dict[str, dict[str, str]]]:
    """Our columns of the table with a row for each zone, without the zones' own, and its rows by the zones' ids."""
    with wide.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        rows = {row["zone"]: row for row in reader}
        names = list(reader.fieldnames or ())
    figures = names.index(_FIRST_FIGURE) if _FIRST_FIGURE in names else 0
    return [name for place, name in enumerate(names) if place >= figures or name in _TEXT_COLUMNS], rows


def _zones_with_area(
    source: QgsProcessingFeatureSource, rows: dict[str, dict[str, str]], feedback: QgsProcessingFeedback
) -> list[QgsFeature]:
    """The polygons that the engine tabulated; the others are named in a warning."""
    zones = [zone for zone in source.getFeatures(QgsFeatureRequest(), UNCHECKED) if has_polygon(zone)]
    without_area = [str(zone.id()) for zone in zones if str(zone.id()) not in rows]
    if without_area:
        text = tr("{} zones have no area and are left out; feature IDs: {}.")
        feedback.pushWarning(text.format(len(without_area), id_list(without_area)))
    return [zone for zone in zones if str(zone.id()) in rows]


def _usable_fields(fields: QgsFields, zones: list[QgsFeature], feedback: QgsProcessingFeedback) -> QgsFields:
    """The fields of the zones, renamed where formats take a name for something else.

    An own field `fid` that is no key would be taken for one, `geom` for the geometry, and databases do not tell `Name`
    from `name`.
    """
    usable, used = QgsFields(), {field.name().lower() for field in fields}
    seen, renamed = set(_TAKEN), []
    for index, field in enumerate(fields):
        copy, name = QgsField(field), field.name()
        if name.lower() in seen or (name.lower() == _FID and not _is_key([zone.attribute(index) for zone in zones])):
            new = next(text for text in (f"{name}_{n}" for n in itertools.count(1)) if text.lower() not in used)
            copy.setName(new)
            used.add(new.lower())
            renamed.append(tr("{} is {}").format(name, new))
        seen.add(name.lower())
        usable.append(copy)
    if renamed:
        text = tr("Fields of the zones whose names the layer's format could take for others are renamed: {}.")
        feedback.pushInfo(text.format(", ".join(renamed)))
    return usable


def _is_key(values: list[object]) -> bool:
    return all(type(value) is int for value in values) and len(set(values)) == len(values)


def _zone_feature(fields: QgsFields, zone: QgsFeature, values: list[object], *, is_curved: bool) -> QgsFeature:
    geometry = QgsGeometry(zone.geometry())
    if not is_curved:
        geometry = only_polygons(geometry)
    geometry.get().dropZValue()
    geometry.get().dropMValue()
    geometry.convertToMultiType()
    feature = QgsFeature(fields)
    feature.setGeometry(geometry)
    feature.setAttributes(zone.attributes() + values)
    return feature


def _area_fields(columns: list[str]) -> QgsFields:
    """Fields of the wide table's columns, of any length; types go by name, since Qt 5 and Qt 6 spell them otherwise."""
    kinds = {**dict.fromkeys(_TEXT_COLUMNS, "string(0)"), **dict.fromkeys(_COUNT_COLUMNS, "int8(0)")}
    field_definitions = "&".join(f"field={column}:{kinds.get(column, 'double(0,0)')}" for column in columns)
    return QgsVectorLayer(f"None?{field_definitions}", "", "memory").fields()


def _cell_value(column: str, text: str) -> object:
    if column in _TEXT_COLUMNS:
        return text
    return int(text) if column in _COUNT_COLUMNS else float(text)
