"""Pin the engine's packages with hashes, for each platform and Python: `make lock` (needs uv and the network).

Writes `resources/requirements/<platform>.txt`, one line per wheel: version, Python, hash, and as a comment the bytes
to download, the bytes unpacked, and the file's name. Each set is resolved for the oldest system that still has wheels
of all packages (its floor, at the head of the file); older releases are taken where newer ones left a system behind.
The optional groups of `pyproject.toml` that users install later have lists of their own, `<group>/<platform>.txt`,
which only add to that of the platform: `make lock GROUPS=only` writes these alone.
Also writes `uv.txt` (the installer), and `requirements.txt` of the tests, the benches and the documentation.

No address of a package index is written; pip's or uv's own settings say where packages come from.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import tomllib

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "resources" / "requirements"
PROJECT = ROOT / "pyproject.toml"
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
HEADER = "# Made by `make lock` from {}; do not edit.\n"
TORCH = "2.13.0"
GROUPS = ("learn", "encoders", "cluster")
"""The optional groups that have lists."""


@dataclass(frozen=True)
class Wheel:
    """One file to install, for one Python or for all that share it."""

    name: str
    version: str
    sha256: str
    size: int
    unpacked: int
    file: str

    def line(self, pythons: list[str], all_pythons: tuple[str, ...]) -> str:
        """The requirement, with a marker where not all Pythons take this file."""
        marker = ""
        if set(pythons) != set(all_pythons):
            marker = " ; " + " or ".join(f"python_version == '{python}'" for python in pythons)
        requirement = f"{self.name}=={self.version}{marker} --hash=sha256:{self.sha256}"
        return f"{requirement}  # {self.size} {self.unpacked} {self.file}"


@dataclass(frozen=True)
class Target:
    """One lock: a platform, the Pythons it serves and their floors.

    Parameters
    ----------
    uv_platform : uv's name of the platform.
    floors : oldest system by Python: a version of macOS, or of glibc on Linux; empty where there is none.
    constraints : what must be older here, and why it must is said where the target is defined.
    cpu_torch : PyTorch's CPU wheels that the default index does not have, by Python; they replace PyTorch and CUDA.

    """

    name: str
    uv_platform: str
    floors: dict[str, str]
    constraints: tuple[str, ...] = (f"torch=={TORCH}",)
    cpu_torch: dict[str, Wheel] = field(default_factory=dict)


def _cpu_wheel(
    python: str, sha256: str, version: str = TORCH, size: int = 191_794_682, unpacked: int = 699_298_109
) -> Wheel:
    tag = "cp" + python.replace(".", "")
    file = f"torch-{version}+cpu-{tag}-{tag}-manylinux_2_28_x86_64.whl"
    return Wheel("torch", f"{version}+cpu", sha256, size, unpacked, file)


CPU_TORCH = {
    # The digests that PyTorch's own index lists. Sizes other than those of 3.10 and 3.11 are taken to be as the latter.
    "3.10": _cpu_wheel(
        "3.10", "a280ffaea7b9c828e0c1b9b3bd502d9b6a649dc9416997b69b84544bd469f215", "2.10.0", 188_832_554
    ),
    "3.11": _cpu_wheel("3.11", "6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b"),
    "3.12": _cpu_wheel("3.12", "4ca4a9394b0c771238a4f73590fdbbc4debad85ed0fa63d026ae1b085da7d6e2"),
    "3.13": _cpu_wheel("3.13", "3fbf9c9d1f3c10c2d59d04aca426dee9ccc6ceb32d255c61e93acc3b4f75fae6"),
    "3.14": _cpu_wheel("3.14", "d20fa53ee744502fa4c69818a720b05ca0d37abd055d4f6e66cae155114bc691"),
}
CUDA = re.compile(r"^(nvidia-|cuda-|triton$)")
"""Packages that only a CUDA build of PyTorch needs."""

EXCLUDED = ("openvino-telemetry",)
"""Reports each import of OpenVINO over the network; OpenVINO has an empty substitute."""

TARGETS = (
    Target("linux-x86_64", "x86_64-manylinux_2_28", dict.fromkeys(PYTHONS, "2.28"), cpu_torch=CPU_TORCH),
    Target("linux-x86_64-cuda", "x86_64-manylinux_2_28", dict.fromkeys(PYTHONS, "2.28")),
    # the last release whose build for ARM on the default index needs no CUDA
    Target("linux-aarch64", "aarch64-manylinux_2_28", dict.fromkeys(PYTHONS, "2.28"), ("torch==2.10.0",)),
    Target("windows-x86_64", "x86_64-pc-windows-msvc", dict.fromkeys(PYTHONS, "")),
    # pyogrio begins with macOS 12, rasterio and pyproj for Python 3.13 with 14; the last PyTorch for macOS 12 is 2.11
    Target(
        "macos-arm64",
        "aarch64-apple-darwin",
        {"3.10": "12.0", "3.11": "12.0", "3.12": "12.0", "3.13": "14.0", "3.14": "14.0"},
        (f"torch<={TORCH}",),
    ),
    # PyTorch left Intel Macs with 2.2, which has no build for Python 3.13
    Target("macos-x86_64", "x86_64-apple-darwin", dict.fromkeys(PYTHONS[:3], "12.0"), ("torch==2.2.2",)),
)


class _RemoteFile(io.RawIOBase):
    """A file on a server, read by ranges, so that a wheel's table of contents is had without the wheel."""

    def __init__(self, url: str, size: int) -> None:
        self._url, self._size, self._offset = url, size, 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._offset

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._offset = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._offset, io.SEEK_END: self._size}[whence]
        return self._offset

    def read(self, count: int = -1) -> bytes:
        end = self._size if count < 0 else min(self._size, self._offset + count)
        if end <= self._offset:
            return b""
        request = urllib.request.Request(self._url, headers={"Range": f"bytes={self._offset}-{end - 1}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            if answer.status != 206:
                sys.exit(f"The server of {self._url} knows no ranges")
            content: bytes = answer.read()
        self._offset = end
        return content


@cache
def unpacked_bytes(url: str, size: int) -> int:
    """Bytes on disk of a wheel's files."""
    with zipfile.ZipFile(_RemoteFile(url, size)) as wheel:  # type: ignore[arg-type] - read and seek are all it calls
        return sum(member.file_size for member in wheel.infolist())


def _project() -> dict[str, Any]:
    return dict(tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"])


def resolve(target: Target, python: str) -> list[Wheel]:
    """The wheels of one platform and Python, by name."""
    wheels = _compile(target, python, _project()["dependencies"], target.constraints)
    if target.cpu_torch:
        wheels["torch"] = target.cpu_torch[python]
    return [wheels[name] for name in sorted(wheels)]


def resolve_group(target: Target, python: str, group: str) -> list[Wheel]:
    """What a group adds to the list of a platform and Python; versions of that list stay as they are."""
    engine = _pinned_versions(REQUIREMENTS / f"{target.name}.txt", python)
    constraints = tuple(f"{name}=={version.split('+')[0]}" for name, version in engine.items())
    wheels = _compile(target, python, _project()["optional-dependencies"][group], constraints)
    return [wheels[name] for name in sorted(wheels) if name not in engine]


def _pinned_versions(lock: Path, python: str) -> dict[str, str]:
    """The versions that a list has for one Python, by name."""
    lines = re.findall(r"^([a-z0-9-]+)==(\S+)(?: ; ([^#]*?))? --hash", lock.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: version for name, version, marker in lines if not marker or f"'{python}'" in marker}


def _compile(target: Target, python: str, requirements: list[str], pins: tuple[str, ...]) -> dict[str, Wheel]:
    """The wheels of requirements and of what these need, by name."""
    with tempfile.TemporaryDirectory() as folder:
        lock, constraints = Path(folder) / "pylock.toml", Path(folder) / "constraints.txt"
        constraints.write_text("\n".join(pins), encoding="utf-8")
        source = Path(folder) / "engine.in"
        source.write_text("\n".join(requirements), encoding="utf-8")
        command = [
            "uv", "pip", "compile", "--quiet", "--no-config", "--only-binary", ":all:", "--format", "pylock.toml",
            "--python-platform", target.uv_platform, "--python-version", python,
            "--constraints", constraints, "--output-file", lock, source,
        ]  # fmt: skip
        environment = {**os.environ, "MACOSX_DEPLOYMENT_TARGET": target.floors[python]}
        subprocess.run(command, check=True, env=environment)
        packages = tomllib.loads(lock.read_text(encoding="utf-8"))["packages"]
    with_cuda = not (target.cpu_torch or set(pins) - set(target.constraints))
    kept = [package for package in packages if with_cuda or not CUDA.match(package["name"])]
    return {package["name"]: _chosen_wheel(package) for package in kept if package["name"] not in EXCLUDED}


def _chosen_wheel(package: dict[str, object]) -> Wheel:
    """The file for the platform; uv lists those that fit, and the oldest tag suits every system from the floor on."""
    listed = sorted(package["wheels"], key=lambda wheel: wheel["url"])  # type: ignore[call-overload]
    wheel = listed[0]
    file = urllib.request.unquote(wheel["url"].rsplit("/", 1)[-1])  # type: ignore[attr-defined]
    size = int(wheel["size"])
    return Wheel(
        str(package["name"]), str(package["version"]), wheel["hashes"]["sha256"], size,
        unpacked_bytes(wheel["url"], size), file,
    )  # fmt: skip


def write_target_lock(target: Target, path: Path, resolved: Callable[[str], list[Wheel]]) -> None:
    """Write the lock of a target, of the wheels that `resolved` gives for each Python."""
    pythons_by_wheel: dict[Wheel, list[str]] = {}
    for python in target.floors:
        for wheel in resolved(python):
            pythons_by_wheel.setdefault(wheel, []).append(python)
    floors = [f"# python {python} floor {floor}".rstrip() for python, floor in target.floors.items()]
    lines = [
        wheel.line(pythons, tuple(target.floors))
        for wheel, pythons in sorted(pythons_by_wheel.items(), key=lambda item: (item[0].name, item[1]))
    ]
    path.parent.mkdir(exist_ok=True)
    write(path, PROJECT, [*floors, *lines])


def compile_universal(source: Path, python: str, *options: str) -> list[str]:
    """The pinned requirements of `source` for every system, one text block each, with hashes and markers."""
    command = [
        "uv", "pip", "compile", "--quiet", "--universal", "--python-version", python, "--generate-hashes",
        "--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links", "--no-config", *options, source,
    ]  # fmt: skip
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [block for block in re.split(r"\n(?=[a-z0-9])", text.strip()) if block]


def names_everywhere(blocks: list[str]) -> set[str]:
    """Names of the requirements that every system takes: a later list must repeat those of one system alone."""
    return {block.split("==")[0] for block in blocks if "sys_platform" not in block and "platform_system" not in block}


def write(path: Path, source: Path, lines: list[str]) -> None:
    """Write a lock; one that names an address is refused."""
    text = HEADER.format(source.name) + "\n".join(lines) + "\n"
    if "://" in text:
        sys.exit(f"{path.name} would name an address: {text[text.index('://') - 40 :][:120]}")
    path.write_text(text, encoding="utf-8")


def write_group_locks(target: Target) -> None:
    """Write the lists of the optional groups of a target, whose own list stands."""
    for group in GROUPS:
        path = REQUIREMENTS / group / f"{target.name}.txt"
        write_target_lock(target, path, lambda python, group=group: resolve_group(target, python, group))  # type: ignore[misc]


def main() -> None:
    """Write the locks."""
    only_groups = os.environ.get("GROUPS") == "only"
    if not only_groups:
        uv_source = REQUIREMENTS / "uv.in"
        write(REQUIREMENTS / "uv.txt", uv_source, compile_universal(uv_source, "3.9"))
    for target in TARGETS:
        print(target.name)
        if not only_groups:
            write_target_lock(
                target, REQUIREMENTS / f"{target.name}.txt", lambda python, of=target: resolve(of, python)
            )  # type: ignore[misc]
        write_group_locks(target)
    if not only_groups:
        write_other_locks()


def write_other_locks() -> None:
    """Write the requirements of tests, benches and documentation, which only add to what Linux's engine has."""
    locks = [REQUIREMENTS / name / "linux-x86_64.txt" for name in ("", *GROUPS)]
    texts = [line for lock in locks for line in lock.read_text(encoding="utf-8").splitlines()]
    engine = list(dict.fromkeys(line for line in texts if re.match(r"[a-z0-9-]+==", line)))
    known = {line.split("==")[0] for line in engine}
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder) / "engine.txt"
        pinned.write_text("\n".join(line for line in engine if not line.startswith("torch==")), encoding="utf-8")
        constraints = ["--constraint", str(pinned)]
        for part in (ROOT / "tests", ROOT / "tools" / "bench", ROOT / "docs"):
            source, target_file = part / "requirements.in", part / "requirements.txt"
            blocks = compile_universal(source, "3.10", *constraints)
            names = {block: block.split("==")[0] for block in blocks}
            added = [block for block, name in names.items() if name not in known and not CUDA.match(name)]
            write(target_file, source, added)
            known |= names_everywhere(added)
            constraints += ["--constraint", str(target_file)]


if __name__ == "__main__":
    main()
