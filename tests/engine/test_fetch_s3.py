"""`s3://` files of Copernicus Data Space, from an S3 store on loopback that checks who asks."""

from dataclasses import replace

import numpy as np
import pytest
import rasterio
from allpa_engine.core.atomic import write_json
from allpa_engine.core.errors import AllScenesFailed, S3KeysMissing
from allpa_engine.core.job import Job, job_to_dict
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.retry import RetryPolicy
from allpa_engine.core.run_paths import RunPaths
from allpa_engine.fetch import fetch_selection
from allpa_engine.run.pipeline import run_job
from allpa_engine.select.scene_list import write_scene_list
from s3_store import KEY, KEY_ID, S3Store
from tile_maker import make_scene, make_selection, random_layers, region_from_metres, write_layers

REGION = (400, 400, 900, 900)
QUICK = RetryPolicy(attempts=3, pause_s=0.01, max_read_timeout_s=2.0)


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The store, in the place of Copernicus Data Space's; keys are not set."""
    layers = random_layers(1)
    write_layers(tmp_path / "store" / "eodata" / "one", layers)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    with S3Store(tmp_path / "store") as server:
        server.layers = layers
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
        yield server


@pytest.fixture
def keys(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)


def selection(catalogue="cdse"):
    return make_selection([replace(make_scene("s3://eodata", "one"), catalogue=catalogue)])


def fetched(folder):
    return list(
        fetch_selection(selection(), region_from_metres(*REGION), folder, reporter=NullReporter(), retry_policy=QUICK)
    )


def test_the_pixels_are_those_of_the_store(store, keys, tmp_path):
    (scene,) = fetched(tmp_path / "out")
    with rasterio.open(scene.path) as source:
        blue = source.read(1)
    np.testing.assert_array_equal(blue, store.layers["B02"][40:90, 40:90])
    assert store.requests
    assert all("X-Amz-Signature=" in url for url in store.requests)
    written = [path for path in tmp_path.rglob("*") if path.is_file() and "store" not in path.parts]
    assert written
    for path in written:
        for text in (KEY, KEY_ID, "X-Amz"):
            assert text.encode() not in path.read_bytes(), path.name


def test_keys_that_the_store_does_not_know_are_reported_without_being_shown(store, keys, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-Key")
    with pytest.raises(AllScenesFailed) as caught, caplog.at_level("DEBUG"):
        fetched(tmp_path / "out")
    assert "keys may be wrong or expired" in str(caught.value)
    for text in (str(caught.value), caplog.text):
        assert "another-Key" not in text
        assert KEY_ID not in text
        assert "X-Amz" not in text


def test_without_keys_the_run_ends_with_what_to_do_and_asks_nothing(store, tmp_path):
    with pytest.raises(S3KeysMissing, match="AWS_ACCESS_KEY_ID"):
        fetched(tmp_path / "out")
    assert store.requests == []


def test_a_job_whose_scenes_are_all_here_needs_no_keys(store, keys, tmp_path, monkeypatch):
    """Only where one is missing the run ends, with what to do, and without asking the store."""
    region = region_from_metres(*REGION)
    job = Job(folder=str(tmp_path / "out"), task="fetch", region=region.geojson, catalogue="cdse",
              start="2020-01-01", end="2020-12-31")  # fmt: skip
    paths = RunPaths(job)
    paths.folder.mkdir()
    write_scene_list(selection(), region, paths.scene_list)
    write_json(paths.job_file, job_to_dict(job))
    assert run_job(job, NullReporter())["fetched"] == 1
    asked = len(store.requests)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    assert run_job(job, NullReporter())["fetched"] == 1
    next(paths.cache.glob("*.tif")).unlink()
    with pytest.raises(S3KeysMissing, match="AWS_ACCESS_KEY_ID"):
        run_job(job, NullReporter())
    assert len(store.requests) == asked


@pytest.mark.parametrize("where", [{"catalogue": "cdse"}, {"catalogue": "earth_search", "fallback_catalogue": "cdse"}])
@pytest.mark.parametrize("task", ["landcovermap", "fetch", "classify"])
def test_a_job_without_keys_is_refused_before_the_search(store, tmp_path, where, task):
    region = region_from_metres(*REGION).geojson
    job = Job(folder=str(tmp_path / "out"), task=task, region=region, start="2020-01-01", end="2020-12-31", **where)
    with pytest.raises(S3KeysMissing, match="need S3 keys"):
        run_job(job, NullReporter())
    assert not (tmp_path / "out").exists()
