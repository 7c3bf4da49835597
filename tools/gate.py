"""Check the zip as the plugin repository does at an upload, then use it: `python tools/gate.py` (`make gate` calls it).

The rules are those of the repository's own scan: metadata, structure, size, bandit and detect-secrets without a
finding, and the plugin's windows on Qt 6. Then the zip is installed into a fresh profile of the system's QGIS, which is
asked for the engine's state, maps a part of the sample archive, and opens the dock on a virtual screen.
"""

from __future__ import annotations

import argparse
import configparser
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from zipfile import ZipFile

from pack import write_zip
from qgis_profile import QGIS_PROCESS, ROOT, make_profile
from sample_archive import build_sample_archive, serve_archive

GATE = ROOT / "build/gate"
MAX_BYTES = 25_000_000
"""Largest upload that the repository takes."""
REQUIRED = ("name", "description", "version", "qgisminimumversion", "author", "about", "icon", "tags")
PUBLISHERS = ("email", "homepage", "tracker", "repository")
"""Set by the person who publishes the plugin; the repository fetches the addresses."""
FORBIDDEN = re.compile(r"\.\.|\\|^[A-Za-z]:|\.pyc$|__pycache__|/\.|__MACOSX|\.(?:exe|dll|so|dylib|bat|sh|ps1|cmd|qrc)$")
EXTENT = "725040,727200,8482040,8484200 [EPSG:32718]"
"""A corner of the sample archive."""
DOCK_SCRIPT = Path(__file__).resolve().with_name("gate_dock.py")
DOCK_TIMEOUT_S = 180


def check_structure(package: Path) -> list[str]:
    """What the repository refuses about the zip's size, names and first entry."""
    with ZipFile(package) as archive:
        entries = archive.infolist()
    names = [entry.filename for entry in entries]
    folder = names[0].split("/")[0]
    faults = [f"forbidden name: {name}" for name in names if FORBIDDEN.search(name)]
    faults += [f"outside {folder}/: {name}" for name in names if not name.startswith(f"{folder}/")]
    faults += [
        f"executable: {entry.filename}" for entry in entries if entry.external_attr >> 16 & 0o111 and not entry.is_dir()
    ]
    if names[0] != f"{folder}/" or not folder.isidentifier():
        faults.append(f"the first entry, {names[0]}, is no folder that Python can import")
    faults += [
        f"missing: {name}" for name in ("metadata.txt", "LICENSE", "__init__.py") if f"{folder}/{name}" not in names
    ]
    if package.stat().st_size > MAX_BYTES:
        faults.append(f"{package.stat().st_size / 1e6:.1f} MB, more than {MAX_BYTES / 1e6:.0f} MB")
    return faults


def read_metadata(plugin: Path) -> dict[str, str]:
    """The fields of the plugin's metadata, names in small letters."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(plugin / "metadata.txt", encoding="utf-8")
    return dict(parser["general"])


def check_metadata(plugin: Path) -> list[str]:
    """What the repository, or its reviewers, refuse about the metadata."""
    found = read_metadata(plugin)
    faults = [f"metadata: {field} is empty" for field in REQUIRED if not found.get(field, "").strip()]
    rules = {
        "qgisMaximumVersion must be set, else QGIS 4 does not list the plugin": "qgismaximumversion" in found,
        "hasProcessingProvider=yes is missing": found.get("hasprocessingprovider") == "yes",
        "supportsQt6 is obsolete": "supportsqt6" not in found,
        "the name repeats 'plugin'": "plugin" not in found["name"].lower(),
        "the author has a slash": "/" not in found["author"],
        "description or about have HTML": "<" not in found["description"] + found["about"],
        "about does not state the external dependencies": "dependencies" in found["about"].lower(),
        "the version is not made of numbers": bool(re.fullmatch(r"\d+(\.\d+){1,3}", found["version"])),
        "the icon does not exist": (plugin / found["icon"]).is_file(),
    }
    return faults + [f"metadata: {rule}" for rule, holds in rules.items() if not holds]


def scan(plugin: Path) -> list[str]:
    """Findings of bandit, of detect-secrets, and of the errors that stop a module from being imported."""
    bandit = _json("bandit", "--recursive", "--quiet", "--format", "json", ".", folder=plugin)
    faults = [f"bandit {found['test_id']}: {found['filename']}:{found['line_number']}" for found in bandit["results"]]
    secrets = _json("detect_secrets", "scan", "--all-files", ".", folder=plugin)["results"]
    faults += [f"detect-secrets: {name}:{found['line_number']}" for name, listed in secrets.items() for found in listed]
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "E9,F82", "--output-format", "json", "."]
    done = subprocess.run(ruff, cwd=plugin, capture_output=True, text=True, check=False)
    return faults + [f"{found['code']}: {found['filename']}" for found in json.loads(done.stdout)]


def _json(module: str, *arguments: str, folder: Path) -> dict[str, list[dict[str, str]]]:
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    return dict(json.loads(done.stdout))


def check_qt6(plugin: Path) -> list[str]:
    """Whether the windows of the plugin work on Qt 6."""
    script = ROOT / "tests/package/qt6_dock.py"
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, script, plugin.parent], env=environment, capture_output=True, text=True, check=False
    )
    return [] if done.returncode == 0 else [f"Qt 6: {(done.stdout + done.stderr).strip()[-500:]}"]


def run_algorithm(environment: dict[str, str], algorithm: str, **parameters: object) -> dict[str, object]:
    """Outputs of an algorithm in a terminal.

    Raises
    ------
    RuntimeError : with its last words, where it fails.

    """
    arguments = [f"--{name}={value}" for name, value in parameters.items()]
    command = [QGIS_PROCESS, "--json", "run", algorithm, *arguments]
    done = subprocess.run(
        command, env={**environment, "QT_QPA_PLATFORM": "offscreen"}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{algorithm}: {(done.stdout + done.stderr).strip()[-500:]}")
    return dict(json.loads(done.stdout)["results"])


def smoke(plugin: Path) -> list[str]:
    """Use the unpacked plugin in a fresh profile: the engine's state, a map, and the dock in the desktop."""
    environment = make_profile(GATE / "profile", sys.executable, plugin)
    try:
        status = run_algorithm(environment, "allpa:status")
        faults = [] if status["READY"] else [f"status: {status['ACTION_REQUIRED']}"]
        with serve_archive(build_sample_archive(ROOT / "build/archive")) as served:
            parameters = {"EXTENT": EXTENT, "YEAR": 2020, "CATALOGUE_URL": served.stac_url, "FOLDER": GATE / "map"}
            run_algorithm(environment, "allpa:landcovermap", **parameters)
    except RuntimeError as error:
        return [str(error)]
    faults += [f"no {name}" for name in ("landcover_2020.tif", "areas_2020.csv") if not (GATE / "map" / name).is_file()]
    return faults + show_dock(environment)


