"""The task seasonal_composite on the simulated archive: what it leaves, what it keeps, what it refuses."""

import csv
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from allpa_engine.core.errors import JobInvalid, NoScenes
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.learn.feature_folder import open_features
from allpa_engine.raster.cloud_mask import is_clear
from allpa_engine.run.pipeline import run_job
from rasterio.transform import from_origin
from shapely.geometry import box, mapping

SMALL = mapping(box(-72.876, -13.690, -72.866, -13.682))
"""About a square kilometre of the archive's land."""


class Listener(NullReporter):
    def __init__(self):
        self.texts = []

    def log(self, text, level="info"):
        self.texts.append(text)


def job_in(folder, catalogue, **changes):
    values = {
        "folder": str(folder),
        "task": "seasonal_composite",
        "region": SMALL,
        "start": "2020-01-01",
        "end": "2020-12-31",
        "catalogue": catalogue.stac_url,
        "collection": catalogue.collection,
        "seasons": {"dry season": [6, 7, 8], "otoño": [4]},
        "threads": 1,
    }
    return Job(**(values | changes))


def times_of(folder):
    return {path.name: path.stat().st_mtime_ns for path in Path(folder).glob("*.tif")}


@pytest.fixture(scope="module")
def finished(catalogue, tmp_path_factory):
    job = job_in(tmp_path_factory.mktemp("seasons"), catalogue)
    return job, run_job(job, NullReporter())


def test_each_season_is_the_median_of_its_clear_pixels(finished):
    job, values = finished
    record = json.loads(Path(values["record"]).read_text())
    for season, name in (("dry season", "dry_season"), ("otoño", "otoño")):
        with rasterio.open(values["composites"]["median"][season]) as source:
            assert source.descriptions[0] == f"{name}_B02"
            composite, bounds = source.read(), source.bounds
        ids = [scene for scenes in record["seasons"][season]["scenes"].values() for scene in scenes]
        series = []
        for path in (Path(job.folder) / "scenes").glob("*.tif"):
            with rasterio.open(path) as source:
                if source.tags().get("ALLPA_SCENE") not in ids:
                    continue
                numbers = source.read()
                scl = numbers[-1].astype(np.uint8)
                clear = is_clear(None, scl, dilate=True) & (scl != 0) & (numbers != 0).all(axis=0)
                window = source.window(*bounds).round_offsets().round_lengths()
                part = (slice(None), *window.toslices())
                series.append((np.where(clear, numbers[:-1], np.nan)[part], (scl == 11)[part[1:]]))
        assert len(series) == len(ids)
        stack, snow = (np.stack(parts) for parts in zip(*series, strict=True))
        ground = np.where(snow[:, None], np.nan, stack)
        stack = np.where(np.isfinite(ground).any(axis=0), ground, stack)
        inside = composite.any(axis=0)
        wanted = np.floor(np.nanmedian(stack[:, :, inside], axis=0) + 0.5)
        np.testing.assert_array_equal(composite[:, inside], wanted)


def test_pictures_quality_and_record_tell_what_was_made(finished):
    job, values = finished
    record = json.loads(Path(values["record"]).read_text())
    layer = json.loads(Path(values["tile_quality"]).read_text())
    (tile,) = layer["features"]
    with rasterio.open(values["observations"]["otoño"]) as source:
        counts = source.read(1)
    pixels = tile["properties"]["pixels"]
    assert 0.95 < pixels / counts.size <= 1
    missing = 100 * (1 - np.count_nonzero(counts) / pixels)
    assert tile["properties"]["missing_otoño"] == pytest.approx(missing, abs=1e-3)
    assert tile["properties"]["observations_otoño"] == pytest.approx(counts.sum() / pixels, abs=0.01)
    west, south, east, north = (
        np.array(SMALL["coordinates"][0]).min(0).tolist() + np.array(SMALL["coordinates"][0]).max(0).tolist()
    )
    corners = np.array(tile["geometry"]["coordinates"][0])
    assert corners.min(0) == pytest.approx([west, south], abs=1e-5)
    assert corners.max(0) == pytest.approx([east, north], abs=1e-5)
    with Path(values["tile_table"]).open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["season"] for row in rows] == ["dry season", "otoño"]
    assert Path(values["tile_quality"]).with_suffix(".qml").read_text().count("<range ") == 5
    assert set(values["true_color"]) == set(record["seasons"]) == set(job.seasons)
    assert not [path for path in Path(job.folder).rglob("*") if ".part" in path.name]


