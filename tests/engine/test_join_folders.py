"""Tiles of several computers joined: the bytes of one run, and which folders are refused and why."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from allpa_engine.core.errors import JobInvalid, RasterInvalid
from allpa_engine.core.file_hash import file_hash
from allpa_engine.core.job import Job, job_to_dict
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.run_paths import RunPaths
from allpa_engine.core.scene import Candidate, Selection
from allpa_engine.geo.mgrs_tiles import tile_bounds
from allpa_engine.geo.region import Region
from allpa_engine.run.cli import main
from allpa_engine.run.join_folders import check_tile, matching_tiles
from allpa_engine.run.pipeline import run_job, write_composite
from allpa_engine.run.record import Run, RunRecord
from allpa_engine.run.scenes import job_region
from allpa_engine.run.tile_tasks import RECEIPT, TileTask, _write_receipt
from allpa_engine.select.scene_list import write_scene_list
from predictions import write_prediction
from pyproj import Transformer
from shapely.geometry import box, mapping
from shapely.ops import transform
from stac_items import scene

SIZE = 300
LEFT, TOP = tile_bounds("18LZL")[0] + 2000, tile_bounds("18LYL")[3] - 5000
PLACES = {"18LYL": (LEFT, TOP), "18LZL": (LEFT + 1570, TOP + 330)}


@pytest.fixture(scope="module")
def region():
    to_degrees = Transformer.from_crs("EPSG:32718", "EPSG:4326", always_xy=True).transform
    return Region(transform(to_degrees, box(LEFT + 333, TOP - 2555, LEFT + 4111, TOP - 111)), "Slope")


def job_for(folder, region, **changes):
    values = {"start": "2020-01-01", "end": "2020-12-31", "guards": (), "tiles": "separately", "crs": "EPSG:32718"}
    return Job(folder=str(folder), region=dict(mapping(region.geometry)), **values | changes).validate()


def make_tile(run_folder, tile, region, seed=11):
    """A finished tile of simulated predictions, in the folder of a run."""
    job = job_for(run_folder, region)
    (run_folder / "tiles" / tile).mkdir(parents=True)
    (run_folder / "job.json").write_text(json.dumps(job_to_dict(job)))
    tile_job = replace(job, folder=str(run_folder / "tiles" / tile), tiles="together", region_name=tile, smoothing_px=1)
    paths = RunPaths(tile_job)
    paths.predictions.mkdir()
    rng = np.random.default_rng(seed + len(tile) + ord(tile[3]))
    left, top = PLACES[tile]
    predictions = [
        write_prediction(
            paths.predictions, rng.choice(np.array([0, 1, 2, 3, 10], np.uint8), (SIZE, SIZE)),
            date=f"2020-{month:02d}-03", tile=tile, left=left, top=top,
        )
        for month in (2, 5, 8)
    ]  # fmt: skip
    found = [scene(number, tile=tile) for number in range(3)]
    selection = Selection(tuple(Candidate(item, True, "clear", 0.9, rank) for rank, item in enumerate(found, 1)))
    run = Run(paths, NullReporter(), RunRecord(model_hash="f" * 64))
    write_scene_list(selection, region, paths.run_scene_list)
    write_composite(run, predictions, job_region(tile_job), cut_to_predictions=True)
    task = TileTask(tile, job_to_dict(tile_job), str(paths.folder))
    _write_receipt(task, run, "0" * 64, [item.date for item in predictions])


@pytest.fixture(scope="module")
def finished(tmp_path_factory, region):
    """One run of both tiles."""
    folder = tmp_path_factory.mktemp("finished") / "whole"
    for tile in PLACES:
        make_tile(folder, tile, region)
    return folder


@pytest.fixture
def machines(tmp_path, finished):
    """One run of both tiles, and the same tiles in the runs of two computers."""
    whole, one, two = (tmp_path / name for name in ("whole", "one", "two"))
    shutil.copytree(finished, whole)
    for folder, tile in ((one, "18LYL"), (two, "18LZL")):
        folder.mkdir()
        shutil.copy(whole / "job.json", folder)
        shutil.copytree(whole / "tiles" / tile, folder / "tiles" / tile)
    return whole, one, two


def joined(out, *folders, **changes):
    given = {str(number): str(folder) for number, folder in enumerate(folders, 1)}
    return run_job(Job(folder=str(out), task="join", tile_folders=given, **changes), NullReporter())


def change_json(path, change):
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def test_tiles_of_two_computers_give_the_bytes_of_one_run(machines, tmp_path):
    whole, one, two = machines
    ours, theirs = joined(tmp_path / "out", two, one, one), joined(tmp_path / "all", whole)
    assert sorted(ours["tiles"]) == ["18LYL", "18LZL"]
    assert ours["refused"] == {}
    for name in ("landcover", "quality"):
        assert file_hash(ours[name]) == file_hash(theirs[name])
    assert (ours["area_table"], ours["scene_count"]) == (theirs["area_table"], 6)
    assert Path(ours["report"]).is_file()


def test_a_damaged_tile_is_refused_and_the_others_are_joined(machines, tmp_path):
    _, one, two = machines
    path = two / "tiles" / "18LZL" / "landcover_2020.tif"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    values = joined(tmp_path / "out", one, two)
    assert sorted(values["tiles"]) == ["18LYL"]
    ((folder, reason),) = values["refused"].items()
    assert folder.endswith("18LZL")
    assert "landcover_2020.tif" in reason


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda receipt: receipt.update(model_hash="0" * 64), "differs"),
        (lambda receipt: receipt.update(allpa="99.0"), "differs"),
        (lambda receipt: receipt.update(version=99), "receipt"),
        (lambda receipt: receipt["files"].pop("quality_2020.tif"), "does not name"),
        (lambda receipt: receipt["files"].update({"../../job.json": {"size_bytes": 1, "sha256": ""}}), "receipt"),
        (lambda receipt: receipt.update(period="2021"), "record"),
    ],
)
def test_changed_receipts_are_refused(machines, change, word):
    whole, _, two = machines
    change_json(two / "tiles" / "18LZL" / RECEIPT, change)
    good = [check_tile(whole / "tiles" / tile) for tile in PLACES]
    folder = two / "tiles" / "18LZL"
    if word != "differs":
        with pytest.raises(RasterInvalid, match=word):
            check_tile(folder)
        return
    kept, refused = matching_tiles([*good, check_tile(folder)])
    assert kept == good
    assert word in refused[folder]


def test_the_same_tile_with_two_maps_is_refused(machines, region, tmp_path):
    whole, one, _ = machines
    make_tile(tmp_path / "other", "18LZL", region, seed=99)
    folders = [one / "tiles/18LYL", whole / "tiles/18LZL", tmp_path / "other/tiles/18LZL"]
    kept, refused = matching_tiles([check_tile(folder) for folder in folders])
    assert [tile.tile for tile in kept] == ["18LYL"]
    assert sorted(refused) == sorted(folders[1:])


def test_nothing_to_join_is_an_error(machines, tmp_path, capsys):
    _, one, _ = machines
    with pytest.raises(JobInvalid, match="no tiles"):
        joined(tmp_path / "out", tmp_path)
    (one / "tiles" / "18LYL" / RECEIPT).unlink()
    with pytest.raises(RasterInvalid, match="Not one tile"):
        joined(tmp_path / "out", one)
    assert main(["join", str(one), "--folder", str(tmp_path / "out")]) == 1
    assert not list((tmp_path / "out").glob("*.tif"))
