"""Work that would hold the window: in a thread of its own, with its result back in the main thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..plugin.allpa_engine.core.errors import AllpaError

_Result = TypeVar("_Result")


class Background(QObject):
    """Does one piece of work at a time; another one takes its place, and the result of the first is dropped.

    QGIS's functions give Python's lock back while they compute, so geometries and files can be worked on here. Widgets
    and layers of the project belong to the main thread.

    Parameters
    ----------
    parent : owner.

    """

    _ended = pyqtSignal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._executor = ThreadPoolExecutor(1, "allpa-background")
        self._future: Future[Any] | None = None
        self._then: Callable[[Any], object] = lambda _result: None
        self._otherwise: Callable[[AllpaError], None] = lambda _error: None
        self._ended.connect(self._on_ended)

    @property
    def busy(self) -> bool:
        """Whether something is worked on whose result is wanted."""
        return self._future is not None

    def start(
        self,
        work: Callable[[], _Result],
        then: Callable[[_Result], object],
        otherwise: Callable[[AllpaError], None],
        *,
        at_once: bool = False,
    ) -> None:
        """Begin, in place of what is being worked on.

        Parameters
        ----------
        work : called in the other thread.
        then : called in the main thread with what `work` returned.
        otherwise : called in the main thread with the error that `work` raised.
        at_once : whether there is so little to do that it is done here, before this returns.

        """
        self.cancel()
        if at_once:
            _pass_on(work, then, otherwise)
            return
        self._then, self._otherwise = then, otherwise
        self._future = self._executor.submit(work)
        self._future.add_done_callback(self._ended.emit)

    def cancel(self) -> None:
        """Take no notice of what is being worked on; what has not begun is left out."""
        future, self._future = self._future, None
        if future is not None:
            future.cancel()

    def dispose(self) -> None:
        """Before the plugin is unloaded."""
        self.cancel()
        self._executor.shutdown(wait=True)

    def _on_ended(self, future: Future[Any]) -> None:
        if future is self._future:
            self._future = None
            _pass_on(future.result, self._then, self._otherwise)


def _pass_on(
    work: Callable[[], _Result], then: Callable[[_Result], object], otherwise: Callable[[AllpaError], None]
) -> None:
    try:
        result = work()
    except AllpaError as error:
        otherwise(error)
        return
    then(result)
