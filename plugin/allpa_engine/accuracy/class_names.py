"""Names of the classes in texts on accuracy: those of the legend, and of changes from one class to another."""

from __future__ import annotations

from ..core.legend import BUNDLED_LEGEND, Legend, pair_base
from ..core.messages import message


def class_text(code: int, legend: Legend = BUNDLED_LEGEND) -> str:
    """The name of a class or of a change, as a text that `translate` translates where it is a bundled one.

    Parameters
    ----------
    code : of the legend, or of a pair of its classes (`pair_base(legend)` x earlier + later, as in change rasters).
    legend : the classes.

    Returns
    -------
    The name; the code itself where it is of neither kind.

    Examples
    --------
    >>> class_text(2), class_text(16 * 2 + 5), class_text(16 * 2 + 2), class_text(250)
    ('Trees', 'Trees to Crops', 'Trees (unchanged)', '250')

    """
    by_code = legend.by_code
    if code in by_code:
        return by_code[code].text
    before, after = divmod(code, pair_base(legend))
    if before not in by_code or after not in by_code:
        return str(code)
    if before == after:
        return message("{name} (unchanged)", name=by_code[before].text)
    return message("{before} to {after}", before=by_code[before].text, after=by_code[after].text)


def class_color(code: int, legend: Legend = BUNDLED_LEGEND) -> str:
    """The colour of a class as `#RRGGBB`; empty for a change, and for codes that the legend does not have."""
    return legend.by_code[code].color if code in legend.by_code else ""
