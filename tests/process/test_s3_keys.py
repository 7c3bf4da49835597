"""S3 keys: from QGIS's real authentication store to the engine's environment, and nowhere else."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from s3_store import KEY, KEY_ID, S3Store

REGION = "CRS=EPSG:4326;POLYGON((-73 -14,-72.9 -14,-72.9 -13.9,-73 -13.9,-73 -14))"
MASTER = "master of the tests"


@pytest.fixture
def store(qgis_app, monkeypatch):
    """QGIS's authentication store, unlocked, with nothing chosen and no keys in the environment."""
    from allpa.plugin import settings
    from qgis.core import QgsApplication

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    settings.S3_KEYS.set_value("")
    made = QgsApplication.authManager()
    assert not made.isDisabled()
    assert made.setMasterPassword(MASTER, True)
    yield made
    made.setMasterPassword(MASTER, True)
    made.removeAllAuthenticationConfigs()
    settings.S3_KEYS.set_value("")


@pytest.fixture
def stored(store):
    """Store a configuration and give its id."""
    from qgis.core import QgsAuthMethodConfig

    def make(username=KEY_ID, password=KEY, method="Basic"):
        config = QgsAuthMethodConfig(method)
        config.setName("Copernicus")
        config.setConfig("username", username)
        config.setConfig("password", password)
        assert store.storeAuthenticationConfig(config)[0]
        return config.id()

    return make


@pytest.fixture
def job(tmp_path):
    return {"GEOMETRY": REGION, "YEAR": 2020, "FOLDER": str(tmp_path / "out"), "CATALOGUE": "cdse"}


def holds_keys(path):
    content = path.read_bytes()
    return any(text.encode() in content for text in (KEY_ID, KEY, KEY.replace("/", "\\/"), MASTER))


def log_text(feedback):
    return "\n".join([*feedback.texts, *feedback.warnings, *feedback.errors, *feedback.debug, *feedback.stages])


@pytest.mark.parametrize("chosen_by", ["parameter", "option"])
def test_the_engine_gets_the_keys_by_its_environment_and_nothing_else_does(
    run_algorithm, fake_engine, store, stored, job, feedback, tmp_path, chosen_by
):
    from allpa.plugin import settings
    from qgis.core import QgsApplication, QgsSettings

    messages = []
    QgsApplication.messageLog().messageReceived.connect(lambda text, tag, level: messages.append(text))
    config_id = stored()
    if chosen_by == "parameter":
        job["AUTH"] = config_id
    else:
        settings.S3_KEYS.set_value(config_id)
    fake_engine.set_behaviour("tells_its_environment")
    run_algorithm("landcovermap", job)
    QgsSettings().sync()

    started = fake_engine.runs[-1]
    assert started["environ"]["AWS_ACCESS_KEY_ID"] == KEY_ID
    assert started["environ"]["AWS_SECRET_ACCESS_KEY"] == KEY
    probe = next(start for start in fake_engine.starts if "status" in start["argv"])
    assert "AWS_ACCESS_KEY_ID" not in probe["environ"]
    elsewhere = [json.dumps([start["argv"], start["job"], start["cwd"]]) for start in fake_engine.starts]
    elsewhere += [log_text(feedback), *messages, json.dumps(dict(os.environ))]
    assert "PATH=" in log_text(feedback), "the engine did tell its environment"
    for text in elsewhere:
        assert KEY not in text
        assert KEY_ID not in text
    places = [tmp_path, Path(store.authenticationDatabasePath()).parent, Path(QgsSettings().fileName()).parent]
    files = [path for folder in places for path in folder.rglob("*") if path.is_file()]
    assert {"qgis-auth.db", "job.json", Path(QgsSettings().fileName()).name} <= {path.name for path in files}
    assert [path for path in files if path != fake_engine.log and holds_keys(path)] == []


def test_other_catalogues_get_no_keys_and_ask_for_none(run_algorithm, fake_engine, stored, job, store):
    from allpa.plugin import settings

    settings.S3_KEYS.set_value(stored())
    store.clearMasterPassword()
    run_algorithm("landcovermap", {**job, "CATALOGUE": "earth_search"})
    assert "AWS_ACCESS_KEY_ID" not in fake_engine.runs[-1]["environ"]
    assert not store.masterPasswordIsSet()


