"""The frame of a sample: all pixels of a map that can be drawn, counted by class, zone and stratum, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.windows import Window
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from ..areas.tabulate import read_blocks, region_on_map
from ..areas.zones import Zone, overlapping_zones, project_zones
from ..core.errors import RasterInvalid, RegionInvalid
from ..core.messages import message
from ..core.protocol import Reporter
from ..geo.grid import Grid, grid_difference
from ..geo.pixel_area import pixel_areas
from ..geo.region import Region
from ..raster.class_raster import ClassRaster, open_class_raster

_CODES = 256
STAGE = "accuracy_sample"


@dataclass(frozen=True)
class Cell:
    """Pixels of one class of the map in one zone and one stratum of a raster."""

    map_class: int
    zone: int
    """Index of the zone; -1 outside all of them."""
    raster_stratum: int
    """Code in the raster of strata; 0 without one."""
    pixels: int
    area_ha: float


@dataclass(frozen=True)
class CellBlock:
    """The pixels of one block that have data, by cells."""

    window: Window
    index: NDArray[np.intp]
    """`(y, x)`, position in `keys`; -1 for pixels that are not in the frame."""
    keys: tuple[tuple[int, int, int], ...]
    """Class, zone and raster stratum of the cells of this block."""


@dataclass(frozen=True)
class Frame:
    """An open map with its region, zones and raster of strata."""

    raster: ClassRaster
    shape: BaseGeometry | None
    zone_names: tuple[str, ...]
    zone_shapes: tuple[BaseGeometry, ...]
    strata: ClassRaster | None
    notes: tuple[str, ...]

    @property
    def grid(self) -> Grid:
        """The grid of the map."""
        return self.raster.grid

    def blocks(self, reporter: Reporter | None = None, stage: str = STAGE) -> Iterator[CellBlock]:
        """Read the frame block by block, always in the same order.

        Parameters
        ----------
        reporter : receives the progress; None reports nothing.
        stage : name of the stage in these reports.

        Yields
        ------
        The blocks that hold pixels of the region.

        Raises
        ------
        RasterInvalid : where a raster is damaged.

        """
        tree = shapely.STRtree(self.zone_shapes) if self.zone_shapes else None
        for window, codes, inside in read_blocks(self.raster.read, self.grid, self.shape, reporter, stage):
            zones, zone_indices = self._zones_in(window, tree)
            in_frame = codes > 0 if inside is None else (codes > 0) & inside
            key = zones * self.raster.code_count + codes
            if self.strata is not None:
                key = key * _CODES + self.strata.read(window)
            present = np.flatnonzero(np.bincount(key[in_frame].ravel()))
            positions = np.full(int(key.max()) + 1, -1, np.intp)
            positions[present] = np.arange(len(present))
            index = np.where(in_frame, positions[key], -1)
            yield CellBlock(window, index, tuple(self._key(int(value), zone_indices) for value in present))

    def _key(self, value: int, zone_indices: Sequence[int]) -> tuple[int, int, int]:
        rest, stratum = divmod(value, _CODES) if self.strata is not None else (value, 0)
        zone, code = divmod(rest, self.raster.code_count)
        return code, zone_indices[zone], stratum

    def _zones_in(self, window: Window, tree: shapely.STRtree | None) -> tuple[NDArray[np.int64], tuple[int, ...]]:
        """Which zone each pixel of a window lies in, 0 for none, and the zones' indices by these numbers."""
        grid = self.grid.for_window(window)
        zones = np.zeros((grid.height, grid.width), np.int64)
        near = [] if tree is None else sorted(int(i) for i in tree.query(box(*grid.bounds)))
        if near:
            left, bottom, right, top = grid.bounds
            edge = grid.resolution
            cut = [
                shapely.clip_by_rect(self.zone_shapes[index], left - edge, bottom - edge, right + edge, top + edge)
                for index in near
            ]
            # The first zone of the layer is burnt last, so that it has the land that two zones share.
            burnt = [(part, number) for number, part in enumerate(cut, 1) if not part.is_empty][::-1]
            if burnt:
                zones += rasterize(burnt, (grid.height, grid.width), 0, transform=grid.transform, dtype="int32")
        return zones, (-1, *near)


