"""The labelling page while a sample is labelled: pictures, time line, classes, and what belongs to a label."""

from __future__ import annotations

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
from qgis.PyQt.QtWidgets import QCheckBox, QHBoxLayout, QProgressBar, QToolButton, QVBoxLayout, QWidget

from ...plugin.allpa_engine.core.errors import AllpaError
from ...plugin.layers.point_series import SceneOfPoint
from ..labels import error_sentences, wrapped_label
from .class_buttons import ClassButtons, class_name, class_of_key
from .disagreement_table import DisagreementTable
from .label_details import LabelDetails
from .point_on_map import PointOnMap
from .scene_views import SceneViews
from .series_reading import SeriesReading
from .session import LabelSession
from .time_line import TimeLine


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
        self._reading: SeriesReading | None = None
        self._scenes: tuple[SceneOfPoint, ...] = ()
        self._chosen: tuple[int | None, int | None] = (None, None)
        self._preferred = ""
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
        self._session, self._reading = session, reading
        self._crs = QgsCoordinateReferenceSystem.fromWkt(session.sample.crs_wkt)
        self._views.setVisible(reading is not None)
        self._time_line.setVisible(reading is not None)
        self._show_classes.setVisible(reading is not None)
        self._table.setVisible(session.settling)
        if session.settling:
            self._table.show_session(session)
        if reading is not None:
            reading.found.connect(self._on_found)
            reading.point_read.connect(self._on_point_read)
        self._canvas.installEventFilter(self)
        self._show_point(zoom=True)
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def stop(self) -> None:
        """End the session: nothing of it stays on the canvas. All labels are saved already."""
        self._canvas.removeEventFilter(self)
        self._on_map.clear()
        if self._reading is not None:
            self._reading.stop()
            self._reading.deleteLater()
        self._session, self._reading = None, None
        self._scenes, self._chosen = (), (None, None)
        self._views.show_scene(None, None)

    def dispose(self) -> None:
        """Before the plugin is unloaded."""
        self.stop()
        self._views.dispose()

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
            self._show_state()
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

    def step_scene(self, by: int) -> None:
        """Show the scene before (-1) or after (1) the one that is shown."""
        shown = [index for index, scene in enumerate(self._scenes) if scene.image is not None]
        left = self._chosen[0]
        if left in shown and 0 <= shown.index(left) + by < len(shown):
            self._choose_scene(shown[shown.index(left) + by], False)

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

    def _action(self, event: QKeyEvent):  # noqa: ANN202 - a function without arguments, or None
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
            Qt.Key.Key_Left: lambda: self.step_scene(-1),
            Qt.Key.Key_Right: lambda: self.step_scene(1),
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
        self._views = SceneViews(self)
        self._time_line = TimeLine(self)
        self._show_classes = QCheckBox(self.tr("Show the classes of single scenes"), self)
        self._show_classes.setObjectName("allpaShowSceneClasses")
        self._show_classes.setToolTip(
            self.tr("They come from the same network as the map: labels that follow them make the map seem better.")
        )
        self._show_classes.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._table = DisagreementTable(self)
        self._hint = wrapped_label("allpaLabelHint", self)
        self._classes = ClassButtons(self)
        self._details = LabelDetails(self)
        for widget in (
            self._progress,
            self._views,
            self._time_line,
            self._show_classes,
            self._table,
            self._hint,
            self._classes,
            self._details,
        ):
            column.addWidget(widget)
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

    def _tool_button(self, name: str, icon: str, tooltip: str, action) -> QToolButton:  # noqa: ANN001 - a function
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
        self._views.key_pressed.connect(self.handle_key)
        self._time_line.scene_chosen.connect(self._choose_scene)
        self._show_classes.toggled.connect(self._time_line.set_classes_shown)
        self._table.point_chosen.connect(self._go)

    # What is shown

    def _show_point(self, *, zoom: bool = False) -> None:
        session = self._session
        if session is None:
            return
        self._details.show_label(session.current)
        self._classes.show_class(session.current.reference_class)
        pixel = self._pixel()
        self._on_map.show(self._crs, pixel, zoom=zoom)
        self._views.show_point(self._crs, pixel)
        self._show_state()
        if session.settling:
            self._table.select(session)
        self._show_series()

    def _pixel(self) -> QgsGeometry:
        session = self._session
        side = session.sample.pixel_side_m / (111_320 if self._crs.isGeographic() else 1)
        x, y = session.point.x, session.point.y
        return QgsGeometry.fromRect(QgsRectangle(x - side / 2, y - side / 2, x + side / 2, y + side / 2))

    def _show_state(self) -> None:
        session = self._session
        text = self.tr("Point {point} · {labelled} of {count} labelled").format(
            point=session.point.point_id, labelled=session.labelled_count, count=len(session.points)
        )
        if session.settling:
            text = self.tr("Point {point} · {labelled} of {count} settled").format(
                point=session.point.point_id, labelled=session.labelled_count, count=len(session.points)
            )
        self._state.setText(text)
        self._progress.setRange(0, len(session.points))
        self._progress.setValue(session.labelled_count)
        self._buttons["Undo"].setEnabled(session.can_undo or session.earlier_class is not None)
        self._buttons["Previous"].setEnabled(session.position > 0)
        self._buttons["Next"].setEnabled(session.position < len(session.points) - 1)
        self._hint.setText(self._hint_text(session))

    def _hint_text(self, session: LabelSession) -> str:
        if not session.is_change:
            return str(self.tr("Keys: 1–9 and 0 class, C confidence, N note, ← → scene, Backspace undo."))
        if session.earlier_class is None:
            return str(self.tr("Type the class of the earlier date, then that of the later one."))
        return str(
            self.tr("Earlier date: {}. Now the class of the later date.").format(class_name(session.earlier_class))
        )

    def _finished_sentence(self, session: LabelSession) -> str:
        if session.settling:
            return str(self.tr("All {} points are settled.").format(len(session.points)))
        return str(self.tr("All {} points are labelled.").format(len(session.points)))

    def _show_series(self) -> None:
        if self._reading is None:
            return
        session = self._session
        following = session.following()
        self._reading.ask([session.point, *([following] if following is not None else [])])
        scenes = self._reading.scenes_of(session.point)
        if scenes is not None:
            self._show_scenes(scenes)
        else:
            self._time_line.show_scenes((), self.tr("Reading scenes…"))

    def _on_found(self, count: int) -> None:
        if count == 0:
            self._time_line.show_scenes((), self.tr("There are no scenes in the folder."))

    def _on_point_read(self, point_id: int) -> None:
        if self._session is None or self._reading is None or self._session.point.point_id != point_id:
            return
        self._show_scenes(self._reading.scenes_of(self._session.point) or ())

    def _show_scenes(self, scenes: tuple[SceneOfPoint, ...]) -> None:
        self._scenes = scenes
        self._time_line.show_scenes(scenes, self.tr("No scene covers this point."))
        index = _best_scene(scenes, self._preferred)
        self._show_chosen(index, index)

    def _choose_scene(self, index: int, right_only: bool) -> None:
        self._preferred = self._scenes[index].scene_id
        self._show_chosen(self._chosen[0] if right_only else index, index)

    def _show_chosen(self, left: int | None, right: int | None) -> None:
        self._chosen = (left, right)
        self._time_line.set_chosen(left, right)
        self._views.show_scene(*(self._scenes[index] if index is not None else None for index in self._chosen))

    def _zoom_to_point(self) -> None:
        self._views.zoom_to_start()
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
        self._show_state()

    def _warn(self, error: AllpaError) -> None:
        self.message.emit(error_sentences(error), Qgis.MessageLevel.Warning)


def _class_of(event: QKeyEvent) -> int | None:
    """The class of a digit that is typed without a modifier."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return class_of_key(event.key()) if modifiers == Qt.KeyboardModifier.NoModifier else None


def _best_scene(scenes: tuple[SceneOfPoint, ...], preferred: str) -> int | None:
    """The scene that is shown first: the one of the point before where it is clear here, else the greenest clear one."""
    shown = [index for index, scene in enumerate(scenes) if scene.image is not None]
    clear = [index for index in shown if scenes[index].clear] or shown
    for index in clear:
        if scenes[index].scene_id == preferred:
            return index
    return max(clear, key=lambda index: scenes[index].ndvi or 0.0, default=None)
