"""The simulated archive is what it says: the ground that the other tests stand on."""

import json

import numpy as np
import pystac
import pystac_client
import pytest
import rasterio
import requests
from pyproj import Transformer
from shapely.geometry import box, mapping, shape

REGION = box(-72.90, -13.70, -72.84, -13.64)


@pytest.fixture(scope="module")
def items(sample):
    return json.loads((sample / "items.json").read_text())["features"]


def read(sample, item, key):
    with rasterio.open(sample / "files" / item["assets"][key]["href"]) as source:
        return source.read(1)


def of(items, **wanted):
    found = [
        item
        for item in items
        if all(item["properties"]["s2:" + key] == value for key, value in wanted.items() if key != "day")
        and item["properties"]["datetime"].startswith(wanted.get("day", ""))
    ]
    assert found, wanted
    return found


def test_truth_has_every_class_in_plausible_shares(sample):
    with rasterio.open(sample / "truth.tif") as source:
        truth = source.read(1)
    shares = np.bincount(truth.ravel(), minlength=11) / truth.size
    assert shares[0] == 0
    assert shares[10] == 0, "clouds are no land cover"
    assert (shares[1:10] > 0.005).all()
    assert shares.argmax() == 6, "scrub is the most common cover of the highland"


def test_items_hold_the_fields_that_real_ones_have(items):
    assert len({item["id"] for item in items}) == len(items)
    assert len({item["properties"]["datetime"][:10] for item in items}) >= 10
    for item in items:
        parsed = pystac.Item.from_dict(item)
        assert parsed.datetime.year in (2020, 2021)
        assert shape(item["geometry"]).is_valid
        assert np.allclose(item["bbox"], shape(item["geometry"]).bounds)
        assert set(item["assets"]) == {"B02", "B03", "B04", "B08", "B11", "B12", "SCL"}
        for name in ("mgrs_tile", "processing_baseline", "datastrip_id", "nodata_pixel_percentage", "generation_time"):
            assert f"s2:{name}" in item["properties"]


def test_items_are_valid_stac(items, shared):
    """Same keys and types as a real item of the catalogue it imitates."""
    real = json.loads(next((shared / "fixtures/stac").glob("pc__sentinel-2-l2a__pb0212__S2A*35MNM*")).read_text())
    for item in items:
        for name, value in item["properties"].items():
            assert isinstance(value, (int, float) if isinstance(value, float) else type(value))
            assert type(real["properties"][name]) is type(value) or isinstance(value, (int, float)), name
        for key, asset in item["assets"].items():
            assert set(asset) <= set(real["assets"][key])


def test_mgrs_tile_holds_the_coordinates(items):
    """18LYK and 18LYL as ESA tiles them: 109.8 km squares on 100 km steps."""
    squares = {"18LYK": (699960, 8390200, 809760, 8500000), "18LYL": (699960, 8490220, 809760, 8600020)}
    for item in items:
        left, bottom, right, top = item["assets"]["B02"]["proj:bbox"]
        square = squares[item["properties"]["s2:mgrs_tile"]]
        assert square[0] <= left < right <= square[2]
        assert square[1] <= bottom < top <= square[3]
        assert (left - square[0]) % 20 == 0
        assert (square[3] - top) % 20 == 0
        x, y = Transformer.from_crs("EPSG:4326", 32718, always_xy=True).transform(*item["bbox"][:2])
        assert left - 100 < x < right
        assert bottom - 100 < y < top


def test_files_are_tiled_cogs_that_match_their_item(sample, items):
    for item in items:
        for key, asset in item["assets"].items():
            with rasterio.open(sample / "files" / asset["href"]) as source:
                assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
                assert source.nodata == 0
                assert list(source.shape) == asset["proj:shape"]
                assert np.allclose(source.transform[:6], asset["proj:transform"][:6])
                assert source.crs.to_epsg() == item["properties"]["proj:epsg"]
                assert source.dtypes[0] == ("uint8" if key == "SCL" else "uint16")


def test_the_reprocessed_twin_differs_by_the_offset_alone(sample, items):
    old, new = (
        of(items, day="2020-05-08", mgrs_tile="18LYK", processing_baseline=baseline)[0]
        for baseline in ("02.12", "05.00")
    )
    assert old["id"] != new["id"]
    for key in ("B02", "B08", "B12"):
        first, second = read(sample, old, key).astype(int), read(sample, new, key).astype(int)
        assert np.array_equal(np.where(first > 0, first + 1000, 0), second)
    assert np.array_equal(read(sample, old, "SCL"), read(sample, new, "SCL"))


