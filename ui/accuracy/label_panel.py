"""The labelling page while a sample is labelled: pictures, time line, classes, and what belongs to a label."""

from __future__ import annotations

from collections.abc import Callable

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsRectangle,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QEvent, QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QKeyEvent
from qgis.PyQt.QtWidgets import QHBoxLayout, QProgressBar, QToolButton, QVBoxLayout, QWidget

from ...plugin.allpa_engine.core.errors import AllpaError
from ..labels import error_sentences, wrapped_label
from .class_buttons import ClassButtons, class_name, class_of_key
from .disagreement_table import DisagreementTable
from .label_details import LabelDetails
from .point_on_map import PointOnMap
from .scene_box import SceneBox
from .scene_views import METRES_PER_DEGREE
from .series_reading import SeriesReading
from .session import LabelSession


class LabelPanel(QWidget):
    """One session at a time; the keys work while the panel or a map has the focus."""

    closed = pyqtSignal()
    """The interpreter leaves the session."""
    message = pyqtSignal(str, object)
    """A sentence for the message bar, and its `Qgis.MessageLevel`."""

    def __init__(self, canvas: QgsMapCanvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaLabelPanel")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._canvas = canvas
        self._on_map = PointOnMap(canvas)
        self._session: LabelSession | None = None
        self._crs = QgsCoordinateReferenceSystem()
        self._build()
        self._connect()

    @property
    def session(self) -> LabelSession | None:
        """What is labelled now; None outside of a session."""
        return self._session

    def start(self, session: LabelSession, reading: SeriesReading | None) -> None:
        """Show the first point of a session.

        Parameters
        ----------
        session : to label in.
        reading : of the scenes, which the panel stops at the end; None without a folder of scenes.

        """
        self.stop()
        self._session = session
        self._crs = QgsCoordinateReferenceSystem.fromWkt(session.sample.crs_wkt)
        self._table.setVisible(session.settling)
        if session.settling:
            self._table.show_session(session)
        legend = session.sample.legend
        self._classes.set_legend(legend)
        self._details.set_legend(legend)
        self._details.set_settling(session.settling)
        self._scenes.start(reading, offer_classes=not session.settling)
        self._canvas.installEventFilter(self)
        self._show_point(zoom=True)
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def stop(self) -> None:
        """End the session: nothing of it stays on the canvas. All labels are saved already."""
        self._canvas.removeEventFilter(self)
        self._on_map.clear()
        self._scenes.stop()
        self._session = None

    def dispose(self) -> None:
        """Before the plugin is unloaded."""
        self.stop()
        self._scenes.dispose()

    # What is pressed

    def set_class(self, code: int) -> None:
        """Label the point with a class and go to the next one that has none; the label is saved before."""
        session = self._session
        if session is None:
            return
        details = self._details.values()
        try:
            done = session.set_class(code, **details)
        except AllpaError as error:
            self._warn(error)
            return
        if not done:
            self._show_state(session)
            return
        if session.settling:
            self._table.update_point(session)
        if not session.next_unlabelled():
            self.message.emit(self._finished_sentence(session), Qgis.MessageLevel.Success)
        self._show_point()

    def undo(self) -> None:
        """Take the last label of this session back."""
        if self._session is None:
            return
        try:
            undone = self._session.undo()
        except AllpaError as error:
            self._warn(error)
            return
        if undone:
            if self._session.settling:
                self._table.update_point(self._session)
            self._show_point()

    def step(self, by: int) -> None:
        """Go to the previous (-1) or next (1) point, labelled or not."""
        if self._session is not None and self._session.step(by):
            self._show_point()

    def handle_key(self, event: QKeyEvent) -> bool:
        """Do what a key stands for; gives whether it stands for something."""
        action = self._action(event)
        if self._session is None or action is None:
            return False
        event.accept()
        if event.type() == QEvent.Type.KeyPress:
            action()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Keys of the page; others go on to QGIS."""
        if not self.handle_key(event):
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Keep the page's keys from being shortcuts of the window, such as Ctrl+Z."""
        if event.type() == QEvent.Type.ShortcutOverride and self.handle_key(event):
            return True
        return bool(super().event(event))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: ARG002, N802 - Qt's name
        """Classes can be typed on the main map too; its own keys stay its own."""
        kinds = (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
        if self.isVisible() and event.type() in kinds and _class_of(event) is not None:
            return self.handle_key(event)
        return False

    def _action(self, event: QKeyEvent) -> Callable[[], object] | None:
        code = _class_of(event)
        if code is not None:
            return lambda: self.set_class(code)
        key, modifiers = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if modifiers == Qt.KeyboardModifier.ControlModifier and key == Qt.Key.Key_Z:
            return self.undo
        if modifiers != Qt.KeyboardModifier.NoModifier:
            return None
        return {
            Qt.Key.Key_Backspace: self.undo,
            Qt.Key.Key_PageUp: lambda: self.step(-1),
            Qt.Key.Key_PageDown: lambda: self.step(1),
            Qt.Key.Key_Left: lambda: self._scenes.step(-1),
            Qt.Key.Key_Right: lambda: self._scenes.step(1),
            Qt.Key.Key_C: self._details.next_confidence,
            Qt.Key.Key_N: self._details.edit_note,
            Qt.Key.Key_Z: self._zoom_to_point,
        }.get(key)

    # Building

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._navigation_row())
        self._progress = QProgressBar(self)
        self._progress.setObjectName("allpaLabelProgress")
        self._progress.setFixedHeight(6)
        self._progress.setTextVisible(False)
        self._scenes = SceneBox(self)
        self._table = DisagreementTable(self)
        self._hint = wrapped_label("allpaLabelHint", self)
        self._classes = ClassButtons(self)
        self._details = LabelDetails(self)
        for widget in (
            self._progress,
            self._scenes,
            self._table,
            self._hint,
            self._classes,
            self._details,
        ):
            column.addWidget(widget, 10 if widget is self._scenes else 0)  # pictures take what a large screen leaves
        column.addStretch(1)

    def _navigation_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2)
        self._state = wrapped_label("allpaLabelState", self, bold=True)
        row.addWidget(self._state, 1)
        buttons = (
            ("Previous", "mActionArrowLeft.svg", self.tr("Previous point (Page up)"), lambda: self.step(-1)),
            ("Next", "mActionArrowRight.svg", self.tr("Next point (Page down)"), lambda: self.step(1)),
            ("Undo", "mActionUndo.svg", self.tr("Undo the last label (Backspace)"), self.undo),
            ("Zoom", "mActionZoomTo.svg", self.tr("Zoom to the point (Z)"), self._zoom_to_point),
        )
        self._buttons = {name: self._tool_button(name, icon, text, action) for name, icon, text, action in buttons}
        finish = self._tool_button("Finish", "", self.tr("Leave; all labels are saved"), lambda: self.closed.emit())
        finish.setText(self.tr("Finish"))
        for button in (*self._buttons.values(), finish):
            row.addWidget(button)
        return row

    def _tool_button(self, name: str, icon: str, tooltip: str, action: Callable[[], object]) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"allpaLabel{name}")
        if icon:
            button.setIcon(QgsApplication.getThemeIcon(icon))
            button.setAutoRaise(True)
        button.setToolTip(tooltip)
        button.setAccessibleName(tooltip)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda: action())
        return button

    def _connect(self) -> None:
        self._classes.chosen.connect(self.set_class)
        self._details.changed.connect(self._save_details)
        self._details.left.connect(lambda: self.setFocus(Qt.FocusReason.OtherFocusReason))
        self._scenes.key_pressed.connect(self.handle_key)
        self._table.point_chosen.connect(self._go)

    # What is shown

    def _show_point(self, *, zoom: bool = False) -> None:
        session = self._session
        if session is None:
            return
        self._details.show_label(session.current)
        self._classes.show_class(session.current.reference_class)
        pixel = self._pixel(session)
        self._on_map.show(self._crs, pixel, zoom=zoom)
        self._scenes.show_point(self._crs, pixel, session.point, session.next_point())
        self._show_state(session)
        if session.settling:
            self._table.select(session)

    def _pixel(self, session: LabelSession) -> QgsGeometry:
        side = session.sample.pixel_side_m / (METRES_PER_DEGREE if self._crs.isGeographic() else 1)
        x, y = session.point.x, session.point.y
        return QgsGeometry.fromRect(QgsRectangle(x - side / 2, y - side / 2, x + side / 2, y + side / 2))

    def _show_state(self, session: LabelSession) -> None:
        text = self.tr("Point {point} · {labelled} of {count} labelled")
        if session.settling:
            text = self.tr("Point {point} · {labelled} of {count} settled")
        self._state.setText(
            text.format(point=session.point.point_id, labelled=session.labelled_count, count=len(session.points))
        )
        self._progress.setRange(0, len(session.points))
        self._progress.setValue(session.labelled_count)
        self._buttons["Undo"].setEnabled(session.can_undo or session.earlier_class is not None)
        self._buttons["Previous"].setEnabled(session.position > 0)
        self._buttons["Next"].setEnabled(session.position < len(session.points) - 1)
        self._hint.setText(self._hint_text(session))
        self._hint.setVisible(session.is_change or not session.settling)

    def _hint_text(self, session: LabelSession) -> str:
        if not session.is_change:
            return str(self.tr("Keys: 1–9, 0 · C confidence · N note · ← → scene"))
        if session.earlier_class is None:
            return str(self.tr("Type the class of the earlier date, then that of the later one."))
        return str(
            self.tr("Earlier date: {}. Now the class of the later date.").format(
                class_name(session.earlier_class, session.sample.legend)
            )
        )

    def _finished_sentence(self, session: LabelSession) -> str:
        if session.settling:
            return str(self.tr("All {} points are settled.").format(len(session.points)))
        return str(self.tr("All {} points are labelled.").format(len(session.points)))

    def _zoom_to_point(self) -> None:
        self._scenes.zoom_to_start()
        self._show_point(zoom=True)

    def _go(self, position: int) -> None:
        if self._session is not None and self._session.go(position):
            self._show_point()

    def _save_details(self) -> None:
        if self._session is None:
            return
        try:
            self._session.change(**self._details.values())
        except AllpaError as error:
            self._warn(error)
        self._show_state(self._session)

    def _warn(self, error: AllpaError) -> None:
        self.message.emit(error_sentences(error), Qgis.MessageLevel.Warning)


def _class_of(event: QKeyEvent) -> int | None:
    """The class of a digit that is typed without a modifier."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return class_of_key(event.key()) if modifiers == Qt.KeyboardModifier.NoModifier else None
