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
from ..allpa_engine.core.parts import PART_PACKAGES
from ..translation import tr
from ..worker.environment_build import size_text
from ..worker.gpu import gpu_sizes, gpu_state
from ..worker.installation import choose_lock, installation_is_running
from ..worker.interpreter import (
    FOUND,
    EnginePython,
    RuntimeMissing,
    engine_is_chosen,
    find_engine,
    probe,
    search_engine,
)
from ..worker.parts import INSTALLED, part_sizes, part_state
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


PACKAGES = ("torch", "openvino", "numpy", "rasterio", "pyogrio", "pyproj", "shapely", "requests", "matplotlib")
"""Packages whose versions help to explain a fault."""


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
            "PACKAGES": tr("Packages of the engine"),
            "DEVICE": tr("Device"),
            "MODEL": tr("Model"),
            "MODEL_HASH": tr("Model hash"),
            "GPU_STATE": tr("State of the GPU engine"),
            "GPU_DOWNLOAD": tr("Download of the GPU engine"),
            "GPU_DISK": tr("Disk space of the GPU engine"),
            "LEARN_STATE": tr("State of the parts for own classes"),
            "LEARN_DOWNLOAD": tr("Download of the parts for own classes"),
            "LEARN_DISK": tr("Disk space of the parts for own classes"),
            "ENCODERS_STATE": tr("State of the encoders"),
            "ENCODERS_DOWNLOAD": tr("Download of the encoders"),
            "ENCODERS_DISK": tr("Disk space of the encoders"),
            "CLUSTER_STATE": tr("State of the packages for clusters"),
            "CLUSTER_DOWNLOAD": tr("Download of the packages for clusters"),
            "CLUSTER_DISK": tr("Disk space of the packages for clusters"),
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
            found = None
            if not engine_is_chosen() and (engine is None or engine.origin == FOUND):
                found = search_engine(feedback)
            if found is None:
                feedback.pushWarning(error_text(error))
                return _not_ready(error, engine)
            engine, engine_status = found
        feedback.pushInfo(tr("The engine is ready: {}").format(engine.python))
        return {
            "READY": True,
            "STATE": READY,
            "ACTION_REQUIRED": "",
            "DOWNLOAD": "",
            "NEXT_ALGORITHMS": "allpa:landcovermap, allpa:searchscenes",
            "ENGINE_PYTHON": str(engine.python),
            **{name: str(engine_status.get(key, "")) for name, key in ENGINE_FACTS.items()},
            "PACKAGES": ", ".join(f"{name} {engine_status[name]}" for name in PACKAGES if engine_status.get(name)),
            **_gpu(),
            **_parts(engine_status.get("missing_parts") or {}),
        }


def _gpu() -> dict[str, str]:
    """State of the GPU engine, and what its installation would download where it can be had."""
    state = "" if engine_is_chosen() else gpu_state()
    download, disk = gpu_sizes() if state else ("", "")
    return {"GPU_STATE": state, "GPU_DOWNLOAD": download, "GPU_DISK": disk}


def _parts(missing: dict[str, list[str]]) -> dict[str, str]:
    """State of each optional group, and what its installation would download where that helps."""
    outputs = {}
    for group in PART_PACKAGES:
        state = part_state(group, missing[group]) if group in missing else ""
        outputs[f"{group.upper()}_STATE"] = state
        download, disk = part_sizes(group) if state not in ("", INSTALLED) else ("", "")
        outputs[f"{group.upper()}_DOWNLOAD"], outputs[f"{group.upper()}_DISK"] = download, disk
    return outputs


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
        helps = not (engine_is_chosen() or isinstance(error, RuntimeMissing))
        next_algorithm = "allpa:installengine" if helps else ""
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
        **dict.fromkeys((*ENGINE_FACTS, "PACKAGES"), ""),
        **dict.fromkeys(("GPU_STATE", "GPU_DOWNLOAD", "GPU_DISK"), ""),
        **_parts({}),
    }
