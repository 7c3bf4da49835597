"""The parameters of downloading and classifying scenes on this machine: model, device, threads, cache."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
)

from .. import settings
from ..allpa_engine.core.computing_keys import BACKENDS, PRECISIONS
from ..allpa_engine.core.errors import JobInvalid, ModelInvalid
from ..translation import tr
from .parameters import advanced, number_parameter

MODEL, CACHE, CACHE_LIMIT, DEVICE, THREADS = "MODEL", "CACHE", "CACHE_LIMIT", "DEVICE", "THREADS"
PRECISION = "PRECISION"
BACKEND = "BACKEND"
CARD_NAME = "model.json"
"""By which a model folder is recognised."""
DEVICES = ["auto", "cpu", "cuda", "mps"]


def computing_parameters() -> list[QgsProcessingParameterDefinition]:
    """The advanced parameters of downloading and classifying."""
    file = QgsProcessingParameterFile.Behavior.File
    folder = QgsProcessingParameterFile.Behavior.Folder
    return [
        advanced(
            QgsProcessingParameterFile(
                MODEL, tr("Model"), file, "", None, True, tr("Models (model.json *.safetensors);;All files (*)")
            ),
            tr("A model folder or its model.json, or weights (safetensors). If empty, the bundled model is used."),
        ),
        advanced(
            QgsProcessingParameterFile(CACHE, tr("Cache folder"), folder, "", None, True),
            tr("Folder for downloaded scenes, shared between runs. If empty, they are stored with the results."),
        ),
        advanced(
            number_parameter(
                CACHE_LIMIT,
                tr("Maximum cache size (GB, 0 = unlimited)"),
                "cache_limit_gb",
                settings.CACHE_LIMIT.value(),
                optional=True,
            ),
            tr("After a run, the least recently used scenes are deleted until the cache fits."),
        ),
        device_parameter(),
        advanced(
            QgsProcessingParameterEnum(PRECISION, tr("Precision"), list(PRECISIONS), False, "auto", True, True),
            tr(
                "Numbers that the model computes with. auto takes the fastest that gives the same map. int8 is about"
                " twice as fast as fp32 on processors with VNNI and gives 0.5 to 1 % of the pixels another class, those"
                " that fp32 is unsure of; it is for OpenVINO and the bundled model."
            ),
        ),
        advanced(
            QgsProcessingParameterEnum(BACKEND, tr("Computing library"), list(BACKENDS), False, "auto", True, True),
            tr(
                "Library that computes the network. auto takes OpenVINO where it is installed, faster on this processor"
                " and gives the same map; otherwise PyTorch."
            ),
        ),
        advanced(
            number_parameter(THREADS, tr("CPU threads (0 = all)"), "threads", settings.THREADS.value(), optional=True),
            tr("Threads of the engine. 0 uses all."),
        ),
    ]


def device_parameter() -> QgsProcessingParameterDefinition:
    """Where a model runs or learns."""
    proposed = settings.DEVICE.value()
    return advanced(
        QgsProcessingParameterEnum(
            DEVICE, tr("Device"), DEVICES, False, proposed if proposed in DEVICES else "auto", True, True
        ),
        tr("auto uses an NVIDIA GPU (CUDA) or an Apple GPU (mps) if available, otherwise the CPU."),
    )


def model_path(text: str) -> str:
    """Absolute path of a model: a file of weights, or a model folder, which its card may stand for; empty for none.

    Raises
    ------
    ModelInvalid : where it is neither.

    """
    if not text:
        return ""
    path = Path(text).resolve()
    folder = path.parent if path.name == CARD_NAME else path
    if (folder / CARD_NAME).is_file():
        return str(folder)
    if not path.is_file():
        raise ModelInvalid(tr("There is no model file or model folder {}.").format(text))
    return str(path)


def computing_values(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> dict[str, Any]:
    """The job's values of the parameters of `computing_parameters`.

    Parameters
    ----------
    algorithm : the algorithm with these parameters.
    parameters : its values by name; where no cache is given, that of Allpa's options is taken.
    context : of the run.

    Returns
    -------
    Values by the job's keys: model, cache folder and its limit in GB, device, precision, back end, threads.

    Raises
    ------
    ModelInvalid : where the model does not exist.
    JobInvalid : where the cache is a file.

    """
    cache = algorithm.parameterAsFile(parameters, CACHE, context) or settings.CACHE_FOLDER.value()
    if cache and Path(cache).exists() and not Path(cache).is_dir():
        raise JobInvalid(tr("The cache folder is a file: {}.").format(cache))
    return {
        "model": model_path(algorithm.parameterAsFile(parameters, MODEL, context)),
        "cache_folder": str(Path(cache).absolute()) if cache else "",
        "cache_limit_gb": algorithm.parameterAsDouble(parameters, CACHE_LIMIT, context),
        "device": algorithm.parameterAsEnumString(parameters, DEVICE, context) or "auto",
        "precision": algorithm.parameterAsEnumString(parameters, PRECISION, context) or "auto",
        "backend": algorithm.parameterAsEnumString(parameters, BACKEND, context) or "auto",
        "threads": algorithm.parameterAsInt(parameters, THREADS, context),
    }
