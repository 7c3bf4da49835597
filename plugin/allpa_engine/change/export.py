"""Change as files: tables as CSV, each with the warning as its last row, and all figures as JSON for programs."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ..areas.csv_table import write_csv
from ..core.atomic import write_json
from ..core.messages import translatable, translate
from .matrix import CHANGE_ASSESSED, CHANGE_WARNING, ChangeMatrix
from .one_class import class_flows
from .style import GAINED, LOST, UNCHANGED
from .timeline import Timeline

_CORNER = translatable("from \\ to (ha)")
_CLASSES = (
    translatable("code"),
    translatable("class"),
    translatable("before (ha)"),
    translatable("after (ha)"),
    translatable("unchanged (ha)"),
    translatable("gain (ha)"),
    translatable("loss (ha)"),
    translatable("net (ha)"),
)
_ONE_CLASS = (
    translatable("change"),
    translatable("code"),
    translatable("area (ha)"),
    translatable("percent of the class area, earlier map (unchanged, lost) or later map (gained)"),
)
_KINDS = {
    UNCHANGED: translatable("{land}: unchanged"),
    LOST: translatable("{land}: lost to {other}"),
    GAINED: translatable("{land}: gained from {other}"),
}


def write_matrix_csv(matrix: ChangeMatrix, path: str | os.PathLike[str]) -> None:
    """Write the from-to matrix in hectares as CSV, with totals of rows and columns and the warning below.

    Rows are the classes of the earlier map, columns those of the later one, Clouds among them; two decimals.

    Parameters
    ----------
    matrix : from `change_matrix`; its language is that of the names.
    path : the file, written whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    names = [land_class.label(matrix.language) for land_class in matrix.legend]
    rows = [
        [name, *(f"{area:.2f}" for area in areas), f"{areas.sum():.2f}"]
        for name, areas in zip(names, matrix.area_ha, strict=True)
    ]
    total = translate("Total", matrix.language)
    sums = [total, *(f"{area:.2f}" for area in matrix.area_ha.sum(axis=0)), f"{matrix.area_ha.sum():.2f}"]
    _write(path, [[translate(_CORNER, matrix.language), *names, total], *rows, sums], matrix.warning)


def write_classes_csv(matrix: ChangeMatrix, path: str | os.PathLike[str]) -> None:
    """Write gain, loss and net of every class as CSV, over the land that both maps show.

    Parameters
    ----------
    matrix : from `change_matrix`; hectares have two decimals.
    path : the file, written whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    rows = [
        [row.code, row.name]
        + [
            f"{area:.2f}"
            for area in (row.before_ha, row.after_ha, row.unchanged_ha, row.gain_ha, row.loss_ha, row.net_ha)
        ]
        for row in matrix.classes()
    ]
    _write(path, [_translated(_CLASSES, matrix.language), *rows], matrix.warning)


def write_one_class_csv(matrix: ChangeMatrix, code: int, path: str | os.PathLike[str]) -> None:
    """Write how much of a class is unchanged, what it was lost to and gained from, in hectares and percent.

    Parameters
    ----------
    matrix : from `change_matrix`.
    code : of a class of land or water in the matrix.
    path : the CSV file, written whole or not at all.

    Raises
    ------
    JobInvalid : for Clouds, which hide the land.
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    language = matrix.language
    land = matrix.class_of(code).label(language)
    rows = [
        [
            translate(_KINDS[flow.kind], language).format(land=land, other=flow.other.label(language)),
            flow.other.code,
            f"{flow.area_ha:.2f}",
            f"{flow.percent:.2f}",
        ]
        for flow in class_flows(matrix, code)
    ]
    _write(path, [_translated(_ONE_CLASS, language), *rows], matrix.warning)


def write_timeline_csv(line: Timeline, path: str | os.PathLike[str]) -> None:
    """Write one row per class and one column of hectares per period as CSV, and the warning below.

    Parameters
    ----------
    line : from `timeline`; its language is that of the names.
    path : the file, written whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    header = [*_translated(_CLASSES[:2], line.language), *(f"{period} (ha)" for period in line.periods)]
    rows = [
        [row.code, row.name, *(f"{table.rows[index].area_ha:.2f}" for table in line.tables)]
        for index, row in enumerate(line.tables[0].rows)
    ]
    _write(path, [header, *rows], line.warning)


def write_change_json(matrix: ChangeMatrix, path: str | os.PathLike[str]) -> None:
    """Write matrix and classes as JSON for programs: keys, names and notes are English in every language.

    Parameters
    ----------
    matrix : from `change_matrix`; areas are rounded to 0.0001 ha.
    path : the file, written whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    classes = [
        {
            "code": row.code,
            "name": land_class.name,
            "before_ha": round(row.before_ha, 4),
            "after_ha": round(row.after_ha, 4),
            "unchanged_ha": round(row.unchanged_ha, 4),
            "gain_ha": round(row.gain_ha, 4),
            "loss_ha": round(row.loss_ha, 4),
            "net_ha": round(row.net_ha, 4),
        }
        for row, land_class in zip(matrix.classes(), matrix.legend, strict=True)
    ]
    write_json(
        path,
        {
            "codes": [land_class.code for land_class in matrix.legend],
            "pixels_from_to": matrix.pixels.tolist(),
            "area_ha_from_to": matrix.area_ha.round(4).tolist(),
            "compared_ha": round(matrix.compared_ha, 4),
            "changed_ha": round(matrix.changed_ha, 4),
            "classes": classes,
            "notes": [CHANGE_ASSESSED if matrix.is_assessed else CHANGE_WARNING, *(str(note) for note in matrix.notes)],
        },
    )


def _translated(texts: Iterable[str], language: str) -> list[str]:
    return [translate(text, language) for text in texts]


def _write(path: str | os.PathLike[str], rows: Iterable[Iterable[object]], warning: str) -> None:
    write_csv(path, [*rows, [], [warning]])
