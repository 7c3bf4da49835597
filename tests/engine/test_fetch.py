"""Scenes' windows as files: the right pixels, from disks and from servers, whatever the file's layout."""

import signal
import time
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from allpa_engine.errors import AllScenesFailed, Cancelled, DiskFull, FolderNotWritable
from allpa_engine.fetch import fetch_selection, scene_bytes
from allpa_engine.protocol import Silent
from allpa_engine.resample import doubled_bilinear, doubled_nearest
from allpa_engine.scene import Failure, FetchedScene, Radiometry
from fault_server import Faults, FaultServer
from tile_maker import LEFT, TOP, numbers_of, region_of, scene_at, selection_of, without, write_layers


def expected_window(layers, rows, columns):
    """What a scene file must hold, from the layers themselves, doubled as a whole before the window is cut."""
    stack = []
    for key, values in layers.items():
        if key == "SCL":
            values = doubled_nearest(values)
        elif key in ("B11", "B12"):
            values = doubled_bilinear(values)
        stack.append(values[rows, columns])
    return np.stack(stack)


def fetch(selection, region, folder, **options):
    return list(fetch_selection(selection, region, folder, reporter=Silent(), **options))


def pixels_of(fetched):
    with rasterio.open(fetched.path) as source:
        return source.read(), source.transform


@pytest.fixture
def archive(tmp_path):
    layers = numbers_of(1)
    write_layers(tmp_path / "archive" / "one", layers)
    return tmp_path / "archive", layers


@pytest.mark.parametrize("remote", [False, True])
def test_the_window_holds_the_tiles_own_pixels_snapped_outward_to_20_m(archive, tmp_path, remote):
    root, layers = archive
    region = region_of(333, 205, 1111, 987)  # metres from the corner
    with FaultServer(root) as server:
        base = server.url if remote else str(root)
        (fetched,) = fetch(selection_of([scene_at(base, "one")]), region, tmp_path / "out")
    found, transform = pixels_of(fetched)
    rows, columns = slice(20, 100), slice(32, 112)
    np.testing.assert_array_equal(found, expected_window(layers, rows, columns))
    assert (transform.c, transform.f) == (LEFT + 320, TOP - 200)


