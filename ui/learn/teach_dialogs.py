"""What the page of teaching asks for, what it says of results, and its buttons."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QUrl
from qgis.PyQt.QtWidgets import QColorDialog, QFileDialog, QInputDialog, QToolButton, QWidget

from ..number_format import format_count, format_hectares, format_percent


def theme_button(parent: QWidget, name: str, icon: str, text: str) -> QToolButton:
    """A flat button with an icon of QGIS.

    Parameters
    ----------
    parent : owner.
    name : of the object.
    icon : file of the theme.
    text : its tooltip, and its name for screen readers.

    """
    button = QToolButton(parent)
    button.setObjectName(name)
    button.setIcon(QgsApplication.getThemeIcon(icon))
    button.setToolTip(text)
    button.setAccessibleName(text)
    button.setAutoRaise(True)
    return button


def ask_class(parent: QWidget) -> tuple[str, str] | None:
    """Ask for a new class.

    Parameters
    ----------
    parent : of the dialogs.

    Returns
    -------
    Name and colour as `#RRGGBB`; None where the user leaves.

    """
    title = QCoreApplication.translate("TeachPanel", "New class")
    question = QCoreApplication.translate("TeachPanel", "Name of the class")
    name, accepted = QInputDialog.getText(parent, title, question)
    if not accepted or not name.strip():
        return None
    color = QColorDialog.getColor(parent=parent)
    return (name.strip(), color.name().upper()) if color.isValid() else None


def ask_model_folder(parent: QWidget) -> Path | None:
    """Ask where a model is saved.

    Parameters
    ----------
    parent : of the dialogs.

    Returns
    -------
    A folder that need not exist yet; None where the user leaves.

    """
    place = QFileDialog.getExistingDirectory(parent, QCoreApplication.translate("TeachPanel", "Folder for the model"))
    if not place:
        return None
    title = QCoreApplication.translate("TeachPanel", "Save the model")
    name, accepted = QInputDialog.getText(parent, title, QCoreApplication.translate("TeachPanel", "Name of the model"))
    return Path(place) / name.strip() if accepted and name.strip() else None


def refit_sentence(results: dict[str, Any]) -> str:
    """What a refit has brought, from the outputs of its algorithm."""
    before, after = results.get("AGREEMENT_BEFORE"), results.get("AGREEMENT_AFTER")
    made = QCoreApplication.translate("TeachPanel", "Version {} was made from {} corrections.")
    lines = [made.format(results.get("VERSION"), results.get("CORRECTION_COUNT"))]
    if before is not None and after is not None:
        text = QCoreApplication.translate(
            "TeachPanel", "Of corrections left out in blocks it has {} % right; the model before {} %."
        )
        lines.append(text.format(format_count(after), format_count(before)))
    return "\n".join([*lines, *json.loads(str(results.get("NOTES") or "[]"))])


def compare_sentence(results: dict[str, Any]) -> str:
    """How much a comparison found changed, with a link to its report; empty where nothing was compared."""
    changed, compared = results.get("CHANGED_HA"), results.get("COMPARED_HA")
    if changed is None or not compared:
        return ""
    text = QCoreApplication.translate("TeachPanel", "{changed} ha of {compared} ha changed ({percent} %).").format(
        changed=format_hectares(changed, compared),
        compared=format_hectares(compared),
        percent=format_percent(100 * changed / compared),
    )
    report = str(results.get("REPORT") or "")
    if not report:
        return str(text)
    link = QUrl.fromLocalFile(report).toString(QUrl.ComponentFormattingOption.FullyEncoded)
    title = QCoreApplication.translate("TeachPanel", "Areas by class (report)")
    return f'{html.escape(text)} <a href="{html.escape(link)}">{html.escape(title)}</a>'
