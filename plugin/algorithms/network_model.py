"""The parameter of a network that is exported or explained: a file of weights, or a model folder by its card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingAlgorithm, QgsProcessingContext, QgsProcessingParameterFile

from ..allpa_engine.core.errors import ModelInvalid
from ..translation import tr

NETWORK = "NETWORK"
CARD_FILE = "model.json"
"""Of a model folder."""


def network_parameter() -> QgsProcessingParameterFile:
    """A file of weights or the card of a model folder; empty for the bundled network."""
    file = QgsProcessingParameterFile.Behavior.File
    network = QgsProcessingParameterFile(
        NETWORK, tr("Network"), file, "", None, True, tr("Networks (*.safetensors model.json);;All files (*)")
    )
    network.setHelp(tr("The file model.json of a model folder, or weights. If empty, the bundled network is used."))
    return network


def selected_network(
    algorithm: QgsProcessingAlgorithm, parameters: dict[str, Any], context: QgsProcessingContext
) -> str:
    """The job's key `model`: absolute path of the weights or of the model folder; empty for the bundled network.

    Raises
    ------
    ModelInvalid : where it does not exist.

    """
    text = algorithm.parameterAsFile(parameters, NETWORK, context)
    if not text:
        return ""
    path = Path(text)
    if path.name == CARD_FILE:
        path = path.parent
    if not (path.is_file() or (path / CARD_FILE).is_file()):
        raise ModelInvalid(tr("The model file does not exist: {}.").format(text))
    return str(path.absolute())