def test_the_folder_holds_all_features_of_the_workflow_and_reads_them_as_reflectance(finished):
    values = finished[1]
    with open_features(values["features"]) as features:
        assert set(values["feature_names"]) == set(features.names)
        read = features.read(None, ["dry_season_B08", "otoño_NDVI", "elevation", "slope", "aspect"])
    with rasterio.open(values["composites"]["median"]["dry season"]) as source:
        numbers = source.read(source.descriptions.index("dry_season_B08") + 1)
    np.testing.assert_allclose(read[0][numbers > 0], numbers[numbers > 0] / 10_000, rtol=1e-6)
    assert np.isnan(read[0][numbers == 0]).all()
    assert np.nanmin(read[1]) >= -1
    assert np.nanmax(read[1]) <= 1
    assert np.isfinite(read[2:]).all()
    assert read[2].min() > 1000  # the archive's valley lies in the Andes


def test_terrain_can_be_left_out_and_its_lack_ends_no_run(catalogue, tmp_path):
    job = job_in(tmp_path, catalogue, seasons={"dry": [6, 7]}, seasonal={"terrain": False})
    assert "elevation" not in run_job(job, NullReporter())["feature_names"]


def test_a_raster_of_heights_elsewhere_gives_no_terrain_and_says_so(catalogue, tmp_path):
    path = tmp_path / "far.tif"
    profile = {"driver": "GTiff", "width": 9, "height": 9, "count": 1, "dtype": "float32", "crs": "EPSG:32718"}
    with rasterio.open(path, "w", transform=from_origin(200_000, 8_000_000, 30, 30), **profile) as target:
        target.write(np.full((1, 9, 9), 3000, np.float32))
    reporter = Listener()
    job = job_in(tmp_path, catalogue, seasons={"dry": [6, 7]}, elevation=str(path))
    assert "elevation" not in run_job(job, reporter)["feature_names"]
    assert any("no terrain" in text and "no heights in the region" in text for text in reporter.texts)


def test_a_second_run_makes_and_downloads_nothing(finished):
    job, values = finished
    before = times_of(job.folder)
    scenes = Path(job.folder) / "scenes"
    hidden = scenes.rename(scenes.with_name("elsewhere"))
    try:
        again = run_job(job, NullReporter())
        assert not list(scenes.glob("*.tif"))
    finally:
        if scenes.exists():
            scenes.rmdir()
        hidden.rename(scenes)
    assert times_of(job.folder) == before
    assert again["made_seasons"] == []
    assert {**again, "made_seasons": 0} == {**values, "made_seasons": 0}


def test_a_changed_season_or_a_new_statistic_makes_that_alone(finished, tmp_path):
    job, _ = finished
    before = times_of(job.folder)
    more = replace(
        job, seasons={**job.seasons, "otoño": (9,)}, seasonal={**job.seasonal, "statistics": ("median", "p90")}
    )
    values = run_job(more, NullReporter())
    after = times_of(job.folder)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {
        "otoño_2020_median.tif", "otoño_2020_observations.tif", "otoño_2020_true_color.tif", "otoño_2020_p90.tif",
        "dry_season_2020_p90.tif",
    }  # fmt: skip
    assert "otoño_B08_p90" in values["feature_names"]
    run_job(job, NullReporter())


def test_a_season_without_usable_scenes_is_named_before_anything_is_downloaded(catalogue, tmp_path):
    job = job_in(tmp_path, catalogue, seasons={"wet": [1, 2]}, seasonal={"min_scenes": 0, "max_cloud_percent": 0.5})
    with pytest.raises(NoScenes, match="wet"):
        run_job(job, NullReporter())
    assert not list(tmp_path.rglob("*.tif"))


def test_what_a_job_lacks_is_refused(catalogue, tmp_path):
    with pytest.raises(JobInvalid, match="no region"):
        run_job(job_in(tmp_path, catalogue, region={}), NullReporter())
    with pytest.raises(JobInvalid, match="seasonal"):
        run_job(job_in(tmp_path, catalogue, seasonal={"min_scenes": 6}), NullReporter())
    seasons = {"otoño": [5, 6], "verano": [12, 1]}
    with pytest.raises(JobInvalid, match=r"No month of verano lies in the period from 2020-05-01 to 2020-06-30"):
        run_job(job_in(tmp_path, catalogue, start="2020-05-01", end="2020-06-30", seasons=seasons), NullReporter())


def test_scenes_of_a_given_list_are_those_that_are_used(finished, tmp_path):
    job, values = finished
    listed = json.loads(Path(values["scenes"]).read_text())
    kept = None
    for item in listed["features"]:
        is_kept = item["properties"]["datetime"].startswith("2020-06") and kept is None
        item["properties"]["allpa:chosen"] = is_kept
        kept = item["id"] if is_kept else kept
    path = tmp_path / "list.json"
    path.write_text(json.dumps(listed))
    given = replace(
        job, folder=str(tmp_path / "out"), scenes=str(path), seasons={"june": (6,)},
        cache_folder=os.fspath(Path(job.folder) / "scenes"),
    )  # fmt: skip
    result = run_job(given, NullReporter())
    record = json.loads(Path(result["record"]).read_text())
    assert record["seasons"]["june"]["scenes"] == {"18LYK": [kept]}
