"""Colours and names of change: one for every pair of classes, for the certainty of a change, and for one class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..core.atomic import write_text
from ..core.legend import LandClass, pair_base
from ..core.messages import translatable, translate
from ..raster.cog import color_table
from ..raster.styles import palette_style, pam_document

SAME, DOUBTFUL, CONFIDENT = 1, 2, 3
_CERTAINTY = {
    SAME: ("#E3E6E8", translatable("Same class")),
    DOUBTFUL: ("#F4B183", translatable("Change, low confidence")),
    CONFIDENT: ("#B2182B", translatable("Change, high confidence")),
}
UNCHANGED, LOST, GAINED = 1, 2, 3
_ONE_CLASS = {
    UNCHANGED: ("#C9CED2", translatable("{land}: unchanged")),
    LOST: ("#D7301F", translatable("{land}: lost")),
    GAINED: ("#2166AC", translatable("{land}: gained")),
}
_LIGHTEN_FRACTION = 0.72
"""How far the colour of an unchanged class is drawn towards white, so that change stands out."""


def transition_classes(code: int, legend: Sequence[LandClass]) -> tuple[LandClass, LandClass]:
    """The earlier and the later class of a pair's code.

    Parameters
    ----------
    code : `pair_base(legend)` x code of the earlier class + that of the later; not 0.
    legend : the classes of the maps.

    Returns
    -------
    The two classes; twice the same one where nothing changed.

    Examples
    --------
    >>> from ..core.legend import LEGEND
    >>> [land_class.name for land_class in transition_classes(16 * 2 + 5, LEGEND)]
    ['Trees', 'Crops']

    """
    by_code = {land_class.code: land_class for land_class in legend}
    before, after = divmod(code, pair_base(legend))
    return by_code[before], by_code[after]


def transition_label(code: int, legend: Sequence[LandClass], language: str = "en") -> str:
    """The name of a pair of classes.

    Parameters
    ----------
    code : `pair_base(legend)` x code of the earlier class + that of the later; not 0.
    legend : the classes of the maps.
    language : `en` or `es`.

    Returns
    -------
    Both names with an arrow between; one name where the class is the same.

    Examples
    --------
    >>> from ..core.legend import LEGEND
    >>> transition_label(16 * 2 + 5, LEGEND), transition_label(16 * 2 + 2, LEGEND, "es")
    ('Trees → Crops', 'Árboles')

    """
    before, after = transition_classes(code, legend)
    if before == after:
        return before.label(language)
    return f"{before.label(language)} → {after.label(language)}"


def transition_color(code: int, legend: Sequence[LandClass]) -> str:
    """The colour of a pair of classes: that of the later class, pale where the class is the same.

    Parameters
    ----------
    code : `pair_base(legend)` x code of the earlier class + that of the later; not 0.
    legend : the classes of the maps.

    Returns
    -------
    `#RRGGBB`.

    Examples
    --------
    >>> from ..core.legend import LEGEND
    >>> transition_color(16 * 2 + 5, LEGEND), transition_color(16 * 5 + 5, LEGEND)
    ('#FFDB5C', '#FFF5D1')

    """
    before, after = transition_classes(code, legend)
    if before != after:
        return after.color
    return "#" + "".join(f"{round(part + (255 - part) * _LIGHTEN_FRACTION):02X}" for part in after.rgb)


def transition_colors(legend: Sequence[LandClass]) -> dict[int, tuple[int, int, int, int]]:
    """The colour table of every possible pair of classes.

    Parameters
    ----------
    legend : the classes of the maps, whose codes fit into a byte two by two.

    Returns
    -------
    Red, green, blue and alpha, 0 to 255, by pair code; code 0 (no data) is transparent.

    """
    lands = [land_class.code for land_class in legend]
    codes = [pair_base(legend) * before + after for before in lands for after in lands]
    return color_table({code: transition_color(code, legend) for code in codes})


def certainty_colors() -> dict[int, tuple[int, int, int, int]]:
    """The colour table of the certainty."""
    return color_table({value: color for value, (color, _) in _CERTAINTY.items()})


def write_transition_style(path: Path, codes: Sequence[int], legend: Sequence[LandClass], language: str) -> None:
    """Write QML and category names beside a change raster, for the pairs that exist; changes come before the rest.

    Parameters
    ----------
    path : of the raster; gets `.qml` in place of its suffix and `.aux.xml` after it.
    codes : the pairs that exist; without 0.
    legend : the classes of the maps.
    language : of the names, `en` or `es`.

    Raises
    ------
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    base = pair_base(legend)
    ordered = sorted(codes, key=lambda code: (code // base == code % base, code))
    entries = [(code, transition_color(code, legend), transition_label(code, legend, language)) for code in ordered]
    _write(
        path,
        entries,
        {code: tuple(land.label(language) for land in transition_classes(code, legend)) for code in codes},
    )


def write_certainty_style(path: Path, language: str) -> None:
    """Write QML and category names beside a raster of certainty.

    Parameters
    ----------
    path : of the raster; gets `.qml` in place of its suffix and `.aux.xml` after it.
    language : of the names, `en` or `es`.

    Raises
    ------
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    _write(path, [(value, color, translate(text, language)) for value, (color, text) in _CERTAINTY.items()])


def one_class_colors() -> dict[int, tuple[int, int, int, int]]:
    """The colour table of one class's change."""
    return color_table({value: color for value, (color, _) in _ONE_CLASS.items()})


def one_class_entries(land: LandClass, language: str) -> list[tuple[int, str, str]]:
    """Value, colour and name of the parts of one class's change: lost, gained, unchanged.

    Parameters
    ----------
    land : the class.
    language : of the names, `en` or `es`.

    Returns
    -------
    Three entries: the value in the raster, the colour (`#RRGGBB`) and the name.

    """
    return [
        (part, _ONE_CLASS[part][0], translate(_ONE_CLASS[part][1], language).format(land=land.label(language)))
        for part in (LOST, GAINED, UNCHANGED)
    ]


def write_one_class_style(path: Path, land: LandClass, language: str) -> None:
    """Write QML and category names beside a raster of one class's change.

    Parameters
    ----------
    path : of the raster; gets `.qml` in place of its suffix and `.aux.xml` after it.
    land : the class.
    language : of the names, `en` or `es`.

    Raises
    ------
    DiskFull, FolderNotWritable : where a file cannot be written.

    """
    _write(path, one_class_entries(land, language))


def _write(
    path: Path, entries: Sequence[tuple[int, str, str]], from_to_names: Mapping[int, tuple[str, ...]] | None = None
) -> None:
    """QML and GDAL's document of values, colours and names; `from_to_names` names the earlier and the later class of
    each.
    """
    write_text(path.with_suffix(".qml"), palette_style(1, entries))
    rows = [
        (value, label, color, from_to_names[value] if from_to_names else ()) for value, color, label in sorted(entries)
    ]
    columns = ("From", "To") if from_to_names else ()
    write_text(path.with_name(f"{path.name}.aux.xml"), pam_document({}, rows, columns))
