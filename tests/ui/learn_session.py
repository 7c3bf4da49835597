"""Own classes in a real QGIS on a virtual screen: from a layer of labels to a map, by the page Learn of the dock.

    python tests/ui/learn_session.py [--size 1366x768] [--language es] [--theme "Night Mapping"] [--width 250]

The labels are points of the sample archive's truth, under names of their own; the scenes are those of the archive,
which is served on this machine. Pictures of each step, the agreement of the map with the truth and the seconds of each
step are written into build/screenshots. `--stand-ins` runs no engine: algorithms of the tests answer at once.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from real_desktop import ROOT, make_profile, sample_archive_served

STARTUP = Path(__file__).resolve().with_name("learn_session_script.py")
EXTENT = (731_000, 8_484_000, 734_000, 8_487_000)
"""West, south, east, north in EPSG:32718."""
TIMEOUT_S = 3600


def run_session(options: argparse.Namespace) -> int:
    """Run QGIS; gives its exit status.

    Parameters
    ----------
    options : of the command line.

    """
    served = nullcontext("https://stac.example") if options.stand_ins else sample_archive_served(options.engine)
    with tempfile.TemporaryDirectory(prefix="allpa-learn-") as name, served as stac_url:
        folder = Path(name)
        make_profile(folder, options.language, options.theme)
        session = {
            "folder": str(options.folder.absolute() if options.folder else folder / "own classes"),
            "pictures": str(options.pictures.absolute()),
            "name": options.name,
            "truth": str(ROOT / "build" / "archive" / "truth.tif"),
            "extent": EXTENT,
            "catalogue_url": stac_url,
            "labels_per_class": options.labels,
            "dock_width": options.width,
            "stand_ins": options.stand_ins,
            "teach": str(options.teach.absolute()) if options.teach else "",
            "fine_tune": options.fine_tune,
            "tests": str(STARTUP.parent),
            "language": options.language,
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
    parser.add_argument("--size", default="1366x768")
    parser.add_argument("--language", default="en_US")
    parser.add_argument("--theme", default="default")
    parser.add_argument("--width", type=int, default=380, help="of the dock in pixels")
    parser.add_argument("--ratio", type=float, default=1.0, help="pixels of the screen per pixel of Qt")
    parser.add_argument("--labels", type=int, default=40, help="points of each class")
    parser.add_argument("--name", default="learn", help="with which the names of the pictures begin")
    parser.add_argument("--folder", type=Path, help="work folder; without it a temporary one")
    parser.add_argument("--teach", type=Path, metavar="RUN", help="only correct the map of a finished run by clicks")
    parser.add_argument("--fine-tune", action="store_true", help="train a network on the scenes of --teach instead")
    parser.add_argument("--pictures", type=Path, default=ROOT / "build" / "screenshots")
    parser.add_argument("--engine", default=sys.executable, help="Python of the engine")
    parser.add_argument("--stand-ins", action="store_true", help="without an engine")
    return run_session(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
