"""Tables of class weights that the user keeps by name, and their files: CSV, or the engine's JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .allpa_engine.core.atomic import write_json, write_text
from .allpa_engine.core.errors import JobInvalid
from .allpa_engine.core.json_input import read_json
from .allpa_engine.core.land_class import LandClass
from .allpa_engine.core.legend import LEGEND, MAX_WEIGHT, Legend
from .settings import TextSetting
from .translation import tr

MAX_NAME_CHARS = 80
_TABLES = TextSetting("weight_tables")
"""JSON: the weights of each table as text, by its name."""
_MAX_FILE_BYTES = 1_000_000
_CARD = "model.json"


def saved_tables() -> dict[str, dict[int, float]]:
    """The tables that the user has saved: weights by class code, by name."""
    try:
        saved = json.loads(_TABLES.value() or "{}")
        return {str(name): parse_weights(text) for name, text in sorted(saved.items())}
    except (ValueError, AttributeError):
        return {}


def save_table(name: str, weights: Mapping[int, float]) -> None:
    """Keep a table in QGIS's profile; one of the same name is replaced."""
    _write({**saved_tables(), name: weights})


def remove_table(name: str) -> None:
    """Forget a table."""
    _write({other: weights for other, weights in saved_tables().items() if other != name})


def _write(tables: Mapping[str, Mapping[int, float]]) -> None:
    _TABLES.set_value(json.dumps({name: weights_text(weights) for name, weights in tables.items()}))


def weights_text(weights: Mapping[int, float]) -> str:
    """Weights as the parameter WEIGHTS has them, such as `3=1.2;9=0.6`."""
    return ";".join(f"{code}={weight:.6g}" for code, weight in sorted(weights.items()))


def parse_weights(text: str) -> dict[int, float]:
    """Weights from a text of `weights_text`.

    Raises
    ------
    ValueError : where it is none.

    """
    pairs = (part.split("=") for part in text.split(";") if part.strip())
    return {int(code): float(weight) for code, weight in pairs}


def changed_weights(weights: Mapping[int, float], legend: Sequence[LandClass]) -> dict[int, float]:
    """The weights that are not the usual ones of their classes."""
    usual = {land_class.code: land_class.weight for land_class in legend}
    return {code: weight for code, weight in weights.items() if not math.isclose(weight, usual.get(code, math.nan))}


def model_legend(model: str) -> Sequence[LandClass]:
    """The classes of a model folder; the bundled ones where there is none, or its card cannot be read.

    Parameters
    ----------
    model : path of a model folder or of its card; may be empty.

    """
    path = Path(model)
    card = path if path.name == _CARD else path / _CARD
    if not model or not card.is_file():
        return LEGEND
    try:
        return Legend.from_dict(read_json(card, _MAX_FILE_BYTES)["legend"])
    except (OSError, ValueError, LookupError, TypeError, JobInvalid):
        return LEGEND


def read_weight_file(path: Path, legend: Sequence[LandClass]) -> dict[int, float]:
    """Read weights from a file.

    Parameters
    ----------
    path : CSV with a code and a weight in each row (between commas, semicolons or tabs; a header and further columns
        are passed over), or JSON as Allpa saves it.
    legend : the classes that the weights are for.

    Returns
    -------
    Weights by code; classes that the file lacks keep their usual weight.

    Raises
    ------
    JobInvalid : where the file cannot be read, has another class, or a weight that cannot be used.

    """
    try:
        if path.suffix.lower() == ".json":
            pairs = _json_pairs(read_json(path, _MAX_FILE_BYTES))
        else:
            if path.stat().st_size > _MAX_FILE_BYTES:
                raise ValueError(tr("It is too large."))
            pairs = _csv_pairs(path.read_text(encoding="utf-8-sig"))
        weights = {int(code): float(weight) for code, weight in pairs}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise JobInvalid(
            tr("The weights in {} cannot be read.").format(path.name), "", tr("Give a code and a weight in each row.")
        ) from error
    known = {land_class.code for land_class in legend}
    wrong = [code for code, weight in weights.items() if code not in known or not 0 <= weight <= MAX_WEIGHT]
    if wrong or not weights:
        raise JobInvalid(
            tr("The weights in {} cannot be used.").format(path.name),
            tr("Wrong are those of the codes {}.").format(", ".join(map(str, wrong))) if wrong else "",
        )
    return {land_class.code: weights.get(land_class.code, land_class.weight) for land_class in legend}


def write_weight_file(path: Path, name: str, weights: Mapping[int, float], legend: Sequence[LandClass]) -> None:
    """Write weights as CSV, or as the JSON that the parameter WEIGHT_TABLE takes.

    Parameters
    ----------
    path : ends with `.csv` or `.json`; written whole or not at all.
    name : of the table.
    weights : by class code.
    legend : the classes, which give the names.

    Raises
    ------
    DiskFull, FolderNotWritable : where it cannot be written.

    """
    rows = [(land.code, land.name, weights.get(land.code, land.weight)) for land in legend]
    if path.suffix.lower() == ".json":
        classes = [{"code": code, "name": title, "weight": weight} for code, title, weight in rows]
        write_json(path, {"name": name[:MAX_NAME_CHARS], "classes": classes})
        return
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("code", "class", "weight"), *rows])
    write_text(path, text.getvalue())


def _json_pairs(table: Any) -> list[tuple[Any, Any]]:  # noqa: ANN401 - a value from outside
    rows = table["classes"]
    return [(row["code"], row["weight"]) for row in rows]


def _csv_pairs(text: str) -> list[tuple[str, str]]:
    """Code and weight of each row, its first and its last cell; rows before the first code are a header."""
    delimiter = next((mark for mark in ("\t", ";") if mark in text), ",")
    rows = (
        [cell.strip() for cell in row if cell.strip()] for row in csv.reader(io.StringIO(text), delimiter=delimiter)
    )
    filled = [row for row in rows if row]
    first = next((place for place, row in enumerate(filled) if row[0].isdecimal()), len(filled))
    return [(row[0], row[-1].replace(",", ".")) for row in filled[first:]]
