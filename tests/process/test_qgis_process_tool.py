"""Allpa from a terminal: `qgis_process` with a fresh profile."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from served_archive import write_rectangles

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

    def run(*arguments, **variables):
        return subprocess.run(
            [TOOL, *arguments],
            env={**environment, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    enabled = run("plugins", "enable", "allpa")
    assert enabled.returncode == 0, enabled.stderr
    return run


def test_help_is_in_the_language_of_the_system(qgis_process):
    helped = qgis_process("help", "allpa:areatable", LC_ALL="es_PE.UTF-8").stdout
    assert "mapa de cobertura de la tierra, en total y por zona" in helped
    assert "Calculates" not in helped


ALGORITHMS = {
    f"allpa:{name}"
    for name in (
        "landcovermap",
        *("searchscenes", "quicklooks"),
        "classifyscenes",
        "composite",
        "accuracy",
        "areatable",
        "landcoverchange",
        "accuracysample",
        "accuracymorepoints",
        "trainingdata",
        "seasonalcomposite",
        "accuracyimport",
        "trainforest",
        "classifyfeatures",
        "trainnetwork",
        "exportmodel",
        "jointiles",
        "explainmodel",
        "refitnetwork",
        "mapwithmodel",
        "embeddings",
        "loadpredictions",
        "status",
        *("installengine", "installparts"),
        *("map_by_district", "two_years"),
        "collectpackages",
    )
}


def test_the_algorithms_are_listed_explained_and_run(qgis_process, fake_engine, tmp_path):
    listed = qgis_process("list", "--json")
    assert listed.stdout.lstrip().startswith("{"), "something printed at import"
    algorithms = json.loads(listed.stdout)["providers"]["allpa"]["algorithms"]
    assert set(algorithms) == ALGORITHMS

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
    assert "Set exactly one region" in refused.stderr + refused.stdout


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_an_error_is_printed_once_and_whole(qgis_process, tmp_path, arguments):
    values = [f"--GEOMETRY={REGION}", "--YEAR=2020", f"--FOLDER={tmp_path / 'map'}"]
    done = qgis_process("run", "allpa:landcovermap", *arguments, *values, ALLPA_FAKE="explained")
    assert done.returncode == 1
    printed = done.stdout + done.stderr
    assert "There are no scenes.\nIt is the sea.\nGo on.\n" in printed
    assert printed.count("There are no scenes.") == printed.count("Go on.") == 1


def test_a_model_ends_with_the_error_of_its_step(qgis_process, fake_engine, tmp_path):
    layer = write_rectangles(tmp_path / "region.geojson", Abancay=(0, 10, 0, 10))
    folders = [f"--{step}:FOLDER={tmp_path / step}" for step in ("first", "second", "change")]
    values = [f"--REGION={layer}", "--FIRST_YEAR=2018", *folders]
    done = qgis_process("run", "allpa:two_years", *values, ALLPA_FAKE="explained")
    assert done.returncode == 1
    assert done.stderr.count("There are no scenes.\nIt is the sea.\nGo on.\n") == 1
    assert done.stderr.count("Error encountered while running Annual land-cover map") == 1
    assert len(fake_engine.runs) == 1


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


@pytest.fixture
def stored_configuration(tmp_path, monkeypatch):
    """Id of a configuration with keys in a fresh authentication store, and the file of its master password."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    make = (
        "from qgis.core import QgsApplication, QgsAuthMethodConfig\n"
        f"app = QgsApplication([], False, {str(tmp_path / 'other')!r})\n"
        "app.initQgis()\n"
        "store = app.authManager()\n"
        "assert store.setMasterPassword('of the tests', True)\n"
        "config = QgsAuthMethodConfig('Basic')\n"
        "config.setName('Copernicus')\n"
        "config.setConfig('username', 'THE-KEY-ID')\n"
        "config.setConfig('password', 'the-hidden-key')\n"
        "assert store.storeAuthenticationConfig(config)[0]\n"
        "print('made', config.id(), flush=True)\n"
        "import os; os._exit(0)\n"
    )
    folder = tmp_path / "store"
    folder.mkdir()
    monkeypatch.setenv("QGIS_AUTH_DB_DIR_PATH", str(folder))
    made = subprocess.run(
        [sys.executable, "-c", make], capture_output=True, text=True, timeout=60, check=True, env={**os.environ}
    )
    password_file = tmp_path / "master"
    password_file.write_text("of the tests", encoding="utf-8")
    return made.stdout.split("made ")[1].strip(), password_file


def test_the_keys_of_the_authentication_store_are_named_by_their_configuration(
    stored_configuration, qgis_process, fake_engine, tmp_path
):
    config_id, password_file = stored_configuration
    job = ["run", "allpa:landcovermap", f"--GEOMETRY={REGION}", "--YEAR=2020", "--CATALOGUE=cdse"]
    job += [f"--FOLDER={tmp_path / 'out'}", f"--AUTH={config_id}"]
    locked = qgis_process(*job)
    assert locked.returncode != 0
    assert "store is locked" in locked.stderr + locked.stdout
    assert "QGIS_AUTH_PASSWORD_FILE" in locked.stderr + locked.stdout
    assert fake_engine.runs == []

    ran = qgis_process(*job, QGIS_AUTH_PASSWORD_FILE=str(password_file))
    assert ran.returncode == 0, ran.stderr
    assert fake_engine.runs[-1]["environ"]["AWS_ACCESS_KEY_ID"] == "THE-KEY-ID"
    assert "QGIS_AUTH_PASSWORD_FILE" not in fake_engine.runs[-1]["environ"]
    for text in (ran.stdout, ran.stderr, json.dumps(fake_engine.runs[-1]["argv"]), fake_engine.runs[-1]["job"]):
        assert "hidden" not in text
        assert "THE-KEY-ID" not in text
