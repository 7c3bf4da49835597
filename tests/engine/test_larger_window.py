"""A window that lies within one of the cache is cut out of it: the same file as fetched, and no request."""

import shutil
from dataclasses import replace

import pytest
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.scene import Radiometry
from allpa_engine.fetch import fetch_selection
from fault_server import FaultServer
from tile_maker import make_scene, make_selection, random_layers, region_from_metres, write_layers

LARGE = region_from_metres(100, 100, 1700, 1300)
SMALL = region_from_metres(333, 345, 1111, 907)
UNSURE = Radiometry(1000, "to be found out", "confirm")
AT_THE_EDGE = region_from_metres(-500, 345, 711, 907)


@pytest.fixture
def archive(tmp_path):
    write_layers(tmp_path / "archive" / "s0", random_layers(0))
    return tmp_path / "archive"


def fetch(base, folder, region, radiometry=None, **options):
    scene = make_scene(str(base), "s0")
    selection = make_selection([replace(scene, radiometry=radiometry) if radiometry else scene])
    (fetched,) = fetch_selection(selection, region, folder, reporter=NullReporter(), **options)
    return fetched


@pytest.mark.parametrize("region", [SMALL, AT_THE_EDGE])
@pytest.mark.parametrize("offset", [0, 1000])
def test_a_window_within_a_larger_one_is_the_file_that_fetching_gives(archive, tmp_path, region, offset):
    radiometry = Radiometry(offset, "as the catalogue says")
    whole_tile = region_from_metres(-600, -600, 4000, 4000)
    fetched = fetch(archive, tmp_path / "apart", region, radiometry)
    with FaultServer(archive) as server:
        fetch(server.url, tmp_path / "cache", whole_tile if region is AT_THE_EDGE else LARGE, radiometry)
        asked = len(server.requests)
        cut = fetch(server.url, tmp_path / "cache", region, radiometry)
        assert len(server.requests) == asked
    assert cut.path.read_bytes() == fetched.path.read_bytes()
    assert cut.scene.radiometry == fetched.scene.radiometry


def test_fewer_bands_than_the_larger_window_has_are_cut_too(archive, tmp_path):
    apart = fetch(archive, tmp_path / "apart", SMALL, bands=("B04", "B08"))
    with FaultServer(archive) as server:
        fetch(server.url, tmp_path / "cache", LARGE)
        asked = len(server.requests)
        cut = fetch(server.url, tmp_path / "cache", SMALL, bands=("B04", "B08"))
        assert len(server.requests) == asked
    assert cut.path.read_bytes() == apart.path.read_bytes()


@pytest.mark.parametrize(
    ("larger", "before", "radiometry"),
    [
        (region_from_metres(400, 345, 1700, 1300), None, None),  # does not hold it all
        (LARGE, None, Radiometry(1000, "another offset")),
        (LARGE, UNSURE, UNSURE),
    ],
)
def test_what_may_differ_is_fetched(archive, tmp_path, larger, before, radiometry):
    with FaultServer(archive) as server:
        fetch(server.url, tmp_path / "cache", larger, before)
        asked = len(server.requests)
        fetch(server.url, tmp_path / "cache", SMALL, radiometry)
        assert len(server.requests) > asked


@pytest.mark.parametrize("damage", ["flipped", "cut", "of another place"])
def test_a_damaged_or_foreign_larger_window_does_not_serve(archive, tmp_path, damage):
    apart = fetch(archive, tmp_path / "apart", SMALL)
    large = fetch(archive, tmp_path / "cache", LARGE).path
    content = bytearray(large.read_bytes())
    middle = len(content) // 2
    if damage == "flipped":
        content[middle : middle + 4000] = bytes(value ^ 0xFF for value in content[middle : middle + 4000])
        large.write_bytes(content)
    elif damage == "cut":
        large.write_bytes(content[:-3000])
    else:
        elsewhere = fetch(archive, tmp_path / "elsewhere", region_from_metres(0, 0, 1500, 1200)).path
        shutil.copy(elsewhere, large)
    assert fetch(archive, tmp_path / "cache", SMALL).path.read_bytes() == apart.path.read_bytes()
