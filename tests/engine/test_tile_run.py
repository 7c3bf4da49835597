"""Tiles as tasks: the same map as together, what fails, what is known, what is not believed."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from allpa_engine.core.errors import AllScenesFailed, Cancelled
from allpa_engine.core.job import Job, job_from_dict, job_to_dict
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run import tile_places, tile_run
from allpa_engine.run.pipeline import run_job
from allpa_engine.run.tile_run import run_here
from allpa_engine.run.tile_tasks import RECEIPT, STAGE, TileResult, known_result, run_tile
from shapely.geometry import box, mapping

SMALL = mapping(box(-72.876, -13.690, -72.862, -13.676))
TILES = ["18LYK"]
"""The archive's land lies in one tile; `test_join.py` has two."""


class Listener(NullReporter):
    """Remembers stages and lines."""

    def __init__(self):
        self.stages, self.lines = [], []

    def progress(self, stage, done, total):
        self.stages.append((stage, done, total))

    def log(self, text, level="info"):
        self.lines.append((level, str(text)))


class Stopping(NullReporter):
    """Cancels while the first tile is made."""

    def __init__(self):
        self.reports = 0

    def progress(self, stage, done, total):
        if stage == STAGE:
            self.reports += 1
            if self.reports > 3:
                raise Cancelled("Stopped.")


def job_in(folder, catalogue, **changes):
    values = {
        "folder": str(folder), "region": SMALL, "start": "2020-01-01", "end": "2020-12-31",
        "catalogue": catalogue.stac_url, "collection": catalogue.collection, "region_name": "Valle", "threads": 1,
        "max_scenes": 3, "precision": "fp32",
    }  # fmt: skip
    return Job(**(values | changes))


def pixels(path):
    with rasterio.open(path) as source:
        return source.read(), source.transform, source.crs


@pytest.fixture(scope="module")
def separate(catalogue, tmp_path_factory):
    """A finished job with its result, and the tasks of its tiles."""
    job = job_in(tmp_path_factory.mktemp("tiles"), catalogue, tiles="separately", smoothing_px=4)
    tasks = []

    def remember_and_run(made, reporter):
        tasks.extend(made)
        return run_here(made, reporter)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tile_places, "execute_for", lambda _job: remember_and_run)
        result = run_job(job, NullReporter())
    return job, result, tasks


def test_map_is_that_of_all_tiles_together(separate, catalogue, tmp_path):
    job, result, _ = separate
    together = run_job(replace(job, folder=str(tmp_path), tiles="together"), NullReporter())
    for name in ("landcover", "quality"):
        ours, transform, crs = pixels(result[name])
        expected = pixels(together[name])
        np.testing.assert_array_equal(ours, expected[0])
        assert (transform, crs) == expected[1:]
    assert result["area_table"] == together["area_table"]
    assert result["scene_count"] == together["scene_count"]
    assert result["tiles"] == {tile: {"state": "done", "message": ""} for tile in TILES}
    assert len(np.unique(ours[0])) > 2


def test_the_maps_of_tiles_are_one_virtual_raster(separate):
    job, result, tasks = separate
    own = sorted(Path(tasks[0].folder).glob("landcover_*.tif"))[0]
    values, transform, crs = pixels(result["tile_maps"])
    expected = pixels(own)
    np.testing.assert_array_equal(values, expected[0])
    assert (transform, crs) == expected[1:]
    assert str(job.folder) not in Path(result["tile_maps"]).read_text(), "the folder can be moved"


def test_what_guards_changed_is_added_up_in_the_record(separate):
    job, _, tasks = separate
    record = json.loads(sorted(Path(job.folder).glob("record_*.json"))[0].read_text())
    own = json.loads(sorted(Path(tasks[0].folder).glob("record_*.json"))[0].read_text())
    assert record["composite"]["guards"].keys() == own["composite"]["guards"].keys()
    for name, found in own["composite"]["guards"].items():
        assert record["composite"]["guards"][name].get("changed_pixels") == found.get("changed_pixels")


def test_finished_tile_is_known_and_not_made_again(separate):
    job, result, _ = separate
    before = pixels(result["landcover"])[0]
    listener = Listener()
    again = run_job(job, listener)
    assert [again["tiles"][tile]["state"] for tile in TILES] == ["known"]
    assert not any(stage == "classify" for stage, *_ in listener.stages)
    np.testing.assert_array_equal(pixels(again["landcover"])[0], before)


@pytest.mark.parametrize("damage", ["shorter file", "no file", "another job", "no JSON", "a path outside"])
def test_receipt_of_something_else_is_not_believed(separate, tmp_path, damage):
    task = copied(separate[2][0], tmp_path)
    folder = tmp_path
    assert known_result(task) is not None
    receipt = json.loads((folder / RECEIPT).read_text())
    name = next(iter(receipt["files"]))
    if damage == "shorter file":
        (folder / name).write_bytes((folder / name).read_bytes()[:-1])
    elif damage == "no file":
        (folder / name).unlink()
    elif damage == "another job":
        task = replace(task, job={**task.job, "max_scenes": 2})
    elif damage == "no JSON":
        (folder / RECEIPT).write_text("{")
    else:
        receipt["files"]["../" + name] = receipt["files"].pop(name)
        (folder / RECEIPT).write_text(json.dumps(receipt))
    assert known_result(task) is None


def copied(task, folder):
    """The same task with its finished folder somewhere else."""
    for path in Path(task.folder).iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())
    scenes = str(folder / Path(task.job["scenes"]).name)
    return replace(task, folder=str(folder), job={**task.job, "folder": str(folder), "scenes": scenes})


def test_tile_without_its_scene_list_fails_with_a_reason(separate, tmp_path):
    task = copied(separate[2][0], tmp_path)
    Path(task.job["scenes"]).unlink()
    result = run_tile(task, NullReporter())
    assert (result.tile, result.state) == (task.tile, "failed")
    assert "selection_2020.json" in result.message


def test_failed_tile_does_not_stop_the_others(separate, monkeypatch):
    def with_a_failure(tasks, reporter):
        yield TileResult("18LYL", "failed", "The disk is full.")
        yield from run_here(tasks, reporter)

    monkeypatch.setattr(tile_places, "execute_for", lambda _job: with_a_failure)
    listener = Listener()
    result = run_job(separate[0], listener)
    assert result["failed_tiles"] == 1
    assert result["tiles"]["18LYL"] == {"state": "failed", "message": "The disk is full."}
    assert any(level == "warning" and "18LYL" in line and "disk is full" in line for level, line in listener.lines)
    assert pixels(result["landcover"])[0].any()


def test_run_without_any_tile_fails_with_the_reasons(separate, monkeypatch, tmp_path):
    def fail(task, _reporter):
        return TileResult(task.tile, "failed", "The disk is full.")

    monkeypatch.setattr(tile_run, "run_tile", fail)
    with pytest.raises(AllScenesFailed, match="disk is full") as caught:
        run_job(replace(separate[0], folder=str(tmp_path)), NullReporter())
    assert caught.value.next_step == "Remove the cause, then run the same job again."
    assert not list(tmp_path.glob("landcover*"))


def test_cancelled_run_leaves_no_map_and_goes_on(separate, tmp_path):
    job = replace(separate[0], folder=str(tmp_path))
    with pytest.raises(Cancelled):
        run_job(job, Stopping())
    assert not list(tmp_path.rglob("landcover*.tif"))
    assert run_job(job, NullReporter())["failed_tiles"] == 0


def test_job_survives_json(separate):
    job = separate[0]
    assert job_from_dict(json.loads(json.dumps(job_to_dict(job)))).tiles == "separately"
