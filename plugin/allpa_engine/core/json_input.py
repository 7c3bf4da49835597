"""Reading JSON that may come from anywhere: size and depth are bounded, byte order marks are accepted."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .messages import message

MAX_JSON_BYTES = 256_000_000
"""Largest JSON file that is read; the scene list of a large region has a few megabytes."""


def read_json(path: str | os.PathLike[str], max_bytes: int = MAX_JSON_BYTES) -> Any:  # noqa: ANN401 - any JSON
    """Read a JSON file in UTF-8, UTF-16 or UTF-32, with or without a byte order mark.

    Parameters
    ----------
    path : the file.
    max_bytes : a larger file is refused before it is read whole.

    Returns
    -------
    The values, in Python's own types.

    Raises
    ------
    ValueError : where it cannot be read, is too large, is not JSON, or is nested too deeply; also for a path that no
        file can have.

    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(max_bytes + 1)
    except OSError as error:
        raise ValueError(f"{error.strerror or error}.") from error
    if len(content) > max_bytes:
        raise ValueError(message("It is larger than {size_mb:.0f} MB.", size_mb=max_bytes / 1e6))
    return parse_json(content)


def parse_json(content: bytes | str) -> Any:  # noqa: ANN401 - any JSON
    """The value of a JSON text, with or without a byte order mark.

    Raises
    ------
    ValueError : where it is not JSON, or is nested too deeply.

    Examples
    --------
    >>> parse_json('{"a": 1}'.encode("utf-8-sig"))
    {'a': 1}

    """
    try:
        return json.loads(content.lstrip("\ufeff") if isinstance(content, str) else content)
    except json.JSONDecodeError as error:
        raise ValueError(
            message(
                "It is not JSON: {reason} (line {line}, column {column}).",
                reason=error.msg,
                line=error.lineno,
                column=error.colno,
            )
        ) from error
    except UnicodeDecodeError as error:
        raise ValueError(message("It is not JSON: its bytes are no text.")) from error
    except RecursionError as error:
        raise ValueError(message("It is nested too deeply.")) from error