@pytest.mark.parametrize(
    "options",
    [
        {"BIGTIFF": "YES"},
        {"ENDIANNESS": "BIG", "predictor": 1},
        {"compress": None, "predictor": None},
        {"tiled": False, "blockxsize": None, "blockysize": 7},
        {"driver": "COG", "blocksize": 128, "overview_resampling": "average", "predictor": "yes"},
        {"SPARSE_OK": True},
        {"compress": "lzw"},
    ],
    ids=["bigtiff", "big endian", "uncompressed", "strips", "cog", "sparse", "lzw"],
)
@pytest.mark.parametrize("region", [(500, 1500, 1100, 1900), (0, 0, 2400, 2400)], ids=["part", "all"])
def test_every_layout_of_a_tiff_reads_the_same_over_http(tmp_path, options, region):
    layers = numbers_of(2)
    if "SPARSE_OK" in options:
        layers = {key: values.copy() for key, values in layers.items()}
        for values in layers.values():
            values[-len(values) // 4 :] = 0
    options = {key: value for key, value in options.items() if value is not None}
    dropped = {"tiled": False} if options.get("driver") == "COG" else {}
    write_layers(tmp_path / "archive" / "one", layers, **dropped, **options)
    with FaultServer(tmp_path / "archive") as server:
        (fetched,) = fetch(selection_of([scene_at(server.url, "one")]), region_of(*region), tmp_path / "out")
    found, _ = pixels_of(fetched)
    left, top, right, bottom = (each // 10 for each in region)
    np.testing.assert_array_equal(found, expected_window(layers, slice(top, bottom), slice(left, right)))


def test_only_the_blocks_under_the_window_are_asked_for(tmp_path):
    layers = numbers_of(3, size=1200)
    write_layers(tmp_path / "archive" / "one", layers, compress="deflate")
    with FaultServer(tmp_path / "archive") as server:
        (fetched,) = fetch(
            selection_of([scene_at(server.url, "one", size=1200)]), region_of(6100, 6100, 6500, 6500), tmp_path / "out"
        )
        asked = [
            np.diff([int(end) for end in each.removeprefix("bytes=").split("-")])[0] + 1
            for path, each in server.ranges
            if "B02" in path
        ]
    found, _ = pixels_of(fetched)
    np.testing.assert_array_equal(found, expected_window(layers, slice(610, 650), slice(610, 650)))
    assert len(asked) <= 3
    assert sum(asked) < 0.2 * (tmp_path / "archive" / "one" / "B02.tif").stat().st_size


def test_a_server_without_ranges_and_file_urls_serve_too(archive, tmp_path):
    root, layers = archive
    region = region_of(400, 400, 900, 900)
    expected = expected_window(layers, slice(40, 90), slice(40, 90))
    with FaultServer(root, Faults(ranges=False)) as server:
        (fetched,) = fetch(selection_of([scene_at(server.url, "one")]), region, tmp_path / "a")
    np.testing.assert_array_equal(pixels_of(fetched)[0], expected)
    (fetched,) = fetch(selection_of([scene_at(root.as_uri(), "one")]), region, tmp_path / "b")
    np.testing.assert_array_equal(pixels_of(fetched)[0], expected)


def test_jpeg_2000_is_copied_whole_and_its_copy_removed(tmp_path):
    layers = numbers_of(4)
    write_layers(tmp_path / "archive" / "one", layers)
    for key in layers:
        path = tmp_path / "archive" / "one" / f"{key}.tif"
        copy = path.with_suffix(".jp2")
        rasterio.shutil.copy(path, copy, driver="JP2OpenJPEG", QUALITY="100", REVERSIBLE="YES")
        path.unlink()
        copy.rename(path)
    with FaultServer(tmp_path / "archive") as server:
        (fetched,) = fetch(selection_of([scene_at(server.url, "one")]), region_of(400, 400, 900, 900), tmp_path / "out")
    np.testing.assert_array_equal(pixels_of(fetched)[0], expected_window(layers, slice(40, 90), slice(40, 90)))
    assert [path.name for path in (tmp_path / "out").iterdir()] == [fetched.path.name]


def test_a_tile_of_odd_size_and_a_region_beyond_its_edge(tmp_path):
    layers = numbers_of(5, size=61)
    write_layers(tmp_path / "archive" / "one", layers, block=16)
    (fetched,) = fetch(
        selection_of([scene_at(str(tmp_path / "archive"), "one", size=61)]),
        region_of(-5000, -5000, 5000, 5000),
        tmp_path / "out",
    )
    np.testing.assert_array_equal(pixels_of(fetched)[0], expected_window(layers, slice(0, 61), slice(0, 61)))


def test_a_margin_widens_the_window(archive, tmp_path):
    root, layers = archive
    (fetched,) = fetch(
        selection_of([scene_at(str(root), "one")]), region_of(600, 600, 800, 800), tmp_path / "out", margin_m=100
    )
    np.testing.assert_array_equal(pixels_of(fetched)[0], expected_window(layers, slice(50, 90), slice(50, 90)))


def sick_scene(root, name, change):
    """A scene whose layers are changed before they are written."""
    layers = numbers_of(9)
    change(layers)
    write_layers(root / name, layers)
    return scene_at(str(root), name)


def _all_65000(layers):
    for key in layers:
        if key != "SCL":
            layers[key][:] = 65000


def _no_classification(layers):
    layers["SCL"][:] = 0


def _no_data(layers):
    for values in layers.values():
        values[:] = 0


def _wrong_shape(layers):
    layers["B11"] = layers["B11"][:-3]


def _ten_metre_swir(layers):
    layers["B12"] = doubled_bilinear(layers["B12"])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_all_65000, "corrupt"),
        (_no_classification, "classification layer is empty"),
        (_no_data, "no valid pixel"),
        (_wrong_shape, "does not lie on the grid"),
        (_ten_metre_swir, "does not lie on the grid"),
    ],
)
def test_a_sick_scene_is_replaced_by_the_next_of_its_tile_and_named(archive, tmp_path, change, reason):
    root, _ = archive
    write_layers(root / "two", numbers_of(2))
    sick = sick_scene(root, "sick", change)
    spare = [replace(scene_at(str(root), "two"), tile="18LZF"), scene_at(str(root), "one")]
    failure, fetched = fetch(selection_of([sick], spare), region_of(400, 400, 900, 900), tmp_path / "out")
    assert isinstance(failure, Failure)
    assert (failure.scene_id, failure.replaced_by) == ("sick", "one")
    assert reason in failure.reason
    assert isinstance(fetched, FetchedScene)
    assert fetched.scene.id == "one"
    assert len(list((tmp_path / "out").iterdir())) == 1