def test_keys_of_the_environment_serve_where_none_are_chosen(run_algorithm, fake_engine, job, store, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-shell")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-shell-too")
    run_algorithm("landcovermap", job)
    assert fake_engine.runs[-1]["environ"]["AWS_ACCESS_KEY_ID"] == "of-the-shell"


def test_chosen_keys_come_before_those_of_the_environment(run_algorithm, fake_engine, job, stored, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-shell")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-shell-too")
    run_algorithm("landcovermap", {**job, "AUTH": stored()})
    assert fake_engine.runs[-1]["environ"]["AWS_ACCESS_KEY_ID"] == KEY_ID


def test_short_values_do_not_garble_what_the_engine_says(run_algorithm, fake_engine, job, stored, feedback):
    results = run_algorithm("landcovermap", {**job, "AUTH": stored("e", "a")})
    assert results["SCENE_COUNT"] == 5
    assert any("AWS_SECRET_ACCESS_KEY" in text for text in feedback.texts), "what a terminal needs is told by its name"


def refusal(run_algorithm, name, parameters):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException) as caught:
        run_algorithm(name, parameters)
    return str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"CATALOGUE": "earth_search", "FALLBACK_CATALOGUE": "cdse"},
        {"CATALOGUE_URL": "https://stac.dataspace.copernicus.eu/v1/"},
    ],
)
def test_missing_keys_are_refused_before_the_run_with_the_next_step(run_algorithm, fake_engine, job, store, change):
    sentence = refusal(run_algorithm, "landcovermap", {**job, **change})
    assert "need S3 keys, and none are set" in sentence
    assert "Settings > Options > Allpa" in sentence
    assert "AWS_ACCESS_KEY_ID" in sentence
    assert fake_engine.starts == []


def test_a_folder_that_holds_a_run_is_left_to_the_engine(run_algorithm, fake_engine, job, store):
    """It knows whether all the scenes were fetched."""
    folder = Path(job["FOLDER"])
    folder.mkdir()
    (folder / "job.json").write_text("{}", encoding="utf-8")
    run_algorithm("landcovermap", job)
    assert "AWS_ACCESS_KEY_ID" not in fake_engine.runs[-1]["environ"]


def scene_list(path, catalogue, chosen=True):
    properties = {"allpa:catalogue": catalogue, "allpa:chosen": chosen}
    path.write_text(json.dumps({"features": [{"properties": properties}]}), encoding="utf-8")
    return str(path)


def test_a_scene_list_says_itself_whether_keys_are_needed(run_algorithm, fake_engine, stored, store, tmp_path):
    output = {"OUTPUT": str(tmp_path / "predictions")}
    needing = scene_list(tmp_path / "needing.json", "cdse")
    assert "Copernicus Data Space need S3 keys" in refusal(
        run_algorithm, "classifyscenes", {"SCENES": needing, **output}
    )
    for free in (
        scene_list(tmp_path / "free.json", "earth_search"),
        scene_list(tmp_path / "left.json", "cdse", chosen=False),
    ):
        run_algorithm("classifyscenes", {"SCENES": free, **output})
    run_algorithm("classifyscenes", {"SCENES": needing, "AUTH": stored(), **output})
    assert fake_engine.runs[-1]["environ"]["AWS_SECRET_ACCESS_KEY"] == KEY


def test_searching_needs_no_keys(run_algorithm, fake_engine, job, store, tmp_path):
    values = {name: value for name, value in job.items() if name != "FOLDER"}
    run_algorithm("searchscenes", {**values, "OUTPUT": str(tmp_path / "scenes.json")})
    assert len(fake_engine.runs) == 1


