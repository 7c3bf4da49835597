"""Prediction files that stay open between the blocks: closed in the end, never too many, one reader at a time."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import rasterio
from allpa_engine.composite import sources
from allpa_engine.composite.sources import DatasetPool, group_by_tile, read_source
from allpa_engine.core.errors import RasterInvalid
from predictions import write_prediction
from rasterio.windows import Window


@pytest.fixture
def opened(monkeypatch):
    """Every dataset that is opened for reading, in order."""
    made = []
    real = rasterio.open

    def note(*args, **options):
        made.append(real(*args, **options))
        return made[-1]

    monkeypatch.setattr(sources.rasterio, "open", note)
    return made


@pytest.fixture
def scenes(tmp_path):
    """Four predictions, each of one class."""
    shape = 60, 70
    return [
        read_source(write_prediction(tmp_path, np.full(shape, code), date=f"2020-0{code}-01")) for code in (1, 2, 3, 4)
    ]


def test_a_file_is_opened_once_for_all_its_blocks_and_closed_in_the_end(scenes, opened):
    with DatasetPool() as files:
        for column in (0, 20, 40):
            for code, scene in enumerate(scenes, start=1):
                assert (files.read(scene, Window(column, 5, 20, 30), [1]) == code).all()
        assert len(opened) == len(scenes)
    assert all(dataset.closed for dataset in opened)


def test_few_files_stay_open(scenes, opened, monkeypatch):
    monkeypatch.setattr(sources, "_MAX_IDLE_DATASETS", 2)
    with DatasetPool() as files:
        for _ in range(3):
            for scene in scenes:
                files.read(scene, Window(0, 0, 9, 9), [1])
                assert sum(not dataset.closed for dataset in opened) <= 2


def test_threads_do_not_share_an_open_file(scenes):
    out = np.zeros((400, 1, 30, 20), np.uint8)

    def read(number):
        files.read(scenes[number % 4], Window(number % 50, number % 30, 20, 30), [1], out=out[number])

    with DatasetPool() as files, ThreadPoolExecutor(8) as pool:
        list(pool.map(read, range(400)))
    assert all((values == number % 4 + 1).all() for number, values in enumerate(out))


def test_a_file_that_is_cut_short_is_named(scenes):
    path = scenes[0].prediction.path
    path.write_bytes(path.read_bytes()[:300])
    with DatasetPool() as files, pytest.raises(RasterInvalid, match=path.name):
        files.read(scenes[0], Window(0, 0, 60, 60), [1])


def test_a_tile_of_another_grid_lies_where_its_predictions_do(tmp_path):
    """A name that is none of the Sentinel-2 grid says nothing of the whole tile."""
    source = read_source(write_prediction(tmp_path, np.full((60, 70), 3), tile="A1"))
    (tile,) = group_by_tile([source], source.grid.crs)
    west, south, east, north = source.grid.bounds
    assert tile.centre == ((west + east) / 2, (south + north) / 2)
