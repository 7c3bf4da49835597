"""Hashes of files in hexadecimal."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def file_hash(path: str | os.PathLike[str], algorithm: str = "sha256") -> str:
    """The hash of a file in hexadecimal, read in pieces.

    Parameters
    ----------
    path : the file.
    algorithm : its name in `hashlib`.

    Raises
    ------
    OSError : where the file cannot be read.

    """
    digest = hashlib.new(algorithm)
    with Path(path).open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
