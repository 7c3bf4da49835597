"""Styles and forms of a sample's layers, as QGIS finds them in the table `layer_styles` of the GeoPackage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from xml.etree import ElementTree as Xml  # nosec B405 # XML is written here, never read

from ..core import sample_schema as schema
from ..core.legend import BUNDLED_LEGEND, Legend, hex_to_rgb
from ..core.messages import translatable, translate

STYLE_COLUMNS = (
    ("f_table_catalog", "TEXT"),
    ("f_table_schema", "TEXT"),
    ("f_table_name", "TEXT"),
    ("f_geometry_column", "TEXT"),
    ("styleName", "TEXT"),
    ("styleQML", "TEXT"),
    ("styleSLD", "TEXT"),
    ("useAsDefault", "INTEGER"),
    ("description", "TEXT"),
    ("owner", "TEXT"),
    ("ui", "TEXT"),
    ("update_time", "TEXT"),
)
"""Of QGIS's own table, in its order."""
QML_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_UNLABELLED = ("#ffffff", translatable("Not labelled"))
_ALIASES = {
    "point_id": translatable("Point"),
    "interpreter": translatable("Interpreter"),
    "reference_class": translatable("Class"),
    "earlier_class": translatable("Earlier class"),
    "second_class": translatable("Second class"),
    "confidence": translatable("Confidence"),
    "note": translatable("Note"),
    "labelled_at": translatable("Labelled at"),
}
_LATER_CLASS = translatable("Later class")
_CONFIDENCES = ((1, translatable("Low")), (2, translatable("Medium")), (3, translatable("High")))


_UTC_NOW = (
    "with_variable('ms', epoch(now()), "
    "format_date(make_datetime(1970, 1, 1, 12, 0, 0) + to_interval(floor(@ms / 86400000) || ' days'), 'yyyy-MM-dd') "
    "|| 'T' || lpad(floor(@ms / 3600000) % 24, 2, '0') || ':' || lpad(floor(@ms / 60000) % 60, 2, '0') "
    "|| ':' || lpad(floor(@ms / 1000) % 60, 2, '0') || 'Z')"
)
"""The time of an edit in UTC, as QGIS's expressions can say it: they have no time zones."""


