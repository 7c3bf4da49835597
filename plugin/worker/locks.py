"""The lists of the engine's packages: one for each platform, each with its Pythons and the oldest system it serves."""

from __future__ import annotations

import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from ..resources import RESOURCES
from ..translation import tr

LOCK_FOLDER = RESOURCES / "requirements"
"""Folder of the engine's pinned and hashed packages; `tools/lock.py` writes it."""
INSTALLER_LOCK = "uv.txt"
CUDA_SUFFIX = "-cuda"
PLATFORM_NAMES = {"linux": "linux", "win32": "windows", "darwin": "macos"}
MACHINE_NAMES = {"amd64": "x86_64", "arm64": "arm64", "aarch64": "aarch64", "x86_64": "x86_64"}
_FLOOR = re.compile(r"^# python (\d+)\.(\d+) floor ?([\d.]*)$", re.MULTILINE)
_WHEEL = re.compile(
    r"^(?P<requirement>[a-z0-9-]+==[^\s;]+)(?: ; (?P<marker>[^#\n]*?))? (?P<hash>--hash=\S+)"
    r"  # (?P<size>\d+) (?P<unpacked>\d+) (?P<file>\S+)$",
    re.MULTILINE,
)
_PYTHON = re.compile(r"python_version == '(\d+)\.(\d+)'")

Version = tuple[int, ...]


@dataclass(frozen=True)
class EngineLock:
    """The packages of one platform.

    Parameters
    ----------
    path : file of requirements with hashes.
    floors : Pythons that the list serves, each with the oldest version of macOS, or of glibc on Linux, that it needs.

    """

    path: Path
    floors: dict[Version, Version]

    def usable_pythons(self, system_version: Version) -> list[Version]:
        """The Pythons that the list serves on a system of this version, oldest first."""
        return sorted(python for python, floor in self.floors.items() if floor <= system_version)

    def download_bytes(self, python: Version) -> int:
        """Bytes to download for one Python."""
        return sum(int(wheel["size"]) for wheel in self.wheels(python))

    def unpacked_bytes(self, python: Version) -> int:
        """Bytes on disk for one Python."""
        return sum(int(wheel["unpacked"]) for wheel in self.wheels(python))

    def files(self, python: Version) -> list[str]:
        """Names of the files for one Python."""
        return [wheel["file"] for wheel in self.wheels(python)]

    def wheels(self, python: Version) -> list[re.Match[str]]:
        """The lines for one Python, with the groups `requirement`, `hash`, `size`, `unpacked` and `file`."""
        found = []
        for wheel in _WHEEL.finditer(self.path.read_text(encoding="utf-8")):
            pythons = [(int(major), int(minor)) for major, minor in _PYTHON.findall(wheel["marker"] or "")]
            if not pythons or python[:2] in pythons:
                found.append(wheel)
        return found


def own_version() -> Version:
    """Major and minor version of QGIS's Python."""
    return tuple(sys.version_info[:2])


def platform_name() -> str:
    """Name of this platform in the lists, such as `linux-x86_64`; one without a list is named too."""
    machine = platform.machine().lower()
    system = PLATFORM_NAMES.get(sys.platform, sys.platform)
    return f"{system}-{MACHINE_NAMES.get(machine, machine)}"


def read_lock(name: str) -> EngineLock | None:
    """The list of a platform, None where there is none."""
    path = LOCK_FOLDER / f"{name}.txt"
    if not path.is_file():
        return None
    floors: dict[Version, Version] = {
        (int(major), int(minor)): as_version(floor)
        for major, minor, floor in _FLOOR.findall(path.read_text(encoding="utf-8"))
    }
    return EngineLock(path, floors)


def as_version(text: str) -> Version:
    """`"2.28"` as `(2, 28)`; what is no number ends it.

    Examples
    --------
    >>> as_version("14.6.1")
    (14, 6, 1)
    >>> as_version("")
    ()

    """
    return tuple(int(part) for part in re.findall(r"\d+", text))


def macos_version(version: str, kernel: str) -> Version:
    """Version of macOS; one that calls itself 10.16 before an old program is read off its kernel.

    Parameters
    ----------
    version : as the system calls itself, such as `13.5`.
    kernel : version of its kernel (Darwin), such as `22.6.0`; looked at for 10.16 only.

    Returns
    -------
    The numbers of the version, the major one alone where it was read off the kernel.

    Examples
    --------
    >>> macos_version("10.16", "23.6.0"), macos_version("10.16", "25.1.0"), macos_version("13.5", "22.6.0")
    ((14,), (26,), (13, 5))

    """
    if version.startswith("10.16"):
        major = as_version(kernel)[0]
        return (major - 9,) if major < 25 else (major + 1,)
    return as_version(version)


def system_version() -> Version:
    """Version of macOS, or of glibc on Linux; empty elsewhere, and `(0,)` for a Linux without glibc."""
    if sys.platform == "darwin":
        return macos_version(platform.mac_ver()[0], platform.release())
    if sys.platform.startswith("linux"):
        name, version = platform.libc_ver()
        return as_version(version) if name == "glibc" else (0,)
    return ()


def system_text() -> str:
    """The system in words, such as `macOS 10.15 (x86_64)`."""
    if sys.platform == "darwin":
        return f"macOS {platform.mac_ver()[0]} ({platform.machine()})"
    if sys.platform.startswith("linux"):
        name, version = platform.libc_ver()
        libc = f"glibc {version}" if name == "glibc" else tr("no glibc")
        return f"Linux {platform.machine()} ({libc})"
    return f"{platform.system()} {platform.release()} ({platform.machine()})"


def floor_text(lock: EngineLock) -> str:
    """The oldest system that a list serves, in words."""
    floor = ".".join(map(str, min(lock.floors.values())))
    return f"macOS {floor}" if sys.platform == "darwin" else f"Linux, glibc {floor}"


def python_text(versions: list[Version]) -> str:
    """`3.10 to 3.14`."""
    first, last = (".".join(map(str, version)) for version in (min(versions), max(versions)))
    return first if first == last else tr("{} to {}").format(first, last)
