"""Allpa from a terminal: `qgis_process` with a fresh profile."""

import json
import os
import shutil
import subprocess

import pytest

TOOL = next((tool for tool in ("qgis_process.bin", "qgis_process") if shutil.which(tool)), None)
REGION = "CRS=EPSG:4326;POLYGON((-73 -14,-72.9 -14,-72.9 -13.9,-73 -13.9,-73 -14))"


@pytest.fixture
def qgis_process(tmp_path, fake_engine):
    if TOOL is None:
        pytest.fail("qgis_process is not installed; it comes with QGIS")
    from qgis_session import plugins_folder

    profile = tmp_path / "profile"
    plugins = profile / "profiles" / "default" / "python" / "plugins"
    plugins.mkdir(parents=True)
    plugins_folder(plugins)
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QGIS_CUSTOM_CONFIG_PATH": str(profile),
        "XDG_RUNTIME_DIR": str(tmp_path),
    }

    def run(*arguments):
        return subprocess.run(
            [TOOL, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
        )

    enabled = run("plugins", "enable", "allpa")
    assert enabled.returncode == 0, enabled.stderr
    return run


def test_the_algorithms_are_listed_explained_and_run(qgis_process, fake_engine, tmp_path):
    listed = qgis_process("list", "--json")
    assert listed.stdout.lstrip().startswith("{"), "something printed at import"
    algorithms = json.loads(listed.stdout)["providers"]["allpa"]["algorithms"]
    assert set(algorithms) == {
        f"allpa:{name}"
        for name in (
            "landcovermap",
            "searchscenes",
            "classifyscenes",
            "composite",
            "areatable",
            "landcoverchange",
            "loadpredictions",
            "status",
            "installengine",
        )
    }

    helped = qgis_process("help", "allpa:landcovermap")
    assert "Maps the land cover of a region" in helped.stdout
    assert "<" not in helped.stdout.split("Arguments")[0]
    assert "planetary_computer" in helped.stdout

    status = qgis_process("run", "allpa:status", "--json")
    assert json.loads(status.stdout)["results"]["READY"] is True

    folder = tmp_path / "out put"
    ran = qgis_process(
        "run", "allpa:landcovermap", "--json", f"--GEOMETRY={REGION}", "--YEAR=2020", f"--FOLDER={folder}"
    )
    results = json.loads(ran.stdout)["results"]
    assert results["LANDCOVER"] == str(folder / "landcover_2020.tif")
    assert results["SCENE_COUNT"] == 5


def test_a_refusal_is_one_sentence_and_a_failing_exit(qgis_process, tmp_path):
    refused = qgis_process("run", "allpa:landcovermap", "--YEAR=2020", f"--FOLDER={tmp_path}")
    assert refused.returncode != 0
    assert "Give exactly one region" in refused.stderr + refused.stdout


def test_the_scenes_of_a_run_are_listed_and_written_as_a_layer_definition(qgis_process, tmp_path):
    from small_maps import codes_of, write_raster

    for day in ("2020-07-01", "2020-02-29"):
        tags = {"ALLPA_SCENE": f"S2A_{day}", "ALLPA_DATE": day, "ALLPA_TILE": "18LYL"}
        write_raster(tmp_path / "run" / "predictions" / f"S2A_{day}.tif", [codes_of(1)] * 3, tags=tags)
    definition = tmp_path / "run" / "scenes.qlr"
    ran = qgis_process(
        "run", "allpa:loadpredictions", "--json", f"--INPUT={tmp_path / 'run'}", f"--DEFINITION={definition}"
    )
    assert ran.returncode == 0, ran.stderr
    results = json.loads(ran.stdout)["results"]
    assert (results["SCENE_COUNT"], results["FIRST_DAY"], results["LAST_DAY"]) == (2, "2020-02-29", "2020-07-01")
    assert [path[-14:] for path in results["LAYERS"]] == ["2020-02-29.tif", "2020-07-01.tif"]
    assert "predictions/S2A_2020-02-29.tif" in definition.read_text(encoding="utf-8")
