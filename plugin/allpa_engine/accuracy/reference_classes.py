"""From the values of somebody else's field of classes to the classes of the legend."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..core.errors import ReferenceInvalid
from ..core.legend import BUILT, BUNDLED_LEGEND, CROPS, GRASS, SNOW, TREES, WATER, Legend
from ..core.messages import message
from ..core.plain_text import plain

CLASS_NAMES = (
    "reference_class", "class", "clase", "landcover", "land_cover", "lc1", "lc", "lc_code", "cobertura", "label",
    "etiqueta", "class_name", "classname", "class_code", "classcode", "code", "codigo", "land_use_category",
    "landuse", "land_use", "uso", "category", "categoria", "lulc", "leyenda", "name",
)  # fmt: skip
"""Usual names of the field, in the order in which they are taken."""
_FLOODED, _SHRUB, _BARE = 4, 6, 8
_LUCAS_CODE = re.compile(r"[A-H][0-9X]{2}")
_LUCAS_GROUPS = {
    "A": BUILT,
    "B": CROPS,
    "C": TREES,
    "D": _SHRUB,
    "E": GRASS,
    "F": _BARE,
    "G": WATER,
}
_LUCAS_CODES = {
    **dict.fromkeys(("B71", "B72", "B73", "B74", "B75", "B76", "B77", "B81"), TREES),
    "G50": SNOW,
    "H11": _FLOODED,
    "H12": _FLOODED,
    "H21": _FLOODED,
}
"""LUCAS 2018, technical reference document C3, land cover: fruit trees and olive groves are trees here, since crops are
not at tree height; salines (H22) and intertidal flats (H23) fit no class and must be mapped by hand."""
_SHOWN = 12


def class_field(fields: Sequence[str], wanted: str, name: str, key: str = "reference_options.class_field") -> int:
    """The field of the classes: the one that is named, else one with a usual name, else one with such a word in it.

    Parameters
    ----------
    fields : names of the fields.
    wanted : of the job; empty to find it.
    name : of the file, for the sentence of an error.
    key : of the job that names the field, for the same.

    Returns
    -------
    Its position.

    Raises
    ------
    ReferenceInvalid : where there is none.

    Examples
    --------
    >>> class_field(["id", "Cobertura"], "", "points.csv"), class_field(["año de la clase"], "", "points.csv")
    (1, 0)

    """
    names = [plain(field).replace(" ", "_") for field in fields]
    for candidate in [plain(wanted).replace(" ", "_")] if wanted else CLASS_NAMES:
        if candidate in names:
            return names.index(candidate)
    words = [set(name.split("_")) for name in names]
    for candidate in () if wanted else CLASS_NAMES:
        for number, found in enumerate(words):
            if candidate in found:
                return number
    raise _no_class_field(fields, wanted, name, key)


def _no_class_field(fields: Sequence[str], wanted: str, name: str, key: str) -> ReferenceInvalid:
    if not fields:
        what = message("No field of {name} is known to hold classes.", name=name)
        return ReferenceInvalid(
            what, message("It has no fields."), message("Add a field with the class of each feature.")
        )
    shown = message("Its fields are {fields}.", fields=", ".join(field[:30] for field in fields[:20]))
    if wanted:
        what = message("{name} has no field {field!r}.", name=name, field=wanted)
        return ReferenceInvalid(what, shown, message("Choose one of these: the key '{key}' in a job.", key=key))
    return ReferenceInvalid(
        message("No field of {name} is known to hold classes.", name=name),
        shown,
        message("Choose the field with the classes: 'Class field' in QGIS, the key '{key}' in a job.", key=key),
    )


def class_codes(
    values: Sequence[object], classes: Mapping[str, float], name: str, legend: Legend = BUNDLED_LEGEND
) -> NDArray[np.uint8]:
    """The class of each value.

    Parameters
    ----------
    values : of the field.
    classes : codes by values, which go before what is known; 0 leaves a value out.
    name : of the file, for the sentence of an error.
    legend : the classes of the map. Their names and codes are known; LUCAS codes are for the bundled ones only.

    Returns
    -------
    Codes uint8; 0 for empty values and for those that are left out.

    Raises
    ------
    ReferenceInvalid : where a value has no class, with all such values.

    Examples
    --------
    >>> class_codes(["Trees", "árboles", 2, "C10", "matorral", ""], {"Matorral": 6}, "points.csv").tolist()
    [2, 2, 2, 2, 6, 0]

    """
    known = {plain(key): int(code) for key, code in classes.items()}
    foreign = sorted(set(known.values()) - {0, *legend.codes})
    if foreign:
        raise ReferenceInvalid(
            message(
                "Values are given classes that the map does not have: {names}.",
                names=", ".join(map(str, foreign[:_SHOWN])),
            ),
            message(
                "Its classes are {names}.", names=", ".join(f"{land.code} {land.name}" for land in legend[:_SHOWN])
            ),
            "Give codes of the map's legend, or 0 to leave a value out.",
        )
    own = {plain(land.label(language)): land.code for land in legend for language in ("en", "es")}
    codes: dict[str, int | None] = {"": 0}
    texts = {key: plain(key) for key in {_key(value) for value in values}}  # few differ among many rows
    words = [texts[_key(value)] for value in values]
    counts = Counter(words)
    for text in counts:
        codes.setdefault(text, known.get(text, own.get(text, _code(text, legend))))
    unknown = {text: counts[text] for text, code in codes.items() if code is None}
    if unknown:
        shown = ", ".join(f"{text[:40]!r} ({count})" for text, count in Counter(unknown).most_common(_SHOWN))
        raise ReferenceInvalid(
            message("{count} values of the field of classes in {name} have no class.", count=len(unknown), name=name),
            message("They are {names}.", names=shown + (", …" if len(unknown) > _SHOWN else "")),
            "Give each a class, or 0 to leave it out: the job's key 'reference_options.classes'.",
        )
    return np.array([codes[word] or 0 for word in words], np.uint8)


def _key(value: object) -> object:
    """The value where it can be looked up, else its text; attributes of JSON may be lists."""
    return value if isinstance(value, (str, int, float)) else str(value) if value is not None else ""


def _code(text: str, legend: Legend) -> int | None:
    """The class of a code of the legend, or of LUCAS."""
    if text.isdigit() and int(text) in legend.by_code:
        return int(text)
    code = text.upper()
    if not legend.is_bundled or not _LUCAS_CODE.fullmatch(code):
        return None
    return _LUCAS_CODES.get(code, _LUCAS_GROUPS.get(code[0]))
