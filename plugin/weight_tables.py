"""Tables of class weights that the user keeps by name, and their files: CSV, or the engine's JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .allpa_engine.core.atomic import write_json, write_text
from .allpa_engine.core.composite_keys import DEFAULT_MIN_SHARES
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


@dataclass(frozen=True)
class WeightTable:
    """What a class must have to win the vote, where that is not the usual."""

    weights: Mapping[int, float] = field(default_factory=dict)
    """By class code; the other classes have their usual weights."""
    min_shares: Mapping[int, float] | None = None
    """Share of the clear observations (0 to 1) that a class must exceed, by code, where it must: classes that are left
    out need none. None stands for the usual shares."""

    @property
    def is_usual(self) -> bool:
        """Whether nothing differs from the usual."""
        return not self.weights and self.min_shares is None

    def for_legend(self, legend: Sequence[LandClass]) -> WeightTable:
        """The table with what differs from the usual weights and shares of these classes, and without other classes."""
        codes = {land_class.code for land_class in legend}
        weights = {code: weight for code, weight in self.weights.items() if code in codes}
        shares = self.min_shares
        if shares is not None:
            shares = {code: share for code, share in sorted(shares.items()) if code in codes}
        return WeightTable(changed_weights(weights, legend), None if shares == usual_shares(legend) else shares)


def usual_shares(legend: Sequence[LandClass]) -> dict[int, float]:
    """The minimum shares that classes have by themselves, by code."""
    return {
        land_class.code: DEFAULT_MIN_SHARES[land_class.role]
        for land_class in sorted(legend, key=lambda one: one.code)
        if land_class.role in DEFAULT_MIN_SHARES
    }


def saved_tables() -> dict[str, WeightTable]:
    """The tables that the user has saved, by name."""
    try:
        saved = json.loads(_TABLES.value() or "{}")
        return {str(name): table_from_json(value) for name, value in sorted(saved.items())}
    except (ValueError, AttributeError, TypeError, LookupError):
        return {}


def save_table(name: str, table: WeightTable) -> None:
    """Keep a table in QGIS's profile; one of the same name is replaced."""
    _write({**saved_tables(), name: table})


def remove_table(name: str) -> None:
    """Forget a table."""
    _write({other: table for other, table in saved_tables().items() if other != name})


def _write(tables: Mapping[str, WeightTable]) -> None:
    _TABLES.set_value(json.dumps({name: table_to_json(table) for name, table in tables.items()}))


def table_to_json(table: WeightTable) -> Any:  # noqa: ANN401 - a JSON value
    """A table as the profile keeps it: the text of its weights alone where its shares are the usual ones."""
    text = weights_text(table.weights)
    return text if table.min_shares is None else {"weights": text, "min_shares": weights_text(table.min_shares)}


def table_from_json(value: Any) -> WeightTable:  # noqa: ANN401 - a JSON value
    """A table from what `table_to_json` gives.

    Raises
    ------
    ValueError, TypeError, LookupError, AttributeError : where it is none.

    """
    if isinstance(value, str):
        return WeightTable(parse_weights(value))
    return WeightTable(parse_weights(value["weights"]), parse_weights(value["min_shares"]))


def weights_text(weights: Mapping[int, float]) -> str:
    """Weights as the parameter WEIGHTS has them, such as `3=1.2;9=0.6`."""
    return ";".join(f"{code}={_number_text(weight)}" for code, weight in sorted(weights.items()))


def _number_text(value: float) -> str:
    """The shortest text that gives the same number."""
    text = f"{value:.6g}"
    return text if float(text) == value else repr(float(value))


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


def read_weight_file(path: Path, legend: Sequence[LandClass]) -> WeightTable:
    """Read weights, and minimum shares where there are any, from a file.

    Parameters
    ----------
    path : CSV with a code and a weight in each row (between commas, semicolons or tabs; a header and further columns
        are passed over), which leaves the usual shares, or JSON as Allpa saves it: classes without a minimum share in
        it need none.
    legend : the classes that the weights are for.

    Returns
    -------
    What differs from the usual; classes that the file lacks keep their usual weight.

    Raises
    ------
    JobInvalid : where the file cannot be read, has another class, or a weight that cannot be used.

    """
    shares: dict[int, float] | None = None
    try:
        if path.suffix.lower() == ".json":
            pairs, shares = _json_table(read_json(path, _MAX_FILE_BYTES))
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
    wrong += [code for code, share in (shares or {}).items() if not 0 <= share < 1 and code not in wrong]
    if wrong or not weights:
        raise JobInvalid(
            tr("The weights in {} cannot be used.").format(path.name),
            tr("Wrong are those of the codes {}.").format(", ".join(map(str, wrong))) if wrong else "",
        )
    return WeightTable(weights, shares).for_legend(legend)


def write_weight_file(path: Path, name: str, table: WeightTable, legend: Sequence[LandClass]) -> None:
    """Write weights as CSV, or with the minimum shares as the JSON that the parameter WEIGHT_TABLE takes.

    Parameters
    ----------
    path : ends with `.csv` or `.json`; written whole or not at all.
    name : of the table.
    table : what differs from the usual.
    legend : the classes, which give the names.

    Raises
    ------
    DiskFull, FolderNotWritable : where it cannot be written.

    """
    rows = [(land.code, land.name, table.weights.get(land.code, land.weight)) for land in legend]
    if path.suffix.lower() == ".json":
        shares = usual_shares(legend) if table.min_shares is None else table.min_shares
        classes = [
            {"code": code, "name": title, "weight": weight, "min_share": shares.get(code)}
            for code, title, weight in rows
        ]
        write_json(path, {"name": name[:MAX_NAME_CHARS], "classes": classes})
        return
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("code", "class", "weight"), *rows])
    write_text(path, text.getvalue())


def _json_table(table: Any) -> tuple[list[tuple[Any, Any]], dict[int, float]]:  # noqa: ANN401 - a value from outside
    """Code and weight of each class, and the minimum shares by code."""
    rows = table["classes"]
    shares = {int(row["code"]): float(row["min_share"]) for row in rows if row.get("min_share") is not None}
    return [(row["code"], row["weight"]) for row in rows], shares


def _csv_pairs(text: str) -> list[tuple[str, str]]:
    """Code and weight of each row, its first and its last cell; rows before the first code are a header."""
    delimiter = next((mark for mark in ("\t", ";") if mark in text), ",")
    rows = (
        [cell.strip() for cell in row if cell.strip()] for row in csv.reader(io.StringIO(text), delimiter=delimiter)
    )
    filled = [row for row in rows if row]
    first = next((place for place, row in enumerate(filled) if row[0].isdecimal()), len(filled))
    return [(row[0], row[-1].replace(",", ".")) for row in filled[first:]]
