"""What belongs to a label beside its class: confidence, second class, note."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import QEvent, QObject, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QWidget,
)

from ...plugin.allpa_engine.core.agreement import Label
from ...plugin.allpa_engine.core.legend import BUNDLED_LEGEND, Legend
from ...plugin.layers.sample_labels import MAX_NOTE_CHARS
from ..results.panel import swatch
from .class_buttons import class_name
from .session import HIGH


class LabelDetails(QWidget):
    """Set before a class is typed, or changed afterwards on a point that has one."""

    changed = pyqtSignal()
    """The interpreter changed a value."""
    left = pyqtSignal()
    """The note is finished; keys are the page's again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaLabelDetails")
        self._showing = False
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(3)
        self._second = QComboBox(self)
        self._second.setObjectName("allpaSecondClass")
        self._second.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._second.setMinimumContentsLength(8)
        self._second.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.set_legend(BUNDLED_LEGEND)
        self._note = QLineEdit(self)
        self._note.setObjectName("allpaNote")
        self._note.setMaxLength(MAX_NOTE_CHARS)
        self._note.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._note.installEventFilter(self)
        rows = (
            (self.tr("Confidence"), self._confidence_row()),
            (self.tr("Second class"), self._second),
            (self.tr("Note"), self._note),
        )
        self._label_only: list[QWidget] = []
        for row, (text, widget) in enumerate(rows):
            label = QLabel(text, self)
            grid.addWidget(label, row, 0)
            grid.addWidget(widget, row, 1)
            self._label_only += [label, widget] if widget is not self._note else []
        grid.setColumnStretch(1, 1)
        self._second.activated.connect(lambda _index: self.changed.emit())
        self._note.editingFinished.connect(self._emit_note)

    def _confidence_row(self) -> QWidget:
        whole = QWidget(self)
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        self._confidence = QButtonGroup(self)
        for value, text in ((1, self.tr("low")), (2, self.tr("medium")), (HIGH, self.tr("high"))):
            button = QToolButton(whole)
            button.setObjectName(f"allpaConfidence{value}")
            button.setText(text)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._confidence.addButton(button, value)
            row.addWidget(button, 1)
            button.setSizePolicy(self._second.sizePolicy())
        self._confidence.idClicked.connect(lambda _value: self.changed.emit())
        return whole

    def set_legend(self, legend: Legend) -> None:
        """Offer the classes of a legend as second classes."""
        self._second.clear()
        self._second.addItem(class_name(None), None)
        for land_class in legend:
            name = class_name(land_class.code, legend)
            self._second.addItem(swatch(land_class.color, self.palette()), name, land_class.code)

    def set_settling(self, settling: bool) -> None:
        """While labels are settled only the note is asked for."""
        for widget in self._label_only:
            widget.setVisible(not settling)

    def values(self) -> dict[str, Any]:
        """`confidence`, `second_class` and `note` as they stand in the widgets."""
        return {
            "confidence": max(1, self._confidence.checkedId()),
            "second_class": self._second.currentData(),
            "note": self._note.text(),
        }

    def show_label(self, label: Label) -> None:
        """Show what a label says; one without a class starts with high confidence."""
        self._showing = True
        button = self._confidence.button(label.confidence or HIGH) or self._confidence.button(HIGH)
        button.setChecked(True)
        self._second.setCurrentIndex(max(0, self._second.findData(label.second_class)))
        self._note.setText(label.note)
        self._note.setModified(False)
        self._showing = False

    def next_confidence(self) -> None:
        """Go from high to medium, low, and high again."""
        value = self._confidence.checkedId() - 1
        self._confidence.button(value if value >= 1 else HIGH).setChecked(True)
        self.changed.emit()

    def edit_note(self) -> None:
        """Type a note; Enter or Esc ends it."""
        self._note.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: ARG002, N802 - Qt's name
        """Enter and Esc end the note; no key of it reaches the page."""
        if event.type() == QEvent.Type.KeyPress and event.key() in (
            Qt.Key.Key_Return,
            Qt.Key.Key_Enter,
            Qt.Key.Key_Escape,
        ):
            self.left.emit()
            return True
        return False

    def _emit_note(self) -> None:
        if not self._showing and self._note.isModified():
            self._note.setModified(False)
            self.changed.emit()
