"""Errors of the operating system on files and folders, in the words of Allpa's own errors."""

from __future__ import annotations

import os
from pathlib import Path

from .allpa_engine.core.atomic import to_allpa_error
from .allpa_engine.core.errors import AllpaError, FolderNotWritable
from .translation import tr


def file_error(error: OSError) -> AllpaError:
    """What the operating system says of a file or folder, as one of Allpa's errors."""
    path = Path(os.fsdecode(error.filename or "."))
    known = to_allpa_error(error, path)
    if isinstance(known, AllpaError):
        return known
    return FolderNotWritable(tr("The file or folder {} cannot be used.").format(path), error.strerror or str(error))
