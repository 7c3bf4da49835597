"""`allpa:status`: whether the engine is ready, and what to do where it is not."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputString,
)

from ..allpa_engine.core.errors import AllpaError, Cancelled, ModelInvalid
from ..translation import tr
from ..worker.interpreter import find_engine, probe
from .base import AllpaAlgorithm, error_text

READY, MISSING, BROKEN, NO_MODEL = "ready", "engine_missing", "engine_broken", "model_invalid"
"""Values of STATE."""
ENGINE_FACTS = {
    "VERSION": "version",
    "PYTHON": "python",
    "TORCH": "torch",
    "DEVICE": "device",
    "MODEL": "model",
    "MODEL_HASH": "model_hash",
}


class Status(AllpaAlgorithm):
    """The engine's state as plain values; never fails."""

    ID = "status"
    TITLE = "Engine status"
    SUMMARY = "Reports whether the processing engine is ready, its versions and device, and any action required."
    HELP = "Writes no files, needs no network, and never fails: READY is false and ACTION_REQUIRED says what to do."
    TAGS = ("diagnostics", "engine")
    NEEDS_ENGINE = False

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare the outputs; there are no parameters."""
        self.addOutput(QgsProcessingOutputBoolean("READY", tr("Ready")))
        titles = {
            "STATE": tr("State"),
            "ACTION_REQUIRED": tr("Action required"),
            "NEXT_ALGORITHMS": tr("Next algorithms"),
            "ENGINE_PYTHON": tr("Python of the engine"),
            "VERSION": tr("Version"),
            "PYTHON": tr("Python version"),
            "TORCH": tr("PyTorch version"),
            "DEVICE": tr("Device"),
            "MODEL": tr("Model"),
            "MODEL_HASH": tr("Model hash"),
        }
        for name, title in titles.items():
            self.addOutput(QgsProcessingOutputString(name, title))

    def execute(
        self,
        parameters: dict[str, Any],  # noqa: ARG002 - there are none
        context: QgsProcessingContext,  # noqa: ARG002
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        """Look for the engine and ask it for its versions and device."""
        python = ""
        try:
            engine = find_engine()
            python = str(engine.python)
            engine_status = probe(engine, feedback)
        except Cancelled:
            raise
        except AllpaError as error:
            feedback.pushWarning(error_text(error))
            return _not_ready(error, python)
        feedback.pushInfo(tr("The engine is ready: {}").format(python))
        return {
            "READY": True,
            "STATE": READY,
            "ACTION_REQUIRED": "",
            "NEXT_ALGORITHMS": "allpa:landcovermap, allpa:searchscenes",
            "ENGINE_PYTHON": python,
            **{name: str(engine_status.get(key, "")) for name, key in ENGINE_FACTS.items()},
        }


def _not_ready(error: AllpaError, python: str) -> dict[str, Any]:
    """The outputs where the engine cannot run; `python` is empty where no interpreter was found."""
    if isinstance(error, ModelInvalid):
        state, next_algorithm = NO_MODEL, ""
    else:
        state, next_algorithm = (BROKEN if python else MISSING), "allpa:installengine"
    return {
        "READY": False,
        "STATE": state,
        "ACTION_REQUIRED": error_text(error),
        "NEXT_ALGORITHMS": next_algorithm,
        "ENGINE_PYTHON": python,
        **dict.fromkeys(ENGINE_FACTS, ""),
    }
