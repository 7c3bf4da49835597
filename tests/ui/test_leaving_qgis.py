"""In the real QGIS with a real engine: windows close, projects change, and the plugin goes while a job runs."""

import os
import time
from pathlib import Path

import pytest
from held_archive import held_archive
from real_desktop import missing_programs, processes_of, run_and_screenshot, sample_archive_served

SCRIPT = Path(__file__).resolve().parent / "leaving_script.py"
EXTENT = [730_500, 8_483_500, 733_500, 8_486_500]
END_S = 120


@pytest.fixture(scope="module")
def sessions(root, tmp_path_factory):
    """What both sessions saw, and the processes that were left between them."""
    engine = os.environ.get("ALLPA_TEST_ENGINE", "")
    if missing_programs() or not engine or not Path("/proc/self/environ").exists():
        pytest.skip("needs a virtual screen, QGIS, /proc, and the engine's Python in ALLPA_TEST_ENGINE")
    home = tmp_path_factory.mktemp("leaving")
    gate = home / "gate"
    maps = tmp_path_factory.mktemp("maps")  # layers below QGIS's temporary folder have a question of their own
    folders = [str(maps / "first"), str(maps / "second")]
    pictures = root / "build" / "screenshots"
    with sample_archive_served(engine) as stac_url, held_archive(stac_url, gate) as url:
        job = {"extent": EXTENT, "crs": "EPSG:32718", "year": 2020, "catalogue_url": url, "folder": folders[0]}
        job |= {"folders": folders, "gate": str(gate)}
        first = run_and_screenshot(job, pictures / "leaving.png", home, engine, 900, SCRIPT)
        left = wait_for_end(home)
        gate.unlink()
        again = run_and_screenshot({**job, "reopen": True}, pictures / "left.png", home, engine, 600, SCRIPT)
    return {"first": first, "left": left, "again": again, "maps": maps}


def wait_for_end(home):
    """Processes that are still there after a generous time."""
    end = time.monotonic() + END_S
    while (left := processes_of(home)) and time.monotonic() < end:
        time.sleep(0.2)
    return left


def test_the_dock_is_a_tab_of_the_panel_beside_it(sessions):
    tabs = sessions["first"]["tabs"]
    assert "LayerStyling" in tabs["tabs"]
    assert tabs["area"] == 2  # the right one


@pytest.mark.parametrize("answer", ["stay", "escape"])
def test_closing_the_window_asks_and_who_stays_goes_on(sessions, answer):
    (asked,) = sessions["first"][answer]
    assert asked["name"] == "allpaConfirmQuit"
    assert "first 2020" in asked["text"]
    assert "What is finished is kept" in asked["more"]
    assert sessions["first"]["running after both"]


def test_a_job_outlives_its_project_and_a_closed_dock(sessions):
    first = sessions["first"]
    assert first["running without dock and project"]
    assert first["layers in the new project"] == 2
    assert "The map is ready" in first["announced"]
    assert first["shown again"]
    assert first["table"] == 11


def test_a_plugin_that_is_switched_off_stops_its_job_and_finds_it_again(sessions):
    first = sessions["first"]
    assert first["docks when switched off"] == []
    assert first["engines when switched off"] == []
    assert first["jobs when switched on"][0] == ["second 2020", "not finished"]
    assert first["button when switched on"] == "Continue"


def test_quitting_stops_the_job_and_leaves_nothing_running(sessions):
    (asked,) = sessions["first"]["quit"]
    assert "second 2020" in asked["text"]
    assert sessions["left"] == []
    assert not list((sessions["maps"] / "second").rglob("*.part*"))


def test_after_a_restart_the_stopped_job_goes_on(sessions):
    again = sessions["again"]
    assert [row[0] for row in again["jobs"]] == ["second 2020", "first 2020"]
    assert again["jobs"][0][1] == "not finished"
    assert again["button"] == "Continue"
    assert again["failure"] == ""
    assert again["table"] == 11
    assert (sessions["maps"] / "second" / "landcover_2020.tif").is_file()
