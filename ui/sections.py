"""The steps of the dock: a title with its state in one line, and contents that can be folded away."""

from __future__ import annotations

from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices, QPainter, QPaintEvent, QPalette, QPixmap
from qgis.PyQt.QtWidgets import QFrame, QGridLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from ..plugin.help_pages import help_url
from ..plugin.settings import GROUP

TO_DO, DONE, PROBLEM, RUNNING = "to do", "done", "problem", "running"
"""States of a section."""
_ICONS = {
    DONE: "mIconSuccess.svg",
    PROBLEM: "mIconWarning.svg",
    RUNNING: "mTaskRunning.svg",
}
"""What is still to do has no mark."""
_ICON_PX = 16
_INDENT_PX = 4
_MIN_TITLE_WIDTH_PX = 120


class Section(QFrame):
    """A foldable step of the dock with a mark and a line that say how far it is.

    Parameters
    ----------
    title : as printed.
    object_name : `allpa...`; its parts are named after it, with `Toggle`, `Mark` and `State` added.
    content : the widget that is folded away; the section becomes its parent.
    parent : owner.
    is_open : whether the contents are shown where the user has not yet folded or opened them.
    remembered : whether QGIS keeps in its profile what the user folds and opens.
    help_anchor : part of the guide that a button beside the title opens; empty for no button.

    """

    opened = pyqtSignal(bool)
    """The contents were shown or folded."""

    def __init__(
        self,
        title: str,
        object_name: str,
        content: QWidget,
        parent: QWidget | None = None,
        *,
        is_open: bool = True,
        remembered: bool = True,
        help_anchor: str = "",
    ) -> None:
        super().__init__(parent)
        self.setObjectName(object_name)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._content = content
        self._setting = f"{GROUP}/sections/{object_name}" if remembered else ""
        self._state, self._is_open = TO_DO, False
        self._build(title, help_anchor)
        self._toggle.clicked.connect(lambda: self._fold_or_open())
        self.set_state(TO_DO, "")
        self.set_open(QgsSettings().value(self._setting, is_open, type=bool) if remembered else is_open)

    @property
    def is_open(self) -> bool:
        """Whether the contents are shown."""
        return self._is_open

    def set_open(self, is_open: bool) -> None:
        """Show or fold the contents; what the user has chosen stays remembered."""
        self._is_open = bool(is_open)
        self._toggle.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self._content.setVisible(self._is_open)
        self.opened.emit(self._is_open)

    @property
    def state(self) -> str:
        """The state that is shown: one of those of this module."""
        return self._state

    @property
    def state_text(self) -> str:
        """What is printed beside the title."""
        return str(self._line.text())

    def set_state(self, state: str, text: str) -> None:
        """Show how far the step is.

        Parameters
        ----------
        state : `TO_DO`, `DONE`, `PROBLEM` or `RUNNING`.
        text : a few words beside the title; the whole of them is in the tool tip.

        """
        self._state = state
        word = _state_word(state)
        icon = _ICONS.get(state)
        self._mark.setPixmap(QgsApplication.getThemeIcon(icon).pixmap(QSize(_ICON_PX, _ICON_PX)) if icon else QPixmap())
        self._mark.setAccessibleName(word)
        self._line.setText(text)
        spoken = f"{word}: {text}" if text else word
        for widget in (self._mark, self._line, self._toggle):
            widget.setToolTip(spoken)
        self._toggle.setAccessibleDescription(spoken)

    def _build(self, title: str, help_anchor: str) -> None:
        self._toggle = QToolButton(self)
        self._toggle.setObjectName(f"{self.objectName()}Toggle")
        self._toggle.setText(title)
        self._toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._toggle.setAutoRaise(True)
        self._toggle.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._toggle.setMinimumWidth(_MIN_TITLE_WIDTH_PX)  # in a narrow dock a long title is cut
        font = self._toggle.font()
        font.setBold(True)
        self._toggle.setFont(font)
        self._mark = QLabel(self)
        self._mark.setObjectName(f"{self.objectName()}Mark")
        self._mark.setFixedSize(_ICON_PX, _ICON_PX)
        self._line = ElidedLabel(f"{self.objectName()}State", self)
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(self._toggle, 0, 0)
        grid.addWidget(self._line, 0, 1)
        grid.addWidget(self._mark, 0, 2)
        if help_anchor:
            grid.addWidget(self._help_button(help_anchor), 0, 3)
        grid.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(_INDENT_PX, 2, _INDENT_PX, 2)
        column.setSpacing(2)
        column.addLayout(grid)
        column.addWidget(self._content)

    def _help_button(self, anchor: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"{self.objectName()}Help")
        button.setIcon(QgsApplication.getThemeIcon("mActionHelpContents.svg"))
        button.setIconSize(QSize(_ICON_PX, _ICON_PX))
        button.setAutoRaise(True)
        text = QCoreApplication.translate("Section", "Open this part of the guide")
        button.setToolTip(text)
        button.setAccessibleName(text)
        button.clicked.connect(lambda: QDesktopServices.openUrl(help_url(anchor)))
        return button

    def _fold_or_open(self) -> None:
        self.set_open(not self._is_open)
        if self._setting:
            QgsSettings().setValue(self._setting, self._is_open)


class ElidedLabel(QLabel):
    """One line of muted text that is cut with an ellipsis rather than widen the dock.

    Parameters
    ----------
    name : object name.
    parent : owner.

    """

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the text as far as it fits."""
        painter = QPainter(self)
        color = self.palette().color(QPalette.ColorRole.WindowText)
        color.setAlpha(190)
        painter.setPen(color)
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignLeft) | int(Qt.AlignmentFlag.AlignVCenter), shown)
        painter.end()


def _state_word(state: str) -> str:
    words: dict[str, str] = {
        TO_DO: QCoreApplication.translate("Section", "To do"),
        DONE: QCoreApplication.translate("Section", "Done"),
        PROBLEM: QCoreApplication.translate("Section", "Problem"),
        RUNNING: QCoreApplication.translate("Section", "Running"),
    }
    return words[state]
