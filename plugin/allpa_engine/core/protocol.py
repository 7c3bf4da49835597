"""The protocol between the engine's process and its parent: one JSON object per line on standard output.

Types of lines: `start`, `progress` (stage, done, total, fraction, eta_s), `log` (level, text), `heartbeat`, `result`
(values) and `error` (code, what, why, next_step). The last line is `result` or `error`. The QGIS side parses with
`parse_line`; inside the engine a `Reporter` gets progress and messages.
"""

from __future__ import annotations

import json
from typing import Any, Protocol

from .errors import AllpaError

MESSAGE_TYPES = ("start", "progress", "log", "heartbeat", "result", "error")


class Reporter(Protocol):
    """Listener of a running step; implementations write JSON lines, text lines, or nothing."""

    def progress(self, stage: str, done: float, total: float) -> None:
        """Report that `done` of `total` of `stage` is finished (any unit); raises Cancelled when the user stopped."""

    def log(self, text: str, level: str = "info") -> None:
        """Report a message; `level` is "info", "warning" or "error"."""


class NullReporter:
    """A reporter that ignores everything."""

    def progress(self, stage: str, done: float, total: float) -> None:
        """Ignore progress."""

    def log(self, text: str, level: str = "info") -> None:
        """Ignore text."""


def format_line(kind: str, **fields: Any) -> str:  # noqa: ANN401 - fields are whatever JSON can hold
    """One protocol line, without its newline."""
    return json.dumps({"type": kind, **fields}, ensure_ascii=False, separators=(",", ":"))


def format_error(error: AllpaError) -> str:
    """The line that ends a failed run."""
    return format_line("error", code=error.code, what=error.what, why=error.why, next_step=error.next_step)


def parse_line(text: str) -> dict[str, Any] | None:
    """The message in a line, or None where the line is not of the protocol (a library printed something).

    Examples
    --------
    >>> parse_line('{"type": "log", "level": "info", "text": "Found 12 scenes."}')["text"]
    'Found 12 scenes.'
    >>> parse_line("Warning 1: TIFF tag") is None
    True

    """
    try:
        message = json.loads(text)
    except ValueError:
        return None
    if not isinstance(message, dict) or message.get("type") not in MESSAGE_TYPES:
        return None
    return message
