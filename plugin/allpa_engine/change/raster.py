"""Change rasters: the transition of every pixel, and where both maps are reliable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader, DatasetWriter
from rasterio.windows import Window

from ..core import raster_tags
from ..core.atomic import atomic_write, temporary_file
from ..core.errors import RasterInvalid
from ..core.legend import BUNDLED_LEGEND, NO_DATA, ROLE_CLOUDS, LandClass, Legend, pair_base
from ..core.messages import message
from ..core.products import QUALITY, RasterBand, RasterKind, legend_tags
from ..core.protocol import Reporter
from ..geo.grid import Grid, grid_difference, grid_of
from ..geo.pixel_area import percent_of
from ..geo.region import Region
from ..raster.class_raster import CHANGE_KIND, MAX_CODE, Codes, open_quality_raster
from ..raster.cog import create_geotiff, write_cog
from .pairs import MapPair, open_map_pair, transition_blocks
from .style import (
    CONFIDENT,
    DOUBTFUL,
    SAME,
    certainty_colors,
    transition_colors,
    write_certainty_style,
    write_transition_style,
)

CHANGE = RasterKind(
    "Land cover change",
    (RasterBand("change", "Change", "16 x legend index of the earlier class + legend index of the later class"),),
    overviews="MODE",
    is_categorical=False,
)
CERTAINTY = RasterKind(
    "Certainty of change",
    (RasterBand("certainty", "Certainty", "1 same class, 2 change of low confidence, 3 change of high confidence"),),
    overviews="MODE",
    is_categorical=False,
)


@dataclass(frozen=True)
class ChangeRule:
    """When a change has high confidence: both maps must be reliable in the pixel."""

    min_confidence: float = 0.6
    """Minimum share of the mapped class in the scores, 0 to 1."""
    min_agreement: float = 0.6
    """Minimum share of the clear observations classified as the mapped class, 0 to 1."""
    min_observations: int = 3
    """Minimum number of clear observations."""

    def is_reliable(self, layers: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Where a map is reliable.

        Parameters
        ----------
        layers : bands of its quality raster, `(band, y, x)` uint8 in the order of `QUALITY`: confidence x 255,
            agreement in percent, number of clear observations, and others.

        Returns
        -------
        Mask `(y, x)`.

        Examples
        --------
        >>> pixels = [[255, 90, 8, 6, 0], [255, 90, 2, 2, 0], [100, 90, 8, 6, 0]]
        >>> ChangeRule().is_reliable(np.array(pixels, np.uint8).T[:, np.newaxis]).tolist()
        [[True, False, False]]

        """
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
    legend: Sequence[LandClass] | None = None,
    target_grid: Grid | None = None,
) -> tuple[int, ...]:
    """Write the transition of every pixel as a COG, and a style with an entry for every pair of classes that occurs.

    Pixels contain 16 x the code of the earlier class + that of the later one, and 0 where either map has no data and
    outside the region. Where a code of the legend is above 15, the factor is 256 and a pixel takes two bytes; the
    raster then has a tag with the legend, and no colour table.

    Parameters
    ----------
    before, after : the maps, single-band rasters of class codes.
    path : of the COG, one band uint8 or uint16; the style is written beside it.
    region, reporter, legend, target_grid : as in `change_matrix`.
    language : of the style's names, `en` or `es`.

    Returns
    -------
    The pair codes that occur, in ascending order, without 0.

    Raises
    ------
    LegendsDiffer : where the maps have different legends, and none is given.
    RasterInvalid : where a map cannot be read, contains unknown codes, or is on another grid.
    RegionInvalid : where the region lies outside the maps.
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    with ExitStack() as stack:
        pair = stack.enter_context(open_map_pair(before, after, legend, target_grid))
        seen = np.zeros(pair.code_count, np.int64)
        plain = stack.enter_context(temporary_file(path))
        with _create_change(plain, pair) as target:
            for window, codes, inside in transition_blocks(pair, region, reporter):
                codes_inside = codes if inside is None else np.where(inside, codes, codes.dtype.type(NO_DATA))
                target.write(codes_inside, 1, window=window)
                seen += np.bincount(codes_inside.ravel(), minlength=pair.code_count)
        write_cog(plain, stack.enter_context(atomic_write(path)), CHANGE)
    present = tuple(int(code) for code in np.flatnonzero(seen) if code)
    write_transition_style(path, present, pair.legend, language)
    return present


def _create_change(path: Path, pair: MapPair) -> AbstractContextManager[DatasetWriter]:
    """The plain file of a change raster; with the tags by which it is known again, where its classes are own ones."""
    is_own = tuple(pair.legend) != BUNDLED_LEGEND.classes
    tags = {**legend_tags(Legend(tuple(pair.legend))), raster_tags.KIND: CHANGE_KIND} if is_own else {}
    if pair.code_count > MAX_CODE + 1:
        return create_geotiff(path, pair.grid, CHANGE, dtype="uint16", tags=tags)
    return create_geotiff(path, pair.grid, CHANGE, colors=transition_colors(pair.legend), tags=tags)


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
    """Write how reliable the change is, as a COG with its style.

    Pixels contain `style.SAME`, `DOUBTFUL` or `CONFIDENT`, and 0 where either map shows no land or water.

    Parameters
    ----------
    before, after : the map and its quality raster, all four rasters on one grid.
    path : of the COG, one band uint8; the style is written beside it.
    rule : when a change has high confidence; None takes the default.
    region, reporter : as in `change_matrix`.
    language : of the style's names, `en` or `es`.

    Returns
    -------
    Share of the changed pixels that has high confidence, percent; 0 where nothing changed.

    Raises
    ------
    RasterInvalid : where a raster cannot be read, or is on another grid.
    RegionInvalid : where the region lies outside the maps.
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    counts = np.zeros(256, np.int64)
    with ExitStack() as stack:
        pair = stack.enter_context(open_map_pair(before[0], after[0]))
        qualities = [stack.enter_context(_open_quality(quality, pair.grid)) for quality in (before[1], after[1])]
        plain = stack.enter_context(temporary_file(path))
        with create_geotiff(plain, pair.grid, CERTAINTY, colors=certainty_colors()) as target:
            for window, codes, inside in transition_blocks(pair, region, reporter):
                reliable = [(rule or ChangeRule()).is_reliable(_read_quality(quality, window)) for quality in qualities]
                certainty = classify_certainty(codes, reliable[0] & reliable[1], pair.legend)
                if inside is not None:
                    certainty[~inside] = NO_DATA
                target.write(certainty, 1, window=window)
                counts += np.bincount(certainty.ravel(), minlength=256)
        write_cog(plain, stack.enter_context(atomic_write(path)), CERTAINTY)
    write_certainty_style(path, language)
    return percent_of(int(counts[CONFIDENT]), int(counts[DOUBTFUL] + counts[CONFIDENT]))


