"""Names of the classes in texts on accuracy: those of the legend, and of changes from one class to another."""

from __future__ import annotations

from ..core.legend import CLASS_BY_CODE, CLASS_COUNT, LEGEND
from ..core.messages import message

PAIR_BASE = 16
"""A change is coded as 16 x index of the earlier class in the legend + index of the later one, as in change rasters."""


def class_text(code: int) -> str:
    """The English name of a class or of a change, as a text that `translate` translates.

    Parameters
    ----------
    code : of the legend, or of a pair of its classes (16 x earlier + later).

    Returns
    -------
    The name; the code itself where it is of neither kind.

    Examples
    --------
    >>> class_text(2), class_text(16 * 2 + 5), class_text(16 * 2 + 2), class_text(250)
    ('Trees', 'Trees to Crops', 'Trees (unchanged)', '250')

    """
    if code in CLASS_BY_CODE:
        return CLASS_BY_CODE[code].name
    before, after = divmod(code, PAIR_BASE)
    if before == after and 1 <= before <= CLASS_COUNT:
        return message("{name} (unchanged)", name=LEGEND[before - 1].name)
    if 1 <= before <= CLASS_COUNT and 1 <= after <= CLASS_COUNT:
        return message("{before} to {after}", before=LEGEND[before - 1].name, after=LEGEND[after - 1].name)
    return str(code)
