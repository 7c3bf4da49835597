"""Scenes with other bands than the six: which are searched, listed, fetched and read, and which stay as they were."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from allpa_engine.classify.scene_reader import open_scene
from allpa_engine.core.bands import ALL_BAND_KEYS, BAND_KEYS, SCL
from allpa_engine.core.catalogues import CATALOGUES
from allpa_engine.core.errors import AllScenesFailed, SceneUnreadable, SceneUnsupported
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.scene import Radiometry
from allpa_engine.fetch import estimate_download_bytes, fetch_selection
from allpa_engine.fetch.cache import scene_key
from allpa_engine.raster.resample import upsample_bilinear, upsample_nearest
from allpa_engine.search.items import scene_from_item
from allpa_engine.select.scene_list import read_scene_list, write_scene_list
from fault_server import FaultServer
from rasterio.windows import Window
from stac_items import data_space_item, earth_search_item, planetary_computer_item
from tile_maker import (
    ALL_RESOLUTIONS_M,
    LEFT,
    TOP,
    make_scene,
    make_selection,
    random_layers,
    region_from_metres,
    write_layers,
)

SIZE = 252
REGION = region_from_metres(333, 205, 1777, 1987)
ROWS, COLUMNS = slice(20, 200), slice(32, 178)
OFFSET = Radiometry(1000, "raster offset")


@pytest.fixture(scope="module")
def layers():
    return random_layers(3, SIZE, resolutions_m=ALL_RESOLUTIONS_M)


@pytest.fixture
def archive(layers, tmp_path):
    write_layers(tmp_path / "archive" / "one", layers)
    return tmp_path / "archive"


def scene_of(archive, **options):
    return make_scene(str(archive), "one", size=SIZE, layers=ALL_RESOLUTIONS_M, **options)


def fetch(archive, folder, bands, region=REGION, **options):
    selection = make_selection([scene_of(archive, **options)])
    return list(fetch_selection(selection, region, folder, reporter=NullReporter(), bands=bands))


def on_10_m(layers, key):
    ratio = ALL_RESOLUTIONS_M[key] // 10
    if key == SCL:
        return upsample_nearest(layers[key], ratio)
    return upsample_bilinear(layers[key], ratio) if ratio > 1 else layers[key]


@pytest.mark.parametrize("remote", [False, True])
@pytest.mark.parametrize("bands", [ALL_BAND_KEYS, ("B09", "B05", "AOT"), ("B8A",), ("B01",)])
def test_a_scene_file_has_the_asked_bands_on_the_10_m_grid_described_by_their_keys(
    archive, layers, tmp_path, bands, remote
):
    with FaultServer(archive) as server:
        (fetched,) = fetch(server.url if remote else archive, tmp_path / "out", bands)
    with rasterio.open(fetched.path) as source:
        found, keys = source.read(), source.descriptions
        assert (source.transform.c, source.transform.f) == (LEFT + 320, TOP - 200)
    assert keys == (*(key for key in ALL_BAND_KEYS if key in bands), SCL)
    for values, key in zip(found, keys, strict=True):
        np.testing.assert_array_equal(values, on_10_m(layers, key)[ROWS, COLUMNS], err_msg=key)


def test_the_offset_is_removed_from_reflectance_alone(archive, layers, tmp_path):
    (fetched,) = fetch(archive, tmp_path / "out", ALL_BAND_KEYS, radiometry=OFFSET)
    with open_scene(fetched.path, ("WVP", "B09", "AOT")) as scene:
        numbers, _ = scene.read_numbers()
        block = scene.read(Window(3, 5, 7, 9))
    for values, key, offset in zip(numbers, ("WVP", "B09", "AOT"), (0, 1000, 0), strict=True):
        np.testing.assert_array_equal(values, on_10_m(layers, key)[ROWS, COLUMNS] - offset, err_msg=key)
    expected = numbers[:, 5:14, 3:10] / np.array([1000, 10000, 1000])[:, None, None]
    np.testing.assert_allclose(block.reflectance, expected, rtol=1e-6)


def test_the_pixels_decide_on_the_offset_by_whatever_bands_there_are(layers, tmp_path):
    dark = {key: values - 1100 if key == "B01" else values for key, values in layers.items()}
    write_layers(tmp_path / "archive" / "one", dark)
    unsure = Radiometry(1000, "unknown", "require")
    whole = region_from_metres(0, 0, 10 * SIZE, 10 * SIZE)
    (fetched,) = fetch(tmp_path / "archive", tmp_path / "out", ("B01", "AOT"), whole, radiometry=unsure)
    assert fetched.scene.radiometry.offset == 0
    with pytest.raises(AllScenesFailed, match=r"unknown whether"):
        fetch(tmp_path / "archive", tmp_path / "out", ("B05", "AOT"), whole, radiometry=unsure)


def test_aot_and_wvp_may_have_any_of_the_products_pixel_sizes(layers, tmp_path):
    sizes = {**ALL_RESOLUTIONS_M, "AOT": 20, "WVP": 60}
    coarse = random_layers(5, SIZE, resolutions_m=sizes)
    write_layers(tmp_path / "archive" / "one", coarse, resolutions_m=sizes)
    (fetched,) = fetch(tmp_path / "archive", tmp_path / "out", ("AOT", "WVP"))
    with open_scene(fetched.path, ("AOT", "WVP")) as scene:
        numbers, _ = scene.read_numbers()
    np.testing.assert_array_equal(numbers[0], upsample_bilinear(coarse["AOT"], 2)[ROWS, COLUMNS])
    np.testing.assert_array_equal(numbers[1], upsample_bilinear(coarse["WVP"], 6)[ROWS, COLUMNS])
    sizes["B8A"] = 60  # no product has such a file
    write_layers(tmp_path / "archive" / "one", random_layers(5, SIZE, resolutions_m=sizes), resolutions_m=sizes)
    with pytest.raises(AllScenesFailed, match=r"B8A is not on the same grid"):
        fetch(tmp_path / "archive", tmp_path / "other", ("B8A",))


def test_a_file_with_more_bands_serves_and_one_with_others_does_not(archive, tmp_path):
    out = tmp_path / "out"
    with FaultServer(archive) as server:
        (wide,) = fetch(server.url, out, (*BAND_KEYS, "B05", "B8A"))
        requests = len(server.requests)
        (same,) = fetch(server.url, out, BAND_KEYS)
        (fewer,) = fetch(server.url, out, ("B8A", "B04"))
        assert len(server.requests) == requests
        (other,) = fetch(server.url, out, ("B8A", "B09"))
        assert len(server.requests) > requests
        (elsewhere,) = fetch(server.url, out, BAND_KEYS, region_from_metres(333, 205, 1000, 1000))
    assert same.path == fewer.path == wide.path
    assert len({wide.path, other.path, elsewhere.path}) == 3


def test_files_of_the_six_bands_keep_the_name_that_they_had_before_there_were_others(archive):
    scene = scene_of(archive)
    facts = [2, "one", "EPSG:32718", 0.0, 0.0, 20.0, 20.0, 0, "none"]
    before = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    bounds = (0.0, 0.0, 20.0, 20.0)
    assert scene_key(scene, bounds, "EPSG:32718", BAND_KEYS) == before
    assert scene_key(scene, bounds, "EPSG:32718", ALL_BAND_KEYS) != before


def test_the_six_bands_are_read_by_description_from_a_file_with_more(archive, tmp_path):
    (wide,) = fetch(archive, tmp_path / "out", ALL_BAND_KEYS)
    (six,) = fetch(archive, tmp_path / "six", BAND_KEYS)
    with open_scene(wide.path) as one, open_scene(six.path) as other:
        np.testing.assert_array_equal(one.read().reflectance, other.read().reflectance)
    with pytest.raises(SceneUnreadable, match=r"lacks B05"), open_scene(six.path, ("B05",)):
        pass


@pytest.mark.parametrize(
    ("item", "catalogue", "address"),
    [
        (planetary_computer_item(), "planetary_computer", "B8A"),
        (earth_search_item("sentinel-2-c1-l2a", baseline="05.11"), "earth_search", "nir08"),
        (data_space_item(), "cdse", "B8A_20m"),
    ],
)
def test_an_item_gives_all_bands_that_it_has(item, catalogue, address):
    for name in ("coastal", "nir08"):  # as bands of the item's own offset have them
        if name in item["assets"] and "raster:bands" in item["assets"]["blue"]:
            item["assets"][name]["raster:bands"] = item["assets"]["blue"]["raster:bands"]
    scene = scene_from_item(item, CATALOGUES[catalogue])
    assert f"/{address}." in scene.assets["B8A"].href
    assert "B01" in scene.assets
    assert "AOT" in scene.assets


def test_bands_that_an_item_lacks_matter_only_where_they_are_asked_for():
    item = planetary_computer_item()
    del item["assets"]["B05"]
    item["assets"]["B06"] = {"href": 3}
    scene = scene_from_item(item, CATALOGUES["planetary_computer"], BAND_KEYS)
    assert set(scene.assets) == {*ALL_BAND_KEYS, SCL} - {"B05", "B06"}
    with pytest.raises(SceneUnsupported, match=r"lacks the bands B05, B06"):
        scene_from_item(item, CATALOGUES["planetary_computer"], ("B05", "B06", "B07"))


def test_a_band_with_another_offset_than_the_six_is_not_used():
    item = earth_search_item("sentinel-2-c1-l2a", baseline="05.11")
    item["assets"]["rededge1"]["raster:bands"] = [{"scale": 0.0001, "offset": 0}]
    item["assets"]["rededge2"]["raster:bands"] = item["assets"]["blue"]["raster:bands"]
    scene = scene_from_item(item, CATALOGUES["earth_search"])
    assert "B05" not in scene.assets
    assert "B06" in scene.assets


def test_a_scene_list_keeps_all_files_and_earlier_lists_are_read(archive, tmp_path):
    selection = make_selection([scene_of(archive)])
    path = tmp_path / "scenes.json"
    write_scene_list(selection, REGION, path)
    assert read_scene_list(path)[0].chosen[0].assets == selection.chosen[0].assets
    values = json.loads(path.read_text())
    assets = values["features"][0]["assets"]
    values["features"][0]["assets"] = {key: assets[key] for key in (*BAND_KEYS, SCL)}
    path.write_text(json.dumps(values))
    assert set(read_scene_list(path)[0].chosen[0].assets) == {*BAND_KEYS, SCL}


def test_more_bands_take_more_bytes(archive):
    scene = scene_of(archive)
    six, fourteen, none = (
        estimate_download_bytes(scene, REGION, bands=bands) for bands in (BAND_KEYS, ALL_BAND_KEYS, ())
    )
    assert none < six < fourteen
    pixels = (ROWS.stop - ROWS.start) * (COLUMNS.stop - COLUMNS.start)
    assert fourteen - six == pytest.approx(pixels * 2 * (4 / 4 + 2 / 36 + 2), abs=2)


def test_the_job_takes_bands_in_the_products_order():
    job = Job("f", task="composite", bands=("B8A", "B02"))
    assert job.validate().bands == ("B02", "B8A")
    assert replace(job, bands=()).validate().bands == BAND_KEYS
