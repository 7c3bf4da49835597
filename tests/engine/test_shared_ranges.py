"""Neighbouring regions share the bytes of a scene's files: fewer requests, and the same scene file as without."""

import os
import threading
import time

import pytest
from allpa_engine.core.protocol import NullReporter
from allpa_engine.fetch import fetch_selection
from allpa_engine.fetch.region_cloud import measure_clear_shares
from allpa_engine.fetch.shared_ranges import MAX_AGE_S, SharedRanges
from fault_server import Faults, FaultServer
from tile_maker import make_scene, make_selection, random_layers, region_from_metres, write_layers

SIZE = 500
WEST = region_from_metres(200, 1200, 1900, 2100)
EAST = region_from_metres(1900, 1200, 3300, 2300)


@pytest.fixture
def archive(tmp_path):
    write_layers(tmp_path / "archive" / "s0", random_layers(0, SIZE))
    return tmp_path / "archive"


@pytest.fixture
def shared(tmp_path):
    return SharedRanges(tmp_path / "cache" / "ranges")


def fetch(base, folder, region, **options):
    selection = make_selection([make_scene(str(base), "s0", size=SIZE)])
    (fetched,) = fetch_selection(selection, region, folder, reporter=NullReporter(), **options)
    return fetched.path.read_bytes()


def kept(shared):
    return sorted(shared.folder.glob("*/*.range"))


def test_neighbours_get_the_same_file_for_fewer_bytes(archive, tmp_path, shared):
    with FaultServer(archive) as server:
        fetch(server.url, tmp_path / "apart1", WEST)
        before = server.sent_bytes
        apart = fetch(server.url, tmp_path / "apart2", EAST)
        alone_bytes = server.sent_bytes - before
        fetch(server.url, tmp_path / "cache", WEST, shared=shared)
        before = server.sent_bytes
        assert fetch(server.url, tmp_path / "cache", EAST, shared=shared) == apart
        assert 0 < server.sent_bytes - before < 0.7 * alone_bytes
        asked = len(server.requests)
        assert fetch(server.url, tmp_path / "again", EAST, shared=shared) == apart
        assert len(server.requests) == asked


def test_a_whole_copy_is_shared_too(archive, tmp_path, shared):
    whole = region_from_metres(-500, -500, 9000, 9000)
    apart = fetch(archive, tmp_path / "apart", whole)
    with FaultServer(archive) as server:
        assert fetch(server.url, tmp_path / "one", whole, shared=shared) == apart
        asked = len(server.requests)
        assert fetch(server.url, tmp_path / "two", whole, shared=shared) == apart
        assert len(server.requests) == asked


def test_the_clouds_over_a_region_are_read_of_them(archive, shared):
    with FaultServer(archive) as server:
        scene = make_scene(server.url, "s0", size=SIZE)
        shares = measure_clear_shares([scene], WEST, shared=shared)
        asked = len(server.requests)
        assert measure_clear_shares([scene], WEST, shared=shared) == shares == measure_clear_shares([scene], WEST)
        assert len(server.requests) > asked > 0
        assert kept(shared)


@pytest.mark.parametrize("damage", ["flipped", "cut", "header", "empty", "of another file"])
def test_damaged_ranges_are_fetched_again(archive, tmp_path, shared, damage):
    apart = fetch(archive, tmp_path / "apart", WEST)
    with FaultServer(archive) as server:
        fetch(server.url, tmp_path / "one", WEST, shared=shared)
        files = kept(shared)
        contents = [path.read_bytes() for path in files]
        for number, (path, content) in enumerate(zip(files, contents)):
            middle = len(content) // 2
            changed = {
                "flipped": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
                "cut": content[:-1],
                "header": b"[" + content[1:],
                "empty": b"",
                "of another file": contents[number - 1],
            }
            path.write_bytes(changed[damage])
        asked = len(server.requests)
        assert fetch(server.url, tmp_path / "two", WEST, shared=shared) == apart
        assert len(server.requests) > asked


