"""The engine's packages in a folder or a zip, for computers without a network; another computer collected them.

Whatever lies there, the hashes of the plugin's own lists decide what is installed.
"""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile

from ..allpa_engine.core.atomic import check_free_space, to_allpa_error
from ..translation import tr
from . import locks
from .installer_process import InstallationFailed

SUFFIX = ".whl"


def find_wheels(source: Path, folder: Path) -> Path:
    """The folder that holds the packages.

    Parameters
    ----------
    source : a folder of wheels, or a zip of them.
    folder : a folder to make, into which a zip is unpacked.

    Returns
    -------
    `source`, or `folder` for a zip.

    Raises
    ------
    InstallationFailed : where there are no packages, or the zip cannot be read.
    DiskFull, FolderNotWritable : where the zip cannot be unpacked.

    """
    if not source.exists():
        raise InstallationFailed(
            tr("The packages do not exist: {}.").format(source), "", tr("Choose the file or folder that holds them.")
        )
    if source.is_dir():
        wheels = source
    else:
        _unpack(source, folder)
        wheels = folder
    if not any(wheels.glob(f"*{SUFFIX}")):
        raise InstallationFailed(
            tr("There are no packages in {}.").format(source),
            tr("Packages are files that end in .whl."),
            _collect_them(),
        )
    return wheels


def _unpack(source: Path, folder: Path) -> None:
    """Unpack the wheels of a zip, each by its own name into one folder."""
    folder.mkdir(parents=True)
    try:
        with ZipFile(source) as packed:
            members = [member for member in packed.infolist() if member.filename.endswith(SUFFIX)]
            check_free_space(folder, sum(member.file_size for member in members))
            for member in members:
                name = PurePosixPath(member.filename.replace("\\", "/")).name
                with packed.open(member) as reader, (folder / name).open("wb") as writer:
                    shutil.copyfileobj(reader, writer, 1 << 20)
    except (BadZipFile, NotImplementedError, RuntimeError) as error:  # damaged, of an unknown kind, or with a password
        raise InstallationFailed(
            tr("The file of packages cannot be read: {}.").format(source), str(error), _collect_them()
        ) from error
    except OSError as error:
        raise to_allpa_error(error, folder) from error


def offline_variables(wheels: Path) -> dict[str, str]:
    """The variables by which pip and uv take packages from a folder alone; an address stands for spaces and commas."""
    return {
        "PIP_FIND_LINKS": wheels.resolve().as_uri(),
        "PIP_NO_INDEX": "1",
        "UV_OFFLINE": "1",
        "UV_PYTHON_DOWNLOADS": "never",
    }


def choose_complete(lists: list[locks.EngineLock], wheels: Path, python: locks.Version) -> locks.EngineLock:
    """The first of some lists whose packages are all there.

    Parameters
    ----------
    lists : the lists that would do, the best first.
    wheels : the folder of packages.
    python : major and minor version of the Python that they are for.

    Returns
    -------
    One of `lists`.

    Raises
    ------
    InstallationFailed : where each lacks some; the first list's are named.

    """
    there = {path.name for path in wheels.glob(f"*{SUFFIX}")}
    for candidate in lists:
        if there.issuperset(candidate.files(python)):
            return candidate
    needed = lists[0].files(python)
    missing = [name for name in needed if name not in there]
    raise InstallationFailed(
        tr("The collected packages do not suit this computer: {} of {} are missing.").format(len(missing), len(needed)),
        ", ".join(missing),
        tr("Collect them anew for the platform {} and Python {}, with the same version of Allpa.").format(
            lists[0].path.stem, ".".join(map(str, python))
        ),
    )


def _collect_them() -> str:
    return str(tr("Collect them on a computer with a network: 'Collect packages for another computer' in the toolbox."))
