"""The folder of scene files: reused, shared, killed at any moment, kept within its size."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from allpa_engine.atomic import scratch
from allpa_engine.fetch import Patience, fetch_selection
from allpa_engine.fetch.cache import abandon, claimed, scene_path, sweep, trim
from allpa_engine.fetch.connection import Connection
from allpa_engine.fetch.layered import LayeredFile
from allpa_engine.grid import Grid
from allpa_engine.protocol import Silent
from allpa_engine.scene import Radiometry
from fault_server import Faults, FaultServer
from tile_maker import LEFT, TOP, numbers_of, region_of, scene_at, selection_of, write_layers

REGION = region_of(300, 300, 1500, 900)
NAMES = [f"s{number}" for number in range(6)]


@pytest.fixture
def archive(tmp_path):
    for number, name in enumerate(NAMES):
        write_layers(tmp_path / "archive" / name, numbers_of(number))
    return tmp_path / "archive"


def fetch(base, folder, names=NAMES, region=REGION, **options):
    selection = selection_of([scene_at(str(base), name) for name in names])
    return list(fetch_selection(selection, region, folder, reporter=Silent(), **options))


def sums_of(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_a_second_run_asks_the_server_nothing(archive, tmp_path):
    with FaultServer(archive) as server:
        first = fetch(server.url, tmp_path / "out")
        asked = len(server.requests)
        second = fetch(server.url, tmp_path / "out")
        assert len(server.requests) == asked
    assert first == second


def test_another_region_or_radiometry_is_another_file(archive):
    scene = scene_at(str(archive), "s0")
    folder = Path("cache")
    bounds = (0.0, 0.0, 20.0, 20.0)
    paths = {
        scene_path(folder, scene, bounds, "EPSG:32718"),
        scene_path(folder, scene, (0.0, 0.0, 20.0, 40.0), "EPSG:32718"),
        scene_path(folder, replace(scene, radiometry=Radiometry(1000, "x")), bounds, "EPSG:32718"),
        scene_path(folder, replace(scene, id="../s0"), bounds, "EPSG:32718"),
    }
    assert len(paths) == 4
    assert all(path.parent == folder for path in paths)
    worded = replace(scene, radiometry=Radiometry(0, "the same, told by another catalogue"))
    assert scene_path(folder, worded, bounds, "EPSG:32718") in paths


@pytest.mark.parametrize("damage", ["cut", "empty", "noise"])
def test_a_damaged_file_in_the_cache_is_fetched_again(archive, tmp_path, damage):
    (fetched,) = fetch(archive, tmp_path / "out", ["s0"])
    whole = fetched.path.read_bytes()
    fetched.path.write_bytes({"cut": whole[:-2000], "empty": b"", "noise": os.urandom(5000)}[damage])
    fetch(archive, tmp_path / "out", ["s0"])
    assert fetched.path.read_bytes() == whole


RUNS = """
import os, sys
sys.path[:0] = [{plugin!r}, {tests!r}]
from pathlib import Path
from allpa_engine.fetch import Patience, fetch_selection
from allpa_engine.protocol import Silent
from tile_maker import region_of, scene_at, selection_of
region, patience = region_of(300, 300, 1500, 900), Patience(silence_s=15)  # a busy machine is not asked twice
selection = selection_of([scene_at({base!r}, name) for name in {names!r}])
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        list(fetch_selection(selection, region, Path({folder!r}), reporter=Silent(), workers=3, patience=patience))
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""


