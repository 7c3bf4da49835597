"""A legend for the values of somebody's field of classes: codes, names and colours, with values merged or dropped.

The standard library only, so that the dock proposes the same legend as the engine.
"""

from __future__ import annotations

import colorsys
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .errors import TrainingInvalid
from .legend import LEGEND, MAX_OWN_CODE, LandClass, Legend, hex_to_rgb
from .messages import message, translate
from .plain_text import plain

_SYNONYMS: dict[str, int] = {
    **dict.fromkeys(("agua", "water body", "water bodies", "cuerpo de agua", "rio", "lago", "lake", "laguna"), 1),
    **dict.fromkeys(("forest", "tree cover", "woodland", "bosque", "bosques", "arboles", "arbolado"), 2),
    **dict.fromkeys(("grassland", "herbaceous", "pasture", "pastizal", "pastizales", "pasto", "pastos", "pradera"), 3),
    **dict.fromkeys(("wetland", "wetlands", "humedal", "humedales", "bofedal", "bofedales", "manglar", "mangrove"), 4),
    **dict.fromkeys(("cropland", "crop", "agriculture", "cultivo", "cultivos", "agricultura", "agricola"), 5),
    **dict.fromkeys(("shrubland", "shrub", "shrubs", "scrub", "matorral", "matorrales", "arbustos"), 6),
    **dict.fromkeys(("urban", "built-up", "built up", "built", "urbano", "edificado", "artificial", "poblado"), 7),
    **dict.fromkeys(("bare", "bare soil", "bare land", "baresoil", "suelo desnudo", "desnudo", "roca", "rocks"), 8),
    **dict.fromkeys(("snow", "ice", "snow and ice", "nieve", "hielo", "glaciar", "glacier"), 9),
    **dict.fromkeys(("cloud", "nube", "nubes"), 10),
}
"""Usual names, beside those of the bundled legend in both languages, of the classes whose colour they get."""
_MAX_NAME = 100
_SHOWN = 12


@dataclass(frozen=True)
class LegendProposal:
    """The classes of the values of a field."""

    legend: Legend
    code_by_value: Mapping[str, int]
    """By value as `plain` gives it; 0 where a value is dropped."""

    def code_of(self, value: object) -> int:
        """Code of a value; 0 for one that is empty, dropped or unknown."""
        return self.code_by_value.get(plain(value), 0)


def propose_legend(values: Iterable[object], classes: Mapping[str, str | int] | None = None) -> LegendProposal:
    """Propose a legend for the values of a field.

    A value that the bundled legend knows gets its code and colour, another one a code from 11 on and a colour that
    differs from all others. Where all values are whole numbers they are the codes themselves.

    Parameters
    ----------
    values : of the field, with repetitions; empty ones are dropped.
    classes : code or name of the class by value, for values that are merged (several with one name or code) or dropped
        (0 or an empty text); None leaves every value a class of its own.

    Returns
    -------
    Legend and codes. Values that differ in case and accents alone are one class, under the commoner spelling.

    Raises
    ------
    TrainingInvalid : where no value is left, or there are more than 250 classes.

    Examples
    --------
    >>> found = propose_legend(["Bosque", "bosque", "Ichu", "Nubes"], {"Nubes": 0})
    >>> [(land.code, land.name, land.color) for land in found.legend]
    [(2, 'Bosque', '#358221'), (11, 'Ichu', '#0000FF')]
    >>> found.code_of("BOSQUE"), found.code_of("nubes")
    (2, 0)

    """
    named = _named_values(values, classes or {})
    names = list(dict.fromkeys(name for name in named.values() if name))
    if not names:
        raise TrainingInvalid(
            "No label has a class.", "The field of classes is empty, or all of its values are left out."
        )
    codes = _codes(names)
    if len(codes) > MAX_OWN_CODE:
        raise TrainingInvalid(
            message(
                "The field of classes has {count:,} different values; a legend has at most {max_own_code} classes.",
                count=len(codes),
                max_own_code=MAX_OWN_CODE,
            ),
            message("They begin with {names}.", names=", ".join(names[:_SHOWN])),
            "Choose the field that holds the class, or merge values into classes.",
        )
    return LegendProposal(
        Legend(_classes(names, codes)), {value: codes[name] if name else 0 for value, name in named.items()}
    )


def match_legend(
    values: Iterable[object], legend: Legend, classes: Mapping[str, str | int] | None = None
) -> LegendProposal:
    """The classes of values in a legend that is given: by `classes`, else by the names of its classes, else by codes.

    Parameters
    ----------
    values : of the field; empty ones are dropped.
    legend : the classes.
    classes : code or name of the class by value; 0 or an empty text drops a value.

    Returns
    -------
    The legend and the code of each value.

    Raises
    ------
    TrainingInvalid : where a value has no class, with all such values.

    """
    by_name = {plain(land.label(language)): land.code for land in legend for language in ("en", "es")}
    by_name |= {str(code): code for code in legend.codes if str(code) not in by_name}
    given = {plain(value): str(target) for value, target in (classes or {}).items()}
    counts = Counter(text for text in map(plain, values) if text)
    codes: dict[str, int] = {}
    for text in counts:
        target = plain(given.get(text, text))
        codes[text] = 0 if text in given and target in ("", "0") else by_name.get(target, -1)
    unknown = [f"{text[:40]!r} ({count})" for text, count in counts.most_common() if codes[text] < 0]
    if unknown:
        raise TrainingInvalid(
            message("{count} values of the field of classes are not in the legend.", count=len(unknown)),
            message("They are {names}.", names=", ".join(unknown[:_SHOWN]) + (", …" if len(unknown) > _SHOWN else "")),
            "Give each a class of the legend, or 0 to leave it out: the job's key 'training_options.classes'.",
        )
    return LegendProposal(legend, codes)