def test_a_configuration_that_was_deleted_is_named(run_algorithm, fake_engine, job, stored, store):
    from allpa.plugin import settings

    config_id = stored()
    settings.S3_KEYS.set_value(config_id)
    store.removeAuthenticationConfig(config_id)
    sentence = refusal(run_algorithm, "landcovermap", job)
    assert f"{config_id} does not exist any more" in sentence
    assert fake_engine.starts == []


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"password": ""}, "its password is empty"),
        ({"username": " "}, "Its user name"),
        ({"method": "EsriToken"}, "Its method is EsriToken"),
    ],
)
def test_a_configuration_without_keys_is_refused(run_algorithm, fake_engine, job, stored, values, says):
    sentence = refusal(run_algorithm, "landcovermap", {**job, "AUTH": stored(**values)})
    assert "'Copernicus' holds no S3 keys" in sentence
    assert says in sentence
    assert KEY not in sentence
    assert fake_engine.runs == []


def test_a_locked_store_is_not_waited_for_where_there_is_no_window(run_algorithm, fake_engine, job, stored, store):
    config_id = stored()
    store.clearMasterPassword()
    sentence = refusal(run_algorithm, "landcovermap", {**job, "AUTH": config_id})
    assert "store is locked" in sentence
    assert "QGIS_AUTH_PASSWORD_FILE" in sentence
    assert fake_engine.runs == []


def test_a_locked_store_is_opened_by_the_window_s_dialog(run_algorithm, fake_engine, job, stored, store, monkeypatch):
    """The dialog is stood in for; QGIS itself asks it, in the main thread, and once."""
    from qgis.core import QgsApplication, QgsCredentials
    from qgis.PyQt.QtCore import QThread

    asked = []

    class Dialog(QgsCredentials):
        def __init__(self):
            super().__init__()
            self.setInstance(self)

        def requestMasterPassword(self, password, stored):  # noqa: N802 - QGIS's name
            asked.append(QThread.currentThread())
            return True, MASTER

        def request(self, realm, username, password, message=""):
            return False, "", ""

    config_id = stored()
    store.clearMasterPassword()
    monkeypatch.setattr(QgsApplication, "platform", staticmethod(lambda: "desktop"))
    dialog = Dialog()
    run_algorithm("landcovermap", {**job, "AUTH": config_id})
    assert asked == [QgsApplication.instance().thread()]
    assert fake_engine.runs[-1]["environ"]["AWS_SECRET_ACCESS_KEY"] == KEY
    del dialog


ONE_SCENE = """
import sys
from dataclasses import replace
from pathlib import Path
sys.path += [sys.argv[2], sys.argv[3]]
from allpa_engine.select.scene_list import write_scene_list
from tile_maker import random_layers, region_from_metres, make_scene, make_selection, write_layers
folder = Path(sys.argv[1])
write_layers(folder / "store" / "eodata" / "one", random_layers(1))
scene = replace(make_scene("s3://eodata", "one"), catalogue="cdse")
write_scene_list(make_selection([scene]), region_from_metres(400, 400, 900, 900), folder / "scenes.json")
"""


def test_the_real_engine_reads_an_s3_store_with_the_keys_of_the_authentication_store(
    run_algorithm, stored, monkeypatch, tmp_path, root, feedback
):
    from qgis.core import QgsProcessingException

    engine = os.environ.get("ALLPA_TEST_ENGINE")
    if not engine:
        pytest.skip("needs the engine's Python, whose path `make test` gives")
    monkeypatch.setenv("ALLPA_ENGINE_PYTHON", engine)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    folders = [str(tmp_path), str(root / "plugin"), str(root / "tests" / "engine")]
    subprocess.run([engine, "-c", ONE_SCENE, *folders], check=True, timeout=120)
    job = {"SCENES": str(tmp_path / "scenes.json"), "DEVICE": "cpu", "THREADS": 1}
    with S3Store(tmp_path / "store") as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", store.url)
        results = run_algorithm("classifyscenes", {**job, "OUTPUT": str(tmp_path / "out"), "AUTH": stored()})
        assert (results["SCENE_COUNT"], results["FAILED_SCENES"]) == (1, 0)
        wrong = {**job, "OUTPUT": str(tmp_path / "none"), "AUTH": stored(KEY_ID, "another")}
        with pytest.raises(QgsProcessingException, match="keys may be wrong or expired"):
            run_algorithm("classifyscenes", wrong)
    assert [path for path in tmp_path.rglob("*") if path.is_file() and holds_keys(path)] == []
    assert KEY not in log_text(feedback)
    assert KEY_ID not in log_text(feedback)
