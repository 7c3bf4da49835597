"""The protocol between the engine's process and its parent: one JSON object per line on standard output.

Types of lines: `start`, `progress` (stage, done, total, fraction, eta_s), `log` (level, text), `heartbeat`, `result`
(values) and `error` (code, what, why, next_step). A `log` and an `error` may have `messages`, by which they are
translated. The last line is `result` or `error`. The QGIS side parses with `parse_line`; inside the engine a `Reporter`
gets progress and messages.
"""

from __future__ import annotations

import json
from typing import Any, Protocol

from .errors import AllpaError
from .messages import messages_to_json

MESSAGE_TYPES = ("start", "progress", "log", "heartbeat", "result", "error")


class Reporter(Protocol):
    """Listener of a running step; implementations write JSON lines, text lines, or nothing."""

    def progress(self, stage: str, done: float, total: float) -> None:
        """Report that a part of a stage is finished.

        Parameters
        ----------
        stage : its name, such as "fetch" or "areas".
        done, total : how much of it is finished, and all of it, in any unit.

        Raises
        ------
        Cancelled : where the user stopped the run; the step passes it on.

        """

    def log(self, text: str, level: str = "info") -> None:
        """Report a message.

        Parameters
        ----------
        text : for people; a `Message` can be translated where it is shown.
        level : "info", "warning" or "error".

        """


class NullReporter:
    """A reporter that ignores everything."""

    def progress(self, stage: str, done: float, total: float) -> None:
        """Ignore progress."""

    def log(self, text: str, level: str = "info") -> None:
        """Ignore text."""


def format_line(kind: str, **fields: Any) -> str:  # noqa: ANN401 - fields are whatever JSON can hold
    """One protocol line, without its newline.

    Parameters
    ----------
    kind : type of the line, one of `MESSAGE_TYPES`.
    **fields : whatever JSON can hold.

    Returns
    -------
    A JSON object whose first member is `type`.

    Examples
    --------
    >>> format_line("log", level="info", text="2 scenes")
    '{"type":"log","level":"info","text":"2 scenes"}'

    """
    return json.dumps({"type": kind, **fields}, ensure_ascii=False, separators=(",", ":"))


def format_error(error: AllpaError) -> str:
    """The line that ends a failed run."""
    parts = {"what": error.what, "why": error.why, "next_step": error.next_step}
    messages = json.loads(json.dumps(messages_to_json(parts.values()), default=str))
    return format_line("error", code=error.code, **parts, messages=messages)


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
