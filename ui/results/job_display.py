"""Showing a job: its layers in the project and its figures in the dock, a piece in each turn of the event loop."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...plugin.layers.results import MAP_OUTPUTS, add_result
from ...plugin.shell_command import BASH, CMD, POWERSHELL
from ..run import LANDCOVERMAP, RunFailure
from ..turns import Turns
from .command import job_command
from .panel import ResultsView


class JobDisplay(QObject):
    """Puts one job on the map and into the view of the results; another one takes its place.

    Parameters
    ----------
    view : of the figures.
    parent : owner.

    """

    shown = pyqtSignal(dict)
    """The outputs of the job; all of it is shown but what `then` does."""
    failed = pyqtSignal(object)
    """A RunFailure: its figures cannot be read."""

    def __init__(self, view: ResultsView, parent: QObject) -> None:
        super().__init__(parent)
        self._view = view
        self._turns = Turns(self)

    @property
    def busy(self) -> bool:
        """Whether a job is being shown."""
        return self._turns.busy

    def show(
        self,
        title: str,
        results: dict[str, Any],
        parameters: dict[str, Any],
        then: Callable[[], None] = lambda: None,
    ) -> None:
        """Show a job.

        Parameters
        ----------
        title : of its layers and of the view.
        results : outputs of `allpa:landcovermap`, with `FOLDER`.
        parameters : of the job; empty where they are not known.
        then : called when all is shown.

        """
        layers = [partial(add_result, QgsProject.instance(), results, output, title) for output in MAP_OUTPUTS]
        self._turns.start(
            *layers, partial(self._show_figures, title, results, parameters), partial(self.shown.emit, results), then
        )

    def cancel(self) -> None:
        """Leave out what is not shown yet."""
        self._turns.cancel()

    def _show_figures(self, title: str, results: dict[str, Any], parameters: dict[str, Any]) -> None:
        if "AREA_TABLE" not in results:  # of a past job whose table is gone
            return
        folder = str(results["FOLDER"])
        commands = {shell: job_command(LANDCOVERMAP, parameters, folder, shell) for shell in (BASH, POWERSHELL, CMD)}
        try:
            self._view.show_results(title, results, commands)
        except ValueError as error:
            self._turns.cancel()
            self.failed.emit(RunFailure(str(error), self.tr("The map is complete; open its folder."), ""))
