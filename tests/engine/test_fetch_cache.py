"""The folder of scene files: reused, shared, killed at any moment, kept within its size."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from allpa_engine.core.atomic import temporary_file
from allpa_engine.core.errors import Cancelled
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.retry import RetryPolicy
from allpa_engine.core.scene import Radiometry
from allpa_engine.fetch import fetch_selection
from allpa_engine.fetch.cache import discard_unfinished, lock_scene_file, remove_leftovers, scene_path, trim_cache
from allpa_engine.fetch.http import Connection
from allpa_engine.fetch.resume import resume_path
from child_runs import begin_run, needs_fork, run_server
from fault_server import Faults, FaultServer
from tile_maker import make_scene, make_selection, random_layers, region_from_metres, write_layers

REGION = region_from_metres(300, 300, 1500, 900)
NAMES = [f"s{number}" for number in range(6)]


@pytest.fixture
def archive(tmp_path):
    for number, name in enumerate(NAMES):
        write_layers(tmp_path / "archive" / name, random_layers(number))
    return tmp_path / "archive"


def fetch(base, folder, names=NAMES, region=REGION, **options):
    selection = make_selection([make_scene(str(base), name) for name in names])
    return list(fetch_selection(selection, region, folder, reporter=NullReporter(), **options))


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
    scene = make_scene(str(archive), "s0")
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


def test_flipped_bytes_and_a_file_of_another_scene_are_noticed_and_reported(archive, tmp_path):
    first, second = fetch(archive, tmp_path / "out", ["s0", "s1"])
    whole = [first.path.read_bytes(), second.path.read_bytes()]
    spoilt = bytearray(whole[0])
    middle = len(spoilt) // 2
    spoilt[middle : middle + 4000] = bytes(value ^ 0xFF for value in spoilt[middle : middle + 4000])
    first.path.write_bytes(spoilt)
    second.path.write_bytes(whole[0])
    messages = []

    class Listener(NullReporter):
        def log(self, text, level="info"):
            messages.append(text)

    selection = make_selection([make_scene(str(archive), name) for name in ("s0", "s1")])
    list(fetch_selection(selection, REGION, tmp_path / "out", reporter=Listener()))
    assert [first.path.read_bytes(), second.path.read_bytes()] == whole
    assert messages == [
        "The file of scene s0 in the cache is not used, since it is damaged; it is fetched again.",
        "The file of scene s1 in the cache is not used, since it belongs to another scene or another window; "
        "it is fetched again.",
    ]


@needs_fork
def test_killed_at_twenty_random_moments_and_started_again_gives_the_same_files(archive, tmp_path):
    fetch(archive, tmp_path / "calm")
    out = tmp_path / "out"
    rng = np.random.default_rng(5)
    killed = 0
    with FaultServer(archive, Faults(delay_s=0.02)) as server:
        with run_server(server.url, out, NAMES) as process:
            for turn in range(20):
                child = begin_run(process)
                time.sleep(float(rng.uniform(0.02, 0.4)))
                with contextlib.suppress(ProcessLookupError):  # a fast machine was done before
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
def test_two_jobs_at_once_share_the_folder_and_fetch_each_scene_once(archive, tmp_path):
    out = tmp_path / "out"
    fetch(archive, tmp_path / "calm")
    with FaultServer(archive) as server:
        fetch(server.url, tmp_path / "alone", retry_policy=RetryPolicy(read_timeout_s=15))
        alone = len(server.requests)
        server.requests.clear()
        server.faults.delay_s = 0.01
        with run_server(server.url, out, NAMES) as first, run_server(server.url, out, NAMES) as second:
            begin_run(first)
            begin_run(second)
            assert first.stdout.readline() == second.stdout.readline() == b"0\n"
        assert len(server.requests) == alone
    assert sums_of(out) == sums_of(tmp_path / "calm")


def aside_of(path):
    """A part as a killed run leaves it, by the name that it has while it is written."""
    with temporary_file(path) as part:
        pass
    part.write_bytes(b"x")
    return part


def all_aside(path):
    """What lies aside for a scene file: itself, its layers as they came, what a driver lays beside."""
    part = aside_of(path)
    beside = part.with_name(f"{part.name}.aux.xml")
    beside.write_bytes(b"x")
    return [part, aside_of(path), beside]


def test_the_sweep_spares_what_another_run_is_writing(tmp_path):
    mine, dead = tmp_path / "S2A_20-7_mine.tif", tmp_path / "S2A_20-7_dead.tif"
    left = all_aside(dead)
    with lock_scene_file(mine, Connection()):
        atomic_write = all_aside(mine)
        remove_leftovers(tmp_path)
        assert [part.exists() for part in atomic_write] == [True] * 3
        assert [part.exists() for part in left] == [False] * 3
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_claim_removes_what_a_killed_writer_left(tmp_path):
    left, others = all_aside(tmp_path / "one.tif"), all_aside(tmp_path / "other.tif")
    with lock_scene_file(tmp_path / "one.tif", Connection()):
        assert [part.exists() for part in left + others] == [False] * 3 + [True] * 3


def test_a_run_that_waits_for_another_abandons_nothing_of_the_other_s(archive, tmp_path):
    out = tmp_path / "out"
    (fetched,) = fetch(archive, out, ["s0"])
    path = fetched.path
    path.unlink()
    other = claim_of_another(path)

    class Impatient(NullReporter):
        calls = 0

        def progress(self, stage, done, total):
            self.calls += 1
            if self.calls > 3:
                raise Cancelled("The user stopped the job.")

    try:
        parts = all_aside(path)
        resume_path(path, 1).write_bytes(b"x")
        there = set(out.iterdir())
        selection = make_selection([make_scene(str(archive), "s0")])
        with pytest.raises(Cancelled):
            list(fetch_selection(selection, REGION, out, reporter=Impatient()))
        assert set(out.iterdir()) == there >= set(parts)
    finally:
        other.kill()
        other.wait()
    with lock_scene_file(path, Connection()):
        all_aside(path)
        discard_unfinished(path)
        assert list(out.iterdir()) == []


def claim_of_another(path):
    """A process that holds the claim on a scene file until it is killed."""
    program = (
        "import sys, time; from pathlib import Path; from allpa_engine.fetch.cache import lock_scene_file\n"
        "from allpa_engine.fetch.http import Connection\n"
        "with lock_scene_file(Path(sys.argv[1]), Connection()):\n    print(flush=True); time.sleep(600)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    other = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, env=environment)
    other.stdout.readline()
    return other


def test_a_second_claim_waits_for_the_first(tmp_path):
    import threading

    order = []

    def second():
        with lock_scene_file(tmp_path / "a.tif", Connection()):
            order.append("second")

    with lock_scene_file(tmp_path / "a.tif", Connection()):
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
    for age, scene in enumerate(fetched):
        os.utime(scene.path, (now - 1000 * (age + 1), now - 1000 * (age + 1)))
    fetch(archive, out, NAMES[3:4])  # used again: now the youngest
    size = fetched[0].path.stat().st_size
    removed = trim_cache(out, int(2.5 * size), frozenset(), min_idle_s=0)
    assert removed == (fetched[2].path, fetched[1].path)
    assert trim_cache(out, 0, frozenset({fetched[0].path}), min_idle_s=0) == (fetched[3].path,)
    assert [path.name for path in out.iterdir()] == [fetched[0].path.name]


def test_a_run_removes_none_of_its_own_files_nor_fresh_ones(archive, tmp_path):
    out = tmp_path / "out"
    (old,) = fetch(archive, out, ["s0"])
    (fresh,) = fetch(archive, out, ["s1"])
    os.utime(old.path, (1, 1))
    (own,) = fetch(archive, out, ["s2"], cache_bytes=1)
    assert {path.name for path in out.iterdir()} == {fresh.path.name, own.path.name}
