"""Embeddings: the network's features of every pixel, averaged over the clear observations of a month or year.

The last hidden layer describes a pixel by a few numbers; its mean over the dates describes the land. Stored as signed
bytes with a scale and an offset for each band, it can be used in any program: by a classifier, by clustering, or by the
distance to the mean of a few labelled pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio.windows import Window

from .. import __version__
from ..classify.scene_reader import SceneReader, open_scene
from ..classify.tiling import ChipSpan, absolute_origin, chip_spans
from ..core import raster_tags
from ..core.atomic import atomic_write, temporary_file
from ..core.errors import RasterInvalid
from ..core.messages import message
from ..core.protocol import Reporter
from ..core.scene import FetchedScene
from ..geo.grid import Grid, grid_covering
from ..geo.projection import WGS84, reprojected
from ..geo.region import Region
from ..raster.cloud_mask import is_clear
from ..raster.gdal import check_complete, gtiff_profile, translate_write_errors
from .network_features import FeatureNetwork, read_features

NO_DATA = -128
LEVELS = 254
"""Steps between the smallest and the largest number, -127 and 127."""
CORE_PX = 448
"""Side of a chip's core: with margins of 64 px half of the work is at the margins' cost, and a strip of a whole tile
holds 470 MB of 24 features."""
_BLOCK_PX = 512
_MIN_SCALE = 1e-6

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class EmbeddingFile:
    """An embedding that was written."""

    path: Path
    bands: int
    scene_count: int
    scales: tuple[float, ...]
    """By band: a feature is `number * scale + offset`, right to half a scale."""
    offsets: tuple[float, ...]
    seen_share: float
    """Share of the region's pixels with a clear observation."""


def embedding_names(count: int, prefix: str = "") -> tuple[str, ...]:
    """Names of the bands.

    Examples
    --------
    >>> embedding_names(2), embedding_names(1, "m05")
    (('embedding_01', 'embedding_02'), ('m05_embedding_01',))

    """
    start = f"{prefix}_" if prefix else ""
    return tuple(f"{start}embedding_{number:02d}" for number in range(1, count + 1))


def write_embedding(
    path: Path,
    scenes: Sequence[FetchedScene],
    network: FeatureNetwork,
    region: Region,
    reporter: Reporter,
    cloud_code: int | None,
    prefix: str = "",
    core_px: int = CORE_PX,
) -> EmbeddingFile:
    """Write the embedding of some scenes of one tile as a cloud-optimised GeoTIFF of signed bytes.

    An observation is clear where neither the scene classification nor the network sees clouds.

    Parameters
    ----------
    path : of the file, which is replaced.
    scenes : of one tile and window, at least one.
    network : whose features are averaged.
    region : pixels outside have no data.
    reporter : gets the progress.
    cloud_code : of the network's class of clouds; None for none.
    prefix : of the bands' names.
    core_px : side of the cores of chips; it changes memory and time, and no pixel.

    Returns
    -------
    What was written.

    Raises
    ------
    RasterInvalid, SceneUnreadable : where the scenes are of different windows or damaged.
    DiskFull, FolderNotWritable : where the file cannot be written.
    """
    with ExitStack() as stack:
        readers = [stack.enter_context(open_scene(scene.path, network.classifier.bands)) for scene in scenes]
        grid = _common_grid(readers)
        window = _region_window(grid, region)
        inside = grid.for_window(window).mask_inside(reprojected(region.geometry, WGS84, grid.crs))
        with atomic_write(path) as final, temporary_file(path) as means_path, temporary_file(path) as plain:
            low, high, seen = _write_means(
                means_path, readers, network, window, inside, reporter, cloud_code, core_px, path.stem
            )
            scales, offsets = quantisation(low, high)
            names = embedding_names(network.feature_count, prefix)
            with translate_write_errors(path):
                _quantise(means_path, plain, names, scales, offsets, _tags(scenes, network))
                _copy_to_cog(plain, final)
    share = seen / max(int(inside.sum()), 1)
    return EmbeddingFile(path, len(names), len(scenes), tuple(scales.tolist()), tuple(offsets.tolist()), share)


