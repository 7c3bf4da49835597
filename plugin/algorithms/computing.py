"""The parameters that decide how scenes are fetched and classified on this machine: network, device, threads, cache."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
)

from .. import settings
from ..allpa_engine.core.errors import JobInvalid, ModelInvalid
from ..translation import tr
from .merging import advanced, with_decimals

MODEL, CACHE, CACHE_LIMIT, DEVICE, THREADS = "MODEL", "CACHE", "CACHE_LIMIT", "DEVICE", "THREADS"
DEVICES = ["auto", "cpu", "cuda"]


def computing_parameters() -> list[QgsProcessingParameterDefinition]:
    """The advanced parameters of fetching and classifying."""
    file = QgsProcessingParameterFile.Behavior.File
    folder = QgsProcessingParameterFile.Behavior.Folder
    proposed = settings.DEVICE.value()
    return [
        advanced(
            QgsProcessingParameterFile(
                MODEL, tr("Network"), file, "safetensors", None, True, tr("Weights (*.safetensors);;All files (*)")
            ),
            tr("A file of weights that Allpa's training wrote; empty takes the bundled network."),
        ),
        advanced(
            QgsProcessingParameterFile(CACHE, tr("Folder for scenes"), folder, "", None, True),
            tr("Where fetched scenes are kept for other jobs; empty keeps them with the results."),
        ),
        advanced(
            with_decimals(
                QgsProcessingParameterNumber(
                    CACHE_LIMIT,
                    tr("Most room for scenes (GB, 0: no limit)"),
                    QgsProcessingParameterNumber.Type.Double,
                    settings.CACHE_LIMIT.value(),
                    True,
                    0,
                ),
                1,
            ),
            tr("Scenes used longest ago are removed after a run that leaves more in their folder. 0 keeps all."),
        ),
        advanced(
            QgsProcessingParameterEnum(
                DEVICE, tr("Device"), DEVICES, False, proposed if proposed in DEVICES else "auto", True, True
            ),
            tr("cpu, cuda (a graphics card of NVIDIA), or auto, which takes the card where the engine can use it."),
        ),
        advanced(
            QgsProcessingParameterNumber(
                THREADS,
                tr("CPU threads (0: all)"),
                QgsProcessingParameterNumber.Type.Integer,
                settings.THREADS.value(),
                True,
                0,
                256,
            ),
            tr("0 takes all of them."),
        ),
    ]


def computing_values(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> dict[str, Any]:
    """The job's values of these parameters.

    Raises
    ------
    ModelInvalid : where the file of weights does not exist. JobInvalid : where the cache is a file.

    """
    model = algorithm.parameterAsFile(parameters, MODEL, context)
    if model and not Path(model).is_file():
        raise ModelInvalid(tr("The network's file does not exist: {}.").format(model))
    cache = algorithm.parameterAsFile(parameters, CACHE, context) or settings.CACHE_FOLDER.value()
    if cache and Path(cache).exists() and not Path(cache).is_dir():
        raise JobInvalid(tr("The folder for scenes is a file: {}.").format(cache))
    return {
        "model": str(Path(model).resolve()) if model else "",
        "cache_folder": str(Path(cache).absolute()) if cache else "",
        "cache_limit_gb": algorithm.parameterAsDouble(parameters, CACHE_LIMIT, context),
        "device": algorithm.parameterAsEnumString(parameters, DEVICE, context) or "auto",
        "threads": algorithm.parameterAsInt(parameters, THREADS, context),
    }
