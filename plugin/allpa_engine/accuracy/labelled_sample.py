"""From a sample's file and its map to the labelled sample in memory, refused where the two do not belong together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from ..core.agreement import ALL, SINGLE, Label, agreed_classes
from ..core.errors import SampleInvalid, SampleOfAnotherMap
from ..core.legend import BUNDLED_LEGEND, Legend, pair_base
from ..core.messages import message, text_of
from ..core.sample_schema import CHANGE, LANDCOVER, SETTLED
from ..raster.class_raster import MAX_CODE, ClassRaster, Codes, as_codes, open_class_raster
from ..raster.digest import raster_digest
from .sample import LabelledSample
from .sample_design import SampleDesign
from .sample_file import SamplePoints, read_design, read_labels, read_points


def read_labelled_sample(
    path: str | os.PathLike[str], map_path: str | os.PathLike[str], rule: str = "", interpreter: str = ""
) -> LabelledSample:
    """Read a sample with the labels that its interpreters agree on.

    Parameters
    ----------
    path : of the sample's GeoPackage.
    map_path : the map that is assessed; it must be the one from which the sample was drawn.
    rule, interpreter : as in `agreed_codes`.

    Returns
    -------
    All points, also those without a label. In a sample of change both classes are pair codes, as in change rasters.

    Raises
    ------
    SampleOfAnotherMap : where the sample was drawn from another map.
    SampleInvalid : where the file is no sample, or a point was moved to a pixel of another class.
    RasterInvalid : where the map cannot be read.

    """
    design = read_design(path)
    points = read_points(path, design)
    check_map(design, points, path, map_path)
    check_draw(design, points, Path(path).name)
    labels, is_change = read_labels(path, len(points), design.legend), design.kind == CHANGE
    codes = agreed_codes(
        labels, len(points), is_change=is_change, rule=rule, interpreter=interpreter, legend=design.legend
    )
    return LabelledSample(
        stratum=points.stratum,
        map_class=points.map_class,
        reference_class=codes,
        zone=points.zone,
        stratum_names=tuple(_untranslated(stratum.name, design) for stratum in design.strata),
        stratum_pixels=np.array([stratum.pixels for stratum in design.strata], np.int64),
        stratum_area_ha=np.array([stratum.area_ha for stratum in design.strata], np.float64),
        zone_names=design.zones,
        legend=design.legend,
    )


def _untranslated(name: str, design: SampleDesign) -> str:
    """The name of a stratum; one of own classes is shown as it is, even where the catalogue has the same text."""
    return name if design.legend.is_bundled else message("{name:s}", name=name)


def check_map(
    design: SampleDesign, points: SamplePoints, path: str | os.PathLike[str], map_path: str | os.PathLike[str]
) -> None:
    """Refuse a sample of another map, and one whose points were moved.

    Raises
    ------
    SampleOfAnotherMap, SampleInvalid, RasterInvalid : as in `read_labelled_sample`.

    """
    with open_class_raster(Path(map_path)) as raster:
        if raster_digest(raster.source) != design.map_digest:
            raise SampleOfAnotherMap(
                message(
                    "The sample {sample} was not drawn from the map {map}.",
                    sample=Path(path).name,
                    map=Path(map_path).name,
                ),
                message("It was drawn from {map_name}, whose pixels are others.", map_name=design.map_name),
            )
        moved = np.flatnonzero(codes_at(raster, points.x, points.y) != points.map_class)
    if moved.size:
        raise SampleInvalid(
            message("Points of {name} were moved or changed after the draw.", name=Path(path).name),
            message(
                "The map has another class at {count} of them, such as point {number}.",
                count=moved.size,
                number=moved[0] + 1,
            ),
        )


def check_draw(design: SampleDesign, points: SamplePoints, name: str) -> None:
    """Refuse a sample whose points are no longer those of its draw: an estimate would weigh them wrongly.

    Parameters
    ----------
    design, points : of one file.
    name : of the file, for the sentence of an error.

    Raises
    ------
    SampleInvalid : where a stratum has other points than were drawn, or a point lies in the stratum of another class.

    """
    drawn = np.array([stratum.points for stratum in design.strata])
    counts = np.bincount(points.stratum, minlength=len(drawn))
    codes = np.array([stratum.map_class or 0 for stratum in design.strata])[points.stratum]
    strange = np.flatnonzero((codes > 0) & (codes != points.map_class) & (design.kind == LANDCOVER))
    wrong = np.flatnonzero(drawn != counts)
    if strange.size:
        why = message("Point {number} lies in the stratum of another class.", number=strange[0] + 1)
    elif wrong.size:
        first = design.strata[wrong[0]]
        why = message(
            "{drawn} points were drawn in the stratum {name}, and {count} are there.",
            drawn=first.points,
            name=first.name,
            count=counts[wrong[0]],
        )
    else:
        return
    raise SampleInvalid(message("The points of {name} are not those that were drawn.", name=name), why)


def codes_at(raster: ClassRaster, x: NDArray[np.float64], y: NDArray[np.float64]) -> Codes:
    """The codes of a map at points.

    Parameters
    ----------
    raster : the open map.
    x, y : coordinates in its CRS.

    Returns
    -------
    Codes; 0 where the map has no data, and for points outside it.

    """
    grid = raster.grid
    with np.errstate(invalid="ignore"):
        column = np.floor((x - grid.left) / grid.resolution)
        row = np.floor((grid.top - y) / grid.resolution)
        on_map = (column >= 0) & (column < grid.width) & (row >= 0) & (row < grid.height)
    codes = np.zeros(len(x), np.uint8 if raster.code_count <= MAX_CODE + 1 else np.uint16)
    indices = np.flatnonzero(on_map)
    block = 1024
    keys = (row[indices] // block) * (grid.width // block + 1) + column[indices] // block
    order = indices[np.argsort(keys, kind="stable")]
    groups = np.split(order, np.flatnonzero(np.diff(np.sort(keys, kind="stable"))) + 1) if order.size else []
    for group in groups:
        rows, columns = row[group].astype(int), column[group].astype(int)
        top, left = int(rows.min()), int(columns.min())
        window = Window(left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1)
        codes[group] = raster.read(window)[rows - top, columns - left]
    return codes


def agreed_codes(
    labels: Sequence[Label],
    point_count: int,
    *,
    is_change: bool = False,
    rule: str = "",
    interpreter: str = "",
    legend: Legend = BUNDLED_LEGEND,
) -> Codes:
    """The class of every point on which its interpreters agree.

    Parameters
    ----------
    labels : rows of all interpreters.
    point_count : points of the sample.
    is_change : whether earlier and later class are joined to a pair code.
    rule, interpreter : as in `core.agreement.agreed_classes`; without a rule all must agree, where there are several.
    legend : the classes, which decide how pair codes are made.

    Returns
    -------
    Codes by point; 0 where there is no label, or interpreters disagree.

    Raises
    ------
    SampleInvalid : where the rule is that of one interpreter, and there are several.

    Examples
    --------
    >>> rows = (Label(1, "A", 2), Label(1, "B", 2), Label(2, "A", 3), Label(2, "B", 5))
    >>> agreed_codes(rows, 3).tolist()
    [2, 0, 0]

    """
    base = pair_base(legend)
    joined = [replace(label, reference_class=_pair_code(label, base)) for label in labels] if is_change else labels
    codes = np.zeros(point_count, np.uint16)
    if rule == SINGLE and interpreter:
        interpreter = _known_interpreter(joined, interpreter)
    try:
        agreements = agreed_classes(joined, rule or ALL, interpreter)
    except ValueError as error:
        raise SampleInvalid(
            "The labels cannot be joined to one class per point.",
            text_of(error),
            "Name the interpreter, or another rule.",
        ) from error
    for point in agreements:
        codes[point.point_id - 1] = point.reference_class or 0
    return as_codes(codes)


def _known_interpreter(labels: Sequence[Label], wanted: str) -> str:
    """The interpreter as the labels have the name: other capital letters are the same person."""
    names = sorted({label.interpreter for label in labels} - {SETTLED})
    for name in [wanted] if wanted in names else names:
        if name.strip().casefold() == wanted.strip().casefold():
            return name
    raise SampleInvalid(
        message("The sample has no labels by {wanted}.", wanted=repr(wanted)),
        message("Its interpreters are {names}.", names=", ".join(names[:20])),
        "Name one of them.",
    )


def _pair_code(label: Label, base: int) -> int | None:
    if label.reference_class is None or label.earlier_class is None:
        return None
    return base * label.earlier_class + label.reference_class