@contextmanager
def runs(base, folder, names=NAMES):
    """A process that begins a run in a child of its own at each line, and tells the child's id and its end."""
    here = Path(__file__).parent
    code = RUNS.format(
        plugin=str(here.parents[1] / "plugin"), tests=str(here), base=str(base), names=names, folder=str(folder)
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait(60)
        process.stdout.close()


def begun(process):
    """Begin a run; gives the id of its process."""
    process.stdin.write(b"go\n")
    process.stdin.flush()
    return int(process.stdout.readline())


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes as POSIX has them")


@needs_fork
def test_killed_at_twenty_random_moments_and_started_again_gives_the_same_files(archive, tmp_path):
    fetch(archive, tmp_path / "calm")
    out = tmp_path / "out"
    rng = np.random.default_rng(5)
    killed = 0
    with FaultServer(archive, Faults(delay_s=0.01)) as server:
        with runs(server.url, out) as process:
            for turn in range(20):
                child = begun(process)
                time.sleep(float(rng.uniform(0.02, 0.4)))
                os.kill(child, signal.SIGKILL)
                killed += int(process.stdout.readline()) == signal.SIGKILL
                whole = list(out.glob("s*.tif"))
                for path in whole:  # whole or absent, at every moment
                    with rasterio.open(path) as source:
                        source.read()
                if len(whole) >= 4 and turn < 19:
                    for path in whole[:3]:
                        path.unlink()
        fetch(server.url, out)
    assert killed >= 15
    assert sums_of(out) == sums_of(tmp_path / "calm")


@needs_fork
def test_a_killed_run_loses_the_layer_it_was_at(tmp_path):
    """Layers that were whole are not fetched again, and the file is the same as of a run that was never stopped."""
    root, out = tmp_path / "archive", tmp_path / "out"
    write_layers(root / "s0", numbers_of(3, size=800), block=256)  # blocks larger than the header that is read first
    fetch(root, tmp_path / "calm", ["s0"])
    with FaultServer(root) as server:
        counted = server.next_fault

        def silent_at_the_sixth_band(path, query, asked):
            if "/B12" in path and not asked.startswith("bytes=0-"):
                time.sleep(30)
            return counted(path, query, asked)

        server.next_fault = silent_at_the_sixth_band
        with runs(server.url, out, ["s0"]) as process:
            child = begun(process)
            state = None
            while state is None or '"B11"' not in state.read_text():
                time.sleep(0.02)
                state = next(out.glob(".s0*.raw.json"), None)
            os.kill(child, signal.SIGKILL)
            assert int(process.stdout.readline()) == signal.SIGKILL
        before, server.next_fault = len(server.ranges), counted
        fetch(server.url, out, ["s0"])
        asked = [path for path, _ in server.ranges[before:]]
    assert sums_of(out) == sums_of(tmp_path / "calm")
    for band in ("B02", "B03", "B04", "B08", "B11"):
        assert asked.count(f"/s0/{band}.tif") == 1  # its header alone, which tells that it is the same file
    assert asked.count("/s0/B12.tif") > 1


def test_a_layer_whose_file_was_replaced_after_a_kill_is_read_anew(archive, tmp_path):
    grid = Grid("EPSG:32718", LEFT, TOP, 10, 3, 2)
    left = LayeredFile(tmp_path / "s0.tif", grid)
    counts = np.bincount([1, 1, 2, 5000], minlength=1 << 16)
    left.finished("B02", "as it was", counts)
    left.finished("B03", "", counts)
    again = LayeredFile(tmp_path / "s0.tif", grid)
    np.testing.assert_array_equal(again.counts("B02", "as it was"), counts)
    assert again.counts("B02", "another") is None
    assert again.counts("B03", "") is None
    assert again.counts("B04", "as it was") is None
    moved = LayeredFile(tmp_path / "s0.tif", replace(grid, left=LEFT + 20))
    assert moved.counts("B02", "as it was") is None


def test_what_nobody_goes_on_with_is_swept_after_a_day(tmp_path):
    for name, age_s in (("old", 25 * 3600), ("young", 3600)):
        LayeredFile(tmp_path / f"{name}.tif", Grid("EPSG:32718", LEFT, TOP, 10, 3, 2)).finished(
            "B02", "x", np.ones(9, int)
        )
        for path in tmp_path.glob(f".{name}*"):
            os.utime(path, (time.time() - age_s,) * 2)
    sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {".young.raw", ".young.raw.json"}


@needs_fork
def test_two_jobs_at_once_share_the_folder_and_fetch_each_scene_once(archive, tmp_path):
    fetch(archive, tmp_path / "calm")
    with FaultServer(archive) as server:
        fetch(server.url, tmp_path / "alone", patience=Patience(silence_s=15))
        alone = len(server.requests)
        server.requests.clear()
        server.faults.delay_s = 0.01
        with runs(server.url, tmp_path / "out") as first, runs(server.url, tmp_path / "out") as second:
            begun(first)
            begun(second)
            assert first.stdout.readline() == second.stdout.readline() == b"0\n"
        assert len(server.requests) == alone
    assert sums_of(tmp_path / "out") == sums_of(tmp_path / "calm")


def aside_of(path):
    """A part as a killed run leaves it, by the name that it has while it is written."""
    with scratch(path) as part:
        pass
    part.write_bytes(b"x")
    return part


def all_aside(path):
    """What lies aside for a scene file: itself, copies of its sources, the state of its raw file."""
    part = aside_of(path)
    copy = part.with_name(f"{part.stem}.copy4")
    copy.write_bytes(b"x")
    return [part, copy, aside_of(path.with_name(f".{path.stem}.raw.json"))]


def test_the_sweep_spares_what_another_run_is_writing(tmp_path):
    mine, dead = tmp_path / "S2A_20-7_mine.tif", tmp_path / "S2A_20-7_dead.tif"
    left = all_aside(dead)
    with claimed(mine, Connection()):
        writing = all_aside(mine)
        sweep(tmp_path)
        assert [part.exists() for part in writing] == [True] * 3
        assert [part.exists() for part in left] == [False] * 3
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_claim_removes_what_a_killed_writer_left(tmp_path):
    left, others = all_aside(tmp_path / "one.tif"), all_aside(tmp_path / "other.tif")
    with claimed(tmp_path / "one.tif", Connection()):
        assert [part.exists() for part in left + others] == [False] * 3 + [True] * 3


def test_a_run_that_waits_for_another_abandons_nothing_of_the_other_s(tmp_path):
    path = tmp_path / "one.tif"
    other = claim_of_another(path)
    try:
        parts = all_aside(path)
        LayeredFile(path, Grid("EPSG:32718", LEFT, TOP, 10, 3, 2))
        there = set(tmp_path.iterdir())
        abandon(path)
        assert set(tmp_path.iterdir()) == there >= set(parts)
    finally:
        other.kill()
        other.wait()
    with claimed(path, Connection()):
        all_aside(path)
        abandon(path)
        assert list(tmp_path.iterdir()) == []


def claim_of_another(path):
    """A process that holds the claim on a scene file until it is killed."""
    program = (
        "import sys, time; from pathlib import Path; from allpa_engine.fetch.cache import claimed\n"
        "from allpa_engine.fetch.connection import Connection\n"
        "with claimed(Path(sys.argv[1]), Connection()):\n    print(flush=True); time.sleep(600)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    other = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, env=environment)
    other.stdout.readline()
    return other


def test_a_second_claim_waits_for_the_first(tmp_path):
    import threading

    order = []

    def second():
        with claimed(tmp_path / "a.tif", Connection()):
            order.append("second")

    with claimed(tmp_path / "a.tif", Connection()):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.5)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_the_cache_keeps_its_size_by_removing_what_was_used_longest_ago(archive, tmp_path):
    out = tmp_path / "out"
    fetched = fetch(archive, out, NAMES[:4])
    now = time.time()
    for age, each in enumerate(fetched):
        os.utime(each.path, (now - 1000 * (age + 1), now - 1000 * (age + 1)))
    fetch(archive, out, NAMES[3:4])  # used again: now the youngest
    size = fetched[0].path.stat().st_size
    removed = trim(out, int(2.5 * size), frozenset(), kept_s=0)
    assert removed == (fetched[2].path, fetched[1].path)
    assert trim(out, 0, frozenset({fetched[0].path}), kept_s=0) == (fetched[3].path,)
    assert [path.name for path in out.iterdir()] == [fetched[0].path.name]


def test_a_run_removes_none_of_its_own_files_nor_fresh_ones(archive, tmp_path):
    out = tmp_path / "out"
    (old,) = fetch(archive, out, ["s0"])
    (fresh,) = fetch(archive, out, ["s1"])
    os.utime(old.path, (1, 1))
    (own,) = fetch(archive, out, ["s2"], cache_bytes=1)
    assert {path.name for path in out.iterdir()} == {fresh.path.name, own.path.name}
