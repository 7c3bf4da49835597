"""The main job, end to end, on the simulated archive behind real servers: what comes out, what is kept, what breaks."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from allpa_engine.classify.prediction_file import read_prediction
from allpa_engine.composite import CompositeRule, write_weight_table
from allpa_engine.core.errors import JobInvalid, NoScenes
from allpa_engine.core.job import Job, job_from_dict, job_to_dict
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run import scenes
from allpa_engine.run.pipeline import run_job
from sample_archive import serve_archive
from shapely.geometry import box, mapping

PLUGIN = Path(__file__).resolve().parents[2] / "plugin"
SMALL = mapping(box(-72.876, -13.690, -72.862, -13.676))
"""About 1.5 km x 1.5 km of the archive's land."""


class Listener(NullReporter):
    """Remembers what a run says."""

    def __init__(self):
        self.texts = []

    def log(self, text, level="info"):
        self.texts.append(text)


def job_in(folder, catalogue, **changes):
    values = {
        "folder": str(folder),
        "region": SMALL,
        "start": "2020-01-01",
        "end": "2020-12-31",
        "catalogue": catalogue.stac_url,
        "collection": catalogue.collection,
        "region_name": "Valle",
        "threads": 1,
        "max_scenes": 4,
    }
    return Job(**(values | changes))


def pixels(path):
    with rasterio.open(path) as source:
        return source.read()


def parts_below(folder):
    return [path for path in Path(folder).rglob("*") if ".part" in path.name]


@pytest.fixture(scope="module")
def finished(catalogue, tmp_path_factory):
    """A finished small job and its result."""
    job = job_in(tmp_path_factory.mktemp("job"), catalogue)
    return job, run_job(job, NullReporter())


def test_the_files_and_numbers_of_a_run(finished):
    job, values = finished
    for name in ("landcover", "quality", "areas", "report", "provenance", "picture", "scenes", "predictions"):
        assert Path(values[name]).exists(), name
    rows = values["area_table"]
    assert [row["code"] for row in rows] == [*range(1, 11), None]
    true_ha = sum(row["ellipsoidal_ha"] for row in rows[:-1])
    observed_ha = values["area_ha"] * values["valid_area_percent"] / 100
    assert true_ha == pytest.approx(observed_ha, abs=1e-3)  # ten rows of whole square metres
    assert true_ha == pytest.approx(values["area_ha"], rel=0.01)  # the small region's border cuts through pixels
    assert parts_below(job.folder) == []
    assert not any("127.0.0.1" in path.name for path in Path(job.folder).rglob("*"))


def test_running_again_does_no_step_twice_and_gives_the_same_map(finished):
    job, values = finished
    before = {path: path.stat().st_mtime_ns for path in Path(values["predictions"]).iterdir()}
    map_before = pixels(values["landcover"])
    listener = Listener()
    run_job(job, listener)
    assert {path: path.stat().st_mtime_ns for path in Path(values["predictions"]).iterdir()} == before
    np.testing.assert_array_equal(pixels(values["landcover"]), map_before)
    assert any("earlier run" in text for text in listener.texts)


def test_the_job_in_the_provenance_makes_the_same_map(finished, tmp_path):
    _, values = finished
    item = json.loads(Path(values["provenance"]).read_text())
    stored = next(value for key, value in item["properties"].items() if key.endswith(":job"))
    again = run_job(replace(job_from_dict(stored), folder=str(tmp_path)), NullReporter())
    np.testing.assert_array_equal(pixels(again["landcover"]), pixels(values["landcover"]))
    np.testing.assert_array_equal(pixels(again["quality"]), pixels(values["quality"]))


