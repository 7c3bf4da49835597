"""Models of single pixels that classify scene by scene: the usual predictions, and the composite masks the clouds."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from allpa_engine.classify.feature_model import load_feature_model
from allpa_engine.core.bands import BAND_KEYS
from allpa_engine.core.errors import ModelInvalid
from allpa_engine.core.forest_keys import FOREST
from allpa_engine.core.legend import LandClass, Legend
from allpa_engine.core.protocol import NullReporter
from allpa_engine.learn.estimators import train_model
from allpa_engine.learn.feature_training import FeatureTraining, save_feature_training
from allpa_engine.learn.indices import compute_index
from allpa_engine.learn.scene_model import load_scene_model
from allpa_engine.run.pipeline import run_job
from own_classes import training_table
from test_main_job import job_in

LEGEND = Legend(
    (LandClass(30, "Verde", "#00AA00"), LandClass(40, "Pardo", "#AA7700"), LandClass(50, "Agua", "#0000FF"))
)
NAMES = ("B04", "B08", "B11", "ndvi")
OPTIONS = {**FOREST.defaults, "trees": 8}


def spectra(random, count):
    """`(row, feature)` of green, brown and dark land, and their codes."""
    codes = random.choice([30, 40, 50], count).astype(np.uint8)
    centre = {30: (0.04, 0.35, 0.15), 40: (0.16, 0.24, 0.30), 50: (0.04, 0.03, 0.02)}
    bands = np.array([centre[code] for code in codes.tolist()]) * random.uniform(0.7, 1.3, (count, 3))
    ndvi = (bands[:, 1] - bands[:, 0]) / (bands[:, 1] + bands[:, 0])
    return np.column_stack([bands, ndvi]).astype(np.float32), codes


def save_model(folder, names=NAMES, scope="scene"):
    features, codes = spectra(np.random.default_rng(4), 400)
    table = replace(
        training_table(), features=features, codes=codes, names=names, legend=LEGEND, facts={"scope": scope}
    )
    trained = train_model(table, OPTIONS, threads=1)
    save_feature_training(folder, FeatureTraining(trained, table, None, ()), OPTIONS)
    return folder


def test_bands_of_a_scene_become_the_features_of_the_model(tmp_path):
    model = load_scene_model(save_model(tmp_path / "forest"))
    assert (model.bands, model.stride, model.margin) == (BAND_KEYS, 1, 0)
    reflectance = np.random.default_rng(2).uniform(0.01, 0.5, (6, 13, 29)).astype(np.float32)
    layers = dict(zip(model.bands, reflectance, strict=True))
    features = np.stack([layers["B04"], layers["B08"], layers["B11"], compute_index("ndvi", layers)])
    expected = load_feature_model(tmp_path / "forest")[0].probabilities(features.reshape(4, -1))
    assert np.array_equal(model.probabilities(reflectance), expected.reshape(3, 13, 29))


def test_scenes_are_classified_and_make_a_map_of_own_classes(catalogue, tmp_path):
    model = save_model(tmp_path / "forest")
    job = job_in(tmp_path / "run", catalogue, model=str(model), max_scenes=3, guards=())
    result = run_job(job, NullReporter())
    for path in Path(result["predictions"]).glob("*.tif"):
        with rasterio.open(path) as source:
            codes, scl = source.read(1), source.read(3)
            assert "Pardo" in source.tags()["ALLPA_LEGEND"]
            column, row, width, height = (int(part) for part in source.tags()["ALLPA_AREA"].split())
        assert set(np.unique(codes)) <= {0, 30, 40, 50}
        area = np.s_[row : row + height, column : column + width]
        assert np.array_equal(codes[area] == 0, scl[area] == 0)
        assert np.count_nonzero(codes) == np.count_nonzero(codes[area]) > 0
    with rasterio.open(result["landcover"]) as source:
        assert set(np.unique(source.read(1))) & {30, 40, 50}
    assert {row["name"] for row in result["area_table"] if row["code"] in (30, 40, 50)} == {"Verde", "Pardo", "Agua"}
    assert json.loads((tmp_path / "run" / "job.json").read_text())["model"] == str(model)


@pytest.mark.parametrize(
    ("names", "scope", "text"),
    [
        (NAMES, "features", "seasonal features"),
        (("B04", "B08", "B11", "spring_B08"), "scene", "spring_B08"),
        (("B04", "B08", "B11", "elevation"), "scene", "elevation"),
    ],
)
def test_features_that_a_scene_does_not_have_are_refused(tmp_path, names, scope, text):
    with pytest.raises(ModelInvalid, match=text):
        load_scene_model(save_model(tmp_path / "forest", names, scope))
