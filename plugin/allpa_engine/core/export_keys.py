"""The job's keys on models that are exported and explained: two groups, each a JSON object within the job."""

from __future__ import annotations

from .job_keys import Number
from .name_list import Names
from .sample_keys import Group

DEEPNESS, ONNX, TORCHSCRIPT = "deepness", "onnx", "torchscript"
EXPORT_FORMATS = (DEEPNESS, ONNX, TORCHSCRIPT)
MAX_TILE_PX = 4096

EXPORT = Group(
    "How the task export_model writes the job's model for other programs.",
    {
        "formats": (
            Names(
                "deepness: ONNX of one tile size with what the QGIS plugin Deepness reads; onnx: ONNX that takes "
                "reflectance in any size; torchscript: the same for PyTorch without Allpa.",
                EXPORT_FORMATS,
            ),
            EXPORT_FORMATS,
        ),
        "tile_px": (Number("Side of the tiles for Deepness, a multiple of 16.", 64, MAX_TILE_PX, is_whole=True), 512),
    },
)
EXPLAIN = Group(
    "How the task explain_model explains the job's network on chips of training data.",
    {
        "chips": (Number("Chips that are explained, those of each class in turn.", 1, 10_000, is_whole=True), 20),
        "steps": (Number("Steps of the path of integrated gradients.", 4, 1000, is_whole=True), 32),
    },
)
