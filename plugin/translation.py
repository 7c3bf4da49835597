"""Texts for the user, translated by Qt."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication

from .allpa_engine.core.errors import AllpaError
from .allpa_engine.core.messages import translate


def tr(text: str) -> str:
    """The text in QGIS's language where it is translated, else unchanged."""
    return str(QCoreApplication.translate("Allpa", text))


def engine_text(text: str) -> str:
    """A text of the engine, by its own catalogue in QGIS's language; unchanged where it is not translated."""
    return translate(text, table_language())


def error_lines(error: AllpaError) -> list[str]:
    """What happened, why, and what to do next, in QGIS's language."""
    return [tr(engine_text(part)) for part in (error.what, error.why, error.next_step) if part]


def table_language() -> str:
    """Language of tables and reports, `en` or `es`, by QGIS's own."""
    return "es" if QgsApplication.locale().lower().startswith("es") else "en"
