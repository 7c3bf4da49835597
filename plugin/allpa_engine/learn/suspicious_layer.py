"""The GeoPackage for people who check labels: suspicious ones with what the images suggest, and those left out."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml  # nosec B405 # XML is written here, never read

import numpy as np
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataSourceError

from ..accuracy.sample_file import without_disk_barriers, write_layer
from ..accuracy.sample_style import QML_DOCTYPE, STYLE_COLUMNS, rule_renderer
from ..core.atomic import atomic_write, write_failure
from ..core.legend import Legend
from ..core.messages import translatable, translate
from ..core.sample_schema import GEOMETRY_FIELD, STYLES_TABLE
from .label_quality import LabelQuality
from .labels import Labels

SUSPICIOUS_LAYER, LEFT_OUT_LAYER = "suspicious", "left_out"
_SUSPICIOUS_FIELDS = (
    ("feature", "INTEGER"), ("recorded_code", "INTEGER"), ("recorded", "TEXT"), ("suggested_code", "INTEGER"),
    ("suggested", "TEXT"), ("score", "REAL"), ("probability", "REAL"), ("neighbours", "REAL"), ("value", "TEXT"),
)  # fmt: skip
_LEFT_OUT_FIELDS = (("feature", "INTEGER"), ("value", "TEXT"), ("reason", "TEXT"))
_ALIASES = {
    "feature": translatable("Number in the file"),
    "recorded_code": translatable("Recorded code"),
    "recorded": translatable("Recorded class"),
    "suggested_code": translatable("Suggested code"),
    "suggested": translatable("Suggested class"),
    "score": translatable("Score (0 to 1)"),
    "probability": translatable("Probability of the recorded class"),
    "neighbours": translatable("Share of alike labels with the recorded class"),
    "value": translatable("Value in the file"),
    "reason": translatable("Reason"),
}
_RECORDED_AS = translatable("suggested: {name}")
_LEFT_OUT_COLOR = "#808080"


def write_suspicious(
    path: str | os.PathLike[str], labels: Labels, quality: LabelQuality | None, language: str = "en"
) -> int:
    """Write suspicious labels, the most suspicious first, and the labels that were left out.

    Parameters
    ----------
    path : of the GeoPackage, written whole or not at all.
    labels : the labels in use, by whose positions `quality` numbers them, with those that were left out.
    quality : None where labels were not checked: the layer is then empty.
    language : of names and reasons, `en` or `es`.

    Returns
    -------
    The number of suspicious labels.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    rows, places = _suspicious_rows(labels, quality, language)
    out = labels.left_out
    out_rows = [
        (feature, value, translate(reason, language))
        for feature, value, reason in zip(out.feature, out.value, out.reason)
    ]
    with atomic_write(path) as temporary_path, without_disk_barriers():
        try:
            write_layer(temporary_path, SUSPICIOUS_LAYER, _SUSPICIOUS_FIELDS, rows, _wkb(places), labels.crs)
            where = _wkb(_points(out.geometry))
            write_layer(temporary_path, LEFT_OUT_LAYER, _LEFT_OUT_FIELDS, out_rows, where, labels.crs)
            write_layer(temporary_path, STYLES_TABLE, STYLE_COLUMNS, _styles(labels.legend, language), None, None)
        except (DataSourceError, sqlite3.Error) as error:
            raise write_failure(Path(path), str(error)) from error
    return len(rows)


def _suspicious_rows(
    labels: Labels, quality: LabelQuality | None, language: str
) -> tuple[list[tuple[Any, ...]], NDArray[np.object_]]:
    if quality is None:
        return [], np.empty(0, object)
    found = np.flatnonzero(quality.is_suspicious)
    found = found[np.argsort(-quality.score[found], kind="stable")]
    names = {land.code: land.label(language) for land in labels.legend}
    position = quality.samples[found]
    rows = [
        (
            int(labels.feature[label]), int(recorded), names[int(recorded)], int(suggested), names[int(suggested)],
            round(float(score), 4), round(float(own), 4), round(float(near), 4), str(labels.values[label]),
        )
        for label, recorded, suggested, score, own, near in zip(
            position, quality.codes[found], quality.suggested[found], quality.score[found],
            quality.own_probability[found], quality.neighbour_share[found],
        )
    ]  # fmt: skip
    return rows, _points(labels.geometry[position])


def _points(geometry: Sequence[Any] | NDArray[np.object_]) -> NDArray[np.object_]:
    """A point within each geometry; None where it has no place."""
    shapes = np.empty(len(geometry), object)
    shapes[:] = list(geometry)
    usable = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    usable &= np.isfinite(shapely.bounds(shapes)).all(axis=1)
    points = np.full(len(shapes), None, object)
    points[usable] = shapely.point_on_surface(shapely.force_2d(shapes[usable]))
    return points


def _wkb(points: NDArray[np.object_]) -> NDArray[np.object_]:
    return np.array([None if point is None else shapely.to_wkb(point) for point in points], object)


def _styles(legend: Legend, language: str) -> list[tuple[Any, ...]]:
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    pattern = translate(_RECORDED_AS, language)
    suggested = [
        (f'"suggested_code" = {land.code}', pattern.format(name=land.label(language)), land.color) for land in legend
    ]
    reasons = [("TRUE", translate(translatable("Left out"), language), _LEFT_OUT_COLOR)]
    styles = {
        SUSPICIOUS_LAYER: _style(_SUSPICIOUS_FIELDS, suggested, language, '"recorded" || \' → \' || "suggested"'),
        LEFT_OUT_LAYER: _style(_LEFT_OUT_FIELDS, reasons, language, '"reason"'),
    }
    return [
        ("", "", layer, GEOMETRY_FIELD, "Allpa", style, "", 1, "Allpa", "", "", now) for layer, style in styles.items()
    ]


def _style(fields: Sequence[tuple[str, str]], rules: list[tuple[str, str, str]], language: str, title: str) -> str:
    """QML: circles in the colour of the suggested class, and the two classes as the title of a feature."""
    root = Xml.Element("qgis", version="3.22.0", styleCategories="Symbology|Fields|MapTips")
    aliases = Xml.SubElement(root, "aliases")
    for index, (name, _) in enumerate(fields):
        Xml.SubElement(aliases, "alias", index=str(index + 1), field=name, name=translate(_ALIASES[name], language))
    Xml.SubElement(root, "previewExpression").text = title
    Xml.SubElement(root, "mapTip").text = f"[% {title} %]"
    rule_renderer(root, rules)
    return QML_DOCTYPE + Xml.tostring(root, encoding="unicode")
