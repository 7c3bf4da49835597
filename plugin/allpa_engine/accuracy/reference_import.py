"""Reference data that were labelled elsewhere: as a sample of the map, or as the labels of a sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon

from .. import __version__
from ..areas.zones import Zone
from ..core.agreement import Label
from ..core.errors import ReferenceInvalid
from ..core.messages import message, translatable
from ..core.protocol import Reporter
from ..core.sample_keys import CLASSES, INNER_POINT, MAX_POINTS
from ..core.sample_schema import IMPORTED, LANDCOVER, SIMPLE
from ..geo.projection import coordinate_transform
from ..geo.region import polygon_parts
from ..raster.class_raster import open_class_raster
from ..raster.digest import raster_digest
from .frame import Frame, count_cells, open_frame
from .labelled_sample import check_map, codes_at
from .reference_classes import class_codes, class_field
from .reference_file import RASTERS, ReferenceFeatures, checked_crs, read_reference
from .reference_points import ReferencePoints, points_on_map, to_points
from .sample_design import SampleDesign, Stratum
from .sample_file import SamplePoints, read_design, read_labels, read_points
from .strata import StrataPlan, plan_strata

NOT_RANDOM = translatable(
    "The points were not drawn at random from this map: accuracies and areas describe these points, and intervals do "
    "not hold for the map."
)
_FROM_POLYGONS = translatable(
    "Several points come from one polygon: they are alike, and intervals are narrower than they should be."
)
_NOTE_LENGTH = 120


@dataclass(frozen=True)
class ImportOptions:
    """How reference data are read."""

    class_field: str = ""
    classes: Mapping[str, float] = field(default_factory=dict)
    layer: str = ""
    x_field: str = ""
    y_field: str = ""
    crs: str = ""
    polygons: str = INNER_POINT
    points_per_polygon: int = 5
    is_random: bool = False
    interpreter: str = ""
    seed: int = 1


def import_points(
    reference: Path,
    map_path: Path,
    options: ImportOptions,
    zones: Sequence[Zone] = (),
    language: str = "en",
    reporter: Reporter | None = None,
) -> tuple[SampleDesign, SamplePoints, list[Label]]:
    """Make a sample of a map from labelled points or polygons.

    Parameters
    ----------
    reference : a vector file or a table.
    map_path : the map that will be assessed.
    options : fields, classes, and what becomes of polygons.
    zones : points carry the name of their zone.
    language : of the strata's names.
    reporter : receives the progress of counting the map.

    Returns
    -------
    Design, points and labels. Strata are the classes of the map; of points that are declared random, the whole map.

    Raises
    ------
    ReferenceInvalid : where the file cannot be read, a value has no class, or no point can be used.
    RasterInvalid, RegionInvalid : where the map or the zones cannot be used.

    """
    features = read_reference(reference, options.x_field, options.y_field, options.crs, options.layer)
    column = class_field(features.fields, options.class_field, reference.name)
    values = features.columns[column]
    with open_frame(map_path, zones=zones) as frame:
        codes = class_codes(values, options.classes, reference.name, frame.raster.legend)
        random = np.random.default_rng(options.seed)
        found, notes = to_points(
            features.geometry, codes, features.crs, frame.grid, options.polygons, options.points_per_polygon, random
        )
        points, map_class, more = points_on_map(found, frame.raster)
        _check_count(points, found, features, reference, map_path)
        plan = plan_strata(
            count_cells(frame, reporter, "accuracy_import"),
            "" if options.is_random else CLASSES,
            LANDCOVER,
            frame.zone_names,
            map_path.name,
            language,
            frame.raster.legend,
        )
        order = random.permutation(len(points.x))
        zone = _zones_of(frame, points)
        stratum_of = {code: index for (code, _, _), index in plan.index_of.items()}
        stratum = np.array([stratum_of[code] for code in map_class.tolist()], np.intp)
        drawn = SamplePoints(points.x[order], points.y[order], stratum[order], zone[order], map_class[order])
        several = len(set(points.source.tolist())) < len(points.source)
        notes += [*more, *([_FROM_POLYGONS] if several else [])]
        name = interpreter_of(options, reference)
        design = _design(frame, plan, drawn, options, name, (*frame.notes, *notes))
    labels = _labels(points.code[order], [values[index] for index in points.source[order].tolist()], name)
    return design, drawn, labels


def interpreter_of(options: ImportOptions, reference: Path) -> str:
    """Name under which imported labels are kept: the one that is given, else that of the file."""
    return options.interpreter or reference.stem[:80]


def _check_count(
    points: ReferencePoints, found: ReferencePoints, features: ReferenceFeatures, reference: Path, map_path: Path
) -> None:
    if len(points.x) > MAX_POINTS:
        raise ReferenceInvalid(
            message(
                "{reference} gives {count:,} points on the map; at most {max_points:,} are taken.",
                reference=reference.name,
                count=len(points.x),
                max_points=MAX_POINTS,
            ),
            next_step="Give fewer points per polygon, or a part of the file.",
        )
    if len(points.x):
        return
    if not len(found.x):
        raise ReferenceInvalid(
            message(
                "{reference} has no point or polygon with a class on the map {map}.",
                reference=reference.name,
                map=map_path.name,
            )
        )
    west, south, east, north = shapely.total_bounds(features.geometry)
    raise ReferenceInvalid(
        message(
            "None of the {count:,} points of {reference} lies where the map {map} has data.",
            count=len(found.x),
            reference=reference.name,
            map=map_path.name,
        ),
        message(
            "In {crs} they go from {west:.6g}, {south:.6g} to {east:.6g}, {north:.6g}.",
            crs=features.crs[:60],
            west=west,
            south=south,
            east=east,
            north=north,
        ),
        "Check the CRS, and whether x and y are exchanged.",
    )


def _zones_of(frame: Frame, points: ReferencePoints) -> NDArray[np.intp]:
    """Index of the first zone that holds each point; -1 for none."""
    zone = np.full(len(points.x), -1, np.intp)
    places = shapely.points(points.x, points.y)
    for index in reversed(range(len(frame.zone_shapes))):
        shapely.prepare(frame.zone_shapes[index])
        zone[shapely.intersects(frame.zone_shapes[index], places)] = index
    return zone


def _design(
    frame: Frame,
    plan: StrataPlan,
    points: SamplePoints,
    options: ImportOptions,
    interpreter: str,
    notes: tuple[str, ...],
) -> SampleDesign:
    counts = np.bincount(points.stratum, minlength=len(plan.strata))
    return SampleDesign(
        map_digest=raster_digest(frame.raster.source),
        map_name=frame.raster.path.name,
        kind=LANDCOVER,
        crs=frame.grid.crs,
        method=SIMPLE if options.is_random else IMPORTED,
        strata=tuple(
            Stratum(part.name, part.map_class, part.zone, part.pixels, part.area_ha, int(count))
            for part, count in zip(plan.strata, counts)
        ),
        zones=frame.zone_names,
        map_counts=plan.map_counts,
        seed=options.seed,
        min_distance_m=0.0,
        interpreters=(interpreter,),
        notes=notes,
        created=_now(),
        allpa_version=__version__,
    )


def _labels(codes: NDArray[np.uint8], values: Sequence[Any], interpreter: str) -> list[Label]:
    now = _now()
    return [
        Label(number, interpreter, code, note=_note(value), labelled_at=now)
        for number, (code, value) in enumerate(zip(codes.tolist(), values), 1)
    ]


def _note(value: object) -> str:
    """The value as it stood in the reference data: one short line without control characters."""
    text = "".join(letter for letter in " ".join(str(value).split()) if letter.isprintable())
    return text[:_NOTE_LENGTH]


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def label_sample(
    sample: Path, map_path: Path, reference: Path, options: ImportOptions
) -> tuple[SampleDesign, SamplePoints, list[Label], list[str]]:
    """Give the points of a sample the classes of a dense reference: a raster of classes, or polygons that hold them.

    Parameters
    ----------
    sample : a sample of the map, drawn before.
    map_path : its map.
    reference : a raster on any grid and in any CRS, or polygons.
    options : the class field of polygons, classes by values, and the name of the labels.

    Returns
    -------
    The design with one more interpreter, the points, the labels of all interpreters, and notes.

    Raises
    ------
    ReferenceInvalid : where the reference cannot be read, a value has no class, or no point gets a class.
    SampleInvalid, SampleOfAnotherMap, RasterInvalid : where sample or map cannot be used.

    """
    design = read_design(sample)
    points = read_points(sample, design)
    check_map(design, points, sample, map_path)
    if design.kind != LANDCOVER:
        raise ReferenceInvalid("A reference of classes cannot label a sample of change.")
    values = reference_values(reference, points.x, points.y, design.crs, options)
    codes = class_codes(values, options.classes, reference.name, design.legend)
    if not codes.any():
        raise ReferenceInvalid(
            message(
                "{reference} has a class at none of the {count} points of {sample}.",
                reference=reference.name,
                count=len(codes),
                sample=sample.name,
            ),
            next_step="Check the CRS of the reference, and whether it covers the map.",
        )
    name = interpreter_of(options, reference)
    others = [label for label in read_labels(sample, len(points), design.legend) if label.interpreter != name]
    filled = [label if label.reference_class else Label(label.point_id, name) for label in _labels(codes, values, name)]
    missing = int((codes == 0).sum())
    notes = [message("Points without a class in the reference: {count}.", count=missing)] if missing else []
    # Empty rows of an interpreter who has labelled nothing would count as missing opinions.
    active = {label.interpreter for label in others if label.reference_class is not None}
    others = [label for label in others if label.interpreter in active]
    people = (*(person for person in design.interpreters if person in active), name)
    return replace(design, interpreters=people), points, [*others, *filled], list(notes)


def reference_values(
    reference: Path, x: NDArray[np.float64], y: NDArray[np.float64], crs: str, options: ImportOptions
) -> list[object]:
    """What a dense reference says at points.

    Parameters
    ----------
    reference : a raster, or polygons.
    x, y : of the points.
    crs : of the points.
    options : the class field and the CRS of polygons.

    Returns
    -------
    The values; None where there is none. Where polygons overlap, the first one of the file counts.

    Raises
    ------
    ReferenceInvalid, RasterInvalid : where the reference cannot be read.

    """
    places = np.column_stack((x, y))
    if reference.suffix.lower() in RASTERS:
        with open_class_raster(reference) as raster:
            moved = coordinate_transform(crs, raster.grid.crs)(places)
            found = codes_at(raster, moved[:, 0], moved[:, 1])
        return [int(code) if code else None for code in found]
    features = read_reference(reference, options.x_field, options.y_field, options.crs, options.layer)
    values = features.columns[class_field(features.fields, options.class_field, reference.name)]
    moved = coordinate_transform(crs, checked_crs(features.crs, reference.name))(places)
    shapes = np.array(
        [None if part is None else MultiPolygon(polygon_parts(shapely.make_valid(part))) for part in features.geometry],
        object,
    )
    tree = shapely.STRtree(shapes)
    at_point, of_shape = tree.query(shapely.points(moved), predicate="intersects")
    first = np.full(len(x), len(shapes), np.intp)
    np.minimum.at(first, at_point, of_shape)
    return [values[index] if index < len(shapes) else None for index in first.tolist()]
