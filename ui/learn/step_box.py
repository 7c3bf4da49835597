"""One step of the page: a title with its number, its state, and contents that can be folded away."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QFrame, QGridLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from ..labels import wrapped_label
from .workflow import DONE, NOTHING, OUTDATED, READY

RUNNING = "running"
_ICONS = {
    NOTHING: "",
    READY: "mActionStart.svg",
    DONE: "mIconSuccess.svg",
    OUTDATED: "mIconWarning.svg",
    RUNNING: "mActionRefresh.svg",
}
_ICON_PX = 16


def state_text(state: str) -> str:
    """A state in words, in QGIS's language."""
    texts: dict[str, str] = {
        NOTHING: QCoreApplication.translate("StepBox", "Earlier steps come first"),
        READY: QCoreApplication.translate("StepBox", "Ready"),
        DONE: QCoreApplication.translate("StepBox", "Done"),
        OUTDATED: QCoreApplication.translate("StepBox", "Outdated"),
        RUNNING: QCoreApplication.translate("StepBox", "Running"),
    }
    return texts[state]


class StepBox(QFrame):
    """A step that is folded until it is opened.

    Parameters
    ----------
    name : of the step, for object names.
    title : as printed, with its number.
    parent : owner.

    """

    opened = pyqtSignal(bool)

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"allpaStep_{name}")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        self._toggle = QToolButton(self)
        self._toggle.setObjectName(f"allpaStepToggle_{name}")
        self._toggle.setText(title)
        self._toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._toggle.setAutoRaise(True)
        self._toggle.setCheckable(True)
        self._toggle.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        font = self._toggle.font()
        font.setBold(True)
        self._toggle.setFont(font)
        self._icon = QLabel(self)
        self._icon.setFixedSize(_ICON_PX, _ICON_PX)
        self._state = wrapped_label(f"allpaStepState_{name}", self)
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(self._toggle, 0, 0, 1, 2)
        grid.addWidget(self._icon, 1, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._state, 1, 1)
        grid.setColumnStretch(1, 1)
        self._body = QWidget(self)
        self._body.setObjectName(f"allpaStepBody_{name}")
        self.column = QVBoxLayout(self._body)
        """Layout of the contents."""
        self.column.setContentsMargins(4, 0, 0, 0)
        column.addLayout(grid)
        column.addWidget(self._body)
        self._toggle.toggled.connect(self._on_toggled)
        self._on_toggled(False)

    @property
    def is_open(self) -> bool:
        """Whether the contents are shown."""
        return bool(self._toggle.isChecked())

    def set_open(self, is_open: bool) -> None:
        """Show or fold the contents."""
        self._toggle.setChecked(is_open)

    def show_state(self, state: str, detail: str = "") -> None:
        """Show a state.

        Parameters
        ----------
        state : one of those of `workflow`, or `RUNNING`.
        detail : a sentence beside it, such as what has changed.

        """
        icon = _ICONS[state]
        self._icon.setPixmap(QgsApplication.getThemeIcon(icon).pixmap(_ICON_PX, _ICON_PX)) if icon else None
        self._icon.setVisible(bool(icon))
        text = state_text(state)
        self._state.setText(f"{text}: {detail}" if detail else text)

    def show_text(self, text: str) -> None:
        """Show a sentence in the place of the state."""
        self._icon.setVisible(False)
        self._state.setText(text)

    def _on_toggled(self, is_open: bool) -> None:
        self._toggle.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self._body.setVisible(is_open)
        self.opened.emit(is_open)
