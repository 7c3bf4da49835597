"""A page of the dock that runs one algorithm: its form, Run, progress, what went wrong, what came out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qgis.core import QgsApplication
from qgis.gui import QgsMapCanvas, QgsMessageBar
from qgis.PyQt.QtCore import Qt, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QShowEvent
from qgis.PyQt.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from .. import run
from ..labels import wrapped_label
from ..percent_bar import PercentBar
from ..results.failure_view import FailureView
from ..run import AlgorithmRun, RunFailure
from .algorithm_form import AlgorithmForm


class AlgorithmPage(QWidget):
    """The form is made when the page is first shown.

    Parameters
    ----------
    algorithm_id : such as `allpa:accuracysample`.
    introduction : a sentence above the form.
    canvas, bar : of the main window.
    parent : owner.
    hidden : parameters without a widget: only `set_value` gives them.
    scrolled : whether the form scrolls by itself; else it is a part of a page that does.
    loads_layers : whether the layers that the algorithm names are loaded, as the toolbox does.

    """

    started = pyqtSignal()
    finished = pyqtSignal(dict)
    running_changed = pyqtSignal(bool, object)
    """Whether the algorithm runs, and the widget that says more: its progress, or why it failed."""
    """Outputs of the algorithm."""

    def __init__(
        self,
        algorithm_id: str,
        introduction: str,
        canvas: QgsMapCanvas,
        bar: QgsMessageBar,
        parent: QWidget | None = None,
        *,
        hidden: Sequence[str] = (),
        scrolled: bool = True,
        loads_layers: bool = False,
    ) -> None:
        super().__init__(parent)
        self._id = self.algorithm_id = algorithm_id
        self._hidden, self._scrolled = frozenset(hidden), scrolled
        name = algorithm_id.split(":")[-1]
        self.setObjectName(f"allpaPage_{name}")
        self._canvas, self._message_bar = canvas, bar
        self._form: AlgorithmForm | None = None
        self._values: dict[str, Any] = {}
        self._proposed: dict[str, Any] = {}
        self._result: QWidget | None = None
        self._run = AlgorithmRun(self, loads_layers=loads_layers)
        self.prepare: Callable[[], str] = lambda: ""
        """Called before a run, to fill in values; a sentence that it gives is shown instead of the run."""
        self._build(introduction, name)
        self._run.started.connect(self.started)
        self._run.progressed.connect(lambda percent: self._progress.setValue(percent))
        self._run.stage_changed.connect(self._stage.setText)
        self._run.finished.connect(self._on_finished)
        self._run.failed.connect(self._on_failed)
        self._run.cancelled.connect(lambda: self._show_running(False))
        self._show_running(False)

    @property
    def busy(self) -> bool:
        """Whether the algorithm is running."""
        return self._run.running

    def set_value(self, name: str, value: Any) -> None:  # noqa: ANN401 - of the parameter's type
        """Fill in a parameter, at once or when the form is made.

        Parameters
        ----------
        name : of the parameter.
        value : of its type.

        """
        self._values[name] = value
        if self._form is not None:
            self._form.set_value(name, value)

    def propose_value(self, name: str, value: Any) -> None:  # noqa: ANN401 - of the parameter's type
        """Fill in a parameter, as long as it has the value that was proposed before, or none was filled in."""
        shown = {**self._values, **self.parameters()}.get(name)
        if name not in self._values or shown == self._proposed.get(name):
            self._proposed[name] = value
            self.set_value(name, value)

    def parameters(self) -> dict[str, Any]:
        """The values of the form; none before it is made."""
        if self._form is None:
            return {}
        supplied = {name: value for name, value in self._values.items() if name in self._form.hidden}
        return {**self._form.parameters(), **supplied}

    def add_result(self, widget: QWidget) -> None:
        """Put a widget below the form."""
        self._column.insertWidget(self._column.count() - 1, widget)
        self._result = widget

    def start(self) -> None:
        """Run the algorithm, or show why it cannot run."""
        self._failure.setVisible(False)
        if self._form is None:
            return
        problem = self.prepare()
        if problem:
            self._failure.show_failure(RunFailure(problem, "", ""))
            return
        self._progress.setValue(0)
        self._stage.setText(self.tr("Starting…"))
        self._show_running(self._run.start(self._id, self.parameters()))

    def dispose(self) -> None:
        """Before the plugin is unloaded: stop the run."""
        self._run.cancel()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Make the form when the page is first shown."""
        super().showEvent(event)
        if self._form is None:
            self._make_form()

    def _make_form(self) -> None:
        algorithm = run.algorithm(self._id)
        self._start.setEnabled(algorithm is not None)
        self._missing.setVisible(algorithm is None)
        if algorithm is None:
            return
        self._form = AlgorithmForm(algorithm, self._canvas, self._message_bar, self, hidden=self._hidden)
        for name, value in self._values.items():
            self._form.set_value(name, value)
        self._column.insertWidget(1, self._form)

    def _build(self, introduction: str, name: str) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        content = QWidget(self)
        self._column = QVBoxLayout(content)
        text = wrapped_label("allpaIntroduction", content)
        text.setText(introduction)
        self._missing = wrapped_label("allpaMissing", content, bold=True)
        self._missing.setText(self.tr("Enable the Allpa provider in Settings ▸ Options ▸ Processing."))
        self._missing.setVisible(False)
        for widget in (text, self._missing):
            self._column.addWidget(widget)
        self._column.addStretch(1)
        if not self._scrolled:
            self._column.setContentsMargins(0, 0, 0, 0)
        self._failure = FailureView(self, f"allpaFailure_{name}")
        self._stage = wrapped_label("allpaPageStage", self)
        self._progress = PercentBar(f"allpaProgress_{name}", self)
        self._start = QPushButton(QgsApplication.getThemeIcon("mActionStart.svg"), self.tr("Run"), self)
        self._start.setObjectName(f"allpaRun_{name}")
        self._cancel = QPushButton(self.tr("Cancel"), self)
        self._cancel.setObjectName(f"allpaCancel_{name}")
        self._start.clicked.connect(self.start)
        self._cancel.clicked.connect(self._run.cancel)
        row = QHBoxLayout()
        row.setContentsMargins(6, 0, 6, 6)
        row.addWidget(self._progress, 1)
        row.addStretch(0)
        row.addWidget(self._start)
        row.addWidget(self._cancel)
        self._scroll = self._scroll_area(content) if self._scrolled else None
        whole.addWidget(self._scroll or content, 1)
        whole.addWidget(self._failure)
        whole.addWidget(self._stage)
        whole.addLayout(row)

    def _scroll_area(self, content: QWidget) -> QScrollArea:
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        return scroll

    def _on_finished(self, results: dict[str, Any]) -> None:
        self._show_running(False)
        self.finished.emit(results)
        QTimer.singleShot(0, self._scroll_to_result)  # after the layout is done

    def _scroll_to_result(self) -> None:
        if self._scroll is not None and self._result is not None and self._result.isVisible():
            top = self._result.mapTo(self._scroll.widget(), self._result.rect().topLeft())
            self._scroll.verticalScrollBar().setValue(top.y())

    def _on_failed(self, failure: RunFailure) -> None:
        self._show_running(False)
        self._failure.show_failure(failure)
        self.running_changed.emit(False, self._failure)

    def _show_running(self, running: bool) -> None:
        self._start.setVisible(not running)
        for widget in (self._cancel, self._progress, self._stage):
            widget.setVisible(running)
        if self._form is not None:
            self._form.setEnabled(not running)
        self.running_changed.emit(running, self._progress if running else self._start)
