"""QGIS asks before it closes while the dock works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.gui import QgsApplicationExitBlockerInterface

from .questions import confirm_quit
from .run import end_runs

if TYPE_CHECKING:
    from .dock import AllpaDock


class JobExitBlocker(QgsApplicationExitBlockerInterface):
    """Registered with QGIS's interface as long as the dock is there."""

    def __init__(self, dock: AllpaDock) -> None:
        super().__init__()
        self._dock = dock

    def allowExit(self) -> bool:  # noqa: N802 - QGIS's name
        """Whether QGIS may close; what runs is then stopped, and its end waited for."""
        if self._dock.busy:
            if not confirm_quit(self._dock, self._dock.running_title):
                return False
            self._dock.cancel()
        end_runs()
        return True
