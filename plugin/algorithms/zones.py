"""Zones: a polygon layer written as GeoJSON for the engine, and its areas as a layer in the CRS of the input."""

from __future__ import annotations

import csv
import itertools
import json
import math
from dataclasses import dataclass
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
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingUtils,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QTime

from ..allpa_engine.core.atomic import atomic_write
from ..allpa_engine.core.errors import JobInvalid, RegionInvalid
from ..region_geometry import (
    COORDINATE_DECIMALS,
    is_defined,
    missing_crs_note,
    only_polygons,
    require_tile_coverage,
    to_wgs84,
)
from ..translation import tr
from .parameters import is_given
from .region import UNCHECKED

ZONES, ZONE_FIELD, ZONE_LAYER = "ZONES", "ZONE_FIELD", "ZONE_LAYER"
_FID = "fid"
"""Name of the key of a GeoPackage table: values that are null or not unique make it refuse features."""
_TAKEN = ("geom", "geometry")
"""Usual names of the column with the geometry, in databases."""
_IDS_SHOWN = 10
_NAME_FIELDS = ("name", "nombre")
_MAX_EDGE_M = 1000.0
"""One length for all zones: neighbours must get the same points on their common border, or they would overlap."""
_TEXT_COLUMNS, _COUNT_COLUMNS = ("zone", "zone_name", "note"), ("pixels",)
"""Columns of the engine's wide table that are texts and whole numbers; the others are hectares and percents."""


@dataclass(frozen=True)
class ZoneFiles:
    """The files of the zones of one table; all lie beside it."""

    input_file: Path
    """The zones as the job reads them."""
    layer: Path
    wide: Path
    long: Path

    @classmethod
    def for_table(cls, table: Path) -> ZoneFiles:
        """`areas.csv` has its zones in `areas_zones.geojson`, `areas_zones.csv` and `areas_zones_long.csv`."""
        sibling = table.absolute().with_name
        return cls(
            input_file=sibling(f"{table.name}.zones.geojson"),
            layer=sibling(f"{table.stem}_zones.geojson"),
            wide=sibling(f"{table.stem}_zones.csv"),
            long=sibling(f"{table.stem}_zones_long.csv"),
        )


def zone_parameters() -> list[QgsProcessingParameterDefinition]:
    """The polygon layer and the attribute that names its zones."""
    polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
    zones = QgsProcessingParameterFeatureSource(ZONES, tr("Zones (polygon layer)"), polygons, None, True)
    zones.setHelp(
        tr(
            "Provinces, districts, parcels: each polygon gets a row of its own. Overlapping areas count in every zone. "
            "A zone that contains no pixel centre gets its ellipsoidal area, in the class at a point inside it; the "
            "log lists such zones. The region limits the table of the whole map only."
        )
    )
    field = QgsProcessingParameterField(ZONE_FIELD, tr("Zone name field"), None, ZONES, optional=True)
    field.setHelp(tr("If empty, the field 'name' is used if present, otherwise the feature ID."))
    return [zones, field]


def zone_layer_parameter() -> QgsProcessingParameterDefinition:
    """The zones with their areas as a layer."""
    layer = QgsProcessingParameterFeatureSink(
        ZONE_LAYER, tr("Areas by zone"), QgsProcessing.SourceType.TypeVectorPolygon, None, True
    )
    layer.setHelp(
        tr(
            "The zones with hectares (ha_1 to ha_10, by class code) and percent (pct_1 to pct_10). Their tables are "
            "also written beside the area table: NAME_zones.csv and NAME_zones_long.csv."
        )
    )
    return layer


