"""Versions of what the numbers depend on, for reports and provenance."""

from __future__ import annotations

import platform
import sys

import numpy
import rasterio

from .. import __version__


def versions() -> dict[str, str]:
    """Versions by name; torch's only where the run has used it."""
    torch = sys.modules.get("torch")
    found = {
        "allpa": __version__,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "rasterio": rasterio.__version__,
        "gdal": rasterio.__gdal_version__,
    }
    return found if torch is None else found | {"torch": str(torch.__version__)}
