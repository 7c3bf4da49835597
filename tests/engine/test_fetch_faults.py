"""Servers that misbehave: healthy scenes come through byte for byte, sick ones are replaced and named."""

import hashlib
import logging
import threading
import time

import pytest
from allpa_engine.core.errors import Cancelled, SceneUnreadable
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.retry import RetryPolicy
from allpa_engine.core.scene import Asset, FailedScene, FetchedScene
from allpa_engine.fetch import fetch_selection
from allpa_engine.fetch.http import Connection, _HostLimiter
from allpa_engine.fetch.remote_file import FileChanged, RemoteFile
from allpa_engine.fetch.resume import ResumableFile
from allpa_engine.fetch.signing import NoSigner
from fault_server import FAULTS, Faults, FaultServer
from tile_maker import make_scene, make_selection, random_layers, region_from_metres, write_layers

QUICK = RetryPolicy(pause_s=0.01, busy_pause_s=0.05, max_pause_s=0.2, read_timeout_s=0.3, max_read_timeout_s=5.0)


def sums_of(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def fetch(selection, folder, region=None, **options):
    region = region or region_from_metres(300, 300, 1500, 900)
    return list(fetch_selection(selection, region, folder, reporter=NullReporter(), **options))


def test_thirty_scenes_on_a_bad_server(tmp_path):
    """The first request for a third of the files fails; one scene is missing, one forbidden, one cut short for good."""
    root = tmp_path / "archive"
    names = [f"s{number:02}" for number in range(30)]
    for number, name in enumerate([*names, "x", "y", "z"]):
        write_layers(root / name, random_layers(number))
    cut = root / "s20" / "B12.tif"
    cut.write_bytes(cut.read_bytes()[:-3000])

    def run(folder, faults):
        with FaultServer(root, faults) as server:
            chosen = [make_scene(server.url, name) for name in names]
            spare = [make_scene(server.url, name) for name in "xyz"]
            return fetch(make_selection(chosen, spare), folder, retry_policy=QUICK), server

    sick = {"missing": ("s05/B03",), "forbidden": ("s11/SCL",)}
    calm, _ = run(tmp_path / "calm", Faults(**sick))
    rough, server = run(tmp_path / "rough", Faults(fail_every=3, stall_s=0.6, **sick))

    failures = {outcome.scene_id: outcome.replaced_by for outcome in rough if isinstance(outcome, FailedScene)}
    assert failures == {"s05": "x", "s11": "y", "s20": "z"}
    assert [type(outcome) for outcome in rough] == [type(outcome) for outcome in calm]
    assert set(server.fault_counts) >= set(FAULTS)
    assert sum(count for kind, count in server.fault_counts.items() if kind) > len(set(server.requests)) / 4
    calm_sums, rough_sums = sums_of(tmp_path / "calm"), sums_of(tmp_path / "rough")
    assert len(rough_sums) == 30
    assert rough_sums == calm_sums


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("whole", [False, True])
def test_each_fault_alone_is_survived(tmp_path, kind, whole):
    data = bytes(range(256)) * 2000
    (tmp_path / "file").write_bytes(data)
    with FaultServer(tmp_path, Faults(queued={"file": ["", kind, kind if kind != "403" else "500"]})) as server:
        server.faults.stall_s = 0.6
        if kind == "changed_etag":
            server.faults.queued["file"].pop()  # twice in a row would be a new file
        remote = RemoteFile(Asset(f"{server.url}/file"), Connection(QUICK), NoSigner())
        assert remote.read(0, 1000) == data[:1000]
        if whole:
            assert ResumableFile(remote, tmp_path / "copy").whole().read_bytes() == data
        else:
            assert remote.read(5000, 400_000) == data[5000:400_000]
        assert server.fault_counts[kind] >= 1


def test_a_broken_off_download_goes_on_where_it_stopped(tmp_path):
    data = bytes(range(256)) * 4000
    (tmp_path / "file").write_bytes(data)
    with FaultServer(tmp_path, Faults(queued={"file": ["truncated", "reset", "truncated"]})) as server:
        remote = RemoteFile(Asset(f"{server.url}/file"), Connection(QUICK), NoSigner())
        ResumableFile(remote, tmp_path / "copy").whole()
        starts = [int(asked.removeprefix("bytes=").split("-")[0]) for _, asked in server.ranges]
    assert (tmp_path / "copy").read_bytes() == data
    assert starts == [0, len(data) // 2, len(data) // 2, len(data) * 3 // 4]


def test_a_server_among_several_that_knows_no_ranges_is_asked_again(tmp_path):
    root = tmp_path / "archive"
    write_layers(root / "one", random_layers(1, size=600))
    with FaultServer(root) as server:
        counted, asked = server.next_fault, []

        def forgetful(path, query, range_header):
            asked.append(range_header)
            server.faults.ranges = range_header.startswith("bytes=0-") or asked.count(range_header) > 1
            return counted(path, query, range_header)

        server.next_fault = forgetful
        region = region_from_metres(3000, 3000, 4000, 4000)
        (one,) = fetch(
            make_selection([make_scene(server.url, "one", size=600)]), tmp_path / "out", region, retry_policy=QUICK
        )
    assert isinstance(one, FetchedScene)
    assert len(asked) > len(set(asked))


def test_a_file_that_is_replaced_while_it_is_read_is_noticed(tmp_path):
    (tmp_path / "file").write_bytes(b"old" * 10_000)
    with FaultServer(tmp_path) as server:
        remote = RemoteFile(Asset(f"{server.url}/file"), Connection(QUICK), NoSigner())
        remote.read(0, 100)
        (tmp_path / "file").write_bytes(b"new" * 10_000)
        with pytest.raises(FileChanged):
            remote.read(100, 5000)


def test_a_scene_whose_file_is_replaced_meanwhile_is_read_anew(tmp_path):
    root = tmp_path / "archive"
    write_layers(root / "one", random_layers(1, size=600))
    write_layers(root / "two", random_layers(2, size=600))
    new = (root / "two" / "B03.tif").read_bytes()

    with FaultServer(root) as server:
        counted = server.next_fault

        def replacing(path, query, asked):
            if path == "/one/B03.tif" and not asked.startswith("bytes=0-"):
                (root / "one" / "B03.tif").write_bytes(new)
            return counted(path, query, asked)

        server.next_fault = replacing
        (one,) = fetch(
            make_selection([make_scene(server.url, "one", size=600)]),
            tmp_path / "out",
            region_from_metres(3000, 3000, 4000, 4000),
            retry_policy=QUICK,
        )
    (root / "one").rename(root / "other")
    (again,) = fetch(
        make_selection([make_scene(str(root), "other", size=600)]),
        tmp_path / "out2",
        region_from_metres(3000, 3000, 4000, 4000),
    )
    import rasterio

    with rasterio.open(one.path) as first, rasterio.open(again.path) as second:
        assert (first.read() == second.read()).all()


def test_servers_may_tag_the_same_file_differently(tmp_path):
    """As mirrors behind one name do: a third of all answers, first ones too, have another tag for the same bytes."""
    root = tmp_path / "archive"
    for number, name in enumerate("abcdef"):
        write_layers(root / name, random_layers(number))
    with FaultServer(root, Faults(fail_every=3, kinds=("changed_etag",))) as server:
        outcomes = fetch(
            make_selection([make_scene(server.url, name) for name in "abcdef"]), tmp_path / "out", retry_policy=QUICK
        )
        assert server.fault_counts["changed_etag"] > 20
    assert [type(outcome) for outcome in outcomes] == [FetchedScene] * 6
    fetch(make_selection([make_scene(str(root), name) for name in "abcdef"]), tmp_path / "calm")
    assert sorted(sums_of(tmp_path / "out").values()) == sorted(sums_of(tmp_path / "calm").values())


def test_size_and_checksum_of_the_catalogue_are_verified(tmp_path):
    data = b"0123456789" * 1000
    (tmp_path / "file").write_bytes(data)
    good = "1220" + hashlib.sha256(data).hexdigest()
    sha3 = "1620" + hashlib.sha3_256(data).hexdigest()
    bad = "1220" + hashlib.sha256(b"other").hexdigest()
    with FaultServer(tmp_path) as server:

        def download(**facts):
            asset = Asset(f"{server.url}/file", **facts)
            kept = ResumableFile(RemoteFile(asset, Connection(QUICK), NoSigner()), tmp_path / "copy")
            kept.discard()
            kept.whole()

        download(size=len(data), checksum=good)
        download(checksum=sha3)
        download(checksum="d50120" + "0" * 64)  # a malformed code that a real catalogue writes
        with pytest.raises(SceneUnreadable, match="checksum"):
            download(checksum=bad)
        with pytest.raises(SceneUnreadable, match="size"):
            download(size=len(data) + 1)


def test_a_dead_server_is_given_up_with_the_reason(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    retry_policy = RetryPolicy(attempts=3, pause_s=0.01, connect_timeout_s=0.5)
    with FaultServer(tmp_path, Faults(fail_every=1, kinds=("500",))) as server:
        remote = RemoteFile(Asset(f"{server.url}/file?sig=hidden"), Connection(retry_policy), NoSigner())
        with pytest.raises(SceneUnreadable, match="answered 500") as caught:
            remote.read(0, 10)
        assert len(server.requests) == 3
        gone = server.url
    assert "hidden" not in str(caught.value)
    remote = RemoteFile(Asset(f"{gone}/file?sig=hidden"), Connection(retry_policy), NoSigner())
    with pytest.raises(SceneUnreadable, match="could not be reached") as caught:
        remote.read(0, 10)
    assert "hidden" not in str(caught.value)


def test_retry_after_is_honoured_for_all_requests_to_the_host(tmp_path):
    (tmp_path / "file").write_bytes(b"x" * 100)
    faults = Faults(queued={"file": ["429"]}, retry_after="1")
    with FaultServer(tmp_path, faults) as server:
        retry_policy = RetryPolicy(pause_s=0.01)
        begin = time.monotonic()
        RemoteFile(Asset(f"{server.url}/file"), Connection(retry_policy), NoSigner()).read(0, 100)
        assert time.monotonic() - begin >= 0.9


def test_a_proxy_of_the_environment_is_used(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"by proxy")
    for name in ("HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with FaultServer(tmp_path) as server:
        monkeypatch.setenv("http_proxy", server.url)
        remote = RemoteFile(Asset("http://elsewhere.invalid/file"), Connection(QUICK), NoSigner())
        assert remote.read(0, 100) == b"by proxy"


def test_404_is_final_and_403_is_tried_once_more(tmp_path):
    (tmp_path / "file").write_bytes(b"x" * 100)
    for faults, requests in ((Faults(missing=("file",)), 1), (Faults(forbidden=("file",)), 2)):
        with FaultServer(tmp_path, faults) as server:
            with pytest.raises(SceneUnreadable):
                RemoteFile(Asset(f"{server.url}/file"), Connection(QUICK), NoSigner()).read(0, 10)
            assert len(server.requests) == requests


def test_a_stopped_run_does_not_wait_out_its_pause(tmp_path):
    connection = Connection(RetryPolicy(pause_s=60))
    connection.stop.set()
    begin = time.monotonic()
    with pytest.raises(Cancelled):
        connection.pause(60)
    assert time.monotonic() - begin < 5


def test_no_query_reaches_the_log_or_the_disk(tmp_path, caplog):
    root = tmp_path / "archive"
    write_layers(root / "one", random_layers(1))

    class Signing(NoSigner):
        def sign(self, href):
            return f"{href}?sig=hidden"

    caplog.set_level(logging.DEBUG)
    with FaultServer(root, Faults(fail_every=4, stall_s=0.6, missing=("two",))) as server:
        outcomes = fetch(
            make_selection([make_scene(server.url, "one"), make_scene(server.url, "two")]),
            tmp_path / "out",
            retry_policy=QUICK,
            signer=Signing(),
        )
        assert any("sig=hidden" in request for request in server.requests)
    assert [type(outcome) for outcome in outcomes[1:]] == [FailedScene]
    assert "hidden" not in outcomes[1].reason
    assert "GET" in caplog.text  # the HTTP library did log its requests
    assert "hidden" not in caplog.text
    assert b"hidden" not in outcomes[0].path.read_bytes()


def test_a_busy_host_gets_fewer_requests_at_once_and_a_calm_one_more_again(monkeypatch):
    limiter = _HostLimiter(8, RetryPolicy())
    limiter.slow_down(0.0)
    limiter.slow_down(0.0)  # said at the same time: no news
    assert free_places(limiter) == 4
    for _ in range(200):
        limiter.acquire(threading.Event())
        limiter.release()
    monkeypatch.setattr("allpa_engine.fetch.http._BURST_S", 0.0)
    for expected in (4, 2, 2):
        limiter.slow_down(0.0)
        assert free_places(limiter) == expected
    for _ in range(200):
        limiter.acquire(threading.Event())
        limiter.release()
    assert free_places(limiter) == 8
    limiter.slow_down(60.0)
    assert free_places(limiter) == 0


def test_a_host_is_waited_for_as_long_as_its_own_answers_take():
    limiter = _HostLimiter(8, RetryPolicy(read_timeout_s=1.0, max_read_timeout_s=15.0))
    for _ in range(100):
        limiter.record_answer(0.1)
    assert limiter.read_timeout_s == 1.0
    limiter.record_answer(2.0)
    assert limiter.read_timeout_s == 6.0
    for _ in range(100):
        limiter.record_timeout()
    assert limiter.read_timeout_s == 15.0
    limiter.record_answer(60.0)
    assert limiter.read_timeout_s == 15.0


def test_a_silent_server_is_asked_again_and_a_slow_file_is_waited_for(tmp_path):
    data = bytes(range(256)) * 2000
    (tmp_path / "file").write_bytes(data)
    retry_policy = RetryPolicy(pause_s=0.01, read_timeout_s=0.2, max_read_timeout_s=20.0)
    with FaultServer(tmp_path) as server:
        connection = Connection(retry_policy)
        for _ in range(60):  # the host is known to be fast
            RemoteFile(Asset(f"{server.url}/file"), connection, NoSigner()).read(0, 10)
        begin = time.monotonic()
        server.faults.queued, server.faults.stall_s = {"file": ["stall"]}, 15.0
        assert RemoteFile(Asset(f"{server.url}/file"), connection, NoSigner()).read(0, 300_000) == data[:300_000]
        assert time.monotonic() - begin < 14  # it did not wait until the server spoke again
        server.faults.queued, server.faults.delay_s = {}, 1.0  # every answer of this file takes longer than was usual
        assert RemoteFile(Asset(f"{server.url}/file"), connection, NoSigner()).read(0, 1000) == data[:1000]


def free_places(limiter):
    """How many requests the gate lets in at once: where a stopped run would have to wait, it is told so."""
    stopped = threading.Event()
    stopped.set()
    entered = 0
    try:
        while entered < 100:
            limiter.acquire(stopped)
            entered += 1
    except Cancelled:
        for _ in range(entered):
            limiter.release()
    return entered
