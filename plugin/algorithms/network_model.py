"""The parameter of a network that is exported or explained: a file of weights, or a model folder by its card."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsProcessingAlgorithm, QgsProcessingContext, QgsProcessingParameterFile

from ..translation import tr
from .computing import model_path

NETWORK = "NETWORK"


def network_parameter() -> QgsProcessingParameterFile:
    """A file of weights or the card of a model folder; empty for the bundled network."""
    file = QgsProcessingParameterFile.Behavior.File
    network = QgsProcessingParameterFile(
        NETWORK, tr("Network"), file, "", None, True, tr("Networks (*.safetensors model.json);;All files (*)")
    )
    network.setHelp(
        tr("A model folder or its model.json, or weights (safetensors). If empty, the bundled model is used.")
    )
    return network


def selected_network(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> str:
    """The job's key `model`: absolute path of the weights or of the model folder; empty for the bundled network.

    Raises
    ------
    ModelInvalid : where it does not exist.

    """
    chosen = algorithm.parameterAsFile(parameters, NETWORK, context)
    # Processing drops unknown names without a word: as MODEL, its name elsewhere, another network would be taken.
    return model_path(chosen or str(parameters.get("MODEL") or ""))