def _common_grid(readers: Sequence[SceneReader]) -> Grid:
    """The one grid of all scenes."""
    if any(reader.grid != readers[0].grid for reader in readers):
        raise RasterInvalid(
            message("The scenes of a tile are of different windows."),
            next_step=message("Remove the folder of downloaded scenes and run again."),
        )
    return readers[0].grid


def quantisation(
    low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scale and offset by band that bring `low` to -127 and `high` to 127.

    Examples
    --------
    >>> scale, offset = quantisation(np.array([0.0]), np.array([25.4]))
    >>> scale.round(6).tolist(), offset.round(6).tolist()
    ([0.1], [12.7])

    """
    known = np.isfinite(low) & np.isfinite(high)
    low, high = np.where(known, low, 0.0), np.where(known, high, 0.0)
    return np.maximum((high - low) / LEVELS, _MIN_SCALE), (high + low) / 2


def quantised(
    values: NDArray[np.floating], scales: NDArray[np.float64], offsets: NDArray[np.float64]
) -> NDArray[np.int8]:
    """`(feature, ...)` as signed bytes; nan becomes no data."""
    shape = (-1, *([1] * (values.ndim - 1)))
    numbers = np.rint((values - offsets.reshape(shape)) / scales.reshape(shape))
    known = np.isfinite(numbers)
    return np.where(known, np.clip(np.where(known, numbers, 0), -127, 127), NO_DATA).astype(np.int8)


def _region_window(grid: Grid, region: Region) -> Window:
    """The scene's window of the region's bounding box."""
    wanted = grid_covering(reprojected(region.geometry, WGS84, grid.crs), grid.crs, grid.resolution)
    left = max(0, round((wanted.left - grid.left) / grid.resolution))
    top = max(0, round((grid.top - wanted.top) / grid.resolution))
    right = min(grid.width, round((wanted.left - grid.left) / grid.resolution) + wanted.width)
    bottom = min(grid.height, round((grid.top - wanted.top) / grid.resolution) + wanted.height)
    if right <= left or bottom <= top:
        raise RasterInvalid(message("The scenes do not reach the region."))
    return Window(left, top, right - left, bottom - top)


def _write_means(
    path: Path,
    readers: Sequence[SceneReader],
    network: FeatureNetwork,
    window: Window,
    inside: NDArray[np.bool_],
    reporter: Reporter,
    cloud_code: int | None,
    core_px: int,
    stage: str,
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Write the means as float32, nan where nothing is clear; gives least and largest by band, and the seen pixels."""
    grid, count = readers[0].grid, network.feature_count
    target = grid.for_window(window)
    low, high, seen = np.full(count, np.inf), np.full(count, -np.inf), 0
    rows, columns = _spans(target, network, core_px)
    profile = gtiff_profile(
        target, count, "float32", nodata=np.nan, tiled=True, blockxsize=256, blockysize=256, sparse_ok=True
    )
    with translate_write_errors(path), rasterio.open(path, "w", **profile) as file:
        for number, row_span in enumerate(rows):
            strip = np.full((count, row_span.core_stop - row_span.core_start, target.width), np.nan, np.float32)
            for index, column_span in enumerate(columns):
                reporter.progress(stage, number * len(columns) + index, len(rows) * len(columns))
                own = slice(column_span.core_start, column_span.core_stop)
                kept = inside[row_span.core_start : row_span.core_stop, own]
                if not kept.any():
                    continue
                spans = _shifted(row_span, int(window.row_off)), _shifted(column_span, int(window.col_off))
                mean = _mean_features(readers, network, spans, cloud_code)
                strip[:, :, own] = np.where(kept, mean, np.nan)
            if np.isfinite(strip[0]).any():
                low = np.minimum(low, np.nanmin(strip, axis=(1, 2)))
                high = np.maximum(high, np.nanmax(strip, axis=(1, 2)))
                seen += int(np.isfinite(strip[0]).sum())
            file.write(strip, window=Window(0, row_span.core_start, target.width, strip.shape[1]))
    reporter.progress(stage, 1, 1)
    return low, high, seen


def _spans(target: Grid, network: FeatureNetwork, core_px: int) -> tuple[tuple[ChipSpan, ...], tuple[ChipSpan, ...]]:
    column_origin, row_origin = absolute_origin(target)
    stride, margin = network.classifier.stride, network.classifier.margin
    rows = chip_spans(target.height, row_origin, stride=stride, margin=margin, core=core_px)
    return rows, chip_spans(target.width, column_origin, stride=stride, margin=margin, core=core_px)


def _shifted(span: ChipSpan, by: int) -> ChipSpan:
    """A span of the region's window in pixels of the scene."""
    return ChipSpan(span.core_start + by, span.core_stop + by, span.read_start + by, span.read_stop + by)


def _mean_features(
    readers: Sequence[SceneReader],
    network: FeatureNetwork,
    spans: tuple[ChipSpan, ChipSpan],
    cloud_code: int | None,
) -> FloatArray:
    """`(feature, y, x)` mean over the clear observations of a chip's core; nan where there is none."""
    rows, columns = spans
    shape = rows.core_stop - rows.core_start, columns.core_stop - columns.core_start
    total, count = np.zeros((network.feature_count, *shape), np.float32), np.zeros(shape, np.uint16)
    for reader in readers:
        block = read_features(network, reader, rows, columns)
        clear = block.valid & is_clear(None, block.scl, dilate=False)
        if cloud_code in network.head.classes and clear.any():
            clear &= ~_is_cloud(network, block.features, network.head.classes.index(cloud_code))
        total += block.features * clear
        count += clear
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def _is_cloud(network: FeatureNetwork, features: FloatArray, channel: int) -> NDArray[np.bool_]:
    """`(y, x)`: where the head finds clouds most probable."""
    logits = np.tensordot(network.head.weight.astype(np.float32), features, axes=1)
    logits += network.head.bias.astype(np.float32)[:, np.newaxis, np.newaxis]
    mask: NDArray[np.bool_] = logits.argmax(axis=0) == channel
    return mask


def _quantise(
    means_path: Path,
    path: Path,
    names: Sequence[str],
    scales: NDArray[np.float64],
    offsets: NDArray[np.float64],
    tags: dict[str, str],
) -> None:
    """The means as a plain GeoTIFF of signed bytes, block row by block row."""
    with rasterio.open(means_path) as source:
        profile = {**source.profile, "dtype": "int8", "nodata": NO_DATA}
        profile |= {"blockxsize": _BLOCK_PX, "blockysize": _BLOCK_PX}
        with rasterio.open(path, "w", **profile) as target:
            target.update_tags(**tags)
            for number, name in enumerate(names, start=1):
                target.set_band_description(number, name)
            target.scales, target.offsets = scales.tolist(), offsets.tolist()
            for top in range(0, source.height, _BLOCK_PX):
                window = Window(0, top, source.width, min(_BLOCK_PX, source.height - top))
                target.write(quantised(source.read(window=window), scales, offsets), window=window)


def _copy_to_cog(plain: Path, final: Path) -> None:
    rasterio.shutil.copy(
        plain, final, driver="COG", compress="DEFLATE", level="6", blocksize=str(_BLOCK_PX),
        overview_resampling="average", num_threads="ALL_CPUS", bigtiff="IF_SAFER",
    )  # fmt: skip
    check_complete(final)


def _tags(scenes: Sequence[FetchedScene], network: FeatureNetwork) -> dict[str, str]:
    days = sorted(scene.scene.date for scene in scenes)
    years = "-".join(sorted({days[0][:4], days[-1][:4]}))
    return {
        "TIFFTAG_DOCUMENTNAME": "Embedding",
        "TIFFTAG_IMAGEDESCRIPTION": "Mean features of a network's last hidden layer over the clear observations of "
        f"{len(scenes)} Sentinel-2 scenes, {days[0]} to {days[-1]}. Feature = number x scale + offset of the band.",
        "TIFFTAG_SOFTWARE": f"Allpa {__version__}",
        "TIFFTAG_COPYRIGHT": f"Contains modified Copernicus Sentinel data {years}",
        raster_tags.TILE: scenes[0].scene.tile,
        raster_tags.FIRST_DATE: days[0],
        raster_tags.LAST_DATE: days[-1],
        raster_tags.SCENE_COUNT: str(len(scenes)),
        raster_tags.MODEL: network.classifier.model_hash,
        f"{raster_tags.PREFIX}BODY": network.body_key,
    }
