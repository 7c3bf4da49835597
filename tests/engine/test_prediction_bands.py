"""What a classified scene holds beside its classes: the second class and two vegetation indices."""

import hashlib
from types import MappingProxyType

import numpy as np
import pytest
import rasterio
from allpa_engine.classify.classify import classify_scene
from allpa_engine.classify.prediction_file import read_prediction
from allpa_engine.classify.spectral_index import MAX_INDEX_ERROR, decode_index, encode_index
from allpa_engine.composite import CompositeRule, compose
from allpa_engine.core.bands import BAND_KEYS, SCL
from allpa_engine.core.legend import BUNDLED_LEGEND
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.scene import FetchedScene
from hypothesis import given
from hypothesis import strategies as st
from predictions import FakeScene, write_prediction
from test_main_job import Listener


class PixelModel:
    """A network without neighbours: the ten probabilities of a pixel follow from its own reflectance."""

    model_hash, stride, margin, facts = "0" * 64, 16, 16, MappingProxyType({"precision": "fp32"})
    legend, bands = BUNDLED_LEGEND, BAND_KEYS

    def probabilities(self, reflectance):
        weights = np.random.default_rng(7).normal(size=(10, 6)).astype(np.float32)
        scores = np.exp(np.einsum("cb,byx->cyx", weights, reflectance * 4))
        return (scores / scores.sum(axis=0)).astype(np.float32)


def write_scene(path, numbers):
    with rasterio.open(
        path, "w", driver="GTiff", width=numbers.shape[2], height=numbers.shape[1], count=7, dtype="uint16",
        crs="EPSG:32718", transform=rasterio.Affine(10, 0, 699_960, 0, -10, 8_600_020),
    ) as target:  # fmt: skip
        target.write(numbers.astype(np.uint16))
        target.descriptions = (*BAND_KEYS, SCL)
        target.update_tags(ALLPA_SCENE=path.stem)
    return FetchedScene(FakeScene(path.stem, "18LYR", "2020-06-15"), path)


@pytest.fixture
def scene(tmp_path):
    """Any reflectance up to very bright clouds, at an odd size, a corner of it without data."""
    rng = np.random.default_rng(3)
    numbers = rng.integers(1, 16_000, (7, 133, 101))
    numbers[6] = rng.integers(1, 12, (133, 101))
    numbers[:, :40, :17] = 0
    numbers[3, 100, 50] = 0
    return numbers, write_scene(tmp_path / "scene.tif", numbers)


def read(prediction):
    with rasterio.open(prediction.path) as source:
        return source.read(), source.descriptions


@pytest.mark.parametrize("soft", [False, True])
def test_second_class_and_indices_are_those_of_the_pixel(scene, tmp_path, soft):
    numbers, fetched = scene
    bands, names = read(classify_scene(fetched, PixelModel(), tmp_path / "p.tif", NullReporter(), soft=soft))
    assert names[:6] == (
        "class", "confidence", "scene classification", "second class", "vegetation index NDVI", "moisture index NDMI",
    )  # fmt: skip
    valid = (numbers != 0).all(axis=0)
    ordered = np.argsort(PixelModel().probabilities(numbers[:6].astype(np.float32) / 10_000), axis=0) + 1
    np.testing.assert_array_equal(bands[0], ordered[-1] * valid)
    np.testing.assert_array_equal(bands[3], ordered[-2] * valid)
    nir, red, swir = (numbers[index].astype(np.float64) for index in (3, 2, 4))
    for stored, other in ((bands[4], red), (bands[5], swir)):
        truth = (nir - other)[valid] / (nir + other)[valid]
        assert np.abs(decode_index(stored)[valid] - truth).max() <= MAX_INDEX_ERROR + 1e-6
        assert (stored[~valid] == 0).all()
        assert (stored[valid] > 0).all()
    assert len(bands) == (16 if soft else 6)
    if soft:
        np.testing.assert_array_equal(bands[6:].argmax(axis=0)[bands[1] > 140] + 1, bands[0][bands[1] > 140])


@given(st.floats(-1, 1))
def test_an_index_is_stored_to_half_a_step(value):
    code = encode_index(np.array([value]))
    assert code[0] > 0
    assert abs(float(decode_index(code)[0]) - value) <= MAX_INDEX_ERROR + 1e-6


def test_what_is_no_index_is_stored_as_no_data():
    codes = encode_index(np.array([np.nan, np.inf, -7, 7], np.float32))
    assert codes.tolist() == [0, 0, 1, 255]
    assert np.isnan(decode_index(codes)[:2]).all()


def drop_new_bands(path):
    """Make a file what an earlier version wrote: three bands, with a digest that is right."""
    with rasterio.open(path) as source:
        bands, tags, profile = source.read()[:3], source.tags(), source.profile | {"count": 3}
    facts = sorted((k, v) for k, v in tags.items() if k.startswith("ALLPA_") and k != "ALLPA_DIGEST" and v)
    grid = *bands.shape[1:], 3, *tuple(profile["transform"])[:6], profile["crs"].to_epsg()
    digest = hashlib.sha256(repr((facts, grid)).encode() + np.ascontiguousarray(bands.transpose(1, 0, 2)).tobytes())
    with rasterio.open(path, "w", **profile) as target:
        target.write(bands)
        target.update_tags(**tags | {"ALLPA_DIGEST": digest.hexdigest()})


def test_the_prediction_of_an_earlier_version_is_made_again_and_says_why(scene, tmp_path):
    path = tmp_path / "p.tif"
    expected = read(classify_scene(scene[1], PixelModel(), path, NullReporter()))[0]
    drop_new_bands(path)
    assert read_prediction(path).scene_id == "scene"
    listener = Listener()
    np.testing.assert_array_equal(read(classify_scene(scene[1], PixelModel(), path, listener))[0], expected)
    assert [text for text in listener.texts if "earlier version" in text]
    listener = Listener()
    classify_scene(scene[1], PixelModel(), path, listener)
    assert not listener.texts


@pytest.mark.parametrize("soft", [False, True])
def test_predictions_of_earlier_versions_vote_beside_new_ones(tmp_path, soft):
    """The same votes, whichever of the files lacks the further bands; so does soft voting find its probabilities."""
    maps = {}
    for name, earlier in (("new", (False, False, False)), ("old", (True, True, True)), ("both", (True, False, True))):
        rng = np.random.default_rng(8)
        folder = tmp_path / name
        folder.mkdir()
        predictions = []
        for number, is_earlier in enumerate(earlier):
            probabilities = rng.dirichlet(np.ones(10), (67, 45)).transpose(2, 0, 1)
            predictions.append(
                write_prediction(
                    folder,
                    probabilities.argmax(axis=0) + 1,
                    np.rint(probabilities.max(axis=0) * 255),
                    date=f"2020-0{number + 1}-11",
                    probabilities=np.rint(probabilities * 255) if soft else None,
                    ndvi=200,
                    earlier=is_earlier,
                )
            )
        compose(predictions, None, CompositeRule(soft=soft), landcover=folder / "m.tif", quality=folder / "q.tif")
        with rasterio.open(folder / "m.tif") as landcover, rasterio.open(folder / "q.tif") as quality:
            maps[name] = np.concatenate([landcover.read(), quality.read()])
    np.testing.assert_array_equal(maps["old"], maps["new"])
    np.testing.assert_array_equal(maps["both"], maps["new"])
