"""How much longer a run takes where a third of all requests to the file server fail.

    python tools/bench/bad_server.py [--scenes 30] [--window 1000] [--delay 0.05] [--repeats 3] [--kinds]

Scenes are fetched from HTTP on loopback (the server runs in a process of its own) with the product's retry policy, in
turn from a healthy server and from a bad one; prints the best time of each and the ratio. `--delay` is the time that
the server takes to answer, as one far away does. `--stall` is how long a stalled server is silent. `--kinds` shows
each kind of fault alone, too.
"""

from __future__ import annotations

import argparse
import multiprocessing
import multiprocessing.connection
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "plugin"), str(HERE.parents[1] / "tests" / "engine")]

from allpa_engine.core.protocol import NullReporter  # noqa: E402 - the path comes first
from allpa_engine.core.scene import FailedScene  # noqa: E402 - the path comes first
from allpa_engine.fetch import fetch_selection  # noqa: E402 - the path comes first
from fault_server import FAULTS, Faults, FaultServer  # noqa: E402 - the path comes first
from tile_maker import make_scene, make_selection, random_layers, region_from_metres, write_layers  # noqa: E402 - the path comes first

TILE_PIXELS = 1830


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenes", type=int, default=30)
    parser.add_argument("--window", type=int, default=1000, help="side of the window in 10 m pixels")
    parser.add_argument("--delay", type=float, default=0.05, help="seconds before each answer")
    parser.add_argument("--stall", type=float, default=1.0, help="seconds that a stalled server is silent")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--kinds", action="store_true", help="each kind of fault alone, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "archive"
        write_layers(root / "s0", random_layers(1, TILE_PIXELS), driver="COG", blocksize=512, tiled=None)
        for number in range(1, options.scenes):
            (root / f"s{number}").symlink_to(root / "s0")
        fault_sets = [("all kinds", FAULTS)] + [(kind, (kind,)) for kind in FAULTS if options.kinds]
        for name, kinds in fault_sets:
            healthy_s, failing_s = [], []
            for _ in range(options.repeats):
                healthy_s.append(measure_fetch_s(root, Path(folder), Faults(delay_s=options.delay), options))
                faults = Faults(fail_every=3, kinds=kinds, delay_s=options.delay, stall_s=options.stall)
                failing_s.append(measure_fetch_s(root, Path(folder), faults, options))
            print(
                f"{name:12} healthy {min(healthy_s):6.1f} s  a third failing {min(failing_s):6.1f} s  "
                f"ratio {min(failing_s) / min(healthy_s):4.2f}",
                flush=True,
            )


def measure_fetch_s(root: Path, folder: Path, faults: Faults, options: argparse.Namespace) -> float:
    """Seconds that fetching all the scenes takes."""
    pipe, other = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(root, faults, other), daemon=True)
    server.start()
    url = pipe.recv()
    scenes = [make_scene(url, f"s{number}", number, size=TILE_PIXELS) for number in range(options.scenes)]
    side = 10 * options.window
    begin = time.perf_counter()
    out = Path(tempfile.mkdtemp(dir=folder))
    outcomes = list(
        fetch_selection(
            make_selection(scenes),
            region_from_metres(2000, 2000, 2000 + side, 2000 + side),
            out,
            reporter=NullReporter(),
        )
    )
    seconds = time.perf_counter() - begin
    server.terminate()
    failed = [outcome for outcome in outcomes if isinstance(outcome, FailedScene)]
    if failed:
        print(f"{len(failed)} of {options.scenes} scenes failed: {failed[0].reason}")
    return seconds


def serve(root: Path, faults: Faults, pipe: multiprocessing.connection.Connection) -> None:
    """Serve the archive until the process is ended."""
    with FaultServer(root, faults) as server:
        pipe.send(server.url)
        time.sleep(3600)


if __name__ == "__main__":
    main()
