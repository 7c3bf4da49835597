"""Work on many parts in parallel whose results are needed one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, Future
from typing import TypeVar

_Part = TypeVar("_Part")
_Result = TypeVar("_Result")


def map_in_order(
    pool: Executor, work: Callable[[_Part], _Result], parts: Iterable[_Part], *, prefetch: int
) -> Generator[_Result, None, None]:
    """Yield `work(part)` for the parts in their order, with at most `prefetch` of them begun ahead.

    `Executor.map` begins all of them, and so keeps results of the whole raster in memory where the consumer is slower.
    What has not begun when the consumer stops is cancelled.

    Parameters
    ----------
    pool : runs the work.
    work : is called in the threads or processes of the pool.
    parts : what `work` gets, one at a time; not None. They are taken from the iterable as they are needed.
    prefetch : number of parts that are begun, or waiting for the consumer, beside the one that is needed next.

    Yields
    ------
    The results in the order of the parts. What `work` raises comes out here.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> with ThreadPoolExecutor(2) as pool:
    ...     list(map_in_order(pool, abs, [-3, 2, -1], prefetch=2))
    [3, 2, 1]

    """
    running: deque[Future[_Result]] = deque()
    upcoming = iter(parts)
    try:
        while True:
            while len(running) <= prefetch and (part := next(upcoming, None)) is not None:
                running.append(pool.submit(work, part))
            if not running:
                return
            yield running.popleft().result()
    finally:
        for future in running:
            future.cancel()
