"""Scenes' windows as files: the right pixels, from disks and from servers, whatever the file's layout."""

from dataclasses import replace

import numpy as np
import pytest
import rasterio
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.scene import Radiometry
from allpa_engine.fetch import estimate_download_bytes, fetch_selection
from allpa_engine.geo.region import Region
from allpa_engine.raster.resample import upsample_bilinear, upsample_nearest
from fault_server import Faults, FaultServer
from shapely.geometry import MultiPolygon, box, mapping
from tile_maker import LEFT, TOP, make_scene, make_selection, random_layers, region_from_metres, write_layers


def expected_window(layers, rows, columns):
    """What a scene file must hold, from the layers themselves, doubled as a whole before the window is cut."""
    stack = []
    for key, values in layers.items():
        if key == "SCL":
            values = upsample_nearest(values)
        elif key in ("B11", "B12"):
            values = upsample_bilinear(values)
        stack.append(values[rows, columns])
    return np.stack(stack)


def fetch(selection, region, folder, **options):
    return list(fetch_selection(selection, region, folder, reporter=NullReporter(), **options))


def pixels_of(fetched):
    with rasterio.open(fetched.path) as source:
        return source.read(), source.transform


@pytest.fixture
def archive(tmp_path):
    layers = random_layers(1)
    write_layers(tmp_path / "archive" / "one", layers)
    return tmp_path / "archive", layers


