"""Zones: a polygon layer given to the engine as GeoJSON, and its areas taken back as a layer of the user's own CRS."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsFeature,
    QgsFeatureRequest,
    QgsFeatureSink,
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

from ..allpa_engine.core.atomic import atomic_write
from ..allpa_engine.core.errors import JobInvalid, RegionInvalid
from ..translation import tr
from .region import COORDINATE_DECIMALS, is_given, require_tile_coverage, transform_to_wgs84

ZONES, ZONE_FIELD, ZONE_LAYER = "ZONES", "ZONE_FIELD", "ZONE_LAYER"
_NAME_ATTRIBUTES = ("name", "nombre")
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
    zones = QgsProcessingParameterFeatureSource(ZONES, tr("Zones: a polygon layer"), polygons, None, True)
    zones.setHelp(
        tr(
            "Provinces, districts, parcels: each polygon gets a row of its own. Land that several share counts in "
            "each; a zone without the centre of a pixel gets its true area under the class at its inner point. The log "
            "says which zones these are. The region limits the table of the whole map only."
        )
    )
    field = QgsProcessingParameterField(ZONE_FIELD, tr("Attribute that names a zone"), None, ZONES, optional=True)
    field.setHelp(tr("Left out: the attribute 'name' where there is one, else the zone's number."))
    return [zones, field]


def zone_layer_parameter() -> QgsProcessingParameterDefinition:
    """The zones with their areas as a layer."""
    layer = QgsProcessingParameterFeatureSink(
        ZONE_LAYER, tr("Areas by zone"), QgsProcessing.SourceType.TypeVectorPolygon, None, True
    )
    layer.setHelp(
        tr(
            "The zones with hectares (ha_1 to ha_10, by class code) and percents (pct_1 to pct_10). Their tables are "
            "written beside the area table too: NAME_zones.csv and NAME_zones_long.csv."
        )
    )
    return layer


def zone_source(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> QgsProcessingFeatureSource | None:
    """The layer of zones; None where none is given.

    Raises
    ------
    RegionInvalid : where it cannot be read. JobInvalid : where it has no such attribute.

    """
    if not is_given(parameters, ZONES):
        return None
    source = algorithm.parameterAsSource(parameters, ZONES, context)
    if source is None:
        raise RegionInvalid(tr("The zones' layer cannot be read."), "", tr("Choose another layer."))
    name = algorithm.parameterAsString(parameters, ZONE_FIELD, context) or ""
    if name and source.fields().lookupField(name) < 0:
        raise JobInvalid(
            tr("The zones have no attribute {}.").format(name),
            tr("They have {}.").format(", ".join(field.name() for field in source.fields())),
        )
    return source


def write_zones(source: QgsProcessingFeatureSource, name_field: str, path: Path, context: QgsProcessingContext) -> None:
    """Write the polygons as GeoJSON in longitude and latitude, with their feature ids and names.

    Borders that cross themselves go to the engine as they are: it repairs them and says so.

    Raises
    ------
    RegionInvalid : where a zone has no place on earth.
    DiskFull, FolderNotWritable

    """
    field = _name_field(source.fields(), name_field)
    with atomic_write(path) as temporary_path, temporary_path.open("w", encoding="utf-8") as file:
        file.write('{"type": "FeatureCollection", "features": [')
        for number, feature in enumerate(_iter_polygons(source)):
            properties = {} if field < 0 else {"name": _attribute_text(feature.attribute(field))}
            geometry = _zone_to_wgs84(feature, source, context).asJson(COORDINATE_DECIMALS)
            file.write(
                f'{"," if number else ""}\n{{"type": "Feature", "id": {feature.id()}, '
                f'"properties": {json.dumps(properties, ensure_ascii=False)}, "geometry": {geometry}}}'
            )
        file.write("\n]}\n")


def write_zone_layer(
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    context: QgsProcessingContext,
    source: QgsProcessingFeatureSource,
    wide: Path,
    feedback: QgsProcessingFeedback,
) -> str | None:
    """Write the zones, as they came and with their areas, to the sink that was asked for; gives the layer's id or path.

    Zones that the engine left out, since they have no area, are left out here too.
    """
    with wide.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        rows = {row["zone"]: row for row in reader}
        columns = list(reader.fieldnames or ())
    fields = QgsProcessingUtils.combineFields(source.fields(), _area_fields(columns))
    kind = QgsWkbTypes.multiType(QgsWkbTypes.dropM(QgsWkbTypes.dropZ(source.wkbType())))
    sink, layer = algorithm.parameterAsSink(parameters, ZONE_LAYER, context, fields, kind, source.sourceCrs())
    if sink is None:
        return None
    for feature in _iter_polygons(source):
        row = rows.get(str(feature.id()))
        if row is None:
            feedback.pushWarning(tr("Zone {} has no area and is left out.").format(feature.id()))
            continue
        values = [_cell_value(column, row[column]) for column in columns]
        _write_zone(sink, fields, feature, values)
    sink.flushBuffer()
    return str(layer)


def _write_zone(sink: QgsFeatureSink, fields: QgsFields, zone: QgsFeature, values: list[object]) -> None:
    geometry = QgsGeometry(zone.geometry())
    geometry.get().dropZValue()
    geometry.get().dropMValue()
    geometry.convertToMultiType()
    feature = QgsFeature(fields)
    feature.setGeometry(geometry)
    feature.setAttributes(zone.attributes() + values)
    sink.addFeature(feature, QgsFeatureSink.Flag.FastInsert)


def _iter_polygons(source: QgsProcessingFeatureSource) -> Iterator[QgsFeature]:
    """The features with a geometry; QGIS's own check would end the run at the first border that crosses itself."""
    unchecked = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
    for feature in source.getFeatures(QgsFeatureRequest(), unchecked):
        if feature.hasGeometry() and not feature.geometry().isEmpty():
            yield feature


