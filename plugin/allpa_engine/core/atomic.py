"""Writing files so that they are whole or absent: aside, verify, rename. And what goes wrong with disks, in words."""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .errors import AllpaError, DiskFull, FolderNotWritable
from .messages import message, translatable

PART_SUFFIX = ".part"
"""Mark of a file that is being written; a run that was killed may leave some, `remove_stale_temporary_files` removes
them."""
_NEARLY_FULL_BYTES = 64_000_000
"""With less free space than this, a library's failure to write counts as a full disk."""
_FULL = {errno.ENOSPC: "", errno.EDQUOT: translatable("The quota of your account is used up.")}
_LIMITS = {errno.EFBIG: translatable("Its file system cannot hold a file as large as this one.")}
_CAUSES = {
    errno.EACCES: translatable("You have no right to write there, or another program has the file open."),
    errno.EPERM: translatable("You have no right to write there."),
    errno.EROFS: translatable("It is on a disk that can only be read."),
    errno.ENOENT: translatable("It does not exist and cannot be made, or its disk is not connected."),
    errno.ENOTDIR: translatable("A part of its path is a file, not a folder."),
    errno.EISDIR: translatable("A folder has the name of a file that is to be written."),
    errno.EEXIST: translatable("A file has the name of a folder that is to be made."),
    errno.ENAMETOOLONG: translatable("Its path, or the name of a file, is too long."),
    errno.ELOOP: translatable("Its path has links that lead in a circle, or a link where a new file is to be written."),
    errno.EIO: translatable("Its disk reports an error in reading or writing; it may be damaged or disconnected."),
    errno.ENXIO: translatable("Its disk is not connected."),
    errno.ENODEV: translatable("Its disk is not connected."),
    errno.EBUSY: translatable("The file or disk is in use."),
    errno.EINVAL: translatable("Its path, or the name of a file, has characters that this system does not allow."),
    errno.EMFILE: translatable("Too many files are open."),
    errno.ENFILE: translatable("Too many files are open."),
    errno.ENOSYS: translatable("Its file system does not support what is needed."),
    errno.EOPNOTSUPP: translatable("Its file system does not support what is needed."),
}
"""What the system's errors mean for a folder that is written to."""
for _name, _text in (
    ("ESTALE", translatable("Its network drive has changed or was disconnected.")),
    ("ENOLINK", translatable("Its network drive is not connected.")),
    ("EREMOTEIO", translatable("Its network drive reports an error.")),
    ("ENOMEDIUM", translatable("Its disk is not connected.")),
):
    if hasattr(errno, _name):  # not on every system
        _CAUSES[getattr(errno, _name)] = _text


class _TemporaryFiles:
    """The files that this process is writing aside."""

    def __init__(self) -> None:
        self._paths: set[Path] = set()

    @contextmanager
    def file_beside(self, final: Path) -> Iterator[Path]:
        """A path for the time of the block; afterwards it and what was laid beside it are removed."""
        path = final.with_name(f".{_short(final.stem)}-{os.getpid()}-{os.urandom(8).hex()}{PART_SUFFIX}{final.suffix}")
        self._paths.add(path)
        try:
            yield path
        finally:
            self._remove(path)
            self._paths.discard(path)

    def remove_all(self) -> None:
        """Remove all of them."""
        for path in list(self._paths):
            with suppress(OSError):  # Windows holds on to open files; the next run removes them
                self._remove(path)

    @staticmethod
    def _remove(temporary_path: Path) -> None:
        with suppress(FileNotFoundError):
            temporary_path.unlink()
        for path in files_beginning(temporary_path.parent, f"{temporary_path.name}."):
            path.unlink(missing_ok=True)


def files_beginning(folder: Path, beginning: str) -> list[Path]:
    """The entries of a folder whose names begin so; none where there is no folder.

    A pattern would be compiled anew for every name, which takes longer than the work with a small file.
    """
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        return [Path(entry.path) for entry in entries if entry.name.startswith(beginning)]
    return []


