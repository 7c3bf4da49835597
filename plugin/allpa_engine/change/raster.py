"""Change rasters: what became of what in every pixel, and where both maps are sure of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader, DatasetWriter
from rasterio.windows import Window

from .. import __version__
from ..core.atomic import atomic_write, temporary_file
from ..core.errors import RasterInvalid
from ..core.legend import CLASS_BY_CODE, CLOUDS, LEGEND, NO_DATA, LandClass
from ..core.products import QUALITY, RasterBand, RasterKind
from ..core.protocol import NullReporter, Reporter
from ..geo.grid import Grid
from ..geo.region import Region
from ..raster.class_raster import grid_of
from ..raster.cog import write_cog
from .grids import grid_difference
from .pairs import open_map_pair, transition_blocks
from .style import (
    CONFIDENT,
    DOUBTFUL,
    SAME,
    Colors,
    certainty_colors,
    transition_colors,
    write_certainty_style,
    write_transition_style,
)

CHANGE = RasterKind(
    "Land cover change",
    (RasterBand("change", "Change", "16 x place of the earlier class + place of the later class"),),
    overviews="MODE",
    is_categorical=False,
)
CERTAINTY = RasterKind(
    "Certainty of change",
    (RasterBand("certainty", "Certainty", "1 same class, 2 doubtful change, 3 confident change"),),
    overviews="MODE",
    is_categorical=False,
)


@dataclass(frozen=True)
class ChangeRule:
    """When a change is confident: both maps must be sure of the pixel."""

    min_confidence: float = 0.6
    """Least share of the winner in the scores, 0 to 1."""
    min_agreement: float = 0.6
    """Least share of the clear observations that voted for the winner, 0 to 1."""
    min_observations: int = 3
    """Least number of clear observations."""

    def is_reliable(self, layers: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Mask `(y, x)` of a quality raster's bands `(band, y, x)`."""
        bands = {band.key: layers[index] for index, band in enumerate(QUALITY.bands)}
        is_reliable: NDArray[np.bool_] = (
            (bands["confidence"] >= 255 * self.min_confidence)
            & (bands["agreement"] >= 100 * self.min_agreement)
            & (bands["observations"] >= self.min_observations)
        )
        return is_reliable


def write_change_raster(
    before: Path,
    after: Path,
    path: Path,
    *,
    region: Region | None = None,
    language: str = "en",
    reporter: Reporter | None = None,
    legend: Sequence[LandClass] = LEGEND,
    target_grid: Grid | None = None,
) -> tuple[int, ...]:
    """Write what became of what in every pixel as a COG, and a style with an entry for every pair that exists.

    Pixels hold 16 x the earlier class's place in the legend + the later one's, places counted from 1, and 0 where
    either map has no data or out of the region. Gives the codes that exist.

    Raises
    ------
    RasterInvalid : where a map cannot be read, holds unknown codes, or lies on another grid.
    DiskFull, FolderNotWritable

    """
    seen = np.zeros(256, np.int64)
    with ExitStack() as stack:
        pair = stack.enter_context(open_map_pair(before, after, legend, target_grid))
        plain = stack.enter_context(temporary_file(path))
        shape = None if region is None else region.geometry_in_crs(pair.grid.crs)
        with create_palette_raster(plain, pair.grid, CHANGE, transition_colors(legend)) as target:
            for window, codes in transition_blocks(pair, shape, reporter or NullReporter()):
                target.write(codes, 1, window=window)
                seen += np.bincount(codes.ravel(), minlength=256)
        write_cog(plain, stack.enter_context(atomic_write(path)), CHANGE)
    present = tuple(int(code) for code in np.flatnonzero(seen) if code)
    write_transition_style(path, present, legend, language)
    return present