@pytest.mark.parametrize("damage", ["missing file", "missing asset", "truncated", "noise", "flipped"])
@pytest.mark.parametrize("remote", [False, True])
def test_a_damaged_file_fails_alone(archive, tmp_path, damage, remote):
    root, _ = archive
    write_layers(root / "sick", numbers_of(9, size=240))
    path = root / "sick" / "B08.tif"
    data = path.read_bytes()
    if damage == "missing file":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "noise":
        path.write_bytes(np.random.default_rng(0).bytes(5000))
    elif damage == "flipped":
        middle = len(data) // 2
        path.write_bytes(data[: middle - 20000] + bytes(40000) + data[middle + 20000 :])
    with FaultServer(root) as server:
        base = server.url if remote else str(root)
        sick = scene_at(base, "sick")
        if damage == "missing asset":
            sick = without(sick, "B08")
        outcomes = fetch(selection_of([sick, scene_at(base, "one")]), region_of(0, 0, 2400, 2400), tmp_path / "out")
    assert [type(each) for each in outcomes] == [Failure, FetchedScene]
    assert outcomes[0].replaced_by is None
    assert outcomes[1].scene.id == "one"


def test_scenes_come_in_the_selections_order_and_failures_take_substitutes_in_order(tmp_path):
    root = tmp_path / "archive"
    for number, name in enumerate(["a", "c", "e", "y", "z"]):
        write_layers(root / name, numbers_of(number))
    chosen = [scene_at(str(root), name) for name in "abcde"]  # b and d do not exist
    spare = [scene_at(str(root), name) for name in "xyz"]  # neither does x
    outcomes = fetch(selection_of(chosen, spare), region_of(0, 0, 500, 500), tmp_path / "out", workers=3)
    told = [(each.scene_id, each.replaced_by) if isinstance(each, Failure) else each.scene.id for each in outcomes]
    assert told == ["a", ("b", "y"), ("x", "y"), "y", "c", ("d", "z"), "z", "e"]


def test_all_scenes_failed_is_said_after_the_failures(tmp_path):
    scenes = selection_of([scene_at(str(tmp_path), "a"), scene_at(str(tmp_path), "b")])
    outcomes = fetch_selection(scenes, region_of(0, 0, 500, 500), tmp_path / "out", reporter=Silent())
    seen = [next(outcomes), next(outcomes)]
    with pytest.raises(AllScenesFailed, match="None of the 2 scenes"):
        next(outcomes)
    assert [each.scene_id for each in seen] == ["a", "b"]


def test_a_full_disk_and_an_unwritable_folder_are_told_before_anything_is_fetched(archive, tmp_path, monkeypatch):
    root, _ = archive
    selection, region = selection_of([scene_at(str(root), "one")]), region_of(0, 0, 2400, 2400)
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderNotWritable):
        fetch(selection, region, tmp_path / "file" / "out")
    usage = type("usage", (), {"free": 1000})
    monkeypatch.setattr("allpa_engine.atomic.shutil.disk_usage", lambda path: usage)
    with pytest.raises(DiskFull):
        fetch(selection, region, tmp_path / "out")
    assert not any((tmp_path / "out").iterdir())


