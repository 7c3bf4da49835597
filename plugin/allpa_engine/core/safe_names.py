"""Names of files for ids that come from outside: scenes of catalogues, zones of layers, periods of jobs."""

from __future__ import annotations

import hashlib
import re
import unicodedata

MAX_NAME_CHARS = 80
"""Longest name. With a folder, a suffix and what is added while a file is written, it fits every file system."""
_DIGEST_CHARS = 16
_SAFE = re.compile(r"[A-Z0-9_][A-Z0-9_-]*")
_DIGEST_AT_END = re.compile(r"-[0-9A-Fa-f]{16}")
_RESERVED = frozenset({"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))})
"""Names of devices on Windows, in every folder and with every suffix."""


def safe_name(identifier: str) -> str:
    """The file name, without a suffix, of an id from outside.

    An id of capital letters, digits, `_` and `-` that is short enough is its own name, as those of Sentinel-2 products
    are. Of any other the name keeps what can be read and ends in 16 digits of the id's SHA-256. So different ids have
    different names, also where a file system does not tell capital from small letters; two ids that differ in case
    alone do as well. A name cannot be turned back: what is written under it must hold the id itself.

    Returns
    -------
    1 to 80 characters, each an ASCII letter, a digit, `_` or `-`.

    Examples
    --------
    >>> safe_name("S2A_MSIL2A_20200621T150719_N0500_R082_T18LYF_20230401T123456")
    'S2A_MSIL2A_20200621T150719_N0500_R082_T18LYF_20230401T123456'
    >>> safe_name("../../x")
    'x-9cdf6a50100a862e'
    """
    if len(identifier) <= MAX_NAME_CHARS and _is_own_name(identifier):
        return identifier
    ascii_text = unicodedata.normalize("NFKD", identifier).encode("ascii", "ignore").decode()
    readable = re.sub(r"[^A-Za-z0-9]+", "_", ascii_text).strip("_")[: MAX_NAME_CHARS - _DIGEST_CHARS - 1] or "id"
    digest = hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{readable}-{digest[:_DIGEST_CHARS]}"


def _is_own_name(identifier: str) -> bool:
    """Whether an id can name a file as it is and can never be the name of another id."""
    return bool(
        _SAFE.fullmatch(identifier)
        and identifier not in _RESERVED
        and not _DIGEST_AT_END.fullmatch(identifier[-_DIGEST_CHARS - 1 :])
    )
