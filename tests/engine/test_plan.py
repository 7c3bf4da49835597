"""The plan of a job: what it says, how it compares with the run, and what it leaves alone."""

import json
import re
from pathlib import Path

import pytest
from allpa_engine.core.errors import JobInvalid
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run.cli import main
from allpa_engine.run.pipeline import run_job
from allpa_engine.run.plan import plan_table, plan_tiles, read_tiles_file
from allpa_engine.run.rates import Rates, RunMeasures, read_rates
from shapely.geometry import box, mapping

REGION = mapping(box(-72.876, -13.690, -72.866, -13.680))


@pytest.fixture(autouse=True)
def own_rates(tmp_path, monkeypatch):
    """Rates of this test alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "allpa" / "rates.json"


def job_in(folder, catalogue, **changes):
    values = {
        "folder": str(folder),
        "region": REGION,
        "start": "2020-01-01",
        "end": "2020-12-31",
        "catalogue": catalogue.stac_url,
        "collection": catalogue.collection,
        "max_scenes": 1,
        "clear_observations": 1,
        "threads": 1,
    }
    return Job(**(values | changes))


def test_a_plan_holds_what_the_run_then_takes_and_fetches_nothing(catalogue, tmp_path):
    folder = tmp_path / "run"
    planned = run_job(job_in(folder, catalogue, task="plan"), NullReporter())
    plan = json.loads(Path(planned["plan"]).read_text())
    assert not list(folder.rglob("*.tif"))
    made = run_job(job_in(folder, catalogue), NullReporter())
    files = [path.stat().st_size for path in (folder / "scenes").glob("S2*.tif")]
    assert planned["scene_count"] == made["scene_count"] == len(files)
    assert [tile["tile"] for tile in plan["tiles"]] == ["18LYK"]
    assert plan["fetch_bytes"] == pytest.approx(sum(files), rel=0.25)
    again = run_job(job_in(folder, catalogue, task="plan"), NullReporter())
    rest = json.loads(Path(again["plan"]).read_text())
    assert plan["classify_mpx"] > 0
    assert (rest["fetch_bytes"], rest["classify_mpx"], rest["cached_bytes"]) == (0, 0, plan["fetch_bytes"])


def test_a_plan_keeps_the_scene_list_of_another_map_in_the_folder(catalogue, tmp_path):
    made = run_job(job_in(tmp_path, catalogue), NullReporter())
    before = Path(made["scenes"]).read_bytes()
    run_job(job_in(tmp_path, catalogue, task="plan", max_cloud_percent=60), NullReporter())
    assert Path(made["scenes"]).read_bytes() == before


def test_a_plan_counts_the_tiles_of_this_computer_only(catalogue, tmp_path):
    both = {"max_scenes": 2, "task": "plan", "tiles": "separately"}
    whole = run_job(job_in(tmp_path / "a", catalogue, **both), NullReporter())
    own = run_job(job_in(tmp_path / "b", catalogue, only_tiles="18LYK,18LYL", **both), NullReporter())
    assert own["scene_count"] == whole["scene_count"]
    with pytest.raises(JobInvalid, match="18LXA"):
        run_job(job_in(tmp_path / "c", catalogue, only_tiles="18LXA", **both), NullReporter())


def test_the_plan_of_whole_tiles_adds_up():
    rates = Rates(classify_core_s_per_mpx=2, composite_core_s_per_mpx=0, runs=1, fetch_bytes_per_s=1e7)
    plan = plan_tiles({"18LYK": 1, "18LZK": 0.25}, 10, rates)
    mpx = 10980**2 * 1.25 * 10 / 1e6
    assert plan.core_hours == pytest.approx(mpx * 2 / 3600)
    assert plan.fetch_bytes == pytest.approx(mpx * 1e6 * (4 * 2 + 2 * 2 / 4))  # four bands of 10 m, two of 20 m
    assert "and 1 more tiles" in plan_table(plan, max_rows=1)
    assert "teselas" in plan_table(plan, "es", max_rows=1)


@pytest.mark.parametrize(
    "text", ["", "# none\n", "18LYK\n18LYK\n", "18LYK,2\n", "18LYK,x\n", "18LYK,nan\n", "18LYK,0\n", "\xff\n"]
)
def test_a_list_of_tiles_that_cannot_be_used_is_refused(tmp_path, text):
    path = tmp_path / "tiles.txt"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(JobInvalid):
        read_tiles_file(path)


def test_the_command_plans_a_list_of_tiles(tmp_path, capsys):
    path = tmp_path / "tiles.txt"
    path.write_text("# Apurímac\n18LYK\n18LZK, 0.5\n", encoding="utf-8")
    assert main(["plan", "--tiles-file", str(path), "--scenes-per-tile", "20"]) == 0
    assert re.search(r"^all +40 ", capsys.readouterr().out, re.MULTILINE)
    path.write_text("18LYKX\n")
    assert main(["plan", "--tiles-file", str(path)]) == 1
    assert main(["plan"]) == 1


def test_a_run_corrects_the_rates_by_half_of_the_difference(own_rates):
    measures = RunMeasures(
        classified_mpx=2, classify_s=4, classify_core_s=8, composite_mpx=2, composite_s=1, composite_core_s=1,
        scene_bytes=16, scene_px=2, prediction_bytes=6, prediction_px=2,
    )  # fmt: skip
    measures.save()
    assert (read_rates().classify_core_s_per_mpx, read_rates().runs) == (4, 1)
    measures.classify_core_s = 16
    measures.save()
    assert (read_rates().classify_core_s_per_mpx, read_rates().runs) == (6, 2)
    RunMeasures(classified_mpx=0.1, composite_mpx=1).save()
    assert read_rates().runs == 2
    own_rates.write_text('{"runs": "many"}')
    assert read_rates() == Rates()