def test_a_file_that_the_server_has_replaced_is_fetched_anew(archive, tmp_path, shared):
    with FaultServer(archive) as server:
        fetch(server.url, tmp_path / "one", WEST, shared=shared)
        time.sleep(0.01)  # the tag holds the time of the change
        write_layers(archive / "s0", random_layers(7, SIZE))
        apart = fetch(archive, tmp_path / "apart", EAST)
        assert fetch(server.url, tmp_path / "two", EAST, shared=shared) == apart
        assert fetch(server.url, tmp_path / "three", EAST, shared=shared) == apart


def test_a_server_without_ranges_serves_as_before(archive, tmp_path, shared):
    apart = fetch(archive, tmp_path / "apart", WEST)
    with FaultServer(archive, Faults(ranges=False)) as server:
        for folder in ("one", "two"):
            assert fetch(server.url, tmp_path / folder, WEST, shared=shared) == apart
    assert not kept(shared)


def test_old_ranges_are_not_used_and_go(archive, tmp_path, shared, monkeypatch):
    apart = fetch(archive, tmp_path / "apart", WEST)
    with FaultServer(archive) as server:
        fetch(server.url, tmp_path / "one", WEST, shared=shared)
        asked = len(server.requests)
        assert kept(shared)
        later = time.time() + MAX_AGE_S + 60
        monkeypatch.setattr("allpa_engine.fetch.shared_ranges.time.time", lambda: later)
        assert fetch(server.url, tmp_path / "two", WEST, shared=shared) == apart
        assert len(server.requests) >= 2 * asked


def test_the_folder_is_bounded_and_what_was_used_last_stays(tmp_path):
    shared = SharedRanges(tmp_path / "ranges", max_bytes=25_000)
    for number in range(10):
        shared.open(f"https://host/{number}").keep(0, bytes([number]) * 4000, '"tag"', 9000)
    for path in kept(shared):
        os.utime(path, (time.time() - 60, time.time() - 60))
    shared.open("https://host/0").read(0, 10)
    shared.trim()
    assert sum(path.stat().st_size for path in kept(shared)) <= 25_000
    assert shared.open("https://host/0").read(5, 8) == b"\0\0\0"
    assert shared.open("https://host/1").read(5, 8) == b""
    shared.trim()  # the folders that the first one emptied go
    assert len(list(shared.folder.iterdir())) == len(kept(shared))


def test_scene_files_come_first_where_the_cache_is_bounded(archive, tmp_path, shared):
    with FaultServer(archive) as server:
        fetch(server.url, tmp_path / "cache", WEST, shared=shared)
        size = sum(path.stat().st_size for path in tmp_path.glob("cache/*.tif"))
        together = size + sum(path.stat().st_size for path in kept(shared))
        fetch(server.url, tmp_path / "cache", WEST, shared=shared, cache_bytes=together)
        assert size + sum(path.stat().st_size for path in kept(shared)) == together
        fetch(server.url, tmp_path / "cache", WEST, shared=shared, cache_bytes=together - 1)
        assert 0 < sum(path.stat().st_size for path in kept(shared)) < together - size
        fetch(server.url, tmp_path / "cache", WEST, shared=shared, cache_bytes=size // 2)
        assert not kept(shared)
        assert list(tmp_path.glob("cache/*.tif"))


def test_secrets_are_not_written_and_do_not_tell_files_apart(tmp_path):
    shared = SharedRanges(tmp_path / "ranges")
    shared.open("https://me:secret@host/file?X-Amz-Signature=secret").keep(0, b"abc", '"tag"', 3)
    assert all(b"secret" not in path.read_bytes() for path in kept(shared))
    assert shared.open("https://host/file").read(0, 3) == b"abc"


def test_what_no_tag_tells_is_not_kept(tmp_path):
    shared = SharedRanges(tmp_path / "ranges")
    for tag in (None, ""):
        shared.open("https://host/file").keep(0, b"abc", tag, 3)
    assert not shared.folder.exists()


def test_several_threads_share_a_folder(archive, tmp_path, shared):
    apart = [fetch(archive, tmp_path / "apart", region) for region in (WEST, EAST)]
    found = {}
    with FaultServer(archive) as server:

        def work(number):
            region = (WEST, EAST)[number % 2]
            found[number] = fetch(server.url, tmp_path / f"cache{number}", region, shared=SharedRanges(shared.folder))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [found[number] == apart[number % 2] for number in range(4)] == [True] * 4
