"""Runs that end early, or could not begin: told at once, nothing half left behind."""

import signal
import time
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pytest
from allpa_engine.classify.classify import classify_scene
from allpa_engine.core.bands import BAND_KEYS
from allpa_engine.core.errors import Cancelled, DiskFull, FolderNotWritable
from allpa_engine.core.legend import BUNDLED_LEGEND
from allpa_engine.core.protocol import NullReporter
from allpa_engine.fetch import fetch_selection
from fault_server import Faults, FaultServer
from tile_maker import make_scene, make_selection, random_layers, region_from_metres, write_layers


def fetch(selection, region, folder):
    return list(fetch_selection(selection, region, folder, reporter=NullReporter()))


@pytest.fixture
def root(tmp_path):
    """An archive of one scene."""
    write_layers(tmp_path / "archive" / "one", random_layers(1))
    return tmp_path / "archive"


class Stopping:
    """A reporter whose user stops at once."""

    def progress(self, stage, done, total):
        raise Cancelled("Stopped.")

    def log(self, text, level="info"):
        """Ignore text."""


def test_cancel_leaves_no_part(tmp_path):
    root = tmp_path / "archive"
    for name in "abcd":
        write_layers(root / name, random_layers(1))
    with FaultServer(root, Faults(delay_s=0.3)) as server:
        selection = make_selection([make_scene(server.url, name) for name in "abcd"])
        with pytest.raises(Cancelled):
            list(fetch_selection(selection, region_from_metres(0, 0, 900, 900), tmp_path / "out", reporter=Stopping()))
    assert [path for path in (tmp_path / "out").iterdir() if path.suffix != ".tif" or path.name[0] == "."] == []


def test_a_hanging_server_does_not_delay_cancel(tmp_path):
    root = tmp_path / "archive"
    for name in "abcd":
        write_layers(root / name, random_layers(1))

    class Patient(NullReporter):
        """A reporter whose user stops once the server hangs."""

        def progress(self, stage, done, total):
            if len(server.requests) >= 10:
                server.faults.delay_s = 20
                Patient.stopped = time.monotonic()
                raise Cancelled("Stopped.")

    with FaultServer(root, Faults(delay_s=0.05)) as server:
        selection = make_selection([make_scene(server.url, name) for name in "abcd"])
        with pytest.raises(Cancelled):
            list(fetch_selection(selection, region_from_metres(0, 0, 900, 900), tmp_path / "out", reporter=Patient()))
        assert time.monotonic() - Patient.stopped < 5  # far less than the server's silence
    assert list((tmp_path / "out").glob(".*")) == []


def test_progress_ends_at_the_number_of_scenes(root, tmp_path):
    steps = []
    reporter = NullReporter()
    reporter.progress = lambda stage, done, total: steps.append((stage, done, total))
    list(
        fetch_selection(
            make_selection([make_scene(str(root), "one")]),
            region_from_metres(0, 0, 900, 900),
            tmp_path / "out",
            reporter=reporter,
        )
    )
    assert steps[-1] == ("fetch", 1.0, 1.0)
    assert all(0 <= done <= total for _, done, total in steps)


def test_a_full_disk_and_an_unwritable_folder_are_reported_before_anything_is_fetched(root, tmp_path, monkeypatch):
    selection, region = make_selection([make_scene(str(root), "one")]), region_from_metres(0, 0, 2400, 2400)
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderNotWritable):
        fetch(selection, region, tmp_path / "file" / "out")
    usage = type("usage", (), {"free": 1000})
    monkeypatch.setattr("allpa_engine.core.atomic.shutil.disk_usage", lambda path: usage)
    with pytest.raises(DiskFull):
        fetch(selection, region, tmp_path / "out")
    assert not any((tmp_path / "out").iterdir())


def test_a_disk_that_fills_up_while_writing_is_reported_and_left_clean(tmp_path, monkeypatch):
    """The room is checked before; here another program takes it meanwhile."""
    resource = pytest.importorskip("resource")
    write_layers(tmp_path / "archive" / "one", random_layers(1, size=1200), block=256)
    monkeypatch.setattr("allpa_engine.fetch.scheduler.check_free_space", lambda folder, needed: folder.mkdir())
    previous = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, previous[1]))  # writes beyond fail as on a full disk
    try:
        with pytest.raises((DiskFull, FolderNotWritable)):
            fetch(
                make_selection([make_scene(str(tmp_path / "archive"), "one", size=1200)]),
                region_from_metres(0, 0, 12000, 12000),
                tmp_path / "out",
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, previous)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(("free_bytes", "error"), [(0, DiskFull), (1 << 40, FolderNotWritable)])
def test_a_disk_that_fills_up_while_classifying_is_reported_and_left_clean(tmp_path, monkeypatch, free_bytes, error):
    resource = pytest.importorskip("resource")
    write_layers(tmp_path / "archive" / "one", random_layers(1, size=1200), block=256)
    selection = make_selection([make_scene(str(tmp_path / "archive"), "one", size=1200)])
    (fetched,) = fetch(selection, region_from_metres(0, 0, 12000, 12000), tmp_path / "out")

    class Noise:
        model_hash, stride, margin, facts = "0" * 64, 16, 16, MappingProxyType({"precision": "fp32"})
        legend, bands = BUNDLED_LEGEND, BAND_KEYS

        def probabilities(self, reflectance):
            return np.random.default_rng(1).random((10, *reflectance.shape[1:]), np.float32)

    path = tmp_path / "predictions" / "one.tif"
    monkeypatch.setattr("allpa_engine.core.atomic.shutil.disk_usage", lambda folder: SimpleNamespace(free=free_bytes))
    previous = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, previous[1]))
    try:
        with pytest.raises(error, match="predictions"):
            classify_scene(fetched, Noise(), path, NullReporter())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, previous)
    assert list(path.parent.iterdir()) == []
