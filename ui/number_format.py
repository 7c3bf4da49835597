"""Numbers in the language and number format of QGIS, as the engine's reports and logs write them."""

from __future__ import annotations

from ..plugin.allpa_engine.core.messages import format_area, format_digits, format_share
from ..plugin.translation import bytes_text, number_text, text_locale


def format_hectares(area_ha: float, largest_ha: float | None = None) -> str:
    """Hectares as the report shows them: with the decimals of a pixel, or none from ten thousand on.

    Parameters
    ----------
    area_ha : the area, hectares.
    largest_ha : largest area of the same column, which decides the decimals for all of them; None takes `area_ha`.

    Returns
    -------
    The number without its unit.

    """
    return format_area(float(area_ha), text_locale(), largest_ha)


def format_percent(value: float) -> str:
    """Percent with one decimal; a share that would print as zero but is not, as `< 0.1`."""
    return format_share(float(value), text_locale())


def format_count(value: float) -> str:
    """A whole number."""
    return number_text(value, 0)


def format_figure(value: float, digits: int = 3) -> str:
    """A figure of a model with so many significant digits."""
    return format_digits(value, digits, text_locale())


def format_for_spreadsheet(value: float, decimals: int = 2) -> str:
    """A number as spreadsheet programs read it in QGIS's number format: without signs between thousands."""
    return number_text(value, decimals, has_groups=False)


def format_megabytes(size_bytes: int) -> str:
    """Millions of bytes: one decimal below ten, none above."""
    size_mb = size_bytes / 1e6
    return number_text(size_mb, 1 if size_mb < 10 else 0)


def format_size(size_bytes: float) -> str:
    """A size with its unit and three digits, as in the engine's log."""
    return bytes_text(size_bytes)


def format_decimals(value: float, decimals: int) -> str:
    """A number with a fixed count of decimals.

    Parameters
    ----------
    value : the number.
    decimals : digits after the decimal point.

    """
    return number_text(float(value), decimals)
