"""`allpa:status`: whether the engine is ready, and what to do where it is not."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputBoolean,
    QgsProcessingOutputString,
)

from ..allpa_engine.core.errors import AllpaError, Cancelled, EngineMissing, ModelInvalid
from ..allpa_engine.core.messages import translatable
from ..translation import tr
from ..worker.installation import choose_lock, installation_is_running, size_text
from ..worker.interpreter import EnginePython, engine_is_chosen, find_engine, probe
from .base import AllpaAlgorithm, error_text

READY, MISSING, BROKEN, NO_MODEL, INSTALLING = (
    "ready",
    "engine_missing",
    "engine_broken",
    "model_invalid",
    "engine_installing",
)
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
    TITLE = translatable("Engine status")
    SUMMARY = translatable(
        "Reports whether the processing engine is ready, its versions and device, and any action required."
    )
    HELP = translatable(
        "Writes no files, needs no network, and never fails: READY is false and ACTION_REQUIRED says what to do."
    )
    TAGS = ("diagnostics", "engine")
    NEEDS_ENGINE = False

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:  # noqa: ARG002, N802 - QGIS's
        """Declare the outputs; there are no parameters."""
        self.addOutput(QgsProcessingOutputBoolean("READY", tr("Ready")))
        titles = {
            "STATE": tr("State"),
            "ACTION_REQUIRED": tr("Action required"),
            "DOWNLOAD": tr("Download"),
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
        """Look for the engine and ask it for its versions and device.

        Parameters
        ----------
        parameters, context, feedback : as in `AllpaAlgorithm.execute`; there are no parameters.

        Returns
        -------
        Whether the engine is ready, what to do where it is not, and its versions, device and model.

        Raises
        ------
        Cancelled : where the user stopped it; other errors are outputs.

        """
        engine: EnginePython | None = None
        try:
            engine = find_engine()
            engine_status = probe(engine, feedback)
        except Cancelled:
            raise
        except AllpaError as error:
            feedback.pushWarning(error_text(error))
            return _not_ready(error, engine)
        feedback.pushInfo(tr("The engine is ready: {}").format(engine.python))
        return {
            "READY": True,
            "STATE": READY,
            "ACTION_REQUIRED": "",
            "DOWNLOAD": "",
            "NEXT_ALGORITHMS": "allpa:landcovermap, allpa:searchscenes",
            "ENGINE_PYTHON": str(engine.python),
            **{name: str(engine_status.get(key, "")) for name, key in ENGINE_FACTS.items()},
        }


def _not_ready(error: AllpaError, engine: EnginePython | None) -> dict[str, Any]:
    """The outputs where the engine cannot run; `engine` is None where no interpreter was found.

    An installation is proposed only where it helps: not for an interpreter that the user set, nor on a system without
    packages.
    """
    next_algorithm, download = "", ""
    if isinstance(error, ModelInvalid):
        state = NO_MODEL
    elif installation_is_running():
        state = INSTALLING
        error = EngineMissing(tr("The engine is being installed."), "", tr("Wait until it has finished."))
    else:
        state = BROKEN if engine else MISSING
        next_algorithm = "" if engine_is_chosen() else "allpa:installengine"
        try:
            download = size_text(choose_lock())
        except AllpaError as unsupported:
            error, next_algorithm = unsupported, ""
    return {
        "READY": False,
        "STATE": state,
        "ACTION_REQUIRED": error_text(error),
        "DOWNLOAD": download,
        "NEXT_ALGORITHMS": next_algorithm,
        "ENGINE_PYTHON": str(engine.python) if engine else "",
        **dict.fromkeys(ENGINE_FACTS, ""),
    }