_TEMPORARY_FILES = _TemporaryFiles()


def _short(stem: str) -> str:
    """A name's beginning that leaves room for what a temporary file's name adds: names may have 255 bytes."""
    return stem.encode("utf-8", "surrogateescape")[:180].decode("utf-8", "ignore")


@contextmanager
def temporary_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a path beside `path` for what is needed only while `path` is made; it is removed when the block ends.

    It keeps the suffix of `path` (drivers choose by it) and lies in the same folder, which is made. Its name cannot be
    known before, so no link can be planted there. Files whose names begin with it (that drivers lay beside, such as
    `.ovr`) are removed with it.

    Raises
    ------
    DiskFull, FolderNotWritable : for the system's errors; other errors pass through.

    """
    final = Path(path)
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        with _TEMPORARY_FILES.file_beside(final) as temporary_path:
            yield temporary_path
    except OSError as error:
        raise to_allpa_error(error, final) from error


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a path aside to write to, and rename it to `path` when the block ends without an error.

    The path aside lies in the same folder, so that the rename is atomic.

    Raises
    ------
    DiskFull, FolderNotWritable : for the system's errors; other errors pass through. Nothing is left aside.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     target = Path(folder) / "a.txt"
    ...     with atomic_write(target) as temporary_path:
    ...         _ = temporary_path.write_text("whole")
    ...     target.read_text()
    'whole'

    """
    with temporary_file(path) as temporary_path:
        yield temporary_path
        temporary_path.replace(path)


def remove_temporary_files() -> None:
    """Remove what this process is writing aside; for a process that must end at once."""
    _TEMPORARY_FILES.remove_all()


def create_file(path: str | os.PathLike[str]) -> int:
    """Create a file that does not exist yet, to be written by its number; never through a link that stands there.

    Raises
    ------
    OSError : where the file exists, or cannot be created.

    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return os.open(path, flags, 0o666)


def to_allpa_error(error: OSError, path: Path) -> Exception:
    """Turn a system's error in writing a file into the project's own.

    Parameters
    ----------
    error : what the system raised.
    path : the file that was to be written.

    Returns
    -------
    DiskFull or FolderNotWritable where the error's number is known, else the error itself.

    """
    number = error.errno
    if number in _FULL:
        return DiskFull(
            message("The disk is full while writing {name} in {folder}.", name=path.name, folder=str(path.parent)),
            _FULL[number],
        )
    if number in _LIMITS:
        return DiskFull(
            message("The file {name} cannot be written in {folder}.", name=path.name, folder=str(path.parent)),
            _LIMITS[number],
        )
    if number in _CAUSES:
        return FolderNotWritable(_not_writable(path.parent), _cause(error))
    return error


def explain_os_error(error: OSError) -> AllpaError | None:
    """The sentence of a system's error that came up anywhere in a run; None where its number or its file is unknown."""
    if error.errno in _FULL or error.errno in _LIMITS:
        return DiskFull(
            translatable("The disk is full, or its file system cannot hold the file."), error.strerror or ""
        )
    if error.errno not in _CAUSES or not isinstance(error.filename, (str, bytes)):
        return None
    path = Path(os.fsdecode(error.filename))
    return FolderNotWritable(
        message("The file {name} in {folder} cannot be used.", name=path.name[:80], folder=str(path.parent)),
        _cause(error),
    )


def _not_writable(folder: Path) -> str:
    return message("The folder {folder} cannot be written.", folder=str(folder))


def _cause(error: OSError) -> str:
    """What a system's error means, and the system's own words."""
    cause = _CAUSES[error.errno or 0]
    return message("{cause} ({error})", cause=cause, error=error.strerror) if error.strerror else cause


