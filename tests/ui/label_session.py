"""A whole accuracy assessment in a real QGIS on a virtual screen: draw, label by keys, settle, estimate.

    python tests/ui/label_session.py RUN_FOLDER [--size 1366x768] [--language es] [--theme "Night Mapping"]

Interpreters are simulated: they give the class of the map, and another one now and then. Pictures of each step and the
times per label are written into build/screenshots.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from real_desktop import ROOT, make_profile

STARTUP = Path(__file__).resolve().with_name("label_session_script.py")
TIMEOUT_S = 900


def run_session(options: argparse.Namespace) -> int:
    """Run QGIS; gives its exit status.

    Parameters
    ----------
    options : of the command line.

    """
    with tempfile.TemporaryDirectory(prefix="allpa-session-") as name:
        folder = Path(name)
        make_profile(folder, options.language, options.theme)
        session = {
            "run": str(options.run.absolute()),
            "folder": str(folder),
            "pictures": str(options.pictures.absolute()),
            "name": options.name,
            "points": options.points,
            "dock_width": options.width,
            "sample": str(options.sample.absolute()) if options.sample else "",
        }
        (folder / "session.json").write_text(json.dumps(session), encoding="utf-8")
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("QT_", "QGIS_"))}
        environment.update(
            HOME=name,
            XDG_RUNTIME_DIR=name,
            LC_ALL="C.UTF-8",
            ALLPA_SESSION=str(folder / "session.json"),
            ALLPA_ENGINE_PYTHON=options.engine,
            QT_SCALE_FACTOR=str(options.ratio),
        )
        command = ["qgis", "--nologo", "--noversioncheck", "--profiles-path", name, "--code", str(STARTUP)]
        if shutil.which("xvfb-run"):
            command = ["xvfb-run", "-a", "-s", f"-screen 0 {options.size}x24", *command]
        return subprocess.run(command, env=environment, timeout=TIMEOUT_S, check=False).returncode


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder of a run of Allpa, with its map and scenes")
    parser.add_argument("--size", default="1366x768")
    parser.add_argument("--language", default="en_US")
    parser.add_argument("--theme", default="default")
    parser.add_argument("--ratio", type=float, default=1.0, help="pixels of the screen per pixel of Qt")
    parser.add_argument("--width", type=int, default=400, help="of the dock in pixels")
    parser.add_argument("--points", type=int, default=100)
    parser.add_argument("--sample", type=Path, help="a sample of the map, instead of drawing one")
    parser.add_argument("--name", default="session", help="with which the names of the pictures begin")
    parser.add_argument("--pictures", type=Path, default=ROOT / "build" / "screenshots")
    parser.add_argument("--engine", default=sys.executable, help="Python of the engine")
    return run_session(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
