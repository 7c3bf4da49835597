"""What an earlier run left in the output folder: its map must not be replaced by that of another region unasked."""

from __future__ import annotations

import json
import os
from pathlib import Path

from qgis.core import QgsGeometry, QgsJsonUtils

from .region_geometry import same_region

JOB_FILE = "job.json"


def has_map_of_other_region(folder: str, period: str, region: QgsGeometry) -> bool:
    """Whether the folder holds the map of the same period of another region (longitude/latitude, like `region`)."""
    if not os.path.exists(Path(folder) / f"landcover_{period}.tif"):  # noqa: PTH110 - never raises, whatever the folder
        return False
    earlier = _read_region(Path(folder) / JOB_FILE)
    if earlier is None or earlier.isEmpty():
        return False
    return not same_region(earlier, region)


def geometry_from_geojson(geojson: object) -> QgsGeometry | None:
    """The geometry of a GeoJSON object; None where it is none."""
    feature = {"type": "Feature", "properties": {}, "geometry": geojson}
    features = QgsJsonUtils.stringToFeatureList(json.dumps(feature))
    return features[0].geometry() if features else None


def _read_region(job_file: Path) -> QgsGeometry | None:
    try:
        region = json.loads(job_file.read_text(encoding="utf-8-sig"))["region"]
    except (OSError, ValueError, KeyError, TypeError):
        return None  # no job that can be read, so nothing to compare with
    return geometry_from_geojson(region)
