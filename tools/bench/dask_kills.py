"""Tiles on Dask: the time beside a plain run, and twenty random kills of workers and scheduler.

`PYTHONPATH=plugin:tools python tools/bench/dask_kills.py [KILLS] [SEED]` prints two tables. Every run is compared with
the plain one byte by byte.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from allpa_engine.core.protocol import NullReporter
from allpa_engine.run.dask_tiles import run_tiles_on_dask
from allpa_engine.run.tile_tasks import run_tile
from sample_archive import build_sample_archive, serve_archive
from sample_archive.small_tiles import small_tasks

from bench.dask_processes import dask_processes

ROOT = Path(__file__).resolve().parents[2]
TILES, KILLS_PER_RUN, REPEATS = 4, 2, 3


def rasters(tasks):
    """The bytes of all maps and quality rasters."""
    return {(task.tile, path.name): path.read_bytes() for task in tasks for path in Path(task.folder).glob("*.tif")}


def run_plain(tasks):
    """Seconds of a run in this process."""
    started = time.monotonic()
    states = [run_tile(task, NullReporter()).state for task in tasks]
    assert states == ["done"] * len(tasks), states
    return time.monotonic() - started


def run_on(address, tasks):
    """Seconds and states of a run on a cluster."""
    started = time.monotonic()
    states = [result.state for result in run_tiles_on_dask(tasks, NullReporter(), address=address)]
    return time.monotonic() - started, states


def measure_overhead(catalogue, folder):
    """Plain run and one and two workers that are there already, alternately."""
    options = {"size": 0.03, "max_scenes": 8}
    seconds = {"plain": [], "1 worker": [], "2 workers": []}
    with dask_processes(folder / "one", 1) as one, dask_processes(folder / "two", 2) as two:
        for number in range(REPEATS + 1):  # the first loads packages and network everywhere
            plain = small_tasks(folder / f"plain_{number}", catalogue, TILES, **options)
            found = {"plain": run_plain(plain)}
            for name, cluster in (("1 worker", one), ("2 workers", two)):
                tasks = small_tasks(folder / f"{name}_{number}".replace(" ", "_"), catalogue, TILES, **options)
                found[name], states = run_on(cluster.address, tasks)
                assert states == ["done"] * TILES, states
                assert rasters(tasks) == rasters(plain)
            for name, value in found.items() if number else ():
                seconds[name].append(value)
    print(f"| run of {TILES} tiles | seconds, {REPEATS} times | median | beside the plain run |\n|---|---|---|---|")
    reference = statistics.median(seconds["plain"])
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"| {name} | {', '.join(f'{value:.1f}' for value in values)} | {median:.2f} | {median / reference:.3f} |")


def kill_at_random(catalogue, folder, kills, seed):
    """Runs in which workers or the scheduler are killed at random moments."""
    draw = random.Random(seed)  # noqa: S311 - moments of kills, no secret
    plain = small_tasks(folder / "plain", catalogue, TILES, max_scenes=8)
    run_plain(plain)
    print("| run | killed (seconds after the start) | seconds | not finished | same bytes |\n|---|---|---|---|---|")
    with dask_processes(folder / "cluster", 2) as cluster:
        for number in range(-(-kills // KILLS_PER_RUN)):
            tasks = small_tasks(folder / f"run_{number}", catalogue, TILES, max_scenes=8)
            done, running = [], threading.Event()

            def kill_some(done=done, running=running):
                started = time.monotonic()
                for _ in range(KILLS_PER_RUN):
                    running.wait(draw.uniform(0.3, 3.0))
                    target = draw.choice(["worker 0", "worker 1", "scheduler"])
                    done.append(f"{target} ({time.monotonic() - started:.1f})")
                    cluster.kill_scheduler() if target == "scheduler" else cluster.kill_worker(int(target[-1]))

            thread = threading.Thread(target=kill_some)
            thread.start()
            seconds, states = run_on(cluster.address, tasks)
            thread.join()
            lost = sum(state == "failed" for state in states)
            same = rasters(tasks) == rasters(plain)
            print(
                f"| {number + 1} | {', '.join(done)} | {seconds:.1f} | {lost} | {'yes' if same else 'NO'} |", flush=True
            )


def main():
    """Print both tables."""
    kills, seed = (int(text) for text in (*sys.argv[1:], *("20", "1")[len(sys.argv) - 1 :]))
    with (
        serve_archive(build_sample_archive(ROOT / "build/archive")) as catalogue,
        tempfile.TemporaryDirectory() as name,
    ):
        if kills:
            kill_at_random(catalogue, Path(name) / "kills", kills, seed)
        measure_overhead(catalogue, Path(name) / "times")


if __name__ == "__main__":
    main()
