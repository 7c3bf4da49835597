"""Runs that are killed: what had come is not fetched again, and never mixed with another content of its file."""

import hashlib
import os
import signal
import time

import numpy as np
import pytest
import rasterio.shutil
from allpa_engine.core.bands import BAND_KEYS, SCL
from allpa_engine.core.retry import RetryPolicy
from allpa_engine.core.scene import Asset
from allpa_engine.fetch.http import Connection
from allpa_engine.fetch.remote_file import RemoteFile
from allpa_engine.fetch.resume import ResumableFile, remove_resume_files
from allpa_engine.fetch.signing import NoSigner
from child_runs import begin_run, needs_fork, run_server
from fault_server import Faults, FaultServer
from tile_maker import random_layers, write_layers

QUICK = RetryPolicy(pause_s=0.01, busy_pause_s=0.05, max_pause_s=0.2, max_read_timeout_s=5.0)
FILES = len((*BAND_KEYS, SCL))
SIZE = 480
SMALL = (1000, 1000, 3200, 3200)
NAMES = [f"s{number:02}" for number in range(12)]
CONFIRMED_BYTES = FILES * 12
"""Each file on its way is asked for one byte, to know whether it is the same."""


def sums_of(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def write_scene(folder, kind, seed=1):
    """A scene of TIFFs, or of JPEG 2000 files under the same names."""
    layers = random_layers(seed, size=SIZE)
    options = {"compress": "none", "predictor": 1} if kind == "uncompressed" else {}
    write_layers(folder, layers, **options)
    if kind == "jpeg 2000":
        for path in folder.glob("*.tif"):
            copy = path.with_suffix(".jp2")
            rasterio.shutil.copy(path, copy, driver="JP2OpenJPEG", QUALITY="100", REVERSIBLE="YES")
            copy.replace(path)


@pytest.fixture(scope="module", params=["small windows", "jpeg 2000", "uncompressed", "whole tiles"])
def undisturbed(request, tmp_path_factory):
    """An archive of equal scenes with the region, and the files and bytes of a run that nobody killed."""
    root, calm = tmp_path_factory.mktemp("archive"), tmp_path_factory.mktemp("calm")
    write_scene(root / NAMES[0], request.param)
    for name in NAMES[1:]:
        (root / name).symlink_to(root / NAMES[0])
    region = (0, 0, 10 * SIZE, 10 * SIZE) if request.param == "whole tiles" else SMALL
    with served(root) as server, run_server(server.url, calm, NAMES, region, SIZE, workers=4) as process:
        begin_run(process)
        assert process.stdout.readline() == b"0\n"
        yield root, region, calm, server.sent_bytes


def served(root):
    """A server so far away that all the threads of a run wait for it at once."""
    return FaultServer(root, Faults(delay_s=0.03))


@needs_fork
@pytest.mark.parametrize("seed", range(2))
def test_a_kill_costs_at_most_one_scene(undisturbed, tmp_path, seed):
    """The run is killed at a random one of the bytes that it asks for."""
    root, region, calm, calm_bytes = undisturbed
    out, fatal_bytes = tmp_path / "out", np.random.default_rng(seed).uniform(0.05, 0.85) * calm_bytes
    with served(root) as server, run_server(server.url, out, NAMES, region, SIZE, workers=4) as process:
        child = begin_run(process)
        while server.sent_bytes < fatal_bytes:
            time.sleep(0.005)
        os.kill(child, signal.SIGKILL)
        assert int(process.stdout.readline()) == signal.SIGKILL
        begin_run(process)
        assert process.stdout.readline() == b"0\n"
        assert server.sent_bytes <= calm_bytes + calm_bytes / len(NAMES) + CONFIRMED_BYTES
    assert sums_of(out) == sums_of(calm)


@needs_fork
@pytest.mark.parametrize("kind", ["deflate", "uncompressed", "jpeg 2000"])
@pytest.mark.parametrize("replaced", ["B03", "B08"])
def test_a_file_that_is_replaced_after_a_kill_is_read_anew(tmp_path, kind, replaced):
    """B08 hangs half way when the run is killed; B03 had come as far as it was needed."""
    root, out = tmp_path / "archive", tmp_path / "out"
    write_scene(root / "s0", kind)
    write_scene(root / "other", kind, seed=2)
    with FaultServer(root) as server:
        server.faults.queued, server.faults.stall_s = {"/s0/B08.tif": ["", "stall"]}, 30
        with run_server(server.url, out, ["s0"], SMALL, SIZE) as process:
            child = begin_run(process)
            while not server.fault_counts["stall"]:
                time.sleep(0.02)
            time.sleep(0.3)
            os.kill(child, signal.SIGKILL)
            assert int(process.stdout.readline()) == signal.SIGKILL
            (root / "other" / f"{replaced}.tif").replace(root / "s0" / f"{replaced}.tif")
            before = server.sent_bytes
            begin_run(process)
            assert process.stdout.readline() == b"0\n"
            again = server.sent_bytes - before
        with run_server(server.url, tmp_path / "calm", ["s0"], SMALL, SIZE) as process:
            before = server.sent_bytes
            begin_run(process)
            assert process.stdout.readline() == b"0\n"
            assert again < 0.8 * (server.sent_bytes - before)  # the files that are the same were not fetched anew
    assert sums_of(out) == sums_of(tmp_path / "calm")


class Store:
    """One file on a server, and reading it by turns as runs do that are killed."""

    def __init__(self, server, folder):
        self.server, self.data = server, np.random.default_rng(3).bytes(300_000)
        self.path = folder / ".scene.1.kept"
        (server.folder / "file").write_bytes(self.data)

    def opened(self, name="file"):
        remote = RemoteFile(Asset(f"{self.server.url}/{name}"), Connection(QUICK), NoSigner())
        kept = ResumableFile(remote, self.path)
        kept.discard_if_changed()
        return kept

    def fetched(self, work, name="file"):
        """What `work` gives of the file, opened anew, and the bytes that were sent for it beside the one that asks."""
        sent, asked = self.server.sent_bytes, len(self.server.ranges)
        result = work(self.opened(name))
        confirmed = ("/file", "bytes=0-0") in self.server.ranges[asked:]
        return result, self.server.sent_bytes - sent - confirmed


@pytest.fixture
def store(tmp_path):
    (tmp_path / "served").mkdir()
    with FaultServer(tmp_path / "served") as server:
        yield Store(server, tmp_path)


def whole(kept):
    return kept.whole().read_bytes()


def part(kept):
    return kept.read(1000, 200_000)


def test_parts_that_came_are_not_asked_for_again(store):
    assert store.fetched(lambda kept: kept.read(50_000, 60_000)) == (store.data[50_000:60_000], 10_000)
    assert store.fetched(lambda kept: kept.read(50_000, 55_000)) == (store.data[50_000:55_000], 0)
    assert store.fetched(lambda kept: kept.read(55_000, 70_000)) == (store.data[55_000:70_000], 10_000)
    assert store.fetched(lambda kept: kept.read(40_000, 70_000))[0] == store.data[40_000:70_000]
    assert store.fetched(lambda kept: kept.read(290_000, 400_000)) == (store.data[290_000:], 10_000)
    assert store.fetched(whole) == (store.data, 300_000)  # they had not come in order
    assert store.fetched(whole) == (store.data, 0)
    assert store.fetched(part) == (store.data[1000:200_000], 0)
    remove_resume_files(store.path.with_name("scene.tif"))
    assert [path.name for path in store.path.parent.iterdir()] == ["served"]


def test_a_copy_goes_on_from_the_head_that_was_read(store):
    store.fetched(lambda kept: kept.read(0, 32_768))
    assert store.fetched(whole) == (store.data, 300_000 - 32_768)


@pytest.mark.parametrize("work", [whole, part])
def test_another_content_or_another_file_is_read_anew(store, work):
    store.fetched(work)
    other = store.data[::-1]
    (store.server.folder / "file").write_bytes(other)
    assert store.fetched(work)[0] == (other if work is whole else other[1000:200_000])
    third = bytes(300_000)
    (store.server.folder / "third").write_bytes(third)
    assert store.fetched(work, "third")[0] == (third if work is whole else third[1000:200_000])


def test_without_tags_nothing_is_taken_for_the_same(store):
    store.server.faults.tags = False
    assert store.fetched(whole)[0] == store.data
    (store.server.folder / "file").write_bytes(store.data[::-1])
    assert store.fetched(whole)[0] == store.data[::-1]


def test_a_server_that_knows_no_parts_gives_a_whole_copy_once(store):
    store.server.faults.ranges = False
    assert store.fetched(whole)[0] == store.data
    remote = RemoteFile(Asset(f"{store.server.url}/file"), Connection(QUICK), NoSigner())
    asked = len(store.server.requests)
    assert whole(ResumableFile(remote, store.path)) == store.data
    assert len(store.server.requests) == asked


@pytest.mark.parametrize("work", [whole, part])
def test_what_a_failing_machine_left_half_written_is_fetched_again(store, work):
    """The journal or the bytes end anywhere, or bytes were never written."""
    rng = np.random.default_rng(1)
    expected = store.data if work is whole else store.data[1000:200_000]
    journal = store.path.with_name(f"{store.path.name}.journal")
    for _ in range(25):
        store.fetched(lambda kept: kept.read(0, int(rng.integers(1, 300_000))))
        for path in (journal, store.path):
            content = path.read_bytes()
            cut = int(rng.integers(0, len(content) + 1))
            if rng.random() < 0.4:
                path.write_bytes(content[:cut])
            elif path == store.path and rng.random() < 0.5:
                path.write_bytes(content[:cut] + bytes(len(content) - cut))
        assert store.fetched(work)[0] == expected


def test_a_signature_is_not_kept(store):
    store.fetched(part, "file?sig=hidden")
    for path in store.path.parent.glob(".scene*"):
        assert b"hidden" not in path.read_bytes()