def classify_certainty(
    codes: Codes, is_reliable: NDArray[np.bool_], legend: Sequence[LandClass] = BUNDLED_LEGEND
) -> NDArray[np.uint8]:
    """Certainty of the change in every pixel.

    Parameters
    ----------
    codes : pair codes, `pair_base(legend)` x earlier + later class; 0 no data.
    is_reliable : mask of the same shape, True where both maps are reliable.
    legend : the classes of both maps.

    Returns
    -------
    `SAME` where the class did not change, `CONFIDENT` or `DOUBTFUL` where it did; 0 where either map shows no land or
    water. The shape is that of `codes`.

    Examples
    --------
    >>> codes, is_reliable = np.array([[0x22, 0x25, 0x25, 0]], np.uint8), np.array([[True, True, False, True]])
    >>> classify_certainty(codes, is_reliable).tolist()
    [[1, 3, 2, 0]]

    """
    before, after = np.divmod(codes, codes.dtype.type(pair_base(legend)))
    land = codes > 0
    for clouds in (land_class.code for land_class in legend if land_class.role == ROLE_CLOUDS):
        land &= (before != clouds) & (after != clouds)
    certainty = np.where(before == after, SAME, np.where(is_reliable, CONFIDENT, DOUBTFUL))
    result: NDArray[np.uint8] = np.where(land, certainty, NO_DATA).astype(np.uint8)
    return result


@contextmanager
def _open_quality(path: Path, grid: Grid) -> Iterator[DatasetReader]:
    with open_quality_raster(path) as source:
        difference = grid_difference(grid_of(source), grid)
        if difference:
            raise RasterInvalid(
                message("The quality raster {name} is not on the same grid as its map.", name=path.name), difference
            )
        yield source


def _read_quality(quality: DatasetReader, window: Window) -> NDArray[np.uint8]:
    try:
        layers: NDArray[np.uint8] = quality.read(window=window)
    except RasterioError as error:
        raise RasterInvalid(message("{name} is damaged.", name=Path(quality.name).name), str(error)) from error
    return layers
