"""Change: land-cover transitions between maps of the same region."""

from .export import write_change_json, write_classes_csv, write_matrix_csv, write_timeline_csv
from .matrix import ChangeMatrix, ClassChange, change_matrix
from .raster import ChangeRule, write_certainty_raster, write_change_raster
from .timeline import Timeline, timeline

__all__ = [
    "ChangeMatrix",
    "ChangeRule",
    "ClassChange",
    "Timeline",
    "change_matrix",
    "timeline",
    "write_certainty_raster",
    "write_change_json",
    "write_change_raster",
    "write_classes_csv",
    "write_matrix_csv",
    "write_timeline_csv",
]
