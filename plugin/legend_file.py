"""Legends that people have: `legend.json`, a style of QGIS (QML), or a table (CSV, a colour map of QGIS)."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qgis.PyQt.QtXml import QDomDocument, QDomElement

from .allpa_engine.core.errors import LegendInvalid
from .allpa_engine.core.land_class import distinct_color
from .allpa_engine.core.legend import MAX_OWN_CODE, Legend, read_legend
from .translation import tr

LEGEND_SUFFIXES = (".json", ".qml", ".csv", ".txt")
_MAX_BYTES = 5_000_000
_COLUMNS = {
    "code": ("code", "codigo", "value", "valor", "id"),
    "name": ("name", "nombre", "class", "clase", "label", "etiqueta", "category", "categoria", "cobertura"),
    "color": ("color", "colour", "hex"),
    "weight": ("weight", "peso"),
    "definition": ("definition", "definicion", "description", "descripcion"),
    "role": ("role", "rol"),
    "parent": ("parent", "superior"),
}
"""Titles of the columns of a table, without accents, for each key of a class."""
_MAX_DIGITS = 4
_COLOR_MAP_COLUMNS = 6
"""Of a colour map that QGIS exports: value, red, green, blue, opacity, label."""


@dataclass(frozen=True)
class LegendFile:
    """A legend of a file."""

    legend: Legend
    values: Mapping[str, int] = field(default_factory=dict)
    """Codes by the values of the field that the file classifies; empty where it says nothing of values."""

    def codes_of(self, values: Iterable[str]) -> dict[str, int]:
        """Codes by those values of a field that the file names, or that are a code; capitals make no difference."""
        known = {str(land.code): land.code for land in self.legend}
        known |= {value.casefold(): code for value, code in self.values.items()}
        return {value: known[value.casefold()] for value in values if value.casefold() in known}


def read_legend_file(path: Path) -> LegendFile:
    """Read a legend.

    Parameters
    ----------
    path : of a `legend.json`, a style with categories or a palette (`.qml`), or a table (`.csv`, `.txt`).

    Returns
    -------
    The legend. Classes without a code get the lowest free one, those without a colour one that differs from others.

    Raises
    ------
    LegendInvalid : with what is wrong in it, and what a legend may be.

    """
    if path.suffix.casefold() == ".json":
        return LegendFile(read_legend(path))
    text = _read_text(path)
    rows = list(_style_rows(text) if path.suffix.casefold() == ".qml" else _table_rows(text))
    if not rows:
        raise _refused(path, tr("It holds no classes."))
    return _legend_of(rows)


def _refused(path: Path, why: str) -> LegendInvalid:
    return LegendInvalid(
        tr("{} contains no legend that can be read.").format(path.name),
        why,
        tr("Choose legend.json, a style with categories (QML), or a table with the columns code, name and color."),
    )


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise _refused(path, tr("It is too large."))
        content = path.read_bytes()
    except OSError as error:
        raise _refused(path, str(error.strerror)) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _legend_of(rows: Sequence[dict[str, Any]]) -> LegendFile:
    """Make a legend of rows with the keys of a class, and `value` where the field has another value than the code."""
    codes = {row["code"] for row in rows if row.get("code") is not None}
    free = iter(code for code in range(1, MAX_OWN_CODE + 1) if code not in codes)
    classes, values = [], {}
    for number, row in enumerate(rows):
        value = row.pop("value", None)
        given = {key: found for key, found in row.items() if found not in (None, "")}
        code = given.get("code") or next(free, 0)
        name = given.get("name", value or str(code))
        classes.append({"color": distinct_color(number), **given, "code": code, "name": name})
        values[str(code) if value is None else value] = code
    return LegendFile(Legend.from_dict({"classes": classes}), values)


# Styles of QGIS


def _style_rows(text: str) -> Iterator[dict[str, Any]]:
    """The classes of a style: categories of a layer of features, or the palette of a raster."""
    document = QDomDocument()
    if "<!ENTITY" in text or not document.setContent(text):
        return
    root = document.documentElement()
    yield from _palette_rows(root)
    for renderer in _elements(root, "renderer-v2"):
        if renderer.attribute("type") == "categorizedSymbol":
            yield from _category_rows(renderer)


def _palette_rows(root: QDomElement) -> Iterator[dict[str, Any]]:
    for entry in _elements(root, "paletteEntry"):
        code = _whole_number(entry.attribute("value"))
        if code:  # 0 is no data
            yield {"code": code, "name": entry.attribute("label"), "color": entry.attribute("color").upper()}


def _category_rows(renderer: QDomElement) -> Iterator[dict[str, Any]]:
    colors = {symbol.attribute("name"): _symbol_color(symbol) for symbol in _elements(renderer, "symbol")}
    for category in _elements(renderer, "category"):
        value = category.attribute("value").strip()
        if value:  # an empty one stands for all other values
            code = _whole_number(value)
            row = {"code": code, "name": category.attribute("label"), "color": colors.get(category.attribute("symbol"))}
            yield {**row, "value": value}


def _symbol_color(symbol: QDomElement) -> str | None:
    """The colour of the first layer of a symbol; QGIS 3 has written it in two ways."""
    for tag, key in (("Option", "name"), ("prop", "k")):
        for option in _elements(symbol, tag):
            if option.attribute(key) == "color":
                parts = option.attribute("value" if tag == "Option" else "v").split(",")[:3]
                return _hex_color(parts)
    return None


def _elements(root: QDomElement, tag: str) -> Iterator[QDomElement]:
    found = root.elementsByTagName(tag)
    for number in range(found.count()):
        yield found.at(number).toElement()


# Tables


def _table_rows(text: str) -> Iterator[dict[str, Any]]:
    """The classes of a table, or of a colour map that QGIS exported, which has no titles of columns."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(("#", "INTERPOLATION"))]
    if not lines:
        return
    delimiter = max(",;\t|", key=lines[0].count)
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
    if _whole_number(rows[0][0]) is not None and len(rows[0]) == _COLOR_MAP_COLUMNS:
        for value, red, green, blue, _opacity, label in (row for row in rows if len(row) == _COLOR_MAP_COLUMNS):
            if code := _whole_number(value):
                yield {"code": code, "name": label, "color": _hex_color([red, green, blue])}
        return
    titles = [_plain(title) for title in rows[0]]
    places = {
        key: next((titles.index(title) for title in names if title in titles), None) for key, names in _COLUMNS.items()
    }
    if places["name"] is None:
        return
    for row in rows[1:]:
        cells = {key: row[place] for key, place in places.items() if place is not None and place < len(row)}
        if cells.get("name"):
            yield _typed(cells)


def _typed(cells: Mapping[str, str]) -> dict[str, Any]:
    """Cells of a row with numbers where a class has numbers; what is no number stays text, and is refused later."""
    typed: dict[str, Any] = dict(cells)
    for key in ("code", "parent"):
        if cells.get(key):
            number = _whole_number(cells[key])
            typed[key] = cells[key] if number is None else number
    if cells.get("weight"):
        try:
            typed["weight"] = float(cells["weight"].replace(",", "."))
        except ValueError:
            typed["weight"] = cells["weight"]
    color = cells.get("color", "").upper()
    typed["color"] = color if color.startswith("#") or not color else f"#{color}"
    return typed


def _plain(title: str) -> str:
    letters = unicodedata.normalize("NFKD", title.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).strip()


def _whole_number(text: str) -> int | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() and 0 <= number <= MAX_OWN_CODE else None


def _hex_color(parts: Sequence[str]) -> str | None:
    """`#RRGGBB` of red, green and blue from 0 to 255; None for anything else."""
    numbers = [int(part) for part in parts if part.strip().isdecimal() and len(part) <= _MAX_DIGITS]
    if len(numbers) != 3 or max(numbers) > 255:
        return None
    return "#" + "".join(f"{number:02X}" for number in numbers)
