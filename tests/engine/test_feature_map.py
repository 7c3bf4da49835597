"""From training data to a model folder and a map of own classes: the tasks train_forest and classify_features."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from allpa_engine.core.errors import FeaturesInvalid, JobInvalid, MapExists, ModelInvalid, TrainingInvalid
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.geo.projection import reprojected
from allpa_engine.learn import feature_map
from allpa_engine.learn.feature_writer import add_facts
from allpa_engine.learn.sample_table import write_samples
from allpa_engine.raster.class_raster import open_class_raster
from allpa_engine.run.pipeline import run_job
from own_classes import CODES, GRID, feature_folder, training_table
from shapely.geometry import box, mapping

SMALL = {"trees": 10, "explain_rows": 20, "folds": 3, "keep_features": 4}


class Listener(NullReporter):
    def __init__(self):
        self.texts = []

    def log(self, text, level="info"):
        self.texts.append(str(text))


def truth(shape=(GRID.height, GRID.width)):
    """Four quarters of one class each."""
    codes = np.empty(shape, np.uint8)
    codes[: shape[0] // 2, : shape[1] // 2], codes[: shape[0] // 2, shape[1] // 2 :] = CODES[:2]
    codes[shape[0] // 2 :, : shape[1] // 2], codes[shape[0] // 2 :, shape[1] // 2 :] = CODES[2:]
    return codes


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Folder of a model, and the result of its training."""
    root = tmp_path_factory.mktemp("training")
    write_samples(root / "samples", training_table())
    write_samples(root / "test", training_table(rows=120, seed=31))
    job = Job(
        str(root / "model"), task="train_forest", training=str(root / "samples"), test_training=str(root / "test"),
        forest_options=SMALL, language="es", threads=1,
    )  # fmt: skip
    return root / "model", run_job(job, NullReporter())


def map_job(tmp_path, model, **values):
    return Job(
        str(tmp_path / "out"), task="classify_features", model=str(model), features=str(tmp_path / "features"),
        start="2021-01-01", end="2021-12-31", threads=2, **values,
    )  # fmt: skip


