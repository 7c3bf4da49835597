"""What is wrong in a job is known before the first request: nothing is searched, downloaded or replaced."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from allpa_engine.core import atomic
from allpa_engine.core.earlier_map import differences_from_earlier_map
from allpa_engine.core.errors import (
    AllpaError,
    CatalogueUnreachable,
    DiskFull,
    FolderInUse,
    FolderNotWritable,
    JobInvalid,
    MapExists,
    ModelInvalid,
    PeriodInvalid,
    RasterInvalid,
    RegionInvalid,
)
from allpa_engine.core.job import Job, job_to_dict
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.run_paths import RunPaths
from allpa_engine.core.scene import FailedScene, Prediction, Radiometry
from allpa_engine.run import change, pipeline
from allpa_engine.run.folder_lock import LOCK_FILE, lock_folder
from allpa_engine.run.record import RunRecord
from allpa_engine.run.scenes import has_matching_scene_list
from shapely.geometry import box, mapping

PLUGIN = Path(__file__).resolve().parents[2] / "plugin"
REGION = mapping(box(-72.9, -13.7, -72.88, -13.68))
OTHER_REGION = mapping(box(-72.8, -13.7, -72.78, -13.68))
CROSSING = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
FEET = "EPSG:2225"
"""NAD83 / California zone 1, in US survey feet."""


class Listener(NullReporter):
    """Keeps what a run logs."""

    def __init__(self):
        self.lines = []

    def log(self, text, level="info"):
        self.lines.append((level, text))


def job_in(parent, **changes):
    values = {"folder": str(parent / "out"), "region": REGION, "start": "2020-01-01", "end": "2020-12-31"}
    return Job(**(values | changes))


@pytest.fixture(autouse=True)
def _no_work(monkeypatch):
    """A run that gets past the checks ends in this."""

    def work(*_, **__):
        raise AssertionError("the work was begun")

    monkeypatch.setattr(pipeline, "load_model", work)
    monkeypatch.setattr(pipeline, "search_or_load_scenes", work)
    monkeypatch.setattr(pipeline, "read_predictions", work)
    monkeypatch.setattr(change, "compare_maps", work)
    monkeypatch.setattr(pipeline, "write_area_table", work)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"crs": FEET}, JobInvalid, "in metres.*US survey foot"),
        ({"crs": "EPSG:4326"}, JobInvalid, "in metres.*degree"),
        ({"crs": "EPSG:999999"}, JobInvalid, "not known"),
        ({"crs": "USER:100001"}, JobInvalid, "not known"),
        ({"crs": "metres please"}, JobInvalid, "not known"),
        ({"crs": "EPSG:5703"}, JobInvalid, "in metres"),
        ({"task": "composite", "predictions": ".", "crs": "EPSG:4326"}, JobInvalid, "in metres"),
        ({"crs": "EPSG:32633"}, JobInvalid, "cannot be used for this region"),
        ({"folder": "x" * 400}, FolderNotWritable, "too long"),
        ({"outputs": {"areas": "x" * 300}}, FolderNotWritable, "too long"),
        ({"scenes": "y" * 300}, JobInvalid, "cannot be read"),
        ({"region": {}}, JobInvalid, "no region"),
        ({"region": mapping(box(-72.9, -13.7, -72.89993, -13.69994))}, RegionInvalid, "smaller than a pixel"),
        ({"start": "", "end": ""}, PeriodInvalid, "'start'"),
        ({"task": "fetch", "start": "", "end": ""}, JobInvalid, "no period"),
        (
            {"region": mapping(box(0, 0, 1, 1)) | {"coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1]]]}},
            RegionInvalid,
            "cross",
        ),
        ({"catalogue": "no such catalogue"}, JobInvalid, "does not exist"),
        ({"catalogue": "//server/share/catalog.json"}, JobInvalid, "does not exist"),
        ({"catalogue": "x" * 4000}, JobInvalid, r"'x{30,60}\.\.\.x+' does not exist"),
        ({"fallback_catalogue": "nowhere"}, JobInvalid, "does not exist"),
        ({"model": "."}, ModelInvalid, "has no model.json"),
        ({"model": "no such model"}, ModelInvalid, "no such model does not exist"),
        ({"weight_table": "no such table"}, JobInvalid, "cannot be read"),
        ({"zones": "no such zones.geojson"}, RegionInvalid, "cannot be read"),
        ({"task": "areas", "zones": "no such zones.geojson"}, RegionInvalid, "cannot be read"),
        ({"scenes": "no such list.json"}, JobInvalid, "cannot be read"),
        ({"task": "classify", "scenes": "no such list.json"}, JobInvalid, "cannot be read"),
        ({"task": "change", "maps": {"2019": "a.tif", "2020": "b.tif"}}, RasterInvalid, "2019"),
        ({"weights": {**dict.fromkeys(range(1, 10), 0.0), 10: 1.0}}, JobInvalid, "weight"),
        ({"months": (0,)}, JobInvalid, "'months'"),
        ({"start": "2101-01-01", "end": "2101-12-31"}, PeriodInvalid, "not begun"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_a_job_names_is_looked_at_before_the_first_request(tmp_path, monkeypatch, changes, error, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=words) as caught:
        pipeline.run_job(job_in(tmp_path, **changes), NullReporter())
    assert caught.value.next_step
    assert list(tmp_path.iterdir()) == []


def test_zones_far_from_the_map_are_reported_before_the_work(tmp_path):
    zones = tmp_path / "zones.geojson"
    zones.write_text(json.dumps({"type": "Feature", "properties": {"name": "a"}, "geometry": OTHER_REGION}))
    for task in ("landcovermap", "areas"):
        with pytest.raises(RegionInvalid, match=r"None of the zones in zones\.geojson lies in the region"):
            pipeline.run_job(job_in(tmp_path, task=task, zones=str(zones)), NullReporter())
    with pytest.raises(AssertionError, match="begun"):
        pipeline.run_job(job_in(tmp_path, region=OTHER_REGION, zones=str(zones)), NullReporter())


@pytest.mark.parametrize("key", ["folder", "cache_folder", "predictions"])
def test_a_folder_that_cannot_be_made_is_reported_before_the_work(tmp_path, key):
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderNotWritable, match="is a file"):
        pipeline.run_job(job_in(tmp_path, **{key: str(tmp_path / "file" / "below")}), NullReporter())


def test_the_folder_of_a_single_output_is_looked_at_too(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderNotWritable):
        pipeline.run_job(job_in(tmp_path, outputs={"areas": str(tmp_path / "file" / "a.csv")}), NullReporter())
    with pytest.raises(JobInvalid, match="'areas' is a folder"):
        pipeline.run_job(job_in(tmp_path, outputs={"areas": str(tmp_path)}), NullReporter())


def test_a_full_disk_is_reported_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(atomic.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 2_000_000))
    with pytest.raises(DiskFull, match="2 MB free"):
        pipeline.run_job(job_in(tmp_path), NullReporter())


def with_map_of(job):
    """Leave what a finished run of a job leaves, as far as it counts here."""
    paths = RunPaths(job)
    paths.folder.mkdir(exist_ok=True)
    paths.landcover.write_bytes(b"the map")
    RunRecord(made_by=job_to_dict(job)).save(paths.record)
    return paths


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({"region": OTHER_REGION}, "region"),
        ({"catalogue": "cdse", "months": (5, 6)}, "catalogue, months"),
        ({"weights": {3: 2.0}, "crs": "EPSG:32718"}, "weights, crs"),
        ({"task": "composite", "smoothing_px": 4}, "smoothing_px"),
    ],
)
def test_the_map_of_another_job_is_replaced_only_where_the_job_says_so(tmp_path, monkeypatch, changes, keys):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    paths = with_map_of(job_in(tmp_path))
    with pytest.raises(MapExists, match=rf"landcover_2020\.tif of another job.*differs in {keys}\..*overwrite"):
        pipeline.run_job(job_in(tmp_path, **changes), NullReporter())
    assert paths.landcover.read_bytes() == b"the map"
    listener = Listener()
    with pytest.raises(AssertionError, match="begun"):
        pipeline.run_job(job_in(tmp_path, overwrite=True, **changes), listener)
    assert [text for level, text in listener.lines if level == "warning" and f"differs in {keys}" in text]


@pytest.mark.parametrize(
    "changes",
    [{}, {"threads": 2}, {"language": "es"}, {"region_name": "Valle"}, {"start": "2019-01-01", "end": "2019-12-31"}],
)
def test_the_same_job_and_another_period_may_go_on(tmp_path, changes):
    with_map_of(job_in(tmp_path))
    with pytest.raises(AssertionError, match="begun"):
        pipeline.run_job(job_in(tmp_path, **changes), NullReporter())


def test_what_described_a_replaced_map_goes_with_it(tmp_path, monkeypatch):
    """A run that is stopped after the map is written must not leave the report of another job beside it."""
    paths = with_map_of(job_in(tmp_path))
    described = [paths.areas, paths.zones, paths.zones_wide, paths.map_picture, paths.report, paths.stac_item]
    for path in (*described, paths.folder / "notes.txt"):
        path.write_text("of the other job")
    (paths.folder / "predictions").mkdir()
    monkeypatch.setattr(
        pipeline, "read_predictions", lambda _: [Prediction(tmp_path, "A", "18LYF", "2020-05-01", "ab")]
    )

    def stop(*_, **__):
        raise AssertionError("stopped")

    monkeypatch.setattr(pipeline, "compose", stop)
    for job, left in ((job_in(tmp_path), described), (job_in(tmp_path, region=OTHER_REGION, overwrite=True), [])):
        with pytest.raises(AssertionError, match="stopped"):
            pipeline.run_job(replace(job, task="composite"), NullReporter())
        assert [path for path in described if path.exists()] == left
        assert (paths.folder / "notes.txt").exists()


def test_a_map_beside_that_of_another_job_is_no_harm(tmp_path):
    with_map_of(job_in(tmp_path))
    (tmp_path / "predictions").mkdir()
    elsewhere = {"landcover": str(tmp_path / "mine.tif")}
    with pytest.raises(AssertionError, match="begun"):
        pipeline.run_job(job_in(tmp_path, task="composite", region=OTHER_REGION, outputs=elsewhere), NullReporter())


def test_a_moved_folder_is_still_that_of_its_job(tmp_path):
    scenes = str(tmp_path / "out" / "candidates_2020.json")
    paths = with_map_of(job_in(tmp_path, scenes=scenes))
    moved = tmp_path / "moved"
    paths.folder.rename(moved)
    job = job_in(tmp_path, folder=str(moved), scenes=str(moved / "candidates_2020.json"))
    assert differences_from_earlier_map(job) == ()
    assert differences_from_earlier_map(replace(job, region=OTHER_REGION)) == ("region",)


def test_a_map_without_a_readable_record_is_not_replaced_unasked(tmp_path):
    paths = with_map_of(job_in(tmp_path))
    paths.record.write_text("{")
    with pytest.raises(MapExists, match="no readable record"):
        pipeline.run_job(job_in(tmp_path), NullReporter())
    paths.stac_item.write_text(json.dumps({"properties": {"allpa:job": job_to_dict(job_in(tmp_path))}}))
    assert differences_from_earlier_map(job_in(tmp_path)) == ()


@pytest.mark.parametrize("content", [b"", b"\0\xff", b"[]", b'{"folder": "f", "clear_looks": 5}', b'{"region": 3}'])
def test_a_damaged_job_or_one_of_another_version_refuses_no_run(tmp_path, content):
    paths = RunPaths(job_in(tmp_path))
    paths.folder.mkdir()
    paths.job_file.write_bytes(content)
    paths.scene_list.write_bytes(content)
    paths.record.write_bytes(content)
    with pytest.raises(AssertionError, match="begun"):
        pipeline.run_job(job_in(tmp_path), NullReporter())


def test_the_scene_list_of_another_job_is_never_taken_for_that_of_a_failed_search(tmp_path, monkeypatch):
    """QGIS leaves the job of a run that failed in its folder, beside whatever lies there."""
    monkeypatch.undo()
    paths = RunPaths(job_in(tmp_path, task="search", catalogue="http://127.0.0.1:9/"))
    paths.folder.mkdir()
    paths.scene_list.write_text(json.dumps({"of": "another job"}))
    with pytest.raises(CatalogueUnreachable):
        pipeline.run_job(paths.job, NullReporter())
    paths.job_file.write_text(json.dumps(job_to_dict(paths.job)))
    assert not has_matching_scene_list(paths)
    assert not paths.scene_list.exists()


HOLDER = """
import sys, time; from pathlib import Path
from allpa_engine.run.folder_lock import lock_folder
with lock_folder(Path(sys.argv[1])):
    print("locked", flush=True); time.sleep(600)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of a folder."""
    folder = tmp_path / "out"
    folder.mkdir()
    command = [sys.executable, "-c", HOLDER, str(folder)]
    process = subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": str(PLUGIN)}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "locked\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_folder_where_another_process_runs_is_refused_and_then_free_again(tmp_path, holder):
    with pytest.raises(FolderInUse, match=f"process {holder.pid} "):
        pipeline.run_job(job_in(tmp_path), NullReporter())
    holder.kill()  # nothing of it runs on to give the lock back
    holder.wait()
    assert (tmp_path / "out" / LOCK_FILE).exists()
    with pytest.raises(AssertionError, match="begun"):
        pipeline.run_job(job_in(tmp_path), NullReporter())
    assert not (tmp_path / "out" / LOCK_FILE).exists()


def test_two_runs_of_one_process_do_not_share_a_folder(tmp_path):
    with lock_folder(tmp_path):
        (tmp_path / LOCK_FILE).write_text("not what a run writes")
        with pytest.raises(FolderInUse), lock_folder(tmp_path):
            pass
    with lock_folder(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_is_not_taken_through_a_link(tmp_path):
    foreign = tmp_path / "foreign.txt"
    foreign.write_text("theirs")
    (tmp_path / LOCK_FILE).symlink_to(foreign)
    with pytest.raises(FolderNotWritable), lock_folder(tmp_path):
        pass
    assert foreign.read_text() == "theirs"


def test_a_record_survives_the_way_to_disk_and_a_damaged_one_is_empty(tmp_path):
    path = tmp_path / "record_2020.json"
    record = RunRecord(
        (FailedScene("A", "cut short", "B"), FailedScene("C", "gone")),
        {"B": Radiometry(1000, "baseline")},
        "ab" * 32,
        {"precision": "fp32", "device": "cpu"},
        {"mean_observations": 7.5},
        job_to_dict(job_in(tmp_path)),
    )
    record.save(path)
    assert RunRecord.load(path) == record
    whole = json.loads(path.read_text())
    for key in ("failures", "radiometry", "inference", "model_hash", "composite", "made_by"):
        for damaged in (None, 3, "x", [3], {"a": 3}):
            path.write_text(json.dumps({**whole, key: damaged}))
            assert isinstance(RunRecord.load(path), RunRecord)
    for content in ("", "[]", "{}", '{"failures": [], "model_hash": "ab"}'):
        path.write_text(content)
        assert RunRecord.load(path) == RunRecord()


def test_every_error_of_a_check_has_a_code_of_its_own():
    codes = [error.code for error in AllpaError.__subclasses__()]
    assert len(set(codes)) == len(codes)
