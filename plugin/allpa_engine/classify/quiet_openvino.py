"""OpenVINO without its telemetry.

Where the package `openvino_telemetry` is there, importing OpenVINO reports the import over the network. Allpa's lists
leave the package out; where it was installed all the same, it is hidden from the import, and OpenVINO takes its own
empty substitute. Import OpenVINO from here alone.
"""

from __future__ import annotations

import sys
from typing import Any, cast

_TELEMETRY = "openvino_telemetry"

cast("dict[str, Any]", sys.modules)[_TELEMETRY] = None  # an import then fails as if it were not installed

import openvino  # noqa: E402 - the line above must come first
from openvino import opset13 as ops  # noqa: E402

__all__ = ["openvino", "ops"]
