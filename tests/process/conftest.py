"""These tests start child processes from QGIS: an engine that misbehaves on demand, and `qgis_process`."""

import json
import stat
import sys
from pathlib import Path

import pytest
from engine_folder import places  # noqa: F401 - a fixture
from qgis_session import *  # noqa: F403 - the fixtures and hooks of every tier that needs QGIS
from run_dialogs import open_dialog, run_dialog  # noqa: F401 - fixtures
from served_archive import archive, engine_python  # noqa: F401 - fixtures

FAKE = Path(__file__).resolve().parent / "fake_engine.py"


@pytest.fixture
def fake_engine(allpa, tmp_path, monkeypatch):
    """An executable that behaves as the engine's Python, in a folder with a space and letters beyond ASCII."""

    class FakeEngine:
        python = tmp_path / "motor añil 漢" / "python engine"
        log = tmp_path / "starts.jsonl"

        def set_behaviour(self, behaviour):
            monkeypatch.setenv("ALLPA_FAKE", behaviour)

        def set_jobs(self, count):
            """So many jobs are run by a process before it ends; without this, one."""
            monkeypatch.setenv("ALLPA_FAKE_JOBS", str(count))

        def end_waiting(self):
            from allpa.plugin.worker.engine_process import WAITING_ENGINE

            WAITING_ENGINE.end()

        @property
        def starts(self):
            if not self.log.exists():
                return []
            return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

        @property
        def runs(self):
            return [start for start in self.starts if "run" in start["argv"]]

    fake = FakeEngine()
    fake.python.parent.mkdir()
    fake.python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" "$@"\n', encoding="utf-8")
    fake.python.chmod(fake.python.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("ALLPA_ENGINE_PYTHON", str(fake.python))
    monkeypatch.setenv("ALLPA_FAKE_LOG", str(fake.log))
    yield fake
    fake.end_waiting()


@pytest.fixture
def loaded(provider, feedback):
    """Run the algorithm as the toolbox does; gives the results and the layers by their names."""
    from processing.gui.Postprocessing import handleAlgorithmResults
    from qgis.core import QgsProcessingContext, QgsProject

    project = QgsProject.instance()
    project.clear()

    def run(name, parameters):
        context = QgsProcessingContext()
        context.setProject(project)
        context.setFeedback(feedback)
        algorithm = provider.algorithm(name).create()
        results, worked = algorithm.run(parameters, context, feedback)
        assert worked, feedback.textLog()
        handleAlgorithmResults(algorithm, context, feedback)
        return results, {layer.name(): layer for layer in project.mapLayers().values()}

    yield run
    project.clear()