def test_training_leaves_model_tables_pictures_and_report(trained):
    folder, result = trained
    names = {path.name for path in folder.iterdir()}
    assert {
        "model.json", "weights.safetensors", "validation.csv", "matrix_blocked.csv", "matrix_out_of_bag.csv",
        "matrix_independent.csv", "elimination.csv", "elimination.png", "importance.csv", "importance.png", "shap.csv",
        "shap.png", "model_report.html",
    } <= names  # fmt: skip
    assert result["shap_largest_difference"] < 1e-6
    assert set(result["metrics"]) == {"blocked", "out_of_bag", "independent"}
    assert len(result["features"]) == 4
    assert "noise" not in result["features"]
    page = (folder / "model_report.html").read_text(encoding="utf-8")
    assert 'lang="es"' in page
    assert "Queñual" in page
    with (folder / "validation.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 1 + 3 * (1 + len(CODES))


def test_a_map_of_features_is_the_land_and_every_step_reads_it(trained, tmp_path):
    land = truth()
    land[:5, :7] = 0
    feature_folder(tmp_path / "features", land)
    result = run_job(map_job(tmp_path, trained[0]), NullReporter())
    with open_class_raster(tmp_path / "out" / "landcover_2021.tif") as found:
        codes, legend = found.read(), found.legend
    assert np.array_equal(codes == 0, land == 0)
    assert (codes == land).mean() > 0.95
    assert [part.name for part in legend] == ["Laguna", "Ichu", "Queñual", "Eucalipto"]
    with rasterio.open(result["quality"]) as quality:
        confidence, agreement, observations, months, second = quality.read()
    assert np.array_equal(confidence == 0, land == 0)
    assert confidence[land > 0].mean() > 200
    assert set(np.unique(second)) <= {0, *CODES}
    assert not (second == codes)[codes > 0].any()
    assert (agreement.max(), observations.max(), months.max()) == (100, 1, 0)
    table = {row["code"]: row["pixels"] for row in result["area_table"] if row.get("code")}
    assert table[21] == np.count_nonzero(codes == 21)
    written = Path(result["report"]).read_text("utf-8")
    assert "Queñual" in written
    assert "Seasonal composites of Sentinel-2" in written
    Path(result["report"]).unlink()
    again = run_job(replace(map_job(tmp_path, trained[0]), task="report"), NullReporter())
    assert again["area_table"] == result["area_table"]
    assert "Seasonal composites of Sentinel-2" in Path(again["report"]).read_text("utf-8")
    assert json.loads(Path(again["provenance"]).read_text())["properties"]["allpa:model_hash"] == result["model_hash"]


def test_the_report_of_a_map_of_composites_names_season_months_tile_and_scenes(trained, tmp_path):
    record = {"period": ["2021-01-01", "2021-12-31"], "seasons": {
        "lluvias": {"months": [12, 1, 2], "scenes": {"18LXH": ["scene_a", "scene_b"]}},
        "secas": {"months": [6, 7], "scenes": {"18LXH": ["scene_c"]}},
    }}  # fmt: skip
    feature_folder(tmp_path / "features", truth())
    add_facts(tmp_path / "features", {"composites": record})
    result = run_job(map_job(tmp_path, trained[0], language="es"), NullReporter())
    written = Path(result["report"]).read_text("utf-8")
    assert '<tr title="scene_a, scene_b"><td>lluvias</td><td>12, 1, 2</td><td>18LXH</td><td>2</td><td>' in written
    assert "no escena por escena" in written
    assert "Compuestos estacionales de escenas Sentinel-2 (3)" in written


def test_the_map_does_not_depend_on_the_blocks(trained, tmp_path, monkeypatch):
    feature_folder(tmp_path / "features", truth())
    maps = []
    for size in (256, 17):
        monkeypatch.setattr(feature_map, "BLOCK_PX", size)
        job = replace(map_job(tmp_path, trained[0]), folder=str(tmp_path / str(size)))
        run_job(job, NullReporter())
        with rasterio.open(tmp_path / str(size) / "landcover_2021.tif") as source:
            maps.append(source.read())
    assert np.array_equal(*maps)


def test_a_pixel_without_some_features_is_classified_and_without_most_is_not(trained, tmp_path):
    missing = np.zeros((GRID.height, GRID.width), int)
    missing[:, :10], missing[:, 10:14] = 1, 3
    feature_folder(tmp_path / "features", truth(), missing=missing)
    listener = Listener()
    result = run_job(map_job(tmp_path, trained[0]), listener)
    assert result["lacking_some_features"] == 10 * GRID.height
    assert any("lack some of the features" in text for text in listener.texts)
    with rasterio.open(result["landcover"]) as source:
        codes = source.read(1)
    assert not codes[:, 10:14].any()
    assert codes[:, :10].all()


def test_folders_of_two_tiles_become_one_map(trained, tmp_path):
    land = truth()
    east = replace(GRID, left=GRID.left + 40 * 10, top=GRID.top + 50)
    west_land = land.copy()
    west_land[:, 50:] = 0
    feature_folder(tmp_path / "features" / "a", west_land)
    feature_folder(tmp_path / "features" / "b", np.full((GRID.height, GRID.width), 3, np.uint8), grid=east)
    result = run_job(map_job(tmp_path, trained[0]), NullReporter())
    with rasterio.open(result["landcover"]) as source:
        codes = source.read(1)
    assert codes.shape == (GRID.height + 5, 40 + GRID.width)
    assert (codes[5:, :50] == west_land[:, :50]).mean() > 0.95
    assert (codes[: GRID.height, 50:] == 3).mean() > 0.95
    assert not codes[:5, :40].any()


def test_only_the_region_is_mapped(trained, tmp_path):
    feature_folder(tmp_path / "features", truth())
    corner = box(GRID.left, GRID.top - 200, GRID.left + 300, GRID.top)
    region = json.loads(json.dumps(mapping(reprojected(corner, GRID.crs, "EPSG:4326"))))
    result = run_job(map_job(tmp_path, trained[0], region=region), NullReporter())
    assert result["classified"] == pytest.approx(600, abs=5)


def test_the_map_of_another_model_is_not_replaced_unasked(trained, tmp_path):
    feature_folder(tmp_path / "features", truth())
    run_job(map_job(tmp_path, trained[0]), NullReporter())
    run_job(map_job(tmp_path, trained[0]), NullReporter())
    other = tmp_path / "model"
    other.mkdir()
    for name in ("model.json", "weights.safetensors"):
        (other / name).write_bytes((trained[0] / name).read_bytes())
    with pytest.raises(MapExists):
        run_job(map_job(tmp_path, other), NullReporter())
    assert run_job(map_job(tmp_path, other, overwrite=True), NullReporter())["classified"]


def test_features_that_are_missing_are_named(trained, tmp_path):
    feature_folder(tmp_path / "features", truth())
    path = tmp_path / "features" / "features.json"
    path.write_text(path.read_text().replace("spring_B08", "spring_B07"))
    with pytest.raises(FeaturesInvalid):
        run_job(map_job(tmp_path, trained[0]), NullReporter())


def test_what_cannot_be_used_is_refused_before_the_work(trained, tmp_path):
    feature_folder(tmp_path / "features", truth())
    with pytest.raises(ModelInvalid):
        run_job(map_job(tmp_path, tmp_path / "features"), NullReporter())
    with pytest.raises(JobInvalid):
        run_job(replace(map_job(tmp_path, trained[0]), model=""), NullReporter())
    with pytest.raises(TrainingInvalid):
        run_job(Job(str(tmp_path / "x"), task="train_forest", training=str(tmp_path)), NullReporter())
    with pytest.raises(JobInvalid):
        run_job(Job(str(tmp_path / "x"), task="train_forest"), NullReporter())


def test_a_model_of_single_scenes_is_refused_for_composites(trained, tmp_path):
    feature_folder(tmp_path / "features", truth())
    other = tmp_path / "model"
    other.mkdir()
    card = json.loads((trained[0] / "model.json").read_text(encoding="utf-8"))
    (other / "model.json").write_text(json.dumps({**card, "scope": "scene"}), encoding="utf-8")
    (other / "weights.safetensors").write_bytes((trained[0] / "weights.safetensors").read_bytes())
    with pytest.raises(ModelInvalid, match="single scenes"):
        run_job(map_job(tmp_path, other), NullReporter())
