"""QGIS asks before it closes while a job runs."""

from __future__ import annotations

from collections.abc import Callable

from qgis.gui import QgsApplicationExitBlockerInterface


class JobExitBlocker(QgsApplicationExitBlockerInterface):
    """Registered with QGIS's interface as long as the dock is there.

    Parameters
    ----------
    may_close : asked each time when QGIS is to be closed; it may show a question.

    """

    def __init__(self, may_close: Callable[[], bool]) -> None:
        super().__init__()
        self._may_close = may_close

    def allowExit(self) -> bool:  # noqa: N802 - QGIS's name
        """Whether QGIS may close."""
        return self._may_close()
