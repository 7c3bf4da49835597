"""Names and values as they are compared: without accents, case and spaces around."""

from __future__ import annotations

import re
import unicodedata


def plain(value: object) -> str:
    """A value as it is compared: without accents, case and spaces around; whole numbers without a decimal point.

    Examples
    --------
    >>> plain(" Árboles "), plain(2.0), plain("2.0"), plain(None)
    ('arboles', '2', '2', '')

    """
    if value is None or (isinstance(value, float) and value != value):
        return ""
    text = unicodedata.normalize("NFKD", str(value)).encode("ascii", "ignore").decode() or str(value)
    text = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split()).casefold()
    return re.sub(r"^([0-9]+)\.0+$", r"\1", text)
