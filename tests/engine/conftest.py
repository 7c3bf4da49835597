"""The engine's tests need no QGIS: the package is imported as `allpa_engine`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "plugin"))
