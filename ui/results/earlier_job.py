"""What an earlier job left in the output folder: its map must not be replaced by that of another region unasked."""

from __future__ import annotations

import json
from pathlib import Path

from qgis.core import QgsGeometry

from ...plugin.layers.footprints import geometry_from_geojson

JOB_FILE = "job.json"
_AREA_TOLERANCE = 1e-3
"""Two regions are the same where they differ in less than this share of their area."""


def has_map_of_other_region(folder: str, year: int, region: QgsGeometry) -> bool:
    """Whether the folder holds the map of the same year of another region (longitude/latitude, like `region`)."""
    folder_path = Path(folder)
    if not (folder_path / f"landcover_{year}.tif").exists():
        return False
    earlier = _read_region(folder_path / JOB_FILE)
    if earlier is None or earlier.isEmpty():
        return False
    return not same_region(earlier, region)


def same_region(first: QgsGeometry, second: QgsGeometry) -> bool:
    """Whether two polygons of the same CRS are the same but for rounding."""
    difference = first.symDifference(second)
    return bool(difference.area() <= _AREA_TOLERANCE * max(first.area(), second.area()))


def _read_region(job_file: Path) -> QgsGeometry | None:
    try:
        region = json.loads(job_file.read_text(encoding="utf-8"))["region"]
    except (OSError, ValueError, KeyError, TypeError):
        return None  # no job that could be asked, so nothing to warn of
    return geometry_from_geojson(region)
