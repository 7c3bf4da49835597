"""The whole chain from outside: `qgis_process`, the plugin, the engine's own Python, a real STAC API."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from served_archive import ENGINE, needs_engine, qgis_process

EXTENT_M = (731_000, 732_000, 8_484_500, 8_485_500)
"""A square kilometre of the sample archive: left, right, bottom, top in EPSG:32718."""

pytestmark = needs_engine


def test_the_whole_job_runs_in_a_fresh_profile(archive, tmp_path):
    from qgis_profile import make_profile

    folder = tmp_path / "año 1's"
    environment = make_profile(tmp_path / "profile", ENGINE)
    extent = ",".join(map(str, EXTENT_M)) + " [EPSG:32718]"
    done = qgis_process(
        environment, "run", "allpa:landcovermap", "--json", f"--EXTENT={extent}", "--YEAR=2020", "--MAX_SCENES=2",
        f"--CATALOGUE_URL={archive['stac_url']}", f"--FOLDER={folder}", "--THREADS=1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout[done.stdout.index("{") :])["results"]
    for name in ("LANDCOVER", "QUALITY", "AREAS", "REPORT", "PROVENANCE", "PICTURE", "SCENES_USED"):
        assert Path(results[name]).is_file(), name
    assert results["SCENE_COUNT"] == 2
    assert results["FAILED_SCENES"] == 0
    assert results["AREA_HA"] == pytest.approx(100, rel=0.005)
    rows = json.loads(results["AREA_TABLE"])
    assert sum(row["area_ha"] for row in rows if row["code"]) == pytest.approx(100, rel=0.001)
    with Path(results["AREAS"]).open(encoding="utf-8-sig", newline="") as stream:
        assert any("Scrub/shrub" in row for row in csv.reader(stream))


def test_the_package_as_it_is_published_is_ready(root, tmp_path):
    """The zip, unpacked into a profile's plugin folder by the standard's own means, answers `allpa:status`."""
    package = tmp_path / "allpa.zip"
    plugins = tmp_path / "profile/profiles/default/python/plugins"
    subprocess.run([sys.executable, root / "tools/pack.py", package], check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "zipfile", "-e", package, plugins], check=True)
    from qgis_profile import make_profile

    environment = make_profile(tmp_path / "profile", ENGINE)
    assert not (plugins / "allpa").is_symlink(), "the published files, not the checkout"
    done = qgis_process(environment, "run", "allpa:status", "--json")
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout[done.stdout.index("{") :])["results"]
    assert bool(results["READY"]) is True