def write_failure(path: Path, reason: str) -> AllpaError:
    """The error of a library that could not write `path` and gives a text alone, such as "Write failed" of GDAL.

    Parameters
    ----------
    path : the file that was written.
    reason : what the library said.

    Returns
    -------
    DiskFull where the text or the disk's free space says so, else FolderNotWritable.

    """
    with suppress(OSError):
        if "no space" in reason.lower() or shutil.disk_usage(path.parent).free < _NEARLY_FULL_BYTES:
            return DiskFull(
                message("The disk is full while writing in {folder}.", folder=str(path.parent)), reason[:300]
            )
    return FolderNotWritable(message("A file in {folder} could not be written.", folder=str(path.parent)), reason[:300])


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` as UTF-8, whole or not at all; half a character, as JSON can hold, becomes a question mark."""
    with (
        atomic_write(path) as temporary_path,
        os.fdopen(create_file(temporary_path), "w", encoding="utf-8", errors="replace") as file,
    ):
        file.write(text)


def write_json(path: str | os.PathLike[str], value: Any) -> None:  # noqa: ANN401 - anything that JSON can hold
    """Write a value as indented JSON, whole or not at all.

    Parameters
    ----------
    path : the file; its folder is made.
    value : anything that JSON can hold.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def format_bytes(count: float) -> str:
    """A number of bytes for people, with three digits.

    Examples
    --------
    >>> format_bytes(35_200_000), format_bytes(0), format_bytes(1.5e9)
    ('35.2 MB', '0 bytes', '1.5 GB')

    """
    for size, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= size:
            template = "{size:.3g} {unit}" if count < 999.5 * size else "{size:,.0f} {unit}"
            return message(template, size=count / size, unit=unit)
    return message("{count} bytes", count=round(count))


def check_free_space(folder: str | os.PathLike[str], needed_bytes: int) -> None:
    """Make a folder, check that it can be written and that its disk has room.

    Parameters
    ----------
    folder : is made with the folders above it.
    needed_bytes : free bytes that the disk must have.

    Raises
    ------
    FolderNotWritable, DiskFull

    """
    folder_path = Path(folder)
    probe = folder_path / f".allpa-{os.urandom(8).hex()}{PART_SUFFIX}"
    try:
        folder_path.mkdir(parents=True, exist_ok=True)
        os.close(create_file(probe))
        probe.unlink(missing_ok=True)  # another run may have removed it
        free = shutil.disk_usage(folder_path).free
    except (OSError, ValueError) as error:  # ValueError: a path with a null character
        explained = to_allpa_error(error, probe) if isinstance(error, OSError) else error
        if isinstance(explained, AllpaError):
            raise explained from error
        raise FolderNotWritable(_not_writable(folder_path), str(error)) from error
    if free < needed_bytes:
        raise DiskFull(
            message(
                "There are {free} free on the disk of {folder}; this step needs about {needed}.",
                free=format_bytes(free),
                folder=str(folder_path),
                needed=format_bytes(needed_bytes),
            )
        )


def remove_stale_temporary_files(folder: str | os.PathLike[str]) -> None:
    """Remove what killed runs left aside directly in `folder`; what a living process writes stays."""
    for leftover in Path(folder).glob(f".*-*-*{PART_SUFFIX}*"):
        owner_pid = leftover.name.split(PART_SUFFIX)[0].rsplit("-", 2)[-2]
        if owner_pid.isdigit() and not _may_be_alive(int(owner_pid), leftover):
            with suppress(OSError):  # another user's, or another run was first
                leftover.unlink()


def _may_be_alive(process_id: int, leftover: Path) -> bool:
    """Whether the process that wrote `leftover` may still run.

    Windows has no harmless way to ask with the standard library, so there only age tells: a day without a change.
    """
    try:
        if os.name == "nt":
            return time.time() - leftover.stat().st_mtime < 24 * 3600
        os.kill(process_id, 0)
    except (ProcessLookupError, OverflowError, FileNotFoundError):
        return False
    except PermissionError:
        return True
    return True