def show_dock(environment: dict[str, str]) -> list[str]:
    """Open the dock in the desktop, on a virtual screen; a picture stays in `build/gate/dock.png`."""
    picture = GATE / "dock.png"
    desktop = [
        "qgis",
        "--nologo",
        "--noversioncheck",
        "--profiles-path",
        str(GATE / "profile"),
        "--code",
        str(DOCK_SCRIPT),
    ]
    command = ["xvfb-run", "-a", "-s", "-screen 0 1366x768x24", *desktop]
    variables = {name: value for name, value in environment.items() if not name.startswith("QT_")}
    try:
        done = subprocess.run(
            command, env={**variables, "ALLPA_PICTURE": str(picture)}, capture_output=True, text=True,
            timeout=DOCK_TIMEOUT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return [f"dock: nothing within {DOCK_TIMEOUT_S} s"]
    facts = picture.with_suffix(".json")
    words = facts.read_text(encoding="utf-8") if facts.is_file() else done.stderr[-500:]
    return [] if done.returncode == 0 and picture.is_file() else [f"dock: {words}"]


def main() -> int:
    """Print each step with its faults; the exit code is 1 where there is one."""
    parser = argparse.ArgumentParser(description="Check the zip as the plugin repository does, and use it")
    parser.add_argument("--publish", action="store_true", help="fail too where the publisher's fields are empty")
    parser.add_argument("--no-smoke", action="store_true", help="leave out QGIS")
    chosen = parser.parse_args()
    shutil.rmtree(GATE, ignore_errors=True)
    package = write_zip(GATE / "allpa.zip")
    with ZipFile(package) as archive:
        archive.extractall(GATE / "plugins")
    plugin = GATE / "plugins/allpa"
    empty = [field for field in PUBLISHERS if not read_metadata(plugin).get(field, "").strip()]
    steps = {
        f"structure ({package.stat().st_size / 1e6:.2f} MB)": lambda: check_structure(package),
        "metadata": lambda: check_metadata(plugin),
        "the publisher's fields": lambda: [f"to be set before an upload: {', '.join(empty)}"] if empty else [],
        "bandit, detect-secrets, errors of syntax": lambda: scan(plugin),
        "Qt 6": lambda: check_qt6(plugin),
    }
    if not chosen.no_smoke:
        steps["QGIS: status, a map, the dock"] = lambda: smoke(plugin)
    failed = False
    for title, step in steps.items():
        started = time.monotonic()
        faults = step()
        is_open = title == "the publisher's fields" and not chosen.publish
        failed |= bool(faults) and not is_open
        result = "passed" if not faults else "open" if is_open else "FAILED"
        print(f"{result:7} {title}  {time.monotonic() - started:.0f} s", flush=True)
        for fault in faults:
            print(f"        {fault}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