def test_scenes_and_weights_given_by_hand_and_a_season_make_the_same_map_again(finished, tmp_path, monkeypatch):
    """The job inside the item is run as a user would: the file, the command, another working folder."""
    job, values = finished
    listed = json.loads(Path(values["scenes"]).read_text(encoding="utf-8"))
    left_by_hand = next(item for item in listed["features"] if item["properties"]["allpa:chosen"])
    left_by_hand["properties"] |= {"allpa:chosen": False, "allpa:choice": "by hand", "allpa:reason": "excluded by hand"}
    (tmp_path / "scenes ñ.json").write_text(json.dumps(listed), encoding="utf-8")
    write_weight_table(CompositeRule(weights={3: 2.0, 6: 0.3}, min_share={1: 0.1}), tmp_path / "weights.json")
    monkeypatch.chdir(tmp_path)
    cache = {"cache_folder": str(Path(job.folder) / "scenes"), "months": tuple(range(2, 12)), "month_balance": True}
    given = replace(job, folder="a", scenes="scenes ñ.json", weight_table="weights.json", smoothing_px=5, **cache)
    first = run_job(given, NullReporter())
    item = json.loads(Path(first["provenance"]).read_text(encoding="utf-8"))
    for name, file in (("scene_list", "scenes ñ.json"), ("weight_table", "weights.json")):
        digest = hashlib.sha256((tmp_path / file).read_bytes()).hexdigest()
        assert item["assets"][name]["file:checksum"] == f"1220{digest}"
    assert left_by_hand["id"] not in {link.get("title") for link in item["links"]}

    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    stored = item["properties"]["allpa:job"] | {"folder": str(tmp_path / "b")}
    Path("stored.json").write_text(json.dumps(stored), encoding="utf-8")
    command = [sys.executable, "-m", "allpa_engine", "run", "stored.json"]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": str(PLUGIN)}, check=True, capture_output=True, timeout=600)
    for name in ("landcover", "quality"):
        again = tmp_path / "b" / Path(first[name]).name
        assert again.read_bytes() == Path(first[name]).read_bytes(), name


def test_a_season_composited_by_itself_is_made_again_by_the_job_in_its_item(finished, tmp_path):
    job, values = finished
    season = replace(job, folder=str(tmp_path / "a"), predictions=values["predictions"], scenes=values["scenes"])
    season = replace(season, start="2020-05-01", end="2020-09-30", months=(5, 6, 8, 9))
    made = run_job(replace(season, task="composite"), NullReporter())
    written = run_job(replace(season, task="report"), NullReporter())
    stored = json.loads(Path(written["provenance"]).read_text())["properties"]["allpa:job"]
    assert stored["task"] == "composite"
    again = run_job(replace(job_from_dict(stored), folder=str(tmp_path / "b")), NullReporter())
    assert Path(again["landcover"]).read_bytes() == Path(made["landcover"]).read_bytes()


def test_the_list_of_a_finished_run_has_the_offset_of_each_scene_and_its_basis(finished):
    _, values = finished
    items = {item["id"]: item for item in json.loads(Path(values["scenes"]).read_text())["features"]}
    read = {path.stem for path in Path(values["predictions"]).glob("*.tif")}
    decided = {identifier for identifier, item in items.items() if "allpa:decided_offset" in item["properties"]}
    assert decided == read
    stored = json.loads(Path(values["provenance"]).read_text())["properties"]["allpa:scenes"]
    for scene in stored:
        facts = items[scene["id"]]["properties"]
        assert (facts["allpa:decided_offset"], facts["allpa:decided_basis"]) == (scene["offset"], scene["offset_basis"])
        assert facts["allpa:decided_basis"]


def test_a_given_list_stays_as_it_is_and_the_runs_own_tells_the_radiometry(finished, tmp_path):
    job, values = finished
    given = tmp_path / "given.json"
    shutil.copy(values["scenes"], given)
    before = given.read_bytes()
    again = replace(
        job, folder=str(tmp_path / "again"), scenes=str(given), cache_folder=str(Path(job.folder) / "scenes")
    )
    made = run_job(replace(again, task="fetch"), NullReporter())
    assert made["fetched"] == values["scene_count"]
    assert given.read_bytes() == before
    (own,) = (tmp_path / "again").glob("scenes_*.json")
    decided = [item for item in json.loads(own.read_text())["features"] if "allpa:decided_basis" in item["properties"]]
    assert len(decided) == made["fetched"]


def test_another_season_is_composited_without_classifying(finished, tmp_path):
    job, values = finished
    season = replace(
        job,
        task="composite",
        predictions=values["predictions"],
        folder=str(tmp_path),
        start="2020-05-01",
        end="2020-09-30",
    )
    made = run_job(season, NullReporter())
    assert Path(made["landcover"]).name == "landcover_20200501-20200930.tif"
    assert made["scene_count"] < values["scene_count"] or made["scene_count"] == len(made["dates"])
    assert all("2020-05" <= day[:7] <= "2020-09" for day in made["dates"])


