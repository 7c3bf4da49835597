"""Change as CSV files: the matrix, gain and loss of each class, and the time line. The warning stands in each."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable

from ..core.atomic import write_text
from ..core.legend import CLASS_BY_CODE
from .matrix import ChangeMatrix
from .one_class import class_flows
from .style import GAINED, LOST, UNCHANGED
from .timeline import Timeline

_CORNER = {"en": "from \\ to (ha)", "es": "de \\ a (ha)"}
_CLASSES = {
    "en": ("code", "class", "before (ha)", "after (ha)", "kept (ha)", "gain (ha)", "loss (ha)", "net (ha)"),
    "es": (
        "código",
        "clase",
        "antes (ha)",
        "después (ha)",
        "igual (ha)",
        "ganancia (ha)",
        "pérdida (ha)",
        "neto (ha)",
    ),
}
_ONE_CLASS = {
    "en": ("change", "code", "area (ha)", "percent of the class before (kept, lost) or after (gained)"),
    "es": ("cambio", "código", "área (ha)", "porcentaje de la clase antes (se mantiene, pérdida) o después (ganancia)"),
}
_PARTS = {
    "en": {UNCHANGED: "{land}: kept", LOST: "{land}: lost to {other}", GAINED: "{land}: gained from {other}"},
    "es": {UNCHANGED: "{land}: se mantiene", LOST: "{land}: pérdida a {other}", GAINED: "{land}: ganancia de {other}"},
}


def write_matrix_csv(matrix: ChangeMatrix, path: str | os.PathLike[str]) -> None:
    """Write the from-to matrix in hectares, with totals of rows and columns."""
    names = [land.label(matrix.language) for land in matrix.legend]
    rows = [
        [name, *(f"{area:.2f}" for area in areas), f"{areas.sum():.2f}"]
        for name, areas in zip(names, matrix.area_ha, strict=True)
    ]
    sums = ["Total", *(f"{area:.2f}" for area in matrix.area_ha.sum(axis=0)), f"{matrix.area_ha.sum():.2f}"]
    _write(path, [[_CORNER[_language(matrix.language)], *names, "Total"], *rows, sums], matrix.warning)


def write_classes_csv(matrix: ChangeMatrix, path: str | os.PathLike[str]) -> None:
    """Write gain, loss and net of every class, over the land that both maps show."""
    rows = [
        [each.code, each.name]
        + [
            f"{area:.2f}"
            for area in (each.before_ha, each.after_ha, each.unchanged_ha, each.gain_ha, each.loss_ha, each.net_ha)
        ]
        for each in matrix.classes()
    ]
    _write(path, [_CLASSES[_language(matrix.language)], *rows], matrix.warning)


def write_one_class_csv(matrix: ChangeMatrix, code: int, path: str | os.PathLike[str]) -> None:
    """Write what of a class was kept, what it was lost to and gained from; hectares, and percent of the class."""
    language = _language(matrix.language)
    land = CLASS_BY_CODE[code].label(matrix.language)
    rows = [
        [
            _PARTS[language][flow.part].format(land=land, other=flow.other.label(matrix.language)),
            flow.other.code,
            f"{flow.area_ha:.2f}",
            f"{flow.percent:.2f}",
        ]
        for flow in class_flows(matrix, code)
    ]
    _write(path, [_ONE_CLASS[language], *rows], matrix.warning)


def write_timeline_csv(line: Timeline, path: str | os.PathLike[str]) -> None:
    """Write one row per class and one column of hectares per period."""
    header = [*_CLASSES[_language(line.language)][:2], *(f"{period} (ha)" for period in line.periods)]
    rows = [
        [row.code, row.name, *(f"{table.rows[index].area_ha:.2f}" for table in line.tables)]
        for index, row in enumerate(line.tables[0].rows)
    ]
    _write(path, [header, *rows], line.warning)


def _language(language: str) -> str:
    return "es" if language.startswith("es") else "en"


def _write(path: str | os.PathLike[str], rows: Iterable[Iterable[object]], warning: str) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(rows)
    writer.writerow([])
    writer.writerow([warning])
    write_text(path, text.getvalue())
