"""Texts for the user, translated by Qt."""

from __future__ import annotations

from functools import lru_cache

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QLocale

from .allpa_engine.core.atomic import format_bytes
from .allpa_engine.core.errors import AllpaError
from .allpa_engine.core.messages import NUMBER_FORMATS, format_number, translate, with_number_format


def tr(text: str) -> str:
    """The text in QGIS's language where it is translated, else unchanged."""
    return str(QCoreApplication.translate("Allpa", text))


def engine_text(text: str) -> str:
    """A text of the engine, by its own catalogue in QGIS's language; unchanged where it is not translated."""
    return translate(text, text_locale())


def error_lines(error: AllpaError) -> list[str]:
    """What happened, why, and what to do next, in QGIS's language."""
    return [tr(engine_text(part)) for part in (error.what, error.why, error.next_step) if part]


def number_format() -> str:
    """How QGIS writes numbers, by its own locale or by the one that its options override: one of `NUMBER_FORMATS`."""
    written = QLocale().toString(1234567.5, "f", 1)
    group, decimal = written[1] if not written[1].isdecimal() else "", written[-2]
    if group.isspace():  # narrow or wide, breaking or not
        group = " "
    elif group in "’ʼ":
        group = group and "'"
    example = f"1{group}234{decimal}5"
    return example if example in NUMBER_FORMATS else ""


def text_locale() -> str:
    """QGIS's language and number format, as the engine's functions for texts and numbers take them."""
    return with_number_format(table_language(), number_format())


def number_text(value: float, decimals: int, *, has_groups: bool = True) -> str:
    """A number as QGIS writes numbers, in the same signs as in the engine's reports.

    Parameters
    ----------
    value : the number.
    decimals : digits after the decimal sign.
    has_groups : whether there are signs between thousands.

    """
    text = format_number(value, decimals, text_locale())
    if has_groups:
        return text
    whole, mark = (text[: -decimals - 1], text[-decimals - 1 :]) if decimals else (text, "")
    return "".join(sign for sign in whole if sign.isdecimal() or sign == "-") + mark


def bytes_text(count: float) -> str:
    """A number of bytes with three digits and its unit."""
    return engine_text(format_bytes(count))


def table_language() -> str:
    """Language of tables and reports, `en` or `es`, by QGIS's own."""
    return _language_of_qgis()


@lru_cache(maxsize=1)
def _language_of_qgis() -> str:
    """Kept, since QGIS reads its settings for it, and a table asks for each of its cells."""
    return "es" if QgsApplication.locale().lower().startswith("es") else "en"


def forget_language() -> None:
    """Ask QGIS again, such as after the plugin was loaded anew."""
    _language_of_qgis.cache_clear()
