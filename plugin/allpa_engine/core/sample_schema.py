"""The GeoPackage of a sample: its tables and fields, as both processes and every editor of it know them.

Three tables. `sample_points` holds the design: one row per point, never changed after the draw. `labels` holds what
interpreters say: one row per point and interpreter, made empty and filled while labelling; a row by `SETTLED` decides
where interpreters disagree. Both have the point as their geometry, so that labels can be edited on a map without the
class of the map beside them. `design` holds the facts of the draw (key and JSON value), among them the hash of the
map, so that a sample is never used for another map.

No table has a spatial index, so that any program that speaks SQLite can change labels; one row per point and
interpreter is held by a unique index.
"""

from __future__ import annotations

GEOMETRY_FIELD = "geom"
ROW_FIELD = "fid"
POINTS_LAYER = "sample_points"
POINT_FIELDS: tuple[tuple[str, str], ...] = (
    ("point_id", "INTEGER"),
    ("stratum", "TEXT"),
    ("zone", "TEXT"),
    ("map_class", "INTEGER"),
)
"""Name and SQL type of each field; `point_id` counts from 1 in random order, so that the first n are a sample too.
In a sample of change `map_class` is the code of the change raster: 16 x earlier + later class, or 256 x
where a code of the legend is above 15."""

LABELS_LAYER = "labels"
LABEL_FIELDS: tuple[tuple[str, str], ...] = (
    ("point_id", "INTEGER"),
    ("interpreter", "TEXT"),
    ("reference_class", "INTEGER"),
    ("earlier_class", "INTEGER"),
    ("second_class", "INTEGER"),
    ("confidence", "INTEGER"),
    ("note", "TEXT"),
    ("labelled_at", "TEXT"),
)
"""`reference_class` is a code of the legend, NULL while unlabelled; `earlier_class` that of the earlier date, in a
sample of change only, where `reference_class` is that of the later date; `confidence` 1 low, 2 medium, 3 high;
`labelled_at` ISO 8601 in UTC."""

SETTLED = "settled"
"""Name of the interpreter whose label decides where the others disagree."""
FIRST_INTERPRETER = "1"
"""Name of the interpreter for whom the draw makes empty rows where none is named."""

DESIGN_TABLE = "design"
DESIGN_FIELDS: tuple[tuple[str, str], ...] = (("key", "TEXT"), ("value", "TEXT"))
SIMPLE, STRATIFIED, SYSTEMATIC, IMPORTED = "simple", "stratified", "systematic", "imported"
METHODS = (SIMPLE, STRATIFIED, SYSTEMATIC, IMPORTED)
"""How the points were chosen. Imported points are no probability sample: intervals from them do not hold."""
LANDCOVER, CHANGE = "landcover", "change"
DESIGN_KEYS: tuple[str, ...] = (
    "map_digest",  # of the assessed raster (raster/digest.py)
    "map_name",
    "kind",  # landcover, or change: codes of a change raster
    "crs",
    "method",  # of METHODS
    "strata",  # list of {name, map_class or null, zone or null, pixels, area_ha, points}
    "zones",  # list of the zones' names, empty without zones
    "map_counts",  # list of {map_class, zone or null, pixels, area_ha}: the whole frame, for post-stratification
    "seed",
    "min_distance_m",
    "interpreters",
    "notes",  # list of sentences that a reader of any estimate must know
    "created",
    "allpa_version",
    "legend",  # of the map, where its classes are not the bundled ones
)
STYLES_TABLE = "layer_styles"
"""QGIS's own table of styles; the draw puts the form for labels into it."""
LEGEND_OPTION = "Legend"
"""Option of the form's widget that holds a legend of own classes as JSON."""
CLASS_WIDGET = "AllpaClass"
"""Type of the form's widget with a button for each class; QGIS shows a plain field where the plugin is missing."""
