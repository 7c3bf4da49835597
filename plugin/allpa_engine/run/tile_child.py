"""A process that makes tiles for a worker of a cluster: a task per line on standard input, protocol lines as answers.

A process of its own, since a tile takes minutes to hours: the worker goes on answering its scheduler, a tile that runs
out of memory takes no worker with it, and one that is cancelled ends within two seconds. It serves one tile after
another, so that packages and network are loaded once. The end of standard input cancels the tile and ends the process.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from ..core.errors import Cancelled, FolderInUse
from ..core.json_input import parse_json
from ..core.messages import message
from ..core.protocol import format_error, format_line
from .child import JsonLinesReporter, LineWriter, listen_for_cancel, reserve_stdout
from .failures import explained_error
from .folder_lock import lock_folder

STAGES = ("search", "select", "fetch", "classify", "elevation", "composite", "areas", "report")
_LOCK_WAIT_S = 30.0
"""How long the folder of a tile may still be locked: what a lost worker left running ends within seconds."""


def main() -> int:
    """Serve tasks until standard input ends; gives the exit code."""
    out = LineWriter(reserve_stdout())
    logging.captureWarnings(True)
    cancelled = threading.Event()
    cancel = listen_for_cancel(cancelled, stdin=False, error_lines=out)
    tasks: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    threading.Thread(target=_read_lines, args=(tasks, cancel), name="stdin", daemon=True).start()
    while (line := tasks.get()) is not None:
        out.write(_answer(line, JsonLinesReporter(out, STAGES, cancelled), cancelled))
        if cancelled.is_set():
            break
    return 0


def _read_lines(tasks: queue.SimpleQueue[bytes | None], cancel: Callable[[], None]) -> None:
    """Put each line into the queue; at the end cancel what runs."""
    # not sys.stdin: Python aborts at exit while another thread holds that object's lock
    rest = b""
    while piece := os.read(0, 1 << 16):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            tasks.put(line)
    cancel()
    tasks.put(None)


def _answer(line: bytes, reporter: JsonLinesReporter, cancelled: threading.Event) -> str:
    """Make one tile; gives the line of its result, or of its error."""
    from .tile_tasks import TileTask, run_tile

    try:
        task = TileTask(**parse_json(line))
        _wait_for_folder(Path(task.folder), cancelled)
        return format_line("result", values=json.loads(json.dumps(asdict(run_tile(task, reporter)))))
    except Exception as error:  # noqa: BLE001 - the border of the process: every error becomes a line
        return format_error(explained_error(error))


def _wait_for_folder(folder: Path, cancelled: threading.Event) -> None:
    """Wait while another process holds the folder, which the worker that was lost may do a little longer.

    Raises
    ------
    FolderInUse : where it is still held after `_LOCK_WAIT_S`.
    Cancelled

    """
    folder.mkdir(parents=True, exist_ok=True)
    for _ in range(int(_LOCK_WAIT_S / 0.2)):
        with suppress(FolderInUse), lock_folder(folder):
            return
        if cancelled.wait(0.2):
            raise Cancelled(message("The job was cancelled."))
    with lock_folder(folder):
        return


if __name__ == "__main__":
    code = main()
    with suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(code)  # as in `allpa_engine/__main__.py`
