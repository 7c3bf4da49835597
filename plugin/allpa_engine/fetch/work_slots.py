"""Which scenes are worked on while others wait for servers: no more than there are processors, earlier ones first.

Many scenes are requested at once, so that slow servers cost little time. Were all of them decoded and written at once
too, all would be ready at the end together, and nothing could be classified meanwhile.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_POLL_S = 0.2


class WorkSlots:
    """The right to work, for a few threads at a time.

    Parameters
    ----------
    stop : when it is set, nothing waits any more.
    count : threads that may work at once; 0 takes the processors that this process may use.

    """

    def __init__(self, stop: threading.Event, count: int = 0) -> None:
        self._stop, self._free = stop, count or _processors()
        self._waiting: list[int] = []
        self._condition = threading.Condition()
        self._held = threading.local()

    @contextmanager
    def hold(self, rank: int) -> Iterator[None]:
        """Work on a scene while the block lasts.

        Parameters
        ----------
        rank : of the scene; of those that wait the lowest one is next.

        """
        self._acquire(rank)
        self._held.rank = rank
        try:
            yield
        finally:
            self._held.rank = None
            self._release()

    @contextmanager
    def released(self) -> Iterator[None]:
        """Let another thread work while the block lasts; a thread that holds no right just goes on."""
        rank = getattr(self._held, "rank", None)
        if rank is None:
            yield
            return
        self._release()
        try:
            yield
        finally:
            self._acquire(rank)

    def _acquire(self, rank: int) -> None:
        with self._condition:
            self._waiting.append(rank)
            while not self._stop.is_set() and (self._free < 1 or rank != min(self._waiting)):
                self._condition.wait(_POLL_S)
            self._waiting.remove(rank)
            self._free -= 1
            self._condition.notify_all()

    def _release(self) -> None:
        with self._condition:
            self._free += 1
            self._condition.notify_all()


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
