"""Texts for the user, translated by Qt."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication


def tr(text: str) -> str:
    """The text in QGIS's language where it is translated, else unchanged."""
    return str(QCoreApplication.translate("Allpa", text))


def table_language() -> str:
    """Language of tables and reports, `en` or `es`, by QGIS's own."""
    return "es" if QgsApplication.locale().lower().startswith("es") else "en"
