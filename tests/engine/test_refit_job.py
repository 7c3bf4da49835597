"""The tasks `refit` and `embeddings` end to end: from a run's scenes to a model that classifies, and to files."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from allpa_engine.classify.inference import load_classifier
from allpa_engine.core.errors import JobInvalid, ReferenceInvalid, TrainingInvalid
from allpa_engine.core.job import Job
from allpa_engine.core.legend import BUNDLED_LEGEND, LandClass, Legend, write_legend
from allpa_engine.core.model_versions import ModelVersion, ModelVersions, read_versions, write_versions
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run.pipeline import run_job
from allpa_engine.select.scene_list import write_scene_list
from shapely.geometry import box, mapping
from small_networks import write_small_network
from tile_maker import (
    LEFT,
    TOP,
    make_scene,
    make_selection,
    random_layers,
    region_from_metres,
    to_lonlat_polygon,
    write_layers,
)

SIDE = 240


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A scene list of two dates: the west bright in the near infrared, the east dark; all clear."""
    folder = tmp_path_factory.mktemp("run")
    scenes = []
    for number in range(2):
        layers = random_layers(number, SIDE)
        layers["B08"][:, : SIDE // 2] += 4000
        layers["SCL"][:] = 4
        write_layers(folder / "archive" / f"s{number}", layers)
        scenes.append(make_scene(str(folder / "archive"), f"s{number}", day=40 * number, size=SIDE))
    region = region_from_metres(0, 0, 10 * SIDE, 10 * SIDE)
    write_scene_list(make_selection(scenes), region, folder / "scenes.json")
    write_small_network(folder / "model")
    return folder


def write_corrections(path, rows):
    features = []
    for row, column, code in rows:
        x, y = LEFT + 10 * column, TOP - 10 * row
        shape = to_lonlat_polygon(box(x + 1, y - 9, x + 9, y - 1))
        features.append({"type": "Feature", "geometry": mapping(shape), "properties": {"class": code}})
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return str(path)


def west_and_east(west, east, count=12):
    random = np.random.default_rng(4)
    rows = random.integers(5, SIDE - 5, 2 * count).tolist()
    columns = [*random.integers(10, 100, count).tolist(), *random.integers(140, 230, count).tolist()]
    return list(zip(rows, columns, [west] * count + [east] * count))


def job_for(run_folder, folder, task="refit", **changes):
    values = {
        "folder": str(folder), "task": task, "scenes": str(run_folder / "scenes.json"),
        "cache_folder": str(run_folder / "cache"), "model": str(run_folder / "model"), "device": "cpu",
        "precision": "fp32", "threads": 1, "start": "2020-01-01", "end": "2020-12-31",
    }  # fmt: skip
    return Job(**(values | changes))


def test_a_refit_gives_a_model_that_sees_what_was_taught(run_folder, tmp_path):
    legend = Legend((*BUNDLED_LEGEND.classes, LandClass(40, "Ñandú", "#123456", 1.0, "")))
    write_legend(legend, tmp_path / "legend.json")
    rows = west_and_east(40, "Crops")
    job = job_for(
        run_folder, tmp_path / "teaching", corrections=write_corrections(tmp_path / "c.geojson", rows),
        legend=str(tmp_path / "legend.json"),
    )  # fmt: skip
    found = run_job(job, NullReporter())
    assert found["version"] == 1
    assert found["corrections"] == 24
    assert found["agreement_after"] > found["agreement_before"]
    model = load_classifier(found["model"], "cpu", precision="fp32")
    assert model.model_hash == found["model_hash"]
    assert json.loads((Path(found["model"]) / "model.json").read_text())["name"] == "version_001"
    assert model.legend.by_code[40].name == "Ñandú"
    assert set(model.classes) == {*BUNDLED_LEGEND.codes, 40}
    (version,) = read_versions(tmp_path / "teaching").versions
    assert version.agreement_after == pytest.approx(found["agreement_after"], abs=1e-4)
    assert (Path(found["model"]) / "validation.csv").read_text(encoding="utf-8-sig").startswith("model,correction,")

    again = run_job(job, NullReporter())
    assert again["version"] == 2
    assert again["model_hash"] == found["model_hash"]  # the same corrections, the same model
    assert [version.number for version in read_versions(tmp_path / "teaching").versions] == [1, 2]


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"corrections": ""}, JobInvalid, "corrections"),
        ({"corrections": "/no/such/file.gpkg"}, TrainingInvalid, "do not exist"),
        ({"scenes": ""}, JobInvalid, "scenes"),
    ],
)
def test_a_refit_without_corrections_or_scenes_is_refused_before_the_work(run_folder, tmp_path, changes, error, text):
    rows = write_corrections(tmp_path / "c.geojson", west_and_east(2, 5))
    with pytest.raises(error, match=text):
        run_job(job_for(run_folder, tmp_path / "t", **({"corrections": rows} | changes)), NullReporter())
    assert read_versions(tmp_path / "t") == ModelVersions()


def test_corrections_far_from_the_scenes_and_broken_files_are_refused(run_folder, tmp_path):
    far = write_corrections(tmp_path / "far.geojson", [(100_000, 5, 2), (100_010, 5, 3)])
    with pytest.raises(TrainingInvalid, match="clear observation"):
        run_job(job_for(run_folder, tmp_path / "t", corrections=far), NullReporter())
    (tmp_path / "broken.gpkg").write_bytes(b"SQLite format 3\0 and nothing else")
    with pytest.raises(ReferenceInvalid):
        run_job(job_for(run_folder, tmp_path / "t", corrections=str(tmp_path / "broken.gpkg")), NullReporter())


def test_embeddings_of_the_year_and_of_each_month(run_folder, tmp_path):
    found = run_job(job_for(run_folder, tmp_path / "year", "embeddings"), NullReporter())
    assert [Path(path).name for path in found["embeddings"]] == ["embedding_18LYF_2020.tif"]
    assert (found["bands"], found["scene_count"]) == (5, 2)
    months = run_job(job_for(run_folder, tmp_path / "months", "embeddings", embedding_period="month"), NullReporter())
    names = [Path(path).name for path in months["embeddings"]]
    assert names == ["embedding_18LYF_2020-01.tif", "embedding_18LYF_2020-07.tif"]
    with rasterio.open(months["embeddings"][1]) as source:
        assert source.descriptions[0] == "m07_embedding_01"


def test_the_list_of_versions_is_kept_and_checked(tmp_path):
    versions = ModelVersions().with_version(ModelVersion(1, "2026-01-01T00:00:00+00:00", 7, None, None))
    versions = versions.with_version(ModelVersion(2, "2026-01-02T00:00:00+00:00", 9, 0.4, 0.9, "map.tif"))
    write_versions(tmp_path, versions)
    assert read_versions(tmp_path) == versions
    assert versions.next_number == 3
    for text in ("", "[]", '{"format": "x"}', '{"format": "allpa-model-versions", "version": 1, "versions": [3]}'):
        (tmp_path / "versions.json").write_text(text)
        with pytest.raises(JobInvalid, match="versions"):
            read_versions(tmp_path)