def _named_values(values: Iterable[object], classes: Mapping[str, str | int]) -> dict[str, str]:
    """The name of the class of each plain value; empty where it is dropped."""
    spellings: dict[str, Counter[str]] = {}
    for value, count in Counter(map(_hashable, values)).items():
        text = plain(value)
        if text:
            spelled = " ".join(str(value).split()) if isinstance(value, str) else text
            spellings.setdefault(text, Counter())[spelled] += count
    given = {plain(value): str(target).strip() for value, target in classes.items()}
    named: dict[str, str] = {}
    canonical: dict[str, str] = {}
    for text in sorted(spellings):
        target = given.get(text)
        if target is not None and plain(target) in ("", "0"):
            named[text] = ""
            continue
        wanted = target or min(spellings[text].items(), key=lambda item: (-item[1], item[0]))[0]
        named[text] = canonical.setdefault(plain(wanted), _clean_name(wanted))
    return named


def _hashable(value: object) -> str | float:
    """Attributes of JSON may be lists."""
    return value if isinstance(value, (str, int, float)) else str(value or "")


def _clean_name(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable())[:_MAX_NAME].strip()


def _codes(names: Sequence[str]) -> dict[str, int]:
    """A code for each name: a whole number is its own, a known name has that of the bundled legend."""
    numbers = {name: int(plain(name)) for name in names if plain(name).isdigit() and len(plain(name)) < 4}
    allowed = set(numbers.values()) & set(range(1, MAX_OWN_CODE + 1))
    if len(allowed) == len(names):
        return numbers
    codes: dict[str, int] = {}
    for name in names:
        known = _known_code(name)
        if known and known not in codes.values():
            codes[name] = known
    free = iter(range(len(LEGEND) + 1, len(LEGEND) + len(names) + 1))
    if len(names) > MAX_OWN_CODE - len(LEGEND):
        free = iter(code for code in range(1, len(names) + 1) if code not in codes.values())
    for name in names:
        if name not in codes:
            codes[name] = next(free)
    return codes


def _known_code(name: str) -> int:
    """Code of the bundled class that a name means; 0 for none."""
    text = plain(name)
    own = {plain(translate(land.name, language)): land.code for land in LEGEND for language in ("en", "es")}
    return own.get(text, _SYNONYMS.get(text, 0))


def _classes(names: Sequence[str], codes: Mapping[str, int]) -> tuple[LandClass, ...]:
    bundled = {land.code: land for land in LEGEND}
    known = {name: bundled[codes[name]] for name in names if _known_code(name) == codes[name]}
    colors = distinct_colors(len(names) - len(known), [land.color for land in known.values()])
    found = []
    for name in names:
        if name in known:
            land = known[name]
            found.append(LandClass(land.code, name, land.color, land.weight, role=land.role))
        else:
            found.append(LandClass(codes[name], name, next(colors)))
    return tuple(found)


def distinct_colors(count: int, taken: Sequence[str] = ()) -> Iterator[str]:
    """Colours that differ as far as they can from each other, from those that are taken, from white and from black.

    Parameters
    ----------
    count : how many.
    taken : `#RRGGBB` of other classes.

    Returns
    -------
    An iterator of `#RRGGBB`; distances are those of CIELAB (CIE 1976).

    Examples
    --------
    >>> colors = list(distinct_colors(40, ["#358221"]))
    >>> len(set(colors)), "#358221" in colors
    (40, False)

    """
    candidates = [
        _hex(colorsys.hsv_to_rgb(hue / 36, saturation, value))
        for value in (1.0, 0.75, 0.5)
        for saturation in (1.0, 0.65, 0.35)
        for hue in range(36)
    ]
    candidates = [color for color in dict.fromkeys(candidates) if color not in taken]
    places = [_lab(color) for color in candidates]
    nearest = [min(_distance(place, _lab(other)) for other in ("#FFFFFF", "#000000", *taken)) for place in places]
    found = []
    for _ in range(count):
        best = max(range(len(candidates)), key=nearest.__getitem__)
        found.append(candidates[best])
        nearest = [min(old, _distance(place, places[best])) for old, place in zip(nearest, places)]
    return iter(found)


def _hex(color: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(255 * part):02X}" for part in color)


def _distance(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    return math.dist(one, other)


def _lab(color: str) -> tuple[float, float, float]:
    """A colour of sRGB in CIELAB with the white point D65."""
    linear = [((c / 255 + 0.055) / 1.055) ** 2.4 if c > 10 else c / 255 / 12.92 for c in hex_to_rgb(color)]
    matrix = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    x, y, z = (
        _lab_part(sum(factor * part for factor, part in zip(row, linear)) / white)
        for row, white in zip(matrix, (0.9505, 1.0, 1.089))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _lab_part(share: float) -> float:
    root: float = share ** (1 / 3)
    return root if share > 0.008856 else 7.787 * share + 16 / 116