def zone_source(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> QgsProcessingFeatureSource | None:
    """The layer of zones.

    Parameters
    ----------
    algorithm : the algorithm with the parameters of `zone_parameters`.
    parameters : its values by name.
    context : of the run.

    Returns
    -------
    The layer's features; None where no layer is given.

    Raises
    ------
    RegionInvalid : where it cannot be read.
    JobInvalid : where it has no field of the name that is given.

    """
    if not is_given(parameters, ZONES):
        return None
    source = algorithm.parameterAsSource(parameters, ZONES, context)
    if source is None:
        raise RegionInvalid(tr("The zone layer cannot be read."), "", tr("Choose another layer."))
    name = algorithm.parameterAsString(parameters, ZONE_FIELD, context) or ""
    if name and source.fields().lookupField(name) < 0:
        raise JobInvalid(
            tr("The zone layer has no field {}.").format(name),
            tr("It has {}.").format(", ".join(field.name() for field in source.fields())),
        )
    return source


def zone_name_field(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> str:
    """The field of the zone layer that names a zone.

    Parameters
    ----------
    algorithm : the algorithm with the parameters of `zone_parameters`.
    parameters : its values by name; a layer of zones must be given.
    context : of the run.

    Returns
    -------
    The field that is given, else the first one with a usual name; empty where there is none.

    """
    source = algorithm.parameterAsSource(parameters, ZONES, context)
    chosen = algorithm.parameterAsString(parameters, ZONE_FIELD, context) or ""
    names = [field.name() for field in source.fields()]
    return chosen or next((name for name in names if name.lower() in _NAME_FIELDS), "")


def write_zones(
    source: QgsProcessingFeatureSource, path: Path, context: QgsProcessingContext, feedback: QgsProcessingFeedback
) -> None:
    """Write the polygons as GeoJSON in longitude and latitude, with their feature ids and attributes.

    Self-intersections go to the engine as they are: it repairs them and says so.

    Parameters
    ----------
    source : the layer of zones; without a CRS its coordinates are taken as longitude and latitude.
    path : of the GeoJSON file, written whole or not at all.
    context : of the run; its project chooses the transformation between datums.
    feedback : gets warnings, such as which features have no polygon and are left out.

    Raises
    ------
    RegionInvalid : where a zone lies outside of what tiles cover, or there is none.
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    if not is_defined(source.sourceCrs()):
        feedback.pushWarning(missing_crs_note(source.sourceName()))
    left_out = []
    written = 0
    with atomic_write(path) as temporary_path, temporary_path.open("w", encoding="utf-8") as file:
        file.write('{"type": "FeatureCollection", "features": [')
        for feature in source.getFeatures(QgsFeatureRequest(), UNCHECKED):
            if not _has_polygon(feature):
                left_out.append(str(feature.id()))
                continue
            attributes = zip((field.name() for field in source.fields()), feature.attributes())
            properties = {name: _json_value(value) for name, value in attributes}
            geometry = _zone_to_wgs84(feature, source, context).asJson(COORDINATE_DECIMALS)
            file.write(
                f'{"," if written else ""}\n{{"type": "Feature", "id": {feature.id()}, '
                f'"properties": {json.dumps(properties, ensure_ascii=False)}, "geometry": {geometry}}}'
            )
            written += 1
        file.write("\n]}\n")
        if not written:
            raise RegionInvalid(tr("The zone layer has no polygons."), "", tr("Choose a layer with polygons."))
    if left_out:
        text = tr("{} zones have no polygon and are left out; feature IDs: {}.")
        feedback.pushWarning(text.format(len(left_out), _id_list(left_out)))


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
            text.format(len(failed), len(zones), _id_list(failed)),
            str(sink.lastError()),
            tr("Choose another file format for the layer. The tables are complete: {}.").format(wide.name),
        )
    return str(layer)


def _read_wide(wide: Path) -> tuple[list[str], dict[str, dict[str, str]]]:
    """Columns of the table with a row for each zone, and its rows by the zones' ids."""
    with wide.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        rows = {row["zone"]: row for row in reader}
        return list(reader.fieldnames or ()), rows


def _zones_with_area(
    source: QgsProcessingFeatureSource, rows: dict[str, dict[str, str]], feedback: QgsProcessingFeedback
) -> list[QgsFeature]:
    """The polygons that the engine tabulated; the others are named in a warning."""
    zones = [zone for zone in source.getFeatures(QgsFeatureRequest(), UNCHECKED) if _has_polygon(zone)]
    without_area = [str(zone.id()) for zone in zones if str(zone.id()) not in rows]
    if without_area:
        text = tr("{} zones have no area and are left out; feature IDs: {}.")
        feedback.pushWarning(text.format(len(without_area), _id_list(without_area)))
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


def _has_polygon(feature: QgsFeature) -> bool:
    return feature.hasGeometry() and not only_polygons(feature.geometry()).isEmpty()


def _id_list(ids: list[str]) -> str:
    return ", ".join(ids[:_IDS_SHOWN]) + (", …" if len(ids) > _IDS_SHOWN else "")


def _zone_to_wgs84(
    feature: QgsFeature, source: QgsProcessingFeatureSource, context: QgsProcessingContext
) -> QgsGeometry:
    crs = source.sourceCrs()
    meters = QgsUnitTypes.DistanceUnit.DistanceMeters
    max_edge = _MAX_EDGE_M * QgsUnitTypes.fromUnitToUnitFactor(meters, crs.mapUnits())
    try:
        transformed = to_wgs84(only_polygons(feature.geometry()), crs, max_edge, context.transformContext())
        require_tile_coverage(transformed)
    except RegionInvalid as error:
        raise RegionInvalid(
            tr("The zone with feature ID {} cannot be mapped.").format(feature.id()),
            " ".join(part for part in (error.what, error.why) if part),
            tr("Check the CRS of the zone layer."),
        ) from error
    return transformed


def _json_value(value: Any) -> Any:  # noqa: ANN401 - whatever an attribute can hold
    """An attribute as JSON holds it; codes are often stored as real numbers, and a date becomes its text."""
    if value is None or (hasattr(value, "isNull") and value.isNull()):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else (value if math.isfinite(value) else None)
    if isinstance(value, (bool, int, str)):
        return value
    return str(value.toString(Qt.DateFormat.ISODate)) if isinstance(value, (QDate, QDateTime, QTime)) else str(value)


def _area_fields(columns: list[str]) -> QgsFields:
    """Fields of the wide table's columns, of any length; types go by name, since Qt 5 and Qt 6 spell them otherwise."""
    kinds = {**dict.fromkeys(_TEXT_COLUMNS, "string(0)"), **dict.fromkeys(_COUNT_COLUMNS, "int8(0)")}
    field_definitions = "&".join(f"field={column}:{kinds.get(column, 'double(0,0)')}" for column in columns)
    return QgsVectorLayer(f"None?{field_definitions}", "", "memory").fields()


def _cell_value(column: str, text: str) -> object:
    if column in _TEXT_COLUMNS:
        return text
    return int(text) if column in _COUNT_COLUMNS else float(text)
