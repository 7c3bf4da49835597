"""What ended a job, as the engine's own error: for the last line of its processes."""

from __future__ import annotations

import logging

from ..core.atomic import explain_os_error
from ..core.errors import AllpaError, EngineMissing, OutOfMemory, PartsMissing
from ..core.messages import message
from ..core.parts import PART_PACKAGES


def explained_error(error: Exception) -> AllpaError:
    """The error of the engine that says what another one means; one that nothing explains is logged with its traceback.

    Parameters
    ----------
    error : whatever ended the job.

    Returns
    -------
    The error itself where it is the engine's own; else one of the class of the cause, or of `AllpaError`.

    Examples
    --------
    >>> type(explained_error(MemoryError("17 GB"))).__name__
    'OutOfMemory'

    """
    if isinstance(error, AllpaError):
        return error
    if isinstance(error, ImportError):
        return _missing_package(error)
    if isinstance(error, MemoryError):
        return OutOfMemory(message("The engine needed more memory than there is."), str(error))
    explained = explain_os_error(error) if isinstance(error, OSError) else None
    if explained is not None:
        return explained
    logging.getLogger(__name__).error("The engine failed", exc_info=error)
    return _unexpected_error(error)


def _missing_package(error: ImportError) -> AllpaError:
    """A package of the optional groups is not the engine's own: another step brings it."""
    name = (error.name or "").split(".")[0]
    optional = any(name in packages for packages in PART_PACKAGES.values())
    kind = PartsMissing if optional else EngineMissing
    return kind("The engine's Python lacks a package.", str(error))


def _unexpected_error(error: Exception) -> AllpaError:
    return AllpaError(
        message("Unexpected error in the engine."),
        message("{error_name}: {error}", error_name=type(error).__name__, error=str(error)),
        message("Please report it with the log; run again to continue where it stopped."),
    )