class Stopping:
    """A reporter whose user stops at once."""

    def progress(self, stage, done, total):
        raise Cancelled("Stopped.")

    def log(self, text, level="info"):
        """Ignore text."""


def test_cancel_leaves_no_part(tmp_path):
    root = tmp_path / "archive"
    for name in "abcd":
        write_layers(root / name, numbers_of(1))
    with FaultServer(root, Faults(delay_s=0.3)) as server:
        selection = selection_of([scene_at(server.url, name) for name in "abcd"])
        with pytest.raises(Cancelled):
            list(fetch_selection(selection, region_of(0, 0, 900, 900), tmp_path / "out", reporter=Stopping()))
    assert [path for path in (tmp_path / "out").iterdir() if path.suffix != ".tif" or path.name[0] == "."] == []


def test_progress_ends_at_the_number_of_scenes(archive, tmp_path):
    told = []
    reporter = Silent()
    reporter.progress = lambda stage, done, total: told.append((stage, done, total))
    root, _ = archive
    list(
        fetch_selection(
            selection_of([scene_at(str(root), "one")]), region_of(0, 0, 900, 900), tmp_path / "out", reporter=reporter
        )
    )
    assert told[-1] == ("fetch", 1.0, 1.0)
    assert all(0 <= done <= total for _, done, total in told)


def test_the_estimate_is_that_of_the_window_not_of_the_tile(archive):
    root, _ = archive
    scene = scene_at(str(root), "one")
    inner = scene_bytes(scene, region_of(0, 0, 1200, 1200))
    assert inner == pytest.approx(120 * 120 * 9.05, rel=0.05)
    beyond = scene_bytes(scene, region_of(-90000, -90000, 90000, 90000))
    assert beyond == pytest.approx(240 * 240 * 9.05, rel=0.05)
    elsewhere = scene_bytes(replace(scene, tile="nonsense"), region_of(0, 0, 1200, 1200))
    assert elsewhere == 0


def test_the_estimate_of_files_that_are_copied_whole_is_their_size(archive):
    root, _ = archive
    scene = scene_at(str(root), "one")
    whole = {key: replace(asset, href=f"{key}.jp2", size=1000) for key, asset in scene.assets.items()}
    assert scene_bytes(replace(scene, assets=whole), region_of(0, 0, 1200, 1200)) == 7000


def test_the_offset_is_removed_and_said(archive, tmp_path):
    root, layers = archive
    scene = scene_at(str(root), "one", radiometry=Radiometry(1000, "baseline 05.10"))
    (fetched,) = fetch(selection_of([scene]), region_of(400, 400, 900, 900), tmp_path / "out")
    expected = expected_window(layers, slice(40, 90), slice(40, 90)).astype(int)
    expected[:6] -= 1000
    np.testing.assert_array_equal(pixels_of(fetched)[0], expected)
    with rasterio.open(fetched.path) as source:
        assert source.tags()["ALLPA_OFFSET"] == "1000"
        assert source.tags()["ALLPA_RADIOMETRY"] == "baseline 05.10"
        assert source.descriptions == ("B02", "B03", "B04", "B08", "B11", "B12", "SCL")


def test_scene_files_are_valid_cogs(tmp_path):
    from rio_cogeo.cogeo import cog_validate

    write_layers(tmp_path / "archive" / "one", numbers_of(1, size=1200), block=256)
    (fetched,) = fetch(
        selection_of([scene_at(str(tmp_path / "archive"), "one", size=1200)]),
        region_of(0, 0, 12000, 12000),
        tmp_path / "out",
    )
    assert cog_validate(fetched.path, strict=True, quiet=True)[0]


