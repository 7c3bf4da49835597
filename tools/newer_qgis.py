"""Run the tests of the QGIS side on newer QGIS: `python tools/newer_qgis.py` (as root; `make test-newer` calls it).

Each Debian release is unpacked by debootstrap into a folder below `build/newer`, with QGIS from its own packages, and
the repository's files are copied into it. Nothing is installed on this machine, and nothing stays mounted. This
checkout's engine (`build/engine`) and its Python are shown there too, for the tests that need them.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RELEASES = ("trixie", "testing")
"""Debian 13 (QGIS 3.40) and what becomes Debian 14."""
PACKAGES = ("qgis", "python3-qgis", "python3-venv", "python3-pytest", "xvfb", "xauth", "openssl", "git")
UPDATE = "-o Acquire::Check-Valid-Until=false"
"""A mirror of Debian testing may lag behind; its signature is checked all the same."""
TIERS = ("qgis", "ui", "process")
ENGINE = ROOT / "build/engine"
ENGINE_CODE = "import os, sys, sysconfig; print(os.path.realpath(sys.executable)); print(sysconfig.get_path('stdlib'))"
TIMEOUT_S = 2400
"""Of one tier; a hanging one is ended."""
STALL_S = 120
"""A test that takes longer has the stacks of all threads printed."""


def find_mirror() -> str:
    """The mirror of Debian that this machine's apt takes packages from."""
    for path in (*Path("/etc/apt").glob("sources.list"), *Path("/etc/apt/sources.list.d").glob("*")):
        found = re.search(r"https?://\S+/debian/?(?=\s)", path.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found.group()
    sys.exit("No mirror of Debian is found in /etc/apt; name one: --mirror ADDRESS")


def engine_paths() -> tuple[Path, ...]:
    """The engine's environment, its Python, and that Python's library; empty where there is no engine."""
    python = ENGINE / "bin/python"
    if not python.exists():
        return ()
    listed = subprocess.run([python, "-c", ENGINE_CODE], capture_output=True, text=True, check=True).stdout
    return (ENGINE.resolve(), *(Path(line) for line in listed.split("\n") if line))


def make_engine(folder: Path) -> None:
    """An environment at `/engine` of an unpacked release, with the engine's own packages and programs.

    Its Python is named by its full name: `/usr/bin/python3` is another one there.
    """
    shutil.rmtree(folder / "engine", ignore_errors=True)
    environment, python, _library = engine_paths()
    (folder / "engine/bin").mkdir(parents=True)
    shutil.copy(environment / "pyvenv.cfg", folder / "engine/pyvenv.cfg")
    (folder / "engine/lib").symlink_to(environment / "lib")
    for program in filter(Path.is_file, (environment / "bin").iterdir()):
        target = folder / "engine/bin" / program.name
        if program.name.startswith("python"):
            target.symlink_to(python)
        elif program.read_bytes()[:2] == b"#!":  # a script, whose first line names the environment's Python
            target.write_bytes(b"#!/engine/bin/python\n" + program.read_bytes().split(b"\n", 1)[1])
            target.chmod(0o755)
        else:
            target.symlink_to(program)


def run_inside(
    folder: Path, script: str, shown: tuple[Path, ...] = (), **options: object
) -> subprocess.CompletedProcess[str]:
    """Run a shell script in an unpacked release, with process and memory file systems of its own.

    Parameters
    ----------
    folder : the unpacked release.
    script : of the shell.
    shown : files and folders of this machine that the script sees under their own paths, and cannot change.
    options : of `subprocess.run`.

    """
    mounts = ['mount -t proc proc "$0/proc"', 'mount -t tmpfs tmpfs "$0/dev/shm"', 'mount -t tmpfs tmpfs "$0/tmp"']
    for path in shown:
        target = folder / path.relative_to("/")
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.touch()
        mounts.append(f'mount --bind -o ro {shlex.quote(str(path))} "$0"{shlex.quote(str(path))}')
    environment = "env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8"
    inner = f'{" && ".join(mounts)} && exec {environment} chroot "$0" sh -c "$1"'
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", inner, str(folder), script]
    return subprocess.run(command, text=True, check=False, **options)  # type: ignore[call-overload,no-any-return]


def unpack(release: str, folder: Path, mirror: str) -> None:
    """Unpack a release with QGIS, where that was not done before."""
    finished = folder / "unpacked.txt"
    if finished.is_file():
        return
    mirror = mirror or find_mirror()
    print(f"Unpacking Debian {release} into {folder}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    log = folder.with_suffix(".log")
    with log.open("w", encoding="utf-8") as stream:
        subprocess.run(
            ["debootstrap", "--variant=minbase", release, folder, mirror], stdout=stream, stderr=stream, check=True
        )
        (folder / "etc/apt/sources.list").write_text(f"deb {mirror} {release} main\n", encoding="utf-8")
        shutil.copy("/etc/resolv.conf", folder / "etc/resolv.conf")
        install = f"apt-get -qq -y install --no-install-recommends {' '.join(PACKAGES)}"
        done = run_inside(
            folder,
            f"apt-get -qq {UPDATE} update && DEBIAN_FRONTEND=noninteractive {install}",
            stdout=stream,
            stderr=stream,
        )
    if done.returncode != 0:
        sys.exit(f"Installing QGIS in Debian {release} failed; see {log}")
    finished.write_text("debootstrap and apt-get have ended well\n", encoding="utf-8")


def copy_repository(folder: Path) -> None:
    """Copy what git tracks or would track."""
    target = folder / "repository"
    shutil.rmtree(target, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    if (ROOT / "build/archive").is_dir():
        shutil.copytree(ROOT / "build/archive", target / "build/archive")


def read_versions(folder: Path) -> str:
    """Versions of QGIS, Qt and Python in an unpacked release."""
    script = (
        "import sys; from qgis.core import Qgis; from qgis.PyQt.QtCore import QT_VERSION_STR; "
        "print(f'QGIS {Qgis.version()}, Qt {QT_VERSION_STR}, Python {sys.version.split()[0]}')"
    )
    done = run_inside(folder, f'QT_QPA_PLATFORM=offscreen python3 -c "{script}"', capture_output=True)
    return done.stdout.strip() or done.stderr.strip()[-200:]


def run_tier(folder: Path, tier: str, arguments: list[str], log: Path) -> str:
    """Run one tier; gives pytest's last line, or how the process ended."""
    options = ["-q", "-ra", "-p", "no:cacheprovider", "-o", f"faulthandler_timeout={STALL_S}", *arguments]
    shown = engine_paths()
    environment = "QT_QPA_PLATFORM=offscreen OMP_NUM_THREADS=2 PYTHONDONTWRITEBYTECODE=1"
    if shown:
        make_engine(folder)
        environment += " ALLPA_TEST_ENGINE=/engine/bin/python"
    python = f"{environment} timeout -k 10 {TIMEOUT_S} python3 -X faulthandler"
    with log.open("w", encoding="utf-8") as stream:
        done = run_inside(
            folder,
            f"cd /repository && {python} -m pytest {shlex.join(options)} tests/{tier}",
            shown,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    summary = next((line for line in reversed(lines) if re.search(r"\d+ (passed|failed|error|skipped)", line)), "")
    if done.returncode in (0, 1):
        return summary
    reason = f"ended after {TIMEOUT_S} s" if done.returncode in (124, 137) else f"exit code {done.returncode}"
    return f"{reason} {summary}".strip()


def main() -> int:
    """Unpack what is missing, run the tiers, and print a table; the exit code is 1 where a tier did not pass."""
    parser = argparse.ArgumentParser(description="Run the tests of the QGIS side on newer QGIS")
    parser.add_argument("--release", action="append", choices=RELEASES, help="only this release")
    parser.add_argument("--tier", action="append", choices=TIERS, help="only this tier")
    parser.add_argument("--times", type=int, default=1, help="run each tier so many times")
    parser.add_argument("--folder", type=Path, default=ROOT / "build/newer", help="where the releases are unpacked")
    parser.add_argument("--mirror", default="", help="mirror of Debian; by default the one that apt uses here")
    parser.add_argument("arguments", nargs="*", help="further arguments of pytest, after --")
    chosen = parser.parse_args()
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        sys.exit("This needs root, and debootstrap: apt-get install debootstrap")
    failed = False
    for release in chosen.release or RELEASES:
        folder = (chosen.folder / release).absolute()
        unpack(release, folder, chosen.mirror)
        copy_repository(folder)
        print(f"\nDebian {release}: {read_versions(folder)}", flush=True)
        for tier in chosen.tier or TIERS:
            for time in range(1, chosen.times + 1):
                log = folder.with_name(f"{release}-{tier}-{time}.log")
                result = run_tier(folder, tier, chosen.arguments, log)
                failed |= "passed" not in result or bool(re.search(r"failed|error|exit code|ended after", result))
                print(f"  {tier:8} {result}  ({log})", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
