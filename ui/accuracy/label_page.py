"""The dock's page for labels: choose a sample, then label or settle it."""

from __future__ import annotations

from collections.abc import Callable

from qgis.core import Qgis, QgsProject
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from ...plugin.allpa_engine.core.errors import AllpaError
from ..labels import error_sentences
from .hidden_layers import HiddenLayers
from .label_panel import LabelPanel
from .series_reading import SeriesReading
from .session import LabelSession, start_labelling, start_settling
from .start_panel import StartPanel


class LabelPage(QWidget):
    """The panel that starts a session, and the panel of the session.

    Parameters
    ----------
    canvas : of the main window.
    parent : owner.

    """

    message = pyqtSignal(str, object)
    """A sentence for the message bar, and its `Qgis.MessageLevel`."""

    def __init__(self, canvas: QgsMapCanvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("allpaLabelPage")
        self._hidden = HiddenLayers()
        self.start_panel = StartPanel(self)
        self.panel = LabelPanel(canvas, self)
        self._stack = QStackedWidget(self)
        for widget in (self.start_panel, self.panel):
            self._stack.addWidget(self._scrolled(widget))
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.addWidget(self._stack)
        self.start_panel.started.connect(self.label)
        self.start_panel.settling.connect(self.settle)
        self.start_panel.message.connect(self.message)
        self.panel.message.connect(self.message)
        self.panel.closed.connect(self.finish)

    def label(self) -> None:
        """Begin labelling under the name that was typed."""
        panel = self.start_panel
        session = self._opened(lambda: start_labelling(panel.path(), panel.interpreter()))
        if session is None:
            return
        panel.save_settings()
        self._begin(session)
        if session.unknown:
            text = self.tr("{count} labels have a class that the legend does not know; label these points again.")
            self.message.emit(text.format(count=session.unknown), Qgis.MessageLevel.Warning)

    def settle(self) -> None:
        """Begin settling where labels differ."""
        session = self._opened(lambda: start_settling(self.start_panel.path()))
        if session is None:
            return
        if not session.points:
            self.message.emit(self.tr("There is nothing to settle: no labels differ."), Qgis.MessageLevel.Info)
            return
        self._begin(session)

    def finish(self) -> None:
        """Leave the session and show what is labelled."""
        self.panel.stop()
        self._hidden.restore(QgsProject.instance())
        self.start_panel.refresh()
        self._stack.setCurrentIndex(0)

    def dispose(self) -> None:
        """Before the plugin is unloaded: the canvas and the layers are as they were."""
        self.panel.dispose()
        self._hidden.restore(QgsProject.instance())

    def _scrolled(self, widget: QWidget) -> QScrollArea:
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(widget)
        return scroll

    def _opened(self, start: Callable[[], LabelSession]) -> LabelSession | None:
        QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            return start()
        except AllpaError as error:
            self.message.emit(error_sentences(error), Qgis.MessageLevel.Warning)
            return None
        finally:
            QGuiApplication.restoreOverrideCursor()

    def _begin(self, session: LabelSession) -> None:
        hidden = self._hidden.hide(QgsProject.instance(), session.sample.path)
        folder = self.start_panel.scenes_folder()
        reading = SeriesReading(folder, session.sample.crs_wkt, self) if folder is not None else None
        self._stack.setCurrentIndex(1)
        self.panel.start(session, reading)
        if hidden:
            text = self.tr("Hidden while you label, so that they do not influence you: {}.").format(", ".join(hidden))
            self.message.emit(text, Qgis.MessageLevel.Info)