def write_certainty_raster(
    before: tuple[Path, Path],
    after: tuple[Path, Path],
    path: Path,
    *,
    rule: ChangeRule | None = None,
    region: Region | None = None,
    language: str = "en",
    reporter: Reporter | None = None,
) -> float:
    """Write where a change can be trusted, as a COG with its style; `before` and `after` are a map and its quality.

    Pixels hold `style.SAME`, `DOUBTFUL` or `CONFIDENT`, and 0 where either map shows no land. Gives the share of the
    changed pixels that is confident, in percent.

    Raises
    ------
    RasterInvalid : where a raster cannot be read, or one lies on another grid.
    DiskFull, FolderNotWritable

    """
    counts = np.zeros(256, np.int64)
    with ExitStack() as stack:
        pair = stack.enter_context(open_map_pair(before[0], after[0], LEGEND))
        qualities = [stack.enter_context(_open_quality(quality, pair.grid)) for quality in (before[1], after[1])]
        plain = stack.enter_context(temporary_file(path))
        shape = None if region is None else region.geometry_in_crs(pair.grid.crs)
        with create_palette_raster(plain, pair.grid, CERTAINTY, certainty_colors()) as target:
            for window, codes in transition_blocks(pair, shape, reporter or NullReporter()):
                reliable = [(rule or ChangeRule()).is_reliable(_read_quality(quality, window)) for quality in qualities]
                certainty = classify_certainty(codes, reliable[0] & reliable[1])
                target.write(certainty, 1, window=window)
                counts += np.bincount(certainty.ravel(), minlength=256)
        write_cog(plain, stack.enter_context(atomic_write(path)), CERTAINTY)
    write_certainty_style(path, language)
    changed = int(counts[DOUBTFUL] + counts[CONFIDENT])
    return 100.0 * int(counts[CONFIDENT]) / changed if changed else 0.0


def classify_certainty(codes: NDArray[np.uint8], is_reliable: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Certainty `(y, x)` of pair codes, where `trusted` says that both maps are sure; 0 where either shows no land."""
    before, after = codes >> 4, codes & 15
    clouds = 1 + LEGEND.index(CLASS_BY_CODE[CLOUDS])
    land = (codes > 0) & (before != clouds) & (after != clouds)
    certainty = np.where(before == after, SAME, np.where(is_reliable, CONFIDENT, DOUBTFUL))
    result: NDArray[np.uint8] = np.where(land, certainty, NO_DATA).astype(np.uint8)
    return result


def create_palette_raster(path: Path, grid: Grid, kind: RasterKind, colors: Colors) -> DatasetWriter:
    """A plain GeoTIFF of one band with a colour table, open for writing by windows."""
    dataset = rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=grid.width,
        height=grid.height,
        count=1,
        dtype="uint8",
        crs=grid.crs,
        transform=grid.transform,
        nodata=NO_DATA,
        tiled=True,
        blockxsize=512,
        blockysize=512,
        compress="deflate",
        zlevel=1,
        bigtiff="if_safer",
        photometric="palette",
    )
    dataset.write_colormap(1, colors)
    dataset.set_band_description(1, kind.bands[0].name)
    dataset.update_tags(1, DEFINITION=kind.bands[0].description)
    dataset.update_tags(
        TIFFTAG_DOCUMENTNAME=kind.title,
        TIFFTAG_SOFTWARE=f"Allpa {__version__}",
        TIFFTAG_COPYRIGHT="Contains modified Copernicus Sentinel data",
    )
    return dataset


@contextmanager
def _open_quality(path: Path, grid: Grid) -> Iterator[DatasetReader]:
    try:
        source = rasterio.open(path)
    except RasterioError as error:
        raise RasterInvalid(f"The quality raster {path.name} cannot be read.", str(error)) from error
    with source:
        if source.count != len(QUALITY.bands):
            raise RasterInvalid(f"{path.name} is not a quality raster of Allpa.", f"It has {source.count} bands.")
        difference = grid_difference(grid_of(source), grid)
        if difference:
            raise RasterInvalid(f"The quality raster {path.name} lies on another grid than its map.", difference)
        yield source


def _read_quality(quality: DatasetReader, window: Window) -> NDArray[np.uint8]:
    try:
        layers: NDArray[np.uint8] = quality.read(window=window)
    except RasterioError as error:
        raise RasterInvalid(f"{Path(quality.name).name} is damaged.", str(error)) from error
    return layers
