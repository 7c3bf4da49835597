"""No job waits for the import of packages that only other jobs need."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from allpa_engine.core.job import TASKS
from allpa_engine.run import pipeline

PLUGIN = Path(pipeline.__file__).resolve().parents[2]
LOADED = """
import json, sys
import allpa_engine.run.pipeline
slow = ("torch", "matplotlib", "pandas", "pyogrio", "scipy.ndimage")
print(json.dumps([name for name in slow if name in sys.modules]))
"""


def test_a_search_waits_neither_for_pytorch_nor_for_the_report():
    answer = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=PLUGIN, capture_output=True, text=True, check=True, timeout=120
    )
    assert json.loads(answer.stdout) == []


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_its_step(task):
    assert callable(pipeline._step(task))
