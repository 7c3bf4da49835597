"""An analyst's work in the real QGIS with a real engine: from drawing to the same map by the copied command."""

import json
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from real_desktop import missing_programs, run_and_screenshot, sample_archive_served

SCRIPT = Path(__file__).resolve().parent / "story_script.py"
EXTENT = [730_500, 8_483_500, 733_500, 8_486_500]


@pytest.fixture(scope="module")
def story(root, tmp_path_factory):
    """What both sessions saw, the folder of the job, and what the copied command gave in a shell."""
    engine = os.environ.get("ALLPA_TEST_ENGINE", "")
    if missing_programs() or not engine:
        pytest.skip("needs a virtual screen, QGIS, and the engine's Python in ALLPA_TEST_ENGINE")
    home = tmp_path_factory.mktemp("story")
    folder = home / "Río Pachachaca's map"
    pictures = root / "build" / "screenshots"
    with sample_archive_served(engine) as stac_url:
        job = {"extent": EXTENT, "crs": "EPSG:32718", "year": 2020, "catalogue_url": stac_url, "folder": str(folder)}
        first = run_and_screenshot(job, pictures / "real_job.png", home, engine, 900, SCRIPT)
        again = run_and_screenshot({**job, "reopen": True}, pictures / "past_job.png", home, engine, 300, SCRIPT)
        before = digest(folder)
        for path in folder.iterdir():
            if not path.name.startswith("candidates_"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shell = subprocess.run(
            ["bash", "-c", again["command"]], env=plain_environment(home), capture_output=True, text=True, timeout=600
        )
    return {"first": first, "again": again, "folder": folder, "before": before, "shell": shell}


def plain_environment(home):
    """What a terminal has: nothing of QGIS's own."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("QGIS_", "ALLPA_"))}
    return {**own, "HOME": str(home), "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(home)}


def digest(folder):
    return sha256((folder / "landcover_2020.tif").read_bytes()).hexdigest()


def test_a_job_that_was_cancelled_goes_on_and_uses_the_ticked_scenes(story):
    first, folder = story["first"], story["folder"]
    assert first["failure"] == ""
    assert first["button after cancel"] == "Continue"
    assert f"scenes: {first['ticked'].split()[0]}" in first["headline"]
    items = json.loads((folder / "candidates_2020.json").read_text(encoding="utf-8"))["features"]
    ticked = {item["id"] for item in items if item["properties"]["allpa:chosen"]}
    assert {path.stem for path in (folder / "predictions").iterdir()} == ticked
    assert [item["properties"]["allpa:reason"] for item in items].count("excluded by hand") == 1


def test_the_report_is_opened_and_previews_are_there(story):
    assert [Path(path).name for path in story["first"]["opened"]] == ["report_2020.html"]
    assert story["first"]["looks"].startswith("Pictures: ")


def test_after_a_restart_the_job_is_there_with_the_same_table(story):
    assert story["again"]["jobs"] == 1
    assert story["again"]["table"] == story["first"]["table"]
    assert story["again"]["headline"] == story["first"]["headline"]
    assert story["again"]["report"]
    assert story["again"]["command"] == story["first"]["command"]


def test_the_copied_command_gives_the_same_map_in_a_shell(story):
    assert story["shell"].returncode == 0, story["shell"].stderr[-2000:]
    assert digest(story["folder"]) == story["before"]