@pytest.mark.parametrize("remote", [False, True])
def test_the_window_holds_the_tiles_own_pixels_snapped_outward_to_20_m(archive, tmp_path, remote):
    root, layers = archive
    region = region_from_metres(333, 205, 1111, 987)  # metres from the corner
    with FaultServer(root) as server:
        base = server.url if remote else str(root)
        (fetched,) = fetch(make_selection([make_scene(base, "one")]), region, tmp_path / "out")
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
    layers = random_layers(2)
    if "SPARSE_OK" in options:
        layers = {key: values.copy() for key, values in layers.items()}
        for values in layers.values():
            values[-len(values) // 4 :] = 0
    options = {key: value for key, value in options.items() if value is not None}
    dropped = {"tiled": False} if options.get("driver") == "COG" else {}
    write_layers(tmp_path / "archive" / "one", layers, **dropped, **options)
    with FaultServer(tmp_path / "archive") as server:
        (fetched,) = fetch(
            make_selection([make_scene(server.url, "one")]), region_from_metres(*region), tmp_path / "out"
        )
    found, _ = pixels_of(fetched)
    left, top, right, bottom = (edge // 10 for edge in region)
    np.testing.assert_array_equal(found, expected_window(layers, slice(top, bottom), slice(left, right)))


def test_only_the_blocks_under_the_window_are_asked_for(tmp_path):
    layers = random_layers(3, size=1200)
    write_layers(tmp_path / "archive" / "one", layers, compress="deflate")
    with FaultServer(tmp_path / "archive") as server:
        (fetched,) = fetch(
            make_selection([make_scene(server.url, "one", size=1200)]),
            region_from_metres(6100, 6100, 6500, 6500),
            tmp_path / "out",
        )
        asked = [
            np.diff([int(end) for end in requested.removeprefix("bytes=").split("-")])[0] + 1
            for path, requested in server.ranges
            if "B02" in path
        ]
    found, _ = pixels_of(fetched)
    np.testing.assert_array_equal(found, expected_window(layers, slice(610, 650), slice(610, 650)))
    assert len(asked) <= 3
    assert sum(asked) < 0.2 * (tmp_path / "archive" / "one" / "B02.tif").stat().st_size


def test_a_server_without_ranges_and_file_urls_serve_too(archive, tmp_path):
    root, layers = archive
    region = region_from_metres(400, 400, 900, 900)
    expected = expected_window(layers, slice(40, 90), slice(40, 90))
    with FaultServer(root, Faults(ranges=False)) as server:
        (fetched,) = fetch(make_selection([make_scene(server.url, "one")]), region, tmp_path / "a")
    np.testing.assert_array_equal(pixels_of(fetched)[0], expected)
    (fetched,) = fetch(make_selection([make_scene(root.as_uri(), "one")]), region, tmp_path / "b")
    np.testing.assert_array_equal(pixels_of(fetched)[0], expected)


def test_jpeg_2000_is_copied_whole_and_its_copy_removed(tmp_path):
    layers = random_layers(4)
    write_layers(tmp_path / "archive" / "one", layers)
    for key in layers:
        path = tmp_path / "archive" / "one" / f"{key}.tif"
        copy = path.with_suffix(".jp2")
        rasterio.shutil.copy(path, copy, driver="JP2OpenJPEG", QUALITY="100", REVERSIBLE="YES")
        path.unlink()
        copy.rename(path)
    with FaultServer(tmp_path / "archive") as server:
        (fetched,) = fetch(
            make_selection([make_scene(server.url, "one")]), region_from_metres(400, 400, 900, 900), tmp_path / "out"
        )
    np.testing.assert_array_equal(pixels_of(fetched)[0], expected_window(layers, slice(40, 90), slice(40, 90)))
    assert [path.name for path in (tmp_path / "out").iterdir()] == [fetched.path.name]


def test_a_tile_of_odd_size_and_a_region_beyond_its_edge(tmp_path):
    layers = random_layers(5, size=61)
    write_layers(tmp_path / "archive" / "one", layers, block=16)
    (fetched,) = fetch(
        make_selection([make_scene(str(tmp_path / "archive"), "one", size=61)]),
        region_from_metres(-5000, -5000, 5000, 5000),
        tmp_path / "out",
    )
    np.testing.assert_array_equal(pixels_of(fetched)[0], expected_window(layers, slice(0, 61), slice(0, 61)))


def test_a_margin_widens_the_window(archive, tmp_path):
    root, layers = archive
    (fetched,) = fetch(
        make_selection([make_scene(str(root), "one")]),
        region_from_metres(600, 600, 800, 800),
        tmp_path / "out",
        margin_m=100,
    )
    np.testing.assert_array_equal(pixels_of(fetched)[0], expected_window(layers, slice(50, 90), slice(50, 90)))


def test_the_estimate_is_that_of_the_window_not_of_the_tile(archive):
    root, _ = archive
    scene = make_scene(str(root), "one")
    inner = estimate_download_bytes(scene, region_from_metres(0, 0, 1200, 1200))
    assert inner == pytest.approx(120 * 120 * 9.05, rel=0.05)
    beyond = estimate_download_bytes(scene, region_from_metres(-90000, -90000, 90000, 90000))
    assert beyond == pytest.approx(240 * 240 * 9.05, rel=0.05)
    elsewhere = estimate_download_bytes(replace(scene, tile="nonsense"), region_from_metres(0, 0, 1200, 1200))
    assert elsewhere == 0


def test_the_estimate_of_files_that_are_copied_whole_is_their_size(archive):
    root, _ = archive
    scene = make_scene(str(root), "one")
    whole = {key: replace(asset, href=f"{key}.jp2", size=1000) for key, asset in scene.assets.items()}
    assert estimate_download_bytes(replace(scene, assets=whole), region_from_metres(0, 0, 1200, 1200)) == 7000
    unknown = {key: replace(asset, size=None) for key, asset in whole.items()}
    of_a_tile = 9 * 10_980**2  # the files are copied whole, however small the region is
    assert estimate_download_bytes(replace(scene, assets=unknown), region_from_metres(0, 0, 1200, 1200)) > of_a_tile


def test_a_footprint_drawn_around_the_globe_does_not_change_the_estimate():
    """As some catalogues draw them at the antimeridian: the tile lies there, the bounds of the outline everywhere."""
    region = Region(box(179.6, -16.9, 179.8, -16.7))
    near = mapping(box(178.9, -17.2, 179.9, -16.2))
    around = mapping(MultiPolygon([box(178.9, -17.2, 180, -16.2), box(-180, -17.2, -179.9, -16.2)]))
    scenes = [
        replace(make_scene("https://a.org", "one"), tile="60KYF", footprint=footprint) for footprint in (near, around)
    ]
    first, second = (estimate_download_bytes(scene, region) for scene in scenes)
    assert first == second > 0


def test_the_offset_is_removed_and_reported(archive, tmp_path):
    root, layers = archive
    scene = make_scene(str(root), "one", radiometry=Radiometry(1000, "baseline 05.10"))
    (fetched,) = fetch(make_selection([scene]), region_from_metres(400, 400, 900, 900), tmp_path / "out")
    expected = expected_window(layers, slice(40, 90), slice(40, 90)).astype(int)
    expected[:6] -= 1000
    np.testing.assert_array_equal(pixels_of(fetched)[0], expected)
    with rasterio.open(fetched.path) as source:
        assert source.tags()["ALLPA_OFFSET"] == "1000"
        assert source.tags()["ALLPA_RADIOMETRY"] == "baseline 05.10"
        assert source.descriptions == ("B02", "B03", "B04", "B08", "B11", "B12", "SCL")


def test_scene_files_are_valid_cogs(tmp_path):
    from rio_cogeo.cogeo import cog_validate

    write_layers(tmp_path / "archive" / "one", random_layers(1, size=1200), block=256)
    (fetched,) = fetch(
        make_selection([make_scene(str(tmp_path / "archive"), "one", size=1200)]),
        region_from_metres(0, 0, 12000, 12000),
        tmp_path / "out",
    )
    assert cog_validate(fetched.path, strict=True, quiet=True)[0]


@pytest.mark.parametrize("strip_bytes", [1, 40_000])
@pytest.mark.parametrize("window", [(0, 0, 2400, 2400), (410, 470, 1650, 2390)])
def test_the_size_of_the_strips_changes_nothing(archive, tmp_path, monkeypatch, strip_bytes, window):
    root, layers = archive
    monkeypatch.setattr("allpa_engine.fetch.scene_bands.STRIP_BYTES", strip_bytes)
    monkeypatch.setattr("allpa_engine.fetch.scene_bands._UPSAMPLED_ROWS", 7)
    monkeypatch.setattr("allpa_engine.fetch.scene_file.STRIP_BYTES", strip_bytes)
    scene = make_scene(str(root), "one", radiometry=Radiometry(1000, "baseline 05.10"))
    (fetched,) = fetch(make_selection([scene]), region_from_metres(*window), tmp_path / "out")
    left, top = (edge // 20 * 2 for edge in window[:2])
    right, bottom = (-(-edge // 20) * 2 for edge in window[2:])
    expected = expected_window(layers, slice(top, bottom), slice(left, right)).astype(int)
    expected[:6] -= 1000
    np.testing.assert_array_equal(pixels_of(fetched)[0], expected)