def test_the_floor_of_the_pixels_tells_the_offset(sample, items):
    """The 0.1 percentile of clear scenes lies below 800 without the offset, above with it."""
    for item in of(items, mgrs_tile="18LYK"):
        red = read(sample, item, "B12")
        floor = np.quantile(red[red > 0], 0.001)
        assert (floor >= 1000) == (item["properties"]["s2:processing_baseline"] == "05.00")


def test_the_neighbouring_tile_shows_the_same_pixels(sample, items):
    main = of(items, day="2020-08-06", mgrs_tile="18LYK")[0]
    other = of(items, day="2020-08-06", mgrs_tile="18LYL")[0]
    assert main["properties"]["datetime"] == other["properties"]["datetime"]
    strip = read(sample, other, "B03")
    assert np.array_equal(read(sample, main, "B03")[: strip.shape[0]], strip)


def test_scl_calls_thick_clouds_and_the_item_counts_them(sample, items):
    for item in of(items, mgrs_tile="18LYK"):
        scl, blue = read(sample, item, "SCL"), read(sample, item, "B02")[::2, ::2]
        bare_blue = blue.astype(int) - (1000 if item["properties"]["s2:processing_baseline"] == "05.00" else 0)
        cloudy = np.isin(scl, (8, 9, 10))
        assert item["properties"]["eo:cloud_cover"] == pytest.approx(100 * cloudy[scl > 0].mean(), abs=1e-4)
        if (scl == 9).any():
            assert np.median(bare_blue[scl == 9]) > 4000
        assert np.median(bare_blue[np.isin(scl, (4, 5))]) < 1500


def test_the_partial_scene_has_no_data_in_all_files_alike(sample, items):
    item = of(items, day="2020-06-22")[0]
    empty = read(sample, item, "SCL") == 0
    assert 30 < item["properties"]["s2:nodata_pixel_percentage"] < 60
    assert empty.mean() * 100 == pytest.approx(item["properties"]["s2:nodata_pixel_percentage"], abs=1e-4)
    for key in ("B04", "B11"):
        numbers = read(sample, item, key)
        numbers = numbers[::2, ::2] if key == "B04" else numbers
        assert np.array_equal(numbers == 0, empty)


def test_snow_falls_on_one_date_only_and_the_glacier_stays(sample, items):
    with rasterio.open(sample / "truth.tif") as source:
        truth = source.read(1)[::2, ::2]
    share = {item["properties"]["datetime"][:10]: item for item in of(items, mgrs_tile="18LYK")}
    winter, dry = (read(sample, share[day], "SCL") == 11 for day in ("2020-07-12", "2020-08-06"))
    assert winter.mean() > 2 * dry.mean()
    assert dry[truth == 9].mean() > 0.9


def test_grass_greens_with_the_rain(sample, items):
    with rasterio.open(sample / "truth.tif") as source:
        grass = source.read(1) == 3
    ndvi = {}
    for day in ("2020-04-13", "2020-08-06"):
        item = of(items, day=day, mgrs_tile="18LYK")[0]
        clear = np.repeat(np.repeat(np.isin(read(sample, item, "SCL"), (4, 5)), 2, 0), 2, 1) & grass
        red, nir = (read(sample, item, key)[clear].astype(float) for key in ("B04", "B08"))
        ndvi[day] = np.median((nir - red) / (nir + red))
    assert ndvi["2020-04-13"] > ndvi["2020-08-06"] + 0.1


def test_the_next_year_has_fewer_trees_and_more_houses_within_its_scenes(sample, items):
    with rasterio.open(sample / "truth.tif") as source, rasterio.open(sample / "truth_2021.tif") as later:
        before, after = source.read(1), later.read(1)
        assert (source.transform, source.crs) == (later.transform, later.crs)
    changed = before != after
    pairs, counts = np.unique(np.stack([before[changed], after[changed]]), axis=1, return_counts=True)
    assert dict(zip(map(tuple, pairs.T.tolist()), counts.tolist(), strict=True)) == {(2, 5): 11_064, (5, 7): 1_850}
    scenes = [item for item in items if item["properties"]["datetime"].startswith("2021")]
    assert len(scenes) == 4
    with rasterio.open(sample / "files" / scenes[1]["assets"]["B04"]["href"]) as red:
        rows, columns = np.where(changed)
        rows -= round((source.transform.f - red.transform.f) / 10)
        columns -= round((red.transform.c - source.transform.c) / 10)
        assert 0 <= rows.min() <= rows.max() < red.height
        assert 0 <= columns.min() <= columns.max() < red.width


