"""The slope of the ground on any block of the map, from a raster of elevation in any coordinate system."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from pyproj.exceptions import ProjError
from rasterio.errors import RasterioError
from rasterio.windows import Window

from ..core.errors import RasterInvalid
from ..core.messages import message
from ..geo.grid import Grid
from ..raster.gdal import MAP_DRIVERS, check_complete, open_raster
from .alignment import interpolated_from_nodes, pixel_centres_in

SLOPE_STEP_M = 30.0
"""Distance between the heights that a slope is computed from: the pixels of the Copernicus DEM GLO-30."""
LOWEST_M, HIGHEST_M = -1000.0, 9000.0
"""Heights beyond these are no land of this earth: values of no data that a file does not declare, or feet."""
_SCALE_NODES_PX = 512
_MAX_WINDOW_PX = 4_000_000
"""Pixels of the elevation raster that are read at once; finer rasters are read in more parts."""
_WGS84 = "EPSG:4326"
_OTHER_RASTER = message("Choose a raster of elevation in metres: GeoTIFF, ERDAS Imagine, ENVI or ASCII grid.")


class ElevationRaster:
    """An open raster of elevation in metres; several threads may read it."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Open the raster.

        Raises
        ------
        RasterInvalid : where it cannot be read, has no CRS that can be used, or is not one band of real numbers.
        """
        name = os.path.basename(path)  # noqa: PTH119 - any text may come from a job
        try:
            self._source: Any = open_raster(path, MAP_DRIVERS)
        except RasterioError as error:
            raise RasterInvalid(
                message("The elevation raster {name} cannot be read.", name=name), str(error), _OTHER_RASTER
            ) from error
        self.name = name
        try:
            self._check_content()
            self._crs = self._source.crs.to_wkt()
            self._from_degrees = Transformer.from_crs(_WGS84, self._crs, always_xy=True).transform
        except (RasterInvalid, ProjError) as error:
            self.close()
            if isinstance(error, RasterInvalid):
                raise
            raise self._no_georeference() from error
        self._lock = Lock()

    def _check_content(self) -> None:
        if self._source.count != 1 or "complex" in self._source.dtypes[0]:
            raise RasterInvalid(
                message("The elevation raster {name} is not one band of heights.", name=self.name),
                next_step=message("Save the band of heights as a raster of its own and run again."),
            )
        if self._source.crs is None or abs(self._source.transform.determinant) == 0:
            raise self._no_georeference()

    def _no_georeference(self) -> RasterInvalid:
        return RasterInvalid(
            message("The elevation raster {name} has no usable georeference.", name=self.name),
            next_step=message("Assign its CRS and run again."),
        )

    def __enter__(self) -> ElevationRaster:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the raster."""
        with suppress(RasterioError):
            self._source.close()

    def check_whole(self) -> None:
        """Check that no block of a GeoTIFF lies beyond the end of its file.

        Raises
        ------
        RasterInvalid : where it was cut short.
        """
        if self._source.driver != "GTiff":
            return
        try:
            check_complete(Path(self._source.name))
        except RasterioError as error:
            raise self._damaged(error) from error

    def _damaged(self, error: RasterioError) -> RasterInvalid:
        return RasterInvalid(
            message("The elevation raster {name} is damaged.", name=self.name), str(error), _OTHER_RASTER
        )

    def heights(self, block: Grid) -> NDArray[np.float32]:
        """The elevation of a block's pixel centres, bilinear between the four heights around each.

        Parameters
        ----------
        block : grid of the block, in any CRS.

        Returns
        -------
        Metres `(y, x)` float32; NaN where the raster has none.

        Raises
        ------
        RasterInvalid : where the raster is damaged.

        """
        x, y = pixel_centres_in(block, self._crs)
        inverse = ~self._source.transform
        columns = inverse.a * x + inverse.b * y + inverse.c - 0.5
        rows = inverse.d * x + inverse.e * y + inverse.f - 0.5
        out = np.full(x.shape, np.nan, np.float32)
        finite = np.isfinite(columns) & np.isfinite(rows)
        if not finite.any():
            return out
        area = float(np.ptp(columns[finite]) + 2) * float(np.ptp(rows[finite]) + 2)
        strip = max(1, block.height // max(1, math.ceil(area / _MAX_WINDOW_PX)))
        for top in range(0, block.height, strip):
            part = slice(top, top + strip)
            out[part] = self._interpolated(columns[part], rows[part])
        return out

    def known_share(self, longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> float:
        """The share, 0 to 1, of some points that have a height: `(n,)` degrees each.

        Raises
        ------
        RasterInvalid : where the raster is damaged.
        """
        x, y = self._from_degrees(longitude, latitude)
        inverse = ~self._source.transform
        columns = np.floor(inverse.a * x + inverse.b * y + inverse.c)
        rows = np.floor(inverse.d * x + inverse.e * y + inverse.f)
        inside = (columns >= 0) & (columns < self._source.width) & (rows >= 0) & (rows < self._source.height)
        if not inside.any():
            return 0.0
        column, row = columns[inside].astype(int), rows[inside].astype(int)
        left, top, width, height = column.min(), row.min(), int(np.ptp(column)) + 1, int(np.ptp(row)) + 1
        if width * height <= _MAX_WINDOW_PX:  # one read takes less time than hundreds of single pixels
            known = np.isfinite(self._read(Window(left, top, width, height)))[row - top, column - left].sum()
        else:
            known = sum(np.isfinite(self._read(Window(*place, 1, 1))).all() for place in zip(column, row, strict=True))
        return float(known) / len(longitude)

    def _interpolated(self, columns: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float32]:
        """Heights at positions in pixels, counted from the centre of the first one."""
        out = np.full(columns.shape, np.nan, np.float32)
        width, height = self._source.width, self._source.height
        # Beyond the outermost centres, by half a pixel, the outermost heights go on.
        inside = (columns >= -0.5) & (columns <= width - 0.5) & (rows >= -0.5) & (rows <= height - 0.5)
        if not inside.any():
            return out
        column, row = np.clip(columns[inside], 0, width - 1), np.clip(rows[inside], 0, height - 1)
        left, top = np.floor(column).astype(np.intp), np.floor(row).astype(np.intp)
        right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
        first_column, first_row = int(left.min()), int(top.min())
        window = Window(first_column, first_row, int(right.max()) - first_column + 1, int(bottom.max()) - first_row + 1)
        values = self._read(window)
        left, right, top, bottom = left - first_column, right - first_column, top - first_row, bottom - first_row
        share_x, share_y = column - np.floor(column), row - np.floor(row)
        upper = values[top, left] * (1 - share_x) + values[top, right] * share_x
        lower = values[bottom, left] * (1 - share_x) + values[bottom, right] * share_x
        out[inside] = upper * (1 - share_y) + lower * share_y
        return out

    def _read(self, window: Window) -> NDArray[np.float64]:
        try:
            with self._lock:
                masked = self._source.read(1, window=window, masked=True)
        except RasterioError as error:
            raise self._damaged(error) from error
        values: NDArray[np.float64] = np.ma.filled(masked.astype(np.float64), np.nan)
        values[(values < LOWEST_M) | (values > HIGHEST_M)] = np.nan
        return values


def check_elevation(path: str | os.PathLike[str]) -> None:
    """Check, without reading it all, that a raster of elevation is whole and can be used.

    Raises
    ------
    RasterInvalid : where it is missing, damaged, without a CRS, or not one band of heights.

    """
    with ElevationRaster(path) as elevation:
        elevation.check_whole()


def slope_degrees(elevation: ElevationRaster, block: Grid) -> NDArray[np.float32]:
    """The slope of the ground at a block's pixels, from heights 30 m apart on the ground's own metres.

    A map's metres are not those of the ground everywhere (in Web Mercator at 45 degrees of latitude 1.41 of them are
    one metre), so the lengths of a pixel's sides are measured on the ellipsoid.

    Parameters
    ----------
    elevation : covers the block, and 30 m around it.
    block : grid of the block, in metres.

    Returns
    -------
    Degrees from the horizontal, `(y, x)` float32; NaN where heights are missing.

    References
    ----------
    Horn, B. K. P. (1981): Hill shading and the reflectance map. Proceedings of the IEEE 69(1), 14-47: weighted
    differences of the eight neighbours.

    """
    return slope_and_aspect(elevation, block)[0]


def slope_and_aspect(elevation: ElevationRaster, block: Grid) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Slope and aspect of the ground at a block's pixels; see `slope_degrees`.

    Parameters
    ----------
    elevation : covers the block, and 30 m around it.
    block : grid of the block, in metres.

    Returns
    -------
    slope : degrees from the horizontal, `(y, x)` float32; NaN where heights are missing.
    aspect : the direction in which the ground falls, degrees clockwise from the north of the grid, 0 to below 360;
        0 where it is level, NaN where heights are missing.

    """
    step = max(1, round(SLOPE_STEP_M / block.resolution))
    around = Grid(
        block.crs,
        block.left - step * block.resolution,
        block.top + step * block.resolution,
        block.resolution,
        block.width + 2 * step,
        block.height + 2 * step,
    )
    heights = elevation.heights(around).astype(np.float64)
    side_x_m, side_y_m = _ground_sides(block)

    def shifted(down: int, right: int) -> NDArray[np.float64]:
        rows, columns = step * (1 + down), step * (1 + right)
        return heights[rows : rows + block.height, columns : columns + block.width]

    east = shifted(-1, 1) + 2 * shifted(0, 1) + shifted(1, 1) - shifted(-1, -1) - 2 * shifted(0, -1) - shifted(1, -1)
    south = shifted(1, -1) + 2 * shifted(1, 0) + shifted(1, 1) - shifted(-1, -1) - 2 * shifted(-1, 0) - shifted(-1, 1)
    east /= 8 * step * side_x_m
    south /= 8 * step * side_y_m
    slope = np.degrees(np.arctan(np.hypot(east, south))).astype(np.float32)
    aspect = (np.degrees(np.arctan2(-east, south)) % 360).astype(np.float32)
    return slope, np.where(aspect == 360, np.float32(0), aspect)  # rounding can give the full circle


def _ground_sides(block: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Width and height of a block's pixels on the ellipsoid, metres, `(y, x)`."""
    to_degrees = Transformer.from_crs(block.crs, _WGS84, always_xy=True).transform
    ellipsoid, half = Geod(ellps="WGS84"), block.resolution / 2

    def sides(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        lengths = []
        for shift_x, shift_y in ((half, 0.0), (0.0, half)):
            ends = (*to_degrees(x - shift_x, y - shift_y), *to_degrees(x + shift_x, y + shift_y))
            lengths.append(np.asarray(ellipsoid.inv(*ends)[2], np.float64))
        return lengths[0], lengths[1]

    width, height = interpolated_from_nodes(block, _SCALE_NODES_PX, sides)
    return width, height