def test_a_hanging_server_does_not_delay_cancel(tmp_path):
    root = tmp_path / "archive"
    for name in "abcd":
        write_layers(root / name, numbers_of(1))

    class Patient(Silent):
        """A reporter whose user stops once the server hangs."""

        def progress(self, stage, done, total):
            if len(server.requests) >= 10:
                server.faults.delay_s = 20
                Patient.stopped = time.monotonic()
                raise Cancelled("Stopped.")

    with FaultServer(root, Faults(delay_s=0.05)) as server:
        selection = selection_of([scene_at(server.url, name) for name in "abcd"])
        with pytest.raises(Cancelled):
            list(fetch_selection(selection, region_of(0, 0, 900, 900), tmp_path / "out", reporter=Patient()))
        assert time.monotonic() - Patient.stopped < 5  # far less than the server's silence
    assert list((tmp_path / "out").glob(".*")) == []


def test_a_scene_without_a_tile_or_away_from_the_region_fails_without_a_request(archive, tmp_path):
    root, _ = archive
    with FaultServer(root) as server:
        here, far = scene_at(server.url, "one"), scene_at(server.url, "one")
        scenes = [replace(here, id="nameless", tile="?"), replace(far, id="far", tile="50LYF", crs="EPSG:32750"), here]
        outcomes = fetch(selection_of(scenes), region_of(0, 0, 900, 900), tmp_path / "out")
    reasons = {each.scene_id: each.reason for each in outcomes if isinstance(each, Failure)}
    assert "not the name" in reasons["nameless"]
    assert "does not reach" in reasons["far"]
    assert [each.scene.id for each in outcomes if isinstance(each, FetchedScene)] == ["one"]


@pytest.mark.parametrize("strip_bytes", [1, 40_000])
@pytest.mark.parametrize("window", [(0, 0, 2400, 2400), (410, 470, 1650, 2390)])
def test_the_size_of_the_strips_changes_nothing(archive, tmp_path, monkeypatch, strip_bytes, window):
    root, layers = archive
    monkeypatch.setattr("allpa_engine.fetch.layers.STRIP_BYTES", strip_bytes)
    monkeypatch.setattr("allpa_engine.fetch.layers._DOUBLED_ROWS", 7)
    monkeypatch.setattr("allpa_engine.fetch.scene_file.STRIP_BYTES", strip_bytes)
    scene = scene_at(str(root), "one", radiometry=Radiometry(1000, "baseline 05.10"))
    (fetched,) = fetch(selection_of([scene]), region_of(*window), tmp_path / "out")
    left, top = (each // 20 * 2 for each in window[:2])
    right, bottom = (-(-each // 20) * 2 for each in window[2:])
    expected = expected_window(layers, slice(top, bottom), slice(left, right)).astype(int)
    expected[:6] -= 1000
    np.testing.assert_array_equal(pixels_of(fetched)[0], expected)


@pytest.mark.parametrize("error", [DiskFull("The disk is full."), RuntimeError("a fault in the program")])
def test_what_is_not_one_scenes_fault_ends_the_run(archive, tmp_path, monkeypatch, error):
    def fail(*args):
        raise error

    root, _ = archive
    monkeypatch.setattr("allpa_engine.fetch.selection.write_scene_file", fail)
    monkeypatch.setattr("threading.excepthook", lambda args: None)
    with pytest.raises(type(error)):
        fetch(selection_of([scene_at(str(root), "one")] * 3), region_of(0, 0, 900, 900), tmp_path / "out")


def test_a_disk_that_fills_up_while_writing_is_told_and_left_clean(tmp_path, monkeypatch):
    """The room is checked before; here another program takes it meanwhile."""
    resource = pytest.importorskip("resource")
    write_layers(tmp_path / "archive" / "one", numbers_of(1, size=1200), block=256)
    monkeypatch.setattr("allpa_engine.fetch.selection.require_room", lambda folder, needed: folder.mkdir())
    previous = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, previous[1]))  # writes beyond fail as on a full disk
    try:
        with pytest.raises((DiskFull, FolderNotWritable)):
            fetch(
                selection_of([scene_at(str(tmp_path / "archive"), "one", size=1200)]),
                region_of(0, 0, 12000, 12000),
                tmp_path / "out",
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, previous)
    assert list((tmp_path / "out").iterdir()) == []