@contextmanager
def open_frame(
    map_path: Path,
    region: Region | None = None,
    zones: Sequence[Zone] = (),
    strata_path: Path | None = None,
) -> Iterator[Frame]:
    """Open the frame of a sample.

    Parameters
    ----------
    map_path : the map that will be assessed; class codes or codes of change, 0 no data.
    region : part of the map; None takes all of it.
    zones : polygons, such as districts; a pixel belongs to the first one in which its centre lies.
    strata_path : raster of strata on the grid of the map, 0 where no points are drawn; None for none.

    Yields
    ------
    The open frame.

    Raises
    ------
    RasterInvalid : where a raster cannot be read, or that of the strata is on another grid.
    RegionInvalid : where region or zones lie outside the map.

    """
    with ExitStack() as stack:
        raster = stack.enter_context(open_class_raster(map_path))
        strata = None if strata_path is None else stack.enter_context(open_class_raster(strata_path))
        if strata is not None:
            difference = grid_difference(raster.grid, strata.grid)
            if difference:
                raise RasterInvalid(
                    message(
                        "The raster of strata {name} is not on the grid of the map {map}.",
                        name=strata.path.name,
                        map=map_path.name,
                    ),
                    difference,
                    "Align it to the map, with 'Align rasters' or 'Warp' by nearest neighbour, and run again.",
                )
        shape = None if region is None else region_on_map(region, raster.grid, map_path)
        shapes = tuple(project_zones(zones, raster.grid))
        if zones and not any(part.intersects(box(*raster.grid.bounds)) for part in shapes):
            raise RegionInvalid(
                "All zones are outside the map.",
                message("None of the {count} zones intersects {map}.", count=len(zones), map=map_path.name),
                "Choose another map, or check the CRS of the zones.",
            )
        notes: tuple[str, ...] = ()
        if overlapping_zones([zone.geometry for zone in zones]):
            notes = (message("Zones overlap: land of two zones is counted in the first one of the layer."),)
        yield Frame(raster, shape, unique_names(zones), shapes, strata, notes)


def unique_names(zones: Sequence[Zone]) -> tuple[str, ...]:
    """The names of zones; those that occur twice get their keys too."""
    names = [zone.name for zone in zones]
    return tuple(zone.name if names.count(zone.name) == 1 else f"{zone.name} ({zone.key})" for zone in zones)


def count_cells(frame: Frame, reporter: Reporter | None = None, stage: str = STAGE) -> tuple[Cell, ...]:
    """Count the pixels of a frame exactly, and add up their area on the ellipsoid.

    Parameters
    ----------
    frame : by `open_frame`.
    reporter : receives the progress; None reports nothing.
    stage : name of the stage in these reports.

    Returns
    -------
    The cells that occur, in the order of stratum, class and zone.

    """
    areas = pixel_areas(frame.grid)
    pixels: dict[tuple[int, int, int], int] = {}
    area_m2: dict[tuple[int, int, int], float] = {}
    for block in frame.blocks(reporter, stage):
        inside = block.index >= 0
        weights = np.broadcast_to(areas.in_window(block.window), block.index.shape)[inside]
        counts = np.bincount(block.index[inside], minlength=len(block.keys))
        sums = np.bincount(block.index[inside], weights, len(block.keys))
        for key, count, total in zip(block.keys, counts.tolist(), sums.tolist()):
            pixels[key] = pixels.get(key, 0) + count
            area_m2[key] = area_m2.get(key, 0.0) + total
    order = sorted(pixels, key=lambda key: (key[2], key[0], key[1]))
    return tuple(Cell(*key, pixels[key], area_m2[key] / 10_000) for key in order)


class _Half:
    """Reports one of two passes as a half of the stage."""

    def __init__(self, reporter: Reporter, half: int) -> None:
        self._reporter, self._half = reporter, half

    def progress(self, stage: str, done: float, total: float) -> None:
        """Pass on the progress as a part of both passes."""
        self._reporter.progress(stage, self._half + (done / total if total else 1), 2)

    def log(self, text: str, level: str = "info") -> None:
        """Pass on a message."""
        self._reporter.log(text, level)


def half_of(reporter: Reporter | None, half: int) -> Reporter | None:
    """A reporter for one of two passes over a frame, 0 or 1."""
    return _Half(reporter, half) if reporter else None
