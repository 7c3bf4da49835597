"""Status: whether the engine's environment is complete, with versions and device."""

from __future__ import annotations

import platform
from importlib import import_module
from typing import Any

from .. import __version__
from ..classify.back_end import OPENVINO, TORCH, is_installed
from ..core.errors import EngineMissing
from ..core.messages import message
from ..core.parts import PART_PACKAGES, missing_packages

PACKAGES = (
    "numpy",
    "rasterio",
    "safetensors",
    "requests",
    "socks",
    "filelock",
    "shapely",
    "pyproj",
    "jinja2",
    "matplotlib",
)
"""What the engine imports beyond the standard library."""
NETWORK_PACKAGES = (TORCH, OPENVINO)
"""Libraries that compute networks; one of them is needed."""


def engine_status() -> dict[str, Any]:
    """Import everything once, load the bundled model, and give versions and device.

    Raises
    ------
    EngineMissing : where a package is missing or broken, with its name.
    ModelInvalid : where the bundled model is damaged.
    """
    versions = {}
    networks = [name for name in NETWORK_PACKAGES if is_installed(name)] or [NETWORK_PACKAGES[0]]
    for name in (*PACKAGES, *networks):
        try:
            versions[name] = str(getattr(import_module(name), "__version__", ""))
        except ImportError as error:
            raise EngineMissing(
                message("The engine's package {name} cannot be imported.", name=name), str(error)
            ) from error
    from ..classify.inference import load_classifier
    from ..classify.network_weights import MODEL_NAME

    classifier = load_classifier()
    return {
        "ready": True,
        "version": __version__,
        "python": platform.python_version(),
        "device": classifier.device,
        "model": MODEL_NAME,
        "precision": classifier.precision,
        "model_hash": classifier.model_hash,
        "missing_parts": {group: list(missing_packages(group)) for group in PART_PACKAGES},
        **versions,
    }