def test_the_same_seed_gives_the_same_archive(tmp_path):
    from sample_archive.products import YEAR, write_archive

    first, second = (write_archive(tmp_path / name, 3, 64, YEAR[:2], ()) for name in ("a", "b"))
    files = sorted(path.relative_to(first) for path in first.rglob("*.tif"))
    assert len(files) == 1 + 1 + 7 * 3  # truth, elevation, bands
    for path in files:
        assert (first / path).read_bytes() == (second / path).read_bytes()
    assert (first / "items.json").read_text() == (second / "items.json").read_text()


def test_a_client_finds_the_scenes_by_place_time_and_cloud(catalogue):
    client = pystac_client.Client.open(catalogue.stac_url)
    search = client.search(
        collections=[catalogue.collection], intersects=mapping(REGION), datetime="2020-05-01/2020-08-31", limit=3
    )
    found = list(search.items())
    assert {item.properties["datetime"][:10] for item in found} == {
        "2020-05-08", "2020-05-28", "2020-06-22", "2020-07-12", "2020-08-06"
    }  # fmt: skip
    sea = client.search(collections=[catalogue.collection], intersects=mapping(box(-90, -20, -89, -19)))
    assert list(sea.items()) == []


def test_the_file_server_answers_ranges(catalogue):
    client = pystac_client.Client.open(catalogue.stac_url)
    href = next(client.search(collections=[catalogue.collection], max_items=1).items()).assets["B04"].href
    whole = requests.get(href, timeout=10)
    assert whole.status_code == 200
    assert requests.head(href, timeout=10).headers["Content-Length"] == str(len(whole.content))
    for asked, expected in (
        ("bytes=10-19", slice(10, 20)),
        ("bytes=-7", slice(-7, None)),
        ("bytes=100-", slice(100, None)),
    ):
        part = requests.get(href, headers={"Range": asked}, timeout=10)
        assert part.status_code == 206
        assert part.content == whole.content[expected]
    assert requests.get(href, headers={"Range": f"bytes={10**9}-"}, timeout=10).status_code == 416
    assert requests.get(f"{catalogue.files_url}/../items.json", timeout=10).status_code == 404


def test_rasterio_reads_a_window_over_http_without_the_whole_file(sample, tmp_path):
    from sample_archive import serve_archive

    log = tmp_path / "log.txt"
    with serve_archive(sample, log) as running:
        client = pystac_client.Client.open(running.stac_url)
        href = next(client.search(collections=[running.collection], max_items=1).items()).assets["B04"].href
        with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"), rasterio.open(href) as source:
            numbers = source.read(1, window=((0, 64), (0, 64)))
    assert numbers.shape == (64, 64)
    sent = sum(int(line.split()[3]) for line in log.read_text().splitlines() if line.startswith("GET"))
    size = next((sample / "files").rglob(href.rsplit("/", 1)[1])).stat().st_size
    assert 0 < sent < size / 2


@pytest.mark.shared
def test_the_real_series_is_wrapped_as_an_archive(shared, tmp_path):
    from sample_archive import serve_archive
    from sample_archive.boadella import write_boadella_archive

    write_boadella_archive(shared / "data/series/boadella", tmp_path)
    with serve_archive(tmp_path) as running:
        client = pystac_client.Client.open(running.stac_url)
        found = list(client.search(collections=[running.collection], datetime="2020-01-01/2020-12-31").items())
    assert len(found) == 7
    with rasterio.open(shared / "data/series/boadella/20200621.tif") as source:
        blue = source.read(2)[:378, :380]
    item = next(item for item in found if item.properties["datetime"].startswith("2020-06-21"))
    name = item.assets["B02"].href.rsplit("/", 1)[1]
    with rasterio.open(next(tmp_path.rglob(name))) as source:
        assert np.array_equal(source.read(1), blue)
