"""A failed job in the dock: one sentence, what to do next, and the log collapsed."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.gui import QgsCollapsibleGroupBox
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QPlainTextEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..diagnostics import show_diagnostics
from ..labels import wrapped_label
from ..run import RunFailure

_DETAILS_HEIGHT_PX = 120


class FailureView(QFrame):
    """Hidden until `show_failure`.

    Parameters
    ----------
    parent : owner.
    name : object name, with which those of its parts begin.

    """

    def __init__(self, parent: QWidget | None = None, name: str = "allpaFailure") -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        grid = QGridLayout(self)
        icon = QLabel(self)
        icon.setObjectName(f"{name}Icon")
        icon.setPixmap(QgsApplication.getThemeIcon("mIconCritical.svg").pixmap(20, 20))
        grid.addWidget(icon, 0, 0, Qt.AlignmentFlag.AlignTop)
        self._headline = wrapped_label(f"{name}Headline", self, bold=True, selectable=True)
        self._next_step = wrapped_label(f"{name}NextStep", self, selectable=True)
        close = QToolButton(self)
        close.setObjectName(f"{name}Close")
        close.setIcon(QgsApplication.getThemeIcon("mActionRemove.svg"))
        close.setAutoRaise(True)
        close.setToolTip(self.tr("Hide this message"))
        close.clicked.connect(self.hide)
        grid.addWidget(self._headline, 0, 1)
        grid.addWidget(close, 0, 2, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._next_step, 1, 1, 1, 2)
        grid.addWidget(self._details_box(name), 2, 0, 1, 3)
        report = QToolButton(self)
        report.setObjectName(f"{name}Report")
        report.setText(self.tr("Diagnostics report…"))
        report.setToolTip(self.tr("Versions, settings and log for the person who helps you, without secrets"))
        report.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # cut in a narrow dock
        report.clicked.connect(self._open_report)
        grid.addWidget(report, 3, 0, 1, 3)
        grid.setColumnStretch(1, 1)
        self.setVisible(False)

    def _details_box(self, name: str) -> QgsCollapsibleGroupBox:
        self._box = QgsCollapsibleGroupBox(self)
        self._box.setObjectName(f"{name}DetailsBox")
        self._box.setTitle(self.tr("Details"))
        self._box.setSaveCollapsedState(False)
        self._details = QPlainTextEdit(self._box)
        self._details.setObjectName(f"{name}Details")
        self._details.setReadOnly(True)
        self._details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._details.setFixedHeight(_DETAILS_HEIGHT_PX)
        QVBoxLayout(self._box).addWidget(self._details)
        return self._box

    def _open_report(self) -> None:
        what = f"{self._headline.text()} {self._next_step.text()}".strip()
        show_diagnostics(self.window(), what, self._details.toPlainText())

    def show_failure(self, failure: RunFailure) -> None:
        """Show what happened; the log stays collapsed."""
        self._headline.setText(failure.headline)
        self._next_step.setText(failure.next_step)
        self._next_step.setVisible(bool(failure.next_step))
        self._details.setPlainText(failure.details)
        self._box.setVisible(bool(failure.details))
        self._box.setCollapsed(True)
        self.setVisible(True)
