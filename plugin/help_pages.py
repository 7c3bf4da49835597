"""The guide that comes with the plugin: it opens without a network, in QGIS's language, at the right part."""

from __future__ import annotations

from pathlib import Path

from qgis.PyQt.QtCore import QUrl

from .resources import HELP_FOLDER
from .translation import table_language


def help_page() -> Path:
    """The guide in QGIS's language."""
    return HELP_FOLDER / ("index_es.html" if table_language() == "es" else "index.html")


def help_url(anchor: str = "") -> QUrl:
    """Address of the guide.

    Parameters
    ----------
    anchor : of a part: `where`, `districts`, ..., or the name of an algorithm; empty for the beginning.

    """
    url = QUrl.fromLocalFile(str(help_page()))
    if anchor:
        url.setFragment(anchor)
    return url
