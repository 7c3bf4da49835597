"""The quality of seasonal composites by tile: how many pixels lack a clear observation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry

from ..core.errors import RasterInvalid
from ..core.messages import message
from ..geo.grid import Grid
from ..geo.mgrs_tiles import tile_bounds, tile_crs
from ..geo.projection import coordinate_transform, reprojected
from ..raster.gdal import open_raster
from .ownership import squared_distance

_BLOCK_PX = 1024
_FAR_M = 1e7
"""Longer than any map: the size of a half-plane."""


@dataclass(frozen=True)
class TileQuality:
    """What the seasons show of one tile's part of the region."""

    tile: str
    pixels: int
    """Of the region that are nearer to this tile's centre than to that of any other tile used."""
    missing: Mapping[str, int]
    """Pixels without a clear observation, by season."""
    missing_any: int
    """Pixels that lack one in any of the seasons: a model of all seasons cannot classify them."""
    observations: Mapping[str, float]
    """Mean number of clear observations of a pixel, by season."""
    area: BaseGeometry
    """The tile's part, in the CRS of the composite."""

    def missing_percent(self, season: str = "") -> float:
        """Percent of the pixels that lack a season; without a name, that lack any of them."""
        count = self.missing[season] if season else self.missing_any
        return 100 * count / self.pixels if self.pixels else 100.0


def tile_quality(
    observations: Mapping[str, Path],
    tiles: Sequence[str],
    grid: Grid,
    border: BaseGeometry | None,
    progress: Callable[[float], None],
) -> tuple[TileQuality, ...]:
    """Count missing pixels tile by tile.

    Parameters
    ----------
    observations : rasters of clear observations by season, uint8 on `grid`.
    tiles : names of the tiles that were used; each pixel counts for the one with the nearest centre.
    grid : of the composites.
    border : of the region, in the grid's CRS; None takes the whole grid.
    progress : called with the share that is done, 0 to 1.

    Returns
    -------
    The tiles that have pixels, in the order of their names.

    Raises
    ------
    RasterInvalid : where a raster is damaged.

    """
    names = sorted(tiles)
    centres = {name: _tile_centre(name, grid.crs) for name in names}
    pixels = np.zeros(len(names), np.int64)
    missing_any = np.zeros(len(names), np.int64)
    missing = {season: np.zeros(len(names), np.int64) for season in observations}
    sums = {season: np.zeros(len(names), np.float64) for season in observations}
    windows = list(grid.block_windows(_BLOCK_PX))
    for number, window in enumerate(windows, start=1):
        part = grid.for_window(window)
        inside = np.ones((part.height, part.width), bool) if border is None else part.mask_inside(border)
        owner = _nearest(part, [centres[name] for name in names])[inside]
        lacks_any = np.zeros(len(owner), bool)
        pixels += np.bincount(owner, minlength=len(names))
        for season, path in observations.items():
            counts = _read(path, window)[inside]
            missing[season] += np.bincount(owner[counts == 0], minlength=len(names))
            sums[season] += np.bincount(owner, counts, len(names))
            lacks_any |= counts == 0
        missing_any += np.bincount(owner[lacks_any], minlength=len(names))
        progress(number / len(windows))
    return tuple(
        TileQuality(
            name,
            int(pixels[index]),
            {season: int(found[index]) for season, found in missing.items()},
            int(missing_any[index]),
            {season: float(total[index] / pixels[index]) for season, total in sums.items()},
            _part_of_tile(name, centres, border or box(*grid.bounds), grid.crs),
        )
        for index, name in enumerate(names)
        if pixels[index]
    )


def _read(path: Path, window: Any) -> NDArray[np.uint8]:  # noqa: ANN401 - rasterio ships no types
    try:
        with open_raster(path) as source:
            values: NDArray[np.uint8] = source.read(1, window=window)
    except RasterioError as error:
        raise RasterInvalid(message("The raster {name} is damaged.", name=path.name), str(error)) from error
    return values


def _nearest(part: Grid, centres: Sequence[tuple[float, float]]) -> NDArray[np.int64]:
    """The number of the nearest centre of each pixel, `(y, x)`; of equally near ones the first."""
    if len(centres) == 1:
        return np.zeros((part.height, part.width), np.int64)
    nearest = np.zeros((part.height, part.width), np.int64)
    distance = squared_distance(part, centres[0])
    for index, centre in enumerate(centres[1:], start=1):
        other = squared_distance(part, centre)
        nearest[other < distance] = index
        np.minimum(distance, other, out=distance)
    return nearest


def _tile_centre(name: str, crs: str) -> tuple[float, float]:
    centre = shapely.transform(box(*tile_bounds(name)).centroid, coordinate_transform(tile_crs(name), crs))
    return centre.x, centre.y


def _part_of_tile(
    name: str, centres: Mapping[str, tuple[float, float]], border: BaseGeometry, crs: str
) -> BaseGeometry:
    """The part of the region that is nearest to a tile's centre."""
    part = border
    own = np.array(centres[name])
    for other, centre in centres.items():
        if other != name:
            part = part.intersection(_half_plane(own, np.array(centre)))
    extent = reprojected(box(*tile_bounds(name)), tile_crs(name), crs)
    inside = part.intersection(extent)
    return part if inside.is_empty else inside


def _half_plane(near: NDArray[np.float64], far: NDArray[np.float64]) -> Polygon:
    """The points that are nearer to one point than to another, as a large rectangle."""
    middle, direction = (near + far) / 2, (near - far) / np.linalg.norm(near - far)
    along = np.array([-direction[1], direction[0]])
    corners = (
        middle + _FAR_M * along,
        middle - _FAR_M * along,
        middle - _FAR_M * along + _FAR_M * direction,
        middle + _FAR_M * along + _FAR_M * direction,
    )
    return Polygon(corners)
