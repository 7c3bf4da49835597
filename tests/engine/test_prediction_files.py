"""Prediction files are used only where they are what was written, of the scene whose name they have."""

import os
import shutil

import numpy as np
import pytest
import rasterio
from allpa_engine.classify.prediction_file import (
    check_prediction,
    create_prediction,
    inference_facts,
    prediction_tags,
    read_prediction,
    read_predictions,
)
from allpa_engine.core.errors import RasterInvalid
from allpa_engine.geo.grid import Grid
from predictions import FakeScene, write_prediction


@pytest.fixture
def prediction(tmp_path):
    rng = np.random.default_rng(2)
    return write_prediction(tmp_path, rng.integers(1, 10, (301, 277)), rng.integers(1, 256, (301, 277)))


def flip_bytes(path, number):
    """Change bytes all over the file, as a failing disk does."""
    content = bytearray(path.read_bytes())
    for position in np.random.default_rng(number).integers(0, len(content), number):
        content[position] ^= 0xFF
    path.write_bytes(content)


def test_an_intact_prediction_gives_its_facts(prediction):
    assert check_prediction(prediction.path) == prediction
    assert prediction.file_tags["ALLPA_PRECISION"] == "fp32"


@pytest.mark.parametrize("number", [40, 4000])
def test_flipped_bytes_are_found(prediction, number):
    flip_bytes(prediction.path, number)
    with pytest.raises(RasterInvalid) as caught:
        read_predictions(prediction.path.parent)
    assert prediction.path.name in caught.value.what


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.9, 0.999])
def test_a_part_of_a_prediction_is_found(prediction, share):
    os.truncate(prediction.path, int(share * prediction.path.stat().st_size))
    with pytest.raises(RasterInvalid, match=prediction.path.stem):
        read_predictions(prediction.path.parent)


@pytest.mark.parametrize(
    "changes",
    [
        {"ALLPA_DATE": "2019-06-15"},
        {"ALLPA_DATE": "summer"},
        {"ALLPA_TILE": ""},
        {"ALLPA_MODEL": "0" * 64},
        {"ALLPA_DIGEST": ""},
        {"ALLPA_PRECISION": "bf16"},
    ],
)
def test_facts_that_were_changed_afterwards_are_found(prediction, changes):
    with rasterio.open(prediction.path, "r+") as dataset:
        dataset.update_tags(**changes)
    with pytest.raises(RasterInvalid, match="damaged") as caught:
        check_prediction(prediction.path)
    assert "classify its scene again" in caught.value.next_step


def test_a_pixel_or_a_transform_that_was_changed_afterwards_is_found(prediction, tmp_path):
    moved = tmp_path / "moved.tif"
    shutil.copy(prediction.path, moved)
    with rasterio.open(moved, "r+") as dataset:
        dataset.transform = rasterio.Affine.translation(10, 0) * dataset.transform
    with rasterio.open(prediction.path, "r+") as dataset:
        values = dataset.read(1)
        values[300, 276] = values[300, 276] % 9 + 1
        dataset.write(values, 1)
    for path in (moved, prediction.path):
        with pytest.raises(RasterInvalid, match="damaged"):
            check_prediction(path)


def test_another_scenes_file_under_a_scenes_name_is_refused(tmp_path):
    first = write_prediction(tmp_path, np.full((20, 30), 2), date="2020-01-01")
    second = write_prediction(tmp_path, np.full((20, 30), 5), date="2020-02-01")
    shutil.copy(first.path, second.path)
    with pytest.raises(RasterInvalid, match="name of another scene") as caught:
        read_predictions(tmp_path)
    assert first.scene_id in caught.value.why


def test_the_digest_does_not_depend_on_the_rows_that_are_written_at_once(tmp_path):
    grid = Grid("EPSG:32718", 700_000, 8_600_000, 10, 70, 1100)
    layers = np.random.default_rng(4).integers(0, 256, (16, 1100, 70)).astype(np.uint8)
    tags = prediction_tags(FakeScene("S2_X", "18LYR", "2020-06-15"), "a" * 64, {"precision": "bf16"})
    for name, rows in (("a.tif", 1100), ("b.tif", 896), ("c.tif", 7)):
        with create_prediction(tmp_path / name, grid, tags, soft=True) as output:
            for row in range(0, 1100, rows):
                output.write(layers[:, row : row + rows])
    digests = {read_prediction(tmp_path / name).file_tags["ALLPA_DIGEST"] for name in ("a.tif", "b.tif", "c.tif")}
    assert len(digests) == 1


def test_the_facts_of_several_predictions_are_named_together(tmp_path):
    facts = [
        {"precision": "bf16", "device": "cpu (AVX512)", "torch": "2.9", "threads": "2"},
        {"precision": "bf16", "device": "cuda (H200)", "torch": "2.9"},
    ]
    predictions = [
        write_prediction(tmp_path, np.full((5, 5), 2), date=f"2020-0{month}-01", facts=scene_facts)
        for month, scene_facts in enumerate(facts, 1)
    ]
    assert inference_facts(predictions) == {
        "precision": "bf16",
        "device": "cpu (AVX512), cuda (H200)",
        "torch": "2.9",
        "threads": "2",
    }


def test_a_file_that_declares_more_than_a_tile_is_refused_without_reading_it(tmp_path):
    """A few bytes that declare a hundred gigabytes."""
    path = tmp_path / "S2_X.tif"
    tags = prediction_tags(FakeScene("S2_X", "18LYR", "2020-06-15"), "a" * 64)
    with rasterio.open(
        path, "w", driver="GTiff", width=200_000, height=200_000, count=3, dtype="uint8", sparse_ok=True, tiled=True,
        bigtiff="yes", crs="EPSG:32718", transform=rasterio.Affine(10, 0, 700_000, 0, -10, 8_600_000),
        blockxsize=4096, blockysize=4096,
    ) as target:  # fmt: skip
        target.update_tags(**tags, ALLPA_DIGEST="0" * 64)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(RasterInvalid, match="not a prediction") as caught:
        read_predictions(tmp_path)
    assert "10,980" in caught.value.why