def test_a_saved_weight_table_decides_the_map(finished, tmp_path):
    job, values = finished
    write_weight_table(CompositeRule(weights={**dict.fromkeys(range(1, 11), 0.0), 6: 1.0}), tmp_path / "scrub.json")
    again = replace(
        job,
        task="composite",
        predictions=values["predictions"],
        folder=str(tmp_path),
        weight_table=str(tmp_path / "scrub.json"),
    )
    made = run_job(again, NullReporter())
    assert set(np.unique(pixels(made["landcover"]))) <= {0, 6, 10}


@pytest.mark.parametrize("changes", [{"weight_table": "no such table.json"}, {"smoothing_px": 5000}])
def test_a_rule_that_cannot_decide_is_refused_before_anything_is_fetched(catalogue, tmp_path, changes):
    with pytest.raises(JobInvalid):
        run_job(job_in(tmp_path, catalogue, **changes), NullReporter())
    assert list(tmp_path.iterdir()) == []


def test_each_step_by_itself_gives_the_same_map(finished, catalogue, tmp_path):
    job, values = finished
    step = replace(job, folder=str(tmp_path))
    found = run_job(replace(step, task="search"), NullReporter())
    listed = replace(step, scenes=found["scenes"])
    fetched = run_job(replace(listed, task="fetch"), NullReporter())
    assert fetched["fetched"] == found["scene_count"]
    classified = run_job(replace(listed, task="classify"), NullReporter())
    made = run_job(replace(listed, task="composite"), NullReporter())
    areas = run_job(replace(listed, task="areas"), NullReporter())
    report = run_job(replace(listed, task="report"), NullReporter())
    assert Path(report["report"]).exists()
    assert classified["scene_count"] == found["scene_count"]
    if found["scene_count"] == values["scene_count"]:  # no scenes were added for want of looks
        np.testing.assert_array_equal(pixels(made["landcover"]), pixels(values["landcover"]))
        assert areas["area_table"] == values["area_table"]


def test_a_region_over_the_sea_gets_one_clear_sentence(catalogue, tmp_path):
    sea = mapping(box(-100, -30, -99.9, -29.9))
    with pytest.raises(NoScenes) as caught:
        run_job(job_in(tmp_path, catalogue, region=sea), NullReporter())
    assert caught.value.next_step


def test_ids_of_a_scene_list_never_lead_out_of_the_folder(finished, tmp_path):
    """They name files, whatever stands in them; the file itself says which scene it is of."""
    job, values = finished
    listed = json.loads(Path(values["scenes"]).read_text(encoding="utf-8"))
    ids = ["../../../outside", str(tmp_path / "outside"), "a/b", "C:" + "x" * 290]
    for feature, identifier in zip((item for item in listed["features"] if item["properties"]["allpa:chosen"]), ids):
        feature["id"] = identifier
    (tmp_path / "scenes.json").write_text(json.dumps(listed), encoding="utf-8")
    folder = tmp_path / "deep" / "run"
    found = run_job(
        replace(job, task="classify", folder=str(folder), scenes=str(tmp_path / "scenes.json")), NullReporter()
    )
    assert found["failed_scenes"] == 0
    predictions = [read_prediction(path) for path in (folder / "predictions").iterdir()]
    assert {prediction.scene_id for prediction in predictions} >= {*ids}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep", "scenes.json"]
    assert all(len(path.stem) <= 80 for path in (folder / "predictions").iterdir())


