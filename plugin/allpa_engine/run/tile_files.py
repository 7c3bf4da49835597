"""The files that a tile's receipt lists, checked as input from outside: names, sizes, hashes."""

from __future__ import annotations

import re
from collections.abc import Mapping

MAX_FILES = 1000
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
StoredFiles = Mapping[str, tuple[int, str]]
"""Size in bytes and SHA-256 of each file, by its name in the tile's folder."""


def stored_files(values: object) -> StoredFiles | None:
    """The files of a receipt that came from a store; None where one could not be a tile's.

    Parameters
    ----------
    values : what the receipt has under `files`: by name an object with `size_bytes` and `sha256`.

    Examples
    --------
    >>> stored_files({"../x": {"size_bytes": 1, "sha256": "0" * 64}}) is None
    True

    """
    if not isinstance(values, Mapping) or len(values) > MAX_FILES:
        return None
    files: dict[str, tuple[int, str]] = {}
    for name, facts in values.items():
        size_bytes, sha256 = (facts.get("size_bytes"), facts.get("sha256")) if isinstance(facts, Mapping) else (0, 0)
        if not (isinstance(size_bytes, int) and not isinstance(size_bytes, bool) and size_bytes >= 0):
            return None
        if not (is_safe_name(name) and isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
            return None
        files[name] = (size_bytes, sha256)
    return files


def is_safe_name(name: object) -> bool:
    """Whether a name can stand for one file in a folder: letters, digits, `_`, `-` and dots inside.

    Examples
    --------
    >>> [is_safe_name(name) for name in ("landcover_2020.tif", "..", "a/b", ".allpa-lock")]
    [True, False, False, False]

    """
    return isinstance(name, str) and bool(_NAME.fullmatch(name))
