"""Pictures of every page and state of the dock in the real QGIS, with stand-ins for the algorithms: without an engine.

    python3 tests/ui/state_pictures.py FOLDER [--language es] [--theme "Night Mapping"] [--size 1920x1080] [--width 250]

A picture is named after its state. `--run RUN`, the folder of a finished run, adds the session of labels on its map,
which needs an engine. A part of the story that fails is named at the end, and the other parts go on.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import label_session
import learn_session
from real_desktop import run_and_screenshot

SCRIPT = Path(__file__).resolve().with_name("state_pictures_script.py")
PARTS = ("first_start", "engine", "where", "scenes", "runs", "past", "windows", "toolbox", "accuracy", "teach")
SESSIONS = ("learn", "labels")
"""Parts that are sessions of QGIS of their own."""
TIMEOUT_S = 900


def take_pictures(options: argparse.Namespace) -> list[str]:
    """Take the pictures; gives a sentence for each part that failed.

    Parameters
    ----------
    options : of the command line.

    """
    failures = []
    parts = [part for part in options.parts if part in PARTS]
    if parts:
        with tempfile.TemporaryDirectory(prefix="allpa-states-") as folder:
            job = {"screen": options.size.split("x"), "locale": options.language, "theme": options.theme}
            job |= {"width": options.width, "floating": options.floating, "parts": parts, "ratio": options.ratio}
            picture = options.folder.absolute() / "last.png"
            facts = run_and_screenshot(job, picture, folder, options.engine, TIMEOUT_S, SCRIPT)
            failures = [f"{part}: {error}" for part, error in facts["failures"].items()]
    session = argparse.Namespace(**vars(options), pictures=options.folder, stand_ins=True, labels=40)
    session.run, session.teach, session.fine_tune, session.sample, session.points = options.run, None, False, None, 20
    wanted = {"learn": learn_session, "labels": label_session if options.run else None}
    for name, module in wanted.items():
        session.name, session.folder = name, None
        if name in options.parts and module is not None and module.run_session(session) != 0:
            failures.append(f"{name}: see {name}_error.png")
    return failures


def main() -> int:
    """Read the command line and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="for the pictures")
    parser.add_argument("--size", default="1366x768", help="of the screen in pixels")
    parser.add_argument("--ratio", type=float, default=1.0, help="pixels of the screen per pixel of Qt")
    parser.add_argument("--language", default="en_US")
    parser.add_argument("--theme", default="default", help='of QGIS, such as "Night Mapping"')
    parser.add_argument("--width", type=int, default=380, help="of the dock in pixels")
    parser.add_argument("--floating", action="store_true", help="the dock as a window of its own")
    parser.add_argument("--parts", nargs="+", choices=(*PARTS, *SESSIONS), default=(*PARTS, *SESSIONS))
    parser.add_argument("--run", type=Path, help="folder of a finished run, for the session of labels")
    parser.add_argument("--engine", default=sys.executable, help="Python of the engine, for the session of labels")
    options = parser.parse_args()
    failures = take_pictures(options)
    sys.stdout.write("".join(f"{failure}\n" for failure in failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