@pytest.fixture
def damaged(sample, tmp_path, finished):
    """The archive with one band of a chosen scene cut short, and that scene's id."""
    job, _ = finished
    listed = json.loads((Path(job.folder) / "scenes_2020.json").read_text())
    chosen = [f for f in listed["features"] if f["properties"]["allpa:chosen"]]
    victim = min(chosen, key=lambda f: f["properties"]["allpa:rank"])["id"]
    copy = tmp_path / "archive"
    shutil.copytree(sample, copy, copy_function=os.link)
    band = next(path for path in copy.rglob("*_B04_10m.tif") if victim in str(path))
    whole = band.read_bytes()
    band.unlink()  # the link, not the archive's own file
    band.write_bytes(whole[: len(whole) // 3])
    with serve_archive(copy) as catalogue:
        yield catalogue, victim


def test_a_corrupt_scene_is_replaced_and_named_in_the_report(damaged, tmp_path):
    catalogue, victim = damaged
    values = run_job(job_in(tmp_path / "job", catalogue), NullReporter())
    assert values["failed_scenes"] == 1
    assert not (Path(values["predictions"]) / f"{victim}.tif").exists()
    report = Path(values["report"]).read_text()
    assert victim in report
    record = json.loads((tmp_path / "job" / "record_2020.json").read_text())
    (failure,) = record["failures"]
    assert failure["scene_id"] == victim
    assert (Path(values["predictions"]) / f"{failure['replaced_by']}.tif").exists()


def test_a_scene_that_failed_is_not_tried_again_when_scenes_are_added(damaged, tmp_path, monkeypatch):
    catalogue, victim = damaged
    monkeypatch.setattr(scenes, "shortage_shares", lambda *_, **__: {"18LYK": 1.0})
    listener = Listener()
    job = job_in(tmp_path / "job", catalogue, max_scenes=6, clear_observations=2)
    values = run_job(job, listener)
    assert any("downloading more scenes" in text for text in listener.texts)
    assert len([text for text in listener.texts if text.startswith(f"{victim} failed")]) == 1
    record = json.loads((tmp_path / "job" / "record_2020.json").read_text())
    assert [failure["scene_id"] for failure in record["failures"]] == [victim]
    assert values["failed_scenes"] == 1


def start(job, tmp_path):
    path = tmp_path / f"{Path(job.folder).name}.json"
    path.write_text(json.dumps(job_to_dict(job)))
    return subprocess.Popen(
        [sys.executable, "-m", "allpa_engine", "run", str(path), "--lines"],
        env={**os.environ, "PYTHONPATH": str(PLUGIN)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def test_a_killed_run_continues_where_it_stood(finished, catalogue, tmp_path):
    _, values = finished
    job = job_in(tmp_path / "job", catalogue)
    for wanted in ('"stage":"fetch"', '"stage":"classify"', '"stage":"composite"'):
        process = start(job, tmp_path)
        for line in process.stdout:
            if wanted in line:
                break
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        process.stdout.close()
        process.stdin.close()
    again = run_job(job, NullReporter())
    assert parts_below(tmp_path) == []
    np.testing.assert_array_equal(pixels(again["landcover"]), pixels(values["landcover"]))


def test_two_jobs_at_once_share_a_cache_and_do_not_disturb_each_other(finished, catalogue, tmp_path):
    _, values = finished
    jobs = [job_in(tmp_path / name, catalogue, cache_folder=str(tmp_path / "cache")) for name in ("ñandú 1", "b")]
    processes = [start(job, tmp_path) for job in jobs]
    results = [json.loads(list(process.stdout)[-1]) for process in processes]
    for result in results:
        assert result["type"] == "result", result
        np.testing.assert_array_equal(pixels(result["values"]["landcover"]), pixels(values["landcover"]))
    assert parts_below(tmp_path) == []


def test_cancel_during_real_work_leaves_no_part(catalogue, tmp_path):
    process = start(job_in(tmp_path / "job", catalogue), tmp_path)
    for line in process.stdout:
        if '"stage":"classify' in line:
            break
    process.stdin.close()
    last = list(process.stdout)[-1]
    process.wait(10)
    assert json.loads(last)["code"] == "cancelled"
    assert parts_below(tmp_path) == []


def test_the_whole_archive_agrees_with_its_truth(catalogue, sample, tmp_path):
    """The network was not trained on the simulation; three quarters of the pixels must agree all the same."""
    with rasterio.open(sample / "truth.tif") as source:
        truth, crs, bounds = source.read(1), source.crs, source.bounds
        from rasterio.warp import transform_bounds

        west, south, east, north = transform_bounds(crs, "EPSG:4326", *bounds)
    inner = box(west + 0.004, south + 0.004, east - 0.004, north - 0.004)
    values = run_job(job_in(tmp_path, catalogue, region=mapping(inner), max_scenes=10, threads=0), NullReporter())
    with rasterio.open(values["landcover"]) as made:
        map_codes = made.read(1)
        column = round((made.transform.c - bounds.left) / 10)
        row = round((bounds.top - made.transform.f) / 10)
    same_land = truth[row : row + map_codes.shape[0], column : column + map_codes.shape[1]]
    seen = map_codes > 0
    assert (map_codes[seen] == same_land[seen]).mean() >= 0.75
    rows = values["area_table"][:-1]
    assert sum(row["ellipsoidal_ha"] for row in rows) == pytest.approx(values["area_ha"], rel=1e-3)
