"""Zones: their layer and its fields as parameters, and the layer written as GeoJSON for the engine."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsFeature,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeatureSource,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsUnitTypes,
)
from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QTime

from ..allpa_engine.core.atomic import atomic_write
from ..allpa_engine.core.errors import JobInvalid, RegionInvalid
from ..allpa_engine.core.zone_keys import MAX_SUM_FIELDS, NAME_ATTRIBUTES, usual_field
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

ZONES, ZONE_FIELD = "ZONES", "ZONE_FIELD"
ZONE_CODE, ZONE_SUMS = "ZONE_CODE", "ZONE_SUMS"
_IDS_SHOWN = 10
_POLYGON_TEXT = re.compile(r"\s*(?:SRID=\d+;)?(?:MULTI)?POLYGON\s*(?:Z|M|ZM)?\s*\([\s(]*[-+\d.]", re.IGNORECASE)
_MAX_EDGE_M = 1000.0
"""One length for all zones: neighbours must get the same points on their common border, or they would overlap."""


@dataclass(frozen=True)
class ZoneFiles:
    """The files of the zones of one table; all lie beside it."""

    input_file: Path
    """The zones as the job reads them."""
    layer: Path
    wide: Path
    long: Path
    sums: Path

    @classmethod
    def for_table(cls, table: Path) -> ZoneFiles:
        """`areas.csv` has its zones in `areas_zones.geojson`, `areas_zones.csv` and so on.

        The job beside the table names `areas_zones_input.geojson`, so that it can be run again.
        """
        sibling = table.absolute().with_name
        return cls(
            input_file=sibling(f"{table.stem}_zones_input.geojson"),
            layer=sibling(f"{table.stem}_zones.geojson"),
            wide=sibling(f"{table.stem}_zones.csv"),
            long=sibling(f"{table.stem}_zones_long.csv"),
            sums=sibling(f"{table.stem}_zones_sums.csv"),
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
    field.setHelp(
        tr(
            "If empty, a field with a usual name, such as name or distrito, is used if there is one, otherwise the "
            "number of the zone."
        )
    )
    return [zones, field]


def zone_table_parameters() -> list[QgsProcessingParameterDefinition]:
    """The layer of zones with its fields: names, codes, and those by which the zones are summed."""
    code = QgsProcessingParameterField(ZONE_CODE, tr("Zone code field"), None, ZONES, optional=True)
    code.setHelp(tr("Such as UBIGEO: tables show it beside the name, to distinguish zones of one name."))
    sums = QgsProcessingParameterField(
        ZONE_SUMS,
        tr("Sum the zones by"),
        None,
        ZONES,
        QgsProcessingParameterField.DataType.Any,
        allowMultiple=True,
        optional=True,
    )
    sums.setHelp(
        tr(
            "Fields such as province and department: a further table (CSV) has a row for each of their values, the sum "
            "of its zones. Choose the larger units too: provinces of one name in two departments then stay apart."
        )
    )
    return [*zone_parameters(), code, sums]


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
    known = [field.name() for field in source.fields()]
    for name in _fields_given(algorithm, parameters, context):
        if name not in known:
            raise JobInvalid(
                tr("The zone layer has no field {}.").format(name), tr("It has {}.").format(", ".join(known))
            )
    return source


def _fields_given(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> list[str]:
    declared = [name for name in (ZONE_FIELD, ZONE_CODE, ZONE_SUMS) if algorithm.parameterDefinition(name) is not None]
    return [field for name in declared for field in algorithm.parameterAsFields(parameters, name, context)]


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
    return chosen or usual_field([field.name() for field in source.fields()], NAME_ATTRIBUTES)


def zone_values(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> dict[str, Any]:
    """The job's keys `zone_name`, `zone_code` and `zone_sums`.

    Parameters
    ----------
    algorithm : the algorithm with the parameters of `zone_table_parameters`.
    parameters : its values by name; a layer of zones must be given.
    context : of the run.

    Raises
    ------
    JobInvalid : where there are too many fields to sum by.

    """
    sums = tuple(algorithm.parameterAsFields(parameters, ZONE_SUMS, context))
    if len(sums) > MAX_SUM_FIELDS:
        raise JobInvalid(tr("Zones can be summed by at most {} fields.").format(MAX_SUM_FIELDS))
    return {
        "zone_name": zone_name_field(algorithm, parameters, context),
        "zone_code": algorithm.parameterAsString(parameters, ZONE_CODE, context) or "",
        "zone_sums": sums,
    }


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
            if not has_polygon(feature):
                left_out.append(str(feature.id()))
                continue
            attributes = zip((field.name() for field in source.fields()), feature.attributes())
            properties = {name: _json_value(value) for name, value in attributes if not _is_geometry_text(value)}
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
        feedback.pushWarning(text.format(len(left_out), id_list(left_out)))


def has_polygon(feature: QgsFeature) -> bool:
    """Whether a feature has a polygon, in a collection too."""
    return feature.hasGeometry() and not only_polygons(feature.geometry()).isEmpty()


def id_list(ids: list[str]) -> str:
    """The first ids of features, for a sentence."""
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


def _is_geometry_text(value: Any) -> bool:  # noqa: ANN401 - whatever an attribute can hold
    """Whether an attribute repeats the polygon as WKT, as tables with geometry do: it would fill every table."""
    return isinstance(value, str) and _POLYGON_TEXT.match(value) is not None


def _json_value(value: Any) -> Any:  # noqa: ANN401 - whatever an attribute can hold
    """An attribute as JSON holds it; codes are often stored as real numbers, and a date becomes its text."""
    if value is None or (hasattr(value, "isNull") and value.isNull()):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else (value if math.isfinite(value) else None)
    if isinstance(value, (bool, int, str)):
        return value
    return str(value.toString(Qt.DateFormat.ISODate)) if isinstance(value, (QDate, QDateTime, QTime)) else str(value)
