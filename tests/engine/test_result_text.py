"""What `allpa` prints at the end of a job: text for people, JSON for programs."""

import io
import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from allpa_engine.core.job import read_job
from allpa_engine.core.messages import message, message_from_json, translate
from allpa_engine.core.tasks import TASKS
from allpa_engine.run import cli
from allpa_engine.run.child import JsonLinesReporter, LineWriter
from allpa_engine.run.result_text import result_text

ROOT = Path(__file__).resolve().parents[2]
FOREST = {
    "validation_table": "/data/forest/validation.csv",
    "model": "/data/forest",
    "model_hash": "cd2b5204e24fd80ae9d34f12b350eea07a60d4619611e0d67d024c70149c3b76",
    "features": ["spring_B02", "slope"],
    "metrics": {
        "blocked": {"method": "blocked", "rows": 1836, "overall": 0.8704, "kappa": 0.8441, "matrix": [[277, 33]]},
        "out_of_bag": {"method": "out_of_bag", "rows": 1836, "overall": 0.95, "kappa": None, "matrix": []},
    },
    "shap_largest_difference": 5.551115123125783e-16,
    "notes": ["A note."],
}  # fmt: skip
CHANGE = {
    "change": "/data/change.tif",
    "class_changes": [
        {"code": 200, "name": "Laguna", "before_ha": 1234.5678, "after_ha": 0.0, "net_ha": -1234.5678},
        {"code": 1, "name": "Water", "before_ha": 1.0, "after_ha": 2.0, "net_ha": 1.0},
    ],
    "changed_ha": 87.27,
}


def job_file(folder, **values):
    path = folder / "job.json"
    path.write_text(json.dumps({"folder": str(folder / "out"), **values}), encoding="utf-8")
    return path


def run_command(monkeypatch, capsys, values, *arguments):
    """What `allpa` prints where a job's result is `values`, and its exit status."""
    monkeypatch.setattr(cli, "_run", lambda job, reporter: values)
    status = cli.main([*map(str, arguments)])
    return status, capsys.readouterr()


def test_figures_of_a_model_are_a_table_in_percent_without_dictionaries():
    text = result_text(FOREST, "en")
    assert re.search(r"^by blocks +1.836 +87\.0 % +0\.844$", text, re.MULTILINE)
    assert re.search(r"^out of bag +1.836 +95\.0 % +-$", text, re.MULTILINE)
    assert "Features (2): spring_B02, slope" in text
    assert "cd2b5204e24f" in text
    assert "cd2b5204e24fd" not in text
    assert "5.55e-16" in text
    assert not re.search(r"[\[{]|_table|5\.5511", text)


def test_spanish_has_its_names_and_its_decimal_sign():
    text = result_text(FOREST, "es")
    assert re.search(r"^por bloques +1.836 +87,0 % +0,844$", text, re.MULTILINE)
    assert "Archivos en /data/forest:" in text
    assert not re.search(r"\b(Features|Files|overall|rows)\b", text)


def test_areas_of_own_and_bundled_classes_have_two_decimals_and_their_unit():
    text = result_text(CHANGE, "es")
    assert re.search(r"^Laguna +1.234,57 ha +0,00 ha +-1.234,57 ha$", text, re.MULTILINE)
    assert re.search(r"^Agua ", text, re.MULTILINE)
    assert "Superficie con cambio: 87,27 ha" in text


def test_a_folder_is_named_only_where_none_of_its_files_is(tmp_path):
    (tmp_path / "model").mkdir()
    map_file = str(tmp_path / "x.tif")
    text = result_text({"model": str(tmp_path / "model"), "a": {"b": [map_file, map_file]}}, "en")
    assert text == f"Files in {tmp_path}:\n  model/\n  x.tif"
    assert "forest/" not in result_text(FOREST, "en")


@pytest.mark.parametrize("values", [{}, {"notes": []}, {"count": None, "other": [], "rows": [{"a": 1}]}])
def test_a_result_of_nothing_to_say_is_an_empty_text(values):
    assert result_text(values, "en") == ""


def test_the_option_json_gives_the_result_as_it_is(tmp_path, monkeypatch, capsys):
    status, printed = run_command(monkeypatch, capsys, FOREST, "run", job_file(tmp_path), "--json")
    assert status == 0
    assert json.loads(printed.out) == FOREST


def test_text_of_a_spanish_job_is_spanish_and_lines_are_not(tmp_path, monkeypatch, capsys):
    path = job_file(tmp_path, language="es")
    assert "por bloques" in run_command(monkeypatch, capsys, FOREST, "run", path)[1].out


def test_an_error_of_a_spanish_job_is_spanish(tmp_path):
    path = job_file(tmp_path, task="train_forest", training=str(tmp_path / "none"), language="es")
    done = subprocess.run(
        [sys.executable, "-m", "allpa_engine", "run", path],
        cwd=ROOT / "plugin", capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "no contiene datos de entrenamiento" in done.stderr


def test_every_job_of_the_page_for_terminals_is_valid_and_every_task_of_learning_has_one(tmp_path):
    page = (ROOT / "docs" / "learn_terminal.md").read_text(encoding="utf-8")
    tasks = set()
    for number, text in enumerate(re.findall(r"^```json\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)):
        path = tmp_path / f"{number}.json"
        path.write_text(text, encoding="utf-8")
        tasks.add(read_job(path).task)
    learning = {"seasonal_composite", "training_data", "train_forest", "classify_features", "train_network", "refit"}
    learning |= {"embeddings", "export_model", "explain_model"}
    assert learning <= tasks <= set(TASKS)


def test_log_lines_carry_their_messages_and_a_terminal_gets_them_in_spanish(tmp_path, monkeypatch, capsys):
    def log_and_end(job, reporter):
        reporter.log(message("{season}: scenes of the composite: {count}.", season="otoño", count=2), "warning")
        reporter.log("plain")
        return {}

    monkeypatch.setattr(cli, "_run", log_and_end)
    path = job_file(tmp_path, language="es")
    assert cli.main(["run", str(path)]) == 0
    assert capsys.readouterr().err.splitlines() == ["AVISO: otoño: escenas del compuesto: 2.", "plain"]
    out = io.StringIO()
    reporter = JsonLinesReporter(LineWriter(out), (), threading.Event())
    log_and_end(None, reporter)
    first, second = map(json.loads, out.getvalue().splitlines())
    assert translate(message_from_json(first["text"], first["messages"]), "es") == "otoño: escenas del compuesto: 2."
    assert "messages" not in second