def _zone_to_wgs84(
    feature: QgsFeature, source: QgsProcessingFeatureSource, context: QgsProcessingContext
) -> QgsGeometry:
    crs = source.sourceCrs()
    meters = QgsUnitTypes.DistanceUnit.DistanceMeters
    edge_length = _MAX_EDGE_M * QgsUnitTypes.fromUnitToUnitFactor(meters, crs.mapUnits())
    try:
        geometry = QgsGeometry(feature.geometry().constGet().segmentize())
        transformed = transform_to_wgs84(geometry, crs, edge_length, context)
        require_tile_coverage(transformed)
    except RegionInvalid as error:
        raise RegionInvalid(
            tr("The zones have no place on the map."), f"{feature.id()}: {error.why}", tr("Check the CRS of the zones.")
        ) from error
    return transformed


def _name_field(fields: QgsFields, name: str) -> int:
    """Place of the attribute that names a zone; -1 where there is none."""
    if name:
        return int(fields.lookupField(name))
    return next((index for index, field in enumerate(fields) if field.name().lower() in _NAME_ATTRIBUTES), -1)


def _attribute_text(value: Any) -> str:  # noqa: ANN401 - whatever an attribute can hold
    if value is None or (hasattr(value, "isNull") and value.isNull()):
        return ""
    is_whole = isinstance(value, float) and value.is_integer()  # codes are often stored as real numbers
    return str(int(value) if is_whole else value)


def _area_fields(columns: list[str]) -> QgsFields:
    """Fields of the wide table's columns, of any length; types go by name, since Qt 5 and Qt 6 spell them otherwise."""
    kinds = {**dict.fromkeys(_TEXT_COLUMNS, "string(0)"), **dict.fromkeys(_COUNT_COLUMNS, "int8(0)")}
    field_definitions = "&".join(f"field={column}:{kinds.get(column, 'double(0,0)')}" for column in columns)
    return QgsVectorLayer(f"None?{field_definitions}", "", "memory").fields()


def _cell_value(column: str, text: str) -> object:
    if column in _TEXT_COLUMNS:
        return text
    return int(text) if column in _COUNT_COLUMNS else float(text)
