"""Questions that the dock asks before something is lost."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import QMessageBox, QWidget

from ..plugin.translation import tr


def confirm_overwrite(parent: QWidget, year: int, differences: list[str]) -> bool:
    """Ask before the map of another job is replaced.

    Parameters
    ----------
    parent : of the question.
    year : of the map.
    differences : titles of the parameters in which the two jobs differ.

    Returns
    -------
    Whether it may be replaced.

    """
    text = tr("The folder holds the {year} map of another job.").format(year=year)
    more = tr("It differs in: {differences}. To keep it, cancel and choose another folder.")
    return _confirmed(
        parent,
        "allpaConfirmOverwrite",
        (tr("Replace the map?"), text, more.format(differences=", ".join(differences)), tr("Replace")),
    )


def confirm_quit(parent: QWidget, title: str) -> bool:
    """Ask before QGIS is closed while a job runs.

    Parameters
    ----------
    parent : of the question.
    title : of the job; may be empty.

    Returns
    -------
    Whether QGIS may be closed; the job is then stopped, and what is finished is kept.

    """
    text = tr("Allpa is working: {title}.").format(title=title) if title else tr("Allpa is working.")
    more = tr("Closing QGIS stops the job. What is finished is kept: the same job continues from there.")
    return _confirmed(parent, "allpaConfirmQuit", (tr("Close QGIS?"), text, more, tr("Stop the job and close")))


def _confirmed(parent: QWidget, name: str, texts: tuple[str, str, str, str]) -> bool:
    """Ask with title, sentence, second sentence and the button that agrees; Cancel is the default."""
    title, text, more, agree = texts
    question = QMessageBox(QMessageBox.Icon.Warning, title, text, parent=parent)
    question.setObjectName(name)
    question.setInformativeText(more)
    agreed = question.addButton(agree, QMessageBox.ButtonRole.DestructiveRole)
    cancel = question.addButton(QMessageBox.StandardButton.Cancel)
    cancel.setText(tr("Cancel"))  # Qt's own translations are not always there
    question.setDefaultButton(cancel)
    question.exec()
    return question.clickedButton() is agreed
