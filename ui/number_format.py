"""Numbers in the language and number format of QGIS."""

from __future__ import annotations

from qgis.PyQt.QtCore import QLocale


def format_hectares(area_ha: float, largest_ha: float | None = None) -> str:
    """Hectares in QGIS's number format: one decimal, or none from ten thousand on.

    Parameters
    ----------
    area_ha : the area, hectares.
    largest_ha : largest area of the same column, which decides the decimals for all of them; None takes `area_ha`.

    Returns
    -------
    The number without its unit.

    """
    decimals = 1 if abs(area_ha if largest_ha is None else largest_ha) < 10_000 else 0
    return str(QLocale().toString(float(area_ha), "f", decimals))


def format_percent(value: float) -> str:
    """Percent with one decimal; a share that would print as zero but is not, as `< 0.1`."""
    if 0 < value < 0.05:
        return f"< {QLocale().toString(0.1, 'f', 1)}"
    return str(QLocale().toString(float(value), "f", 1))


def format_megabytes(size_bytes: int) -> str:
    """Millions of bytes: one decimal below ten, none above."""
    size_mb = size_bytes / 1e6
    return str(QLocale().toString(size_mb, "f", 1 if size_mb < 10 else 0))


def format_size(size_bytes: float) -> str:
    """A size with its unit: MB below a thousand of them, GB above, with one decimal below ten."""
    number, unit = (size_bytes / 1e9, "GB") if size_bytes >= 1e9 else (size_bytes / 1e6, "MB")
    return f"{QLocale().toString(number, 'f', 1 if number < 10 else 0)} {unit}"


def format_decimals(value: float, decimals: int) -> str:
    """A number with a fixed count of decimals.

    Parameters
    ----------
    value : the number.
    decimals : digits after the decimal point.

    """
    return str(QLocale().toString(float(value), "f", decimals))
