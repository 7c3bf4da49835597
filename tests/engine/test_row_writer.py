"""Rasters are written in whole blocks, so that GDAL's cache cannot lose a part of one."""

import sys

import numpy as np
import pytest
import rasterio
from allpa_engine.composite import CompositeRule, compose
from allpa_engine.composite.blocks import BlockComposer, write_blocks
from allpa_engine.composite.plan import CompositePlan
from allpa_engine.composite.sources import DatasetPool, group_by_tile, read_source
from allpa_engine.composite.summary import CompositeCounter
from allpa_engine.geo.grid import Grid
from allpa_engine.raster.row_writer import RowWriter
from predictions import write_prediction


class RecordedDataset:
    """A raster in memory that keeps the windows that were written."""

    def __init__(self, bands, height, width, block):
        self.height, self.width = height, width
        self.block_shapes = [(block, block)] * bands
        self.values = np.zeros((bands, height, width), np.uint8)
        self.windows = []

    def write(self, values, window):
        rows, columns = window.toslices()
        self.values[:, rows, columns] = values
        self.windows.append((rows.start, rows.stop, columns.start, columns.stop))


@pytest.mark.parametrize("pieces", [[301], [37] * 8 + [5], [1, 63, 64, 65, 108], [150, 151], [1] * 301])
def test_every_block_is_written_once_and_whole(pieces):
    values = np.random.default_rng(3).integers(0, 256, (3, 301, 90)).astype(np.uint8)
    dataset = RecordedDataset(3, 301, 90, 64)
    writer, row = RowWriter(dataset), 0
    for height in pieces:
        writer.write(values[:, row : row + height])
        row += height
    assert np.array_equal(dataset.values, values)
    assert_whole_blocks(dataset)


def assert_whole_blocks(dataset):
    """No block was written in parts or twice."""
    starts, stops = [window[0] for window in dataset.windows], [window[1] for window in dataset.windows]
    assert all(start % 64 == 0 for start in starts)
    assert {window[2:] for window in dataset.windows} == {(0, dataset.width)}
    assert starts == [0, *stops[:-1]]
    assert stops[-1] == dataset.height


@pytest.mark.parametrize(("block_px", "offset"), [(50, 0), (64, 20), (512, 100)])
def test_a_map_is_written_in_whole_blocks(tmp_path, block_px, offset):
    """The blocks that are decided lie on those of the predictions, not on those of the map."""
    classes = np.random.default_rng(1).integers(1, 9, (150, 161)).astype(np.uint8)
    (tile,) = group_by_tile([read_source(write_prediction(tmp_path, classes))], "EPSG:32718")
    grid = Grid("EPSG:32718", 700_000 - 10 * offset, 8_600_000 + 10 * offset, 10, 161 + offset, 150 + offset)
    landcover, quality = (RecordedDataset(bands, grid.height, grid.width, 64) for bands in (1, 5))
    with DatasetPool() as files:
        composer = BlockComposer(CompositePlan(tile.sources, grid, None, (tile,)), CompositeRule(), files)
        write_blocks(composer, landcover, quality, None, CompositeCounter(["18LYR"]), lambda share: None, 3, block_px)
    assert np.array_equal(landcover.values[0, offset:, offset:], classes)
    assert np.array_equal(quality.values[2] == 1, landcover.values[0] > 0)
    assert_whole_blocks(landcover)
    assert_whole_blocks(quality)


def test_a_full_block_cache_loses_nothing(tmp_path, monkeypatch):
    """Threads that read while the map is written push its blocks out of GDAL's cache."""
    monkeypatch.setattr(sys.modules["allpa_engine.composite.write_map"], "_CACHE_BYTES", 1)
    (tmp_path / "p").mkdir()
    rng = np.random.default_rng(5)
    predictions = [
        write_prediction(tmp_path / "p", rng.choice([2, 3, 5], (203, 190)), date=f"2020-0{month}-01", block=16)
        for month in (1, 2, 3)
    ]
    expected = None
    for number in range(3):
        paths = {"landcover": tmp_path / f"map{number}.tif", "quality": tmp_path / f"quality{number}.tif"}
        compose(predictions, None, CompositeRule(), block_px=7, threads=4, **paths)
        with rasterio.open(paths["landcover"]) as landcover, rasterio.open(paths["quality"]) as quality:
            result = np.concatenate([landcover.read(), quality.read()])
        expected = result if expected is None else expected
        assert np.array_equal(result, expected)
        assert (result[3] == 3).all(), "three clear observations everywhere"
