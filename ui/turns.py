"""Work of the main thread in pieces, with the event loop between them, so that the window answers meanwhile."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from qgis.PyQt.QtCore import QObject, QTimer


class Turns(QObject):
    """Does one piece of work in each turn of the event loop.

    Parameters
    ----------
    parent : owner; what is left to do ends with it.

    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._left: deque[Callable[[], None]] = deque()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._do_one)

    @property
    def busy(self) -> bool:
        """Whether pieces are left to do."""
        return bool(self._left)

    def start(self, *pieces: Callable[[], None]) -> None:
        """Do these pieces of work in their order, in place of what is left of others.

        Parameters
        ----------
        pieces : called in the main thread; where one raises an error, those after it are not called.

        """
        self._left = deque(pieces)
        self._timer.start()

    def cancel(self) -> None:
        """Leave out what is left to do."""
        self._left.clear()

    def _do_one(self) -> None:
        if not self._left:
            self._timer.stop()
            return
        pieces = self._left
        piece = pieces[0]  # it counts as left until it has ended: what it does may let events run
        self._timer.stop()
        try:
            piece()
        except BaseException:
            pieces.clear()
            raise
        if pieces:
            pieces.popleft()
        if self._left:
            self._timer.start()
