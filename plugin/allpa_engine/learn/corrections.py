"""Corrections of a map: places with the class that they have, as points or polygons, and the pixels that they name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from ..accuracy.reference_file import ReferenceFeatures, read_reference
from ..core.errors import TrainingInvalid
from ..core.legend import MAX_OWN_CODE, Legend
from ..core.messages import Message, joined, message, translatable
from ..geo.grid import Grid
from ..geo.projection import coordinate_transform, reprojected

CLASS_FIELD = "class"
"""Field of the code in files that Allpa writes."""
MAX_CORRECTIONS = 20_000
MAX_PIXELS = 25
"""Pixels of a polygon that are used, spread evenly over it: more of one field teach little that is new."""
_OTHER_SHAPES = translatable(
    "Corrections that are neither points nor polygons, or have no place, which are left out: {count}."
)
_NO_CLASS = translatable("Corrections without a class, which are left out: {count}.")
_CONTRADICTORY = translatable(
    "Pixels with corrections of different classes: {count}. The later correction in the file counts."
)


@dataclass(frozen=True)
class Corrections:
    """Corrections in the order of their file."""

    geometry: NDArray[np.object_]
    """Points and polygons, `(n,)`, in `crs`."""
    codes: NDArray[np.uint8]
    """Class of each."""
    crs: str
    notes: tuple[Message, ...] = ()
    """What was left out."""

    def __len__(self) -> int:
        """The number of corrections."""
        return len(self.codes)

    def in_crs(self, crs: str) -> Corrections:
        """The same in another CRS."""
        shapes = np.array([reprojected(shape, self.crs, crs) for shape in self.geometry], object)
        return Corrections(shapes, self.codes, crs, self.notes)

    def centres(self, crs: str) -> NDArray[np.float64]:
        """`(n, 2)` x and y of the middle of each in a CRS."""
        middle = shapely.get_coordinates(shapely.centroid(self.geometry))
        places: NDArray[np.float64] = coordinate_transform(self.crs, crs)(middle)
        return places


@dataclass(frozen=True)
class CorrectionPixels:
    """The pixels of a grid that corrections name, each once."""

    row: NDArray[np.int64]
    column: NDArray[np.int64]
    correction: NDArray[np.int64]
    """Position of the correction of each pixel."""
    notes: tuple[Message, ...] = ()


def read_corrections(path: Path, legend: Legend, class_field: str = "") -> Corrections:
    """Read corrections from a GeoPackage, GeoJSON, shapefile, KML or CSV.

    Parameters
    ----------
    path : of the file.
    legend : its classes are allowed; those of clouds are not, since clouds belong to single dates.
    class_field : with class codes or names of the legend; empty takes `class`.

    Returns
    -------
    The corrections with a class.

    Raises
    ------
    ReferenceInvalid : where the file cannot be read or names no CRS.
    TrainingInvalid : where there is no such field, a class is unknown, or nothing is left.

    """
    found = read_reference(path)
    if len(found.geometry) > MAX_CORRECTIONS:
        raise TrainingInvalid(
            message("{name} has more than {maximum:,} corrections.", name=path.name, maximum=MAX_CORRECTIONS),
            next_step=message("Train a model from so many labels instead."),
        )
    codes, missing = _codes(found, legend, class_field or CLASS_FIELD, path.name)
    kinds = shapely.get_type_id(found.geometry)
    usable = np.isin(kinds, (0, 3, 4, 6)) & ~shapely.is_empty(found.geometry)  # points, polygons and several of them
    kept = usable & (codes > 0)
    notes: list[Message] = []
    if missing:
        notes.append(message(_NO_CLASS, count=missing))
    if others := int((~usable).sum()):
        notes.append(message(_OTHER_SHAPES, count=others))
    if not kept.any():
        raise TrainingInvalid(
            message("{name} has no correction with a place and a class.", name=path.name), joined(notes)
        )
    return Corrections(found.geometry[kept], codes[kept], found.crs, tuple(notes))


def _codes(found: ReferenceFeatures, legend: Legend, field: str, name: str) -> tuple[NDArray[np.uint8], int]:
    """The code of each feature, 0 where it has none, and how many have none."""
    if field not in found.fields:
        raise TrainingInvalid(
            message("{name} has no field {field}.", name=name, field=repr(field)),
            message("It has {fields}.", fields=", ".join(found.fields[:20]) or message("no fields")),
            message("Name the field that holds the class of each correction."),
        )
    allowed = {code for code in legend.codes if code != legend.cloud_code}
    by_name = {legend.by_code[code].name.casefold(): code for code in allowed}
    values = found.columns[found.fields.index(field)]
    codes = [_code(value, allowed, by_name) for value in values]
    unknown = _shown_unknown(values, codes)
    if unknown:
        raise TrainingInvalid(
            message("{name} has classes that the legend does not have: {classes}.", name=name, classes=unknown),
            message(
                "Its field {field} must hold codes or names of classes, and not that of clouds.", field=repr(field)
            ),
            message("Correct the field, or give a legend that has these classes."),
        )
    return np.array([code or 0 for code in codes], np.uint8), sum(code is None for code in codes)


def _code(value: Any, allowed: set[int], by_name: dict[str, int]) -> int | None:  # noqa: ANN401 - of a file
    """The code of a value; None where it is empty, -1 where it is no class."""
    if value is None or value == "" or (isinstance(value, float) and np.isnan(value)):
        return None
    text = str(value).strip()
    if text.casefold() in by_name:
        return by_name[text.casefold()]
    try:
        number = float(text)
    except ValueError:
        return -1
    return int(number) if number in allowed and number <= MAX_OWN_CODE else -1


def _shown_unknown(values: Sequence[Any], codes: Sequence[int | None]) -> str:
    unknown = dict.fromkeys(str(value)[:40] for value, code in zip(values, codes, strict=True) if code == -1)
    return ", ".join(list(unknown)[:5])


def pixels_on_grid(corrections: Corrections, grid: Grid) -> CorrectionPixels:
    """The pixels of a grid that the corrections name.

    A point names the pixel in which it lies; a polygon names the pixels whose centre it covers, at most `MAX_PIXELS`
    spread evenly, and where it covers none, the pixel at an inner point. Where corrections of different classes name
    one pixel, the later one counts.

    Parameters
    ----------
    corrections : in any CRS.
    grid : in metres; what lies outside is left out.

    Returns
    -------
    Each pixel once.

    """
    own = corrections.in_crs(grid.crs)
    owner: dict[tuple[int, int], int] = {}
    contradictory = 0
    for number, shape in enumerate(own.geometry):
        for place in _shape_pixels(shape, grid):
            before = owner.pop(place, None)
            contradictory += before is not None and own.codes[before] != own.codes[number]
            owner[place] = number
    places = np.array(list(owner), np.int64).reshape(-1, 2)
    notes = (message(_CONTRADICTORY, count=contradictory),) if contradictory else ()
    return CorrectionPixels(places[:, 0], places[:, 1], np.array(list(owner.values()), np.int64), notes)


def _shape_pixels(shape: BaseGeometry, grid: Grid) -> list[tuple[int, int]]:
    """Rows and columns of one correction."""
    if shape.geom_type in ("Point", "MultiPoint"):
        return _inside(shapely.get_coordinates(shape), grid)
    places = _covered(shape, grid)
    if not len(places):
        return _inside(shapely.get_coordinates(shapely.point_on_surface(shape)), grid)
    step = max(1.0, len(places) / MAX_PIXELS)
    chosen = np.floor((np.arange(min(len(places), MAX_PIXELS)) + 0.5) * step).astype(int)
    return [(int(row), int(column)) for row, column in places[np.minimum(chosen, len(places) - 1)]]


def _inside(places: NDArray[np.float64], grid: Grid) -> list[tuple[int, int]]:
    columns = np.floor((places[:, 0] - grid.left) / grid.resolution)
    rows = np.floor((grid.top - places[:, 1]) / grid.resolution)
    inside = (columns >= 0) & (columns < grid.width) & (rows >= 0) & (rows < grid.height)
    return [(int(row), int(column)) for row, column in zip(rows[inside], columns[inside], strict=True)]


def _covered(shape: BaseGeometry, grid: Grid) -> NDArray[np.int64]:
    """Rows and columns, row by row, of the pixels whose centre a polygon covers, within the grid."""
    west, south, east, north = shape.bounds
    left = max(0, int(np.floor((west - grid.left) / grid.resolution)))
    right = min(grid.width, int(np.ceil((east - grid.left) / grid.resolution)))
    top = max(0, int(np.floor((grid.top - north) / grid.resolution)))
    bottom = min(grid.height, int(np.ceil((grid.top - south) / grid.resolution)))
    if right <= left or bottom <= top:
        return np.zeros((0, 2), np.int64)
    part = Grid(
        grid.crs,
        grid.left + left * grid.resolution,
        grid.top - top * grid.resolution,
        grid.resolution,
        right - left,
        bottom - top,
    )
    rows, columns = np.nonzero(part.mask_inside(shape))
    return np.column_stack((rows + top, columns + left)).astype(np.int64)