@dataclass(frozen=True)
class StyleTable:
    """Rows for the table of styles."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]


def layer_styles(kind: str, language: str = "en", legend: Legend = BUNDLED_LEGEND) -> StyleTable:
    """The default styles of both layers of a sample.

    Parameters
    ----------
    kind : `landcover` or `change`; labels of change have two classes.
    language : of the names, `en` or `es`.
    legend : the classes that a label can name.

    Returns
    -------
    A row for `labels`, with the form, and one for `sample_points`.

    """
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    styles = {schema.LABELS_LAYER: labels_style(kind, language, legend), schema.POINTS_LAYER: points_style()}
    rows = tuple(
        ("", "", layer, schema.GEOMETRY_FIELD, "Allpa", style, "", 1, "Allpa", "", "", now)
        for layer, style in styles.items()
    )
    return StyleTable(STYLE_COLUMNS, rows)


def labels_style(kind: str, language: str = "en", legend: Legend = BUNDLED_LEGEND) -> str:
    """The QML of `labels`: points in the colours of their classes, and the form with a button for each class."""
    root = Xml.Element("qgis", version="3.22.0", styleCategories="Symbology|Fields|Forms")
    fields = _fields(kind, legend)
    configuration = Xml.SubElement(root, "fieldConfiguration")
    for name, (widget, options) in fields.items():
        field = Xml.SubElement(configuration, "field", name=name, configurationFlags="None")
        _option_tree(Xml.SubElement(Xml.SubElement(field, "editWidget", type=widget), "config"), options, language)
    aliases = Xml.SubElement(root, "aliases")
    for index, name in enumerate(fields):
        text = _LATER_CLASS if kind == schema.CHANGE and name == "reference_class" else _ALIASES.get(name, "")
        Xml.SubElement(aliases, "alias", index=str(index), field=name, name=translate(text, language) if text else "")
    defaults = Xml.SubElement(root, "defaults")
    Xml.SubElement(defaults, "default", field="labelled_at", expression=_UTC_NOW, applyOnUpdate="1")
    editable = Xml.SubElement(root, "editable")
    for name in fields:
        fixed = name in (schema.ROW_FIELD, "point_id", "interpreter", "labelled_at")
        Xml.SubElement(editable, "field", name=name, editable="0" if fixed else "1")
    Xml.SubElement(root, "editform", tolerant="1")
    Xml.SubElement(root, "editforminitcodesource").text = "0"
    Xml.SubElement(root, "featformsuppress").text = "0"
    Xml.SubElement(root, "editorlayout").text = "generatedlayout"
    rules = [(f'"reference_class" = {land.code}', land.label(language), land.color) for land in legend]
    rules.append(('"reference_class" IS NULL', translate(_UNLABELLED[1], language), _UNLABELLED[0]))
    rule_renderer(root, rules)
    return QML_DOCTYPE + Xml.tostring(root, encoding="unicode")


def points_style() -> str:
    """The QML of `sample_points`: circles without the colours of the map."""
    root = Xml.Element("qgis", version="3.22.0", styleCategories="Symbology")
    renderer = Xml.SubElement(root, "renderer-v2", type="singleSymbol", enableorderby="0", symbollevels="0")
    _symbol(Xml.SubElement(renderer, "symbols"), "0", "#ffffff")
    return QML_DOCTYPE + Xml.tostring(root, encoding="unicode")


def _fields(kind: str, legend: Legend) -> dict[str, tuple[str, Any]]:
    """Widget and options by field, in the order of the table."""
    confidences = [{text: str(value)} for value, text in _CONFIDENCES]
    # the widget finds its classes in its own options: a form knows nothing of the design
    options = {} if legend.is_bundled else {schema.LEGEND_OPTION: legend.to_tag()}
    special = {
        schema.ROW_FIELD: ("Hidden", {}),
        "reference_class": (schema.CLASS_WIDGET, options),
        "earlier_class": (schema.CLASS_WIDGET, options) if kind == schema.CHANGE else ("Hidden", {}),
        "second_class": (schema.CLASS_WIDGET, options),
        "confidence": ("ValueMap", {"map": confidences}),
        "labelled_at": ("Hidden", {}),
    }
    names = (schema.ROW_FIELD, *(name for name, _ in schema.LABEL_FIELDS))
    return {name: special.get(name, ("TextEdit", {})) for name in names}


def _option_tree(parent: Xml.Element, value: Any, language: str) -> None:  # noqa: ANN401 - a tree of options
    """QGIS's form of a map of options with lists and texts."""
    holder = Xml.SubElement(parent, "Option", type="Map")
    for name, part in value.items():
        if isinstance(part, list):
            entries = Xml.SubElement(holder, "Option", name=name, type="List")
            for entry in part:
                _option_tree(entries, entry, language)
        else:
            Xml.SubElement(holder, "Option", name=translate(name, language), type="QString", value=str(part))


def rule_renderer(root: Xml.Element, rules: list[tuple[str, str, str]]) -> None:
    """Add a renderer of circles to a style: expression, label and colour (`#RRGGBB`) of each rule."""
    renderer = Xml.SubElement(root, "renderer-v2", type="RuleRenderer", enableorderby="0", symbollevels="0")
    group = Xml.SubElement(renderer, "rules", key="all")
    symbols = Xml.SubElement(renderer, "symbols")
    for index, (expression, label, color) in enumerate(rules):
        attributes = {"key": f"rule{index}", "symbol": str(index), "label": label, "filter": expression}
        Xml.SubElement(group, "rule", attributes)
        _symbol(symbols, str(index), color)


def _symbol(parent: Xml.Element, name: str, color: str) -> None:
    symbol = Xml.SubElement(parent, "symbol", type="marker", name=name, alpha="1", clip_to_extent="1", force_rhr="0")
    layer = Xml.SubElement(symbol, "layer", {"class": "SimpleMarker", "enabled": "1", "locked": "0"})
    properties: Mapping[str, str] = {
        "name": "circle",
        "color": ",".join(map(str, (*hex_to_rgb(color), 255))),
        "outline_color": "35,35,35,255",
        "outline_width": "0.4",
        "size": "3",
        "size_unit": "MM",
    }
    options = Xml.SubElement(layer, "Option", type="Map")
    for key, value in properties.items():
        Xml.SubElement(options, "Option", name=key, type="QString", value=value)
        Xml.SubElement(layer, "prop", k=key, v=value)  # as QGIS before 3.26 reads it
