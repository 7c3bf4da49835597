"""The GeoPackage of a sample: its tables and fields, as both processes and every editor of it know them.

Three tables. `sample_points` holds the design: one row per point, never changed after the draw. `labels` holds what
interpreters say: one row per point and interpreter, made empty and filled while labelling; a row by `SETTLED` decides
where interpreters disagree. `design` holds the facts of the draw (key and JSON value), among them the hash of the map,
so that a sample is never used for another map.
"""

from __future__ import annotations

POINTS_LAYER = "sample_points"
POINT_FIELDS: tuple[tuple[str, str], ...] = (
    ("point_id", "INTEGER"),
    ("stratum", "TEXT"),
    ("zone", "TEXT"),
    ("map_class", "INTEGER"),
)
"""Name and SQL type of each field; `point_id` counts from 1 in random order, so that the first n are a sample too."""

LABELS_LAYER = "labels"
LABEL_FIELDS: tuple[tuple[str, str], ...] = (
    ("point_id", "INTEGER"),
    ("interpreter", "TEXT"),
    ("reference_class", "INTEGER"),
    ("second_class", "INTEGER"),
    ("confidence", "INTEGER"),
    ("note", "TEXT"),
    ("labelled_at", "TEXT"),
)
"""`reference_class` is a code of the legend, NULL while unlabelled; `confidence` 1 low, 2 medium, 3 high;
`labelled_at` ISO 8601 in UTC."""

SETTLED = "settled"
"""Name of the interpreter whose label decides where the others disagree."""

DESIGN_TABLE = "design"
DESIGN_KEYS: tuple[str, ...] = (
    "map_digest",  # of the assessed raster (raster/digest.py)
    "map_name",
    "crs",
    "method",  # simple, stratified, systematic
    "strata",  # list of {name, map_class or null, zone or null, pixels, area_ha, points}
    "seed",
    "min_distance_m",
    "interpreters",
    "created",
    "allpa_version",
)
