"""Items of every catalogue become the same kind of scene, and what is not Sentinel-2 L2A is refused with a reason."""

import json
from contextlib import suppress
from datetime import datetime, timezone

import pytest
from allpa_engine.core.bands import ALL_BAND_KEYS, BAND_KEYS, SCL
from allpa_engine.core.catalogues import BY_ITEM_METADATA, CATALOGUES, find_catalogue, tile_filters
from allpa_engine.core.errors import JobInvalid, SceneUnsupported
from allpa_engine.search.items import scene_from_item
from allpa_engine.search.product_id import baseline_number
from hypothesis import given, settings
from hypothesis import strategies as st
from stac_items import TILE, data_space_item, earth_search_item, planetary_computer_item, square

PLANETARY_COMPUTER = CATALOGUES["planetary_computer"]
IN_01KAB = square(179.5, -17.0, 179.7, -16.8)
UNKNOWN = find_catalogue("https://stac.example.org/api")


def test_planetary_computer_item():
    scene = scene_from_item(planetary_computer_item("20200621", cloud=12.5), PLANETARY_COMPUTER)
    assert (scene.tile, scene.platform, scene.baseline, scene.relative_orbit) == (TILE, "S2A", "02.12", 139)
    assert scene.sensing_time == datetime(2020, 6, 21, 15, 7, 31, 24000, timezone.utc)
    assert (scene.datatake_start, scene.datastrip_start) == ("20200621T150731", "20200621T150730")
    assert (scene.cloud_percent, scene.nodata_percent, scene.crs) == (12.5, 0.0, "EPSG:32718")
    assert set(scene.assets) == {*ALL_BAND_KEYS, SCL}
    assert scene.assets["B11"].href.endswith("/B11.tif")


def test_data_space_item_takes_the_finest_resolution_and_the_asset_s_crs():
    item = data_space_item()
    item["assets"]["B04_60m"] = {"href": "s3://eodata/coarse.jp2"}
    item["assets"]["B04_10m"] |= {"file:size": 127466004, "file:checksum": "1620" + "ab" * 32}
    scene = scene_from_item(item, CATALOGUES["cdse"])
    assert scene.crs == "EPSG:32718"
    assert scene.baseline == "05.00"
    assert scene.assets["B04"].href.endswith("B04_10m.jp2")
    assert scene.assets["B04"].size == 127466004
    assert scene.assets["B04"].checksum == "1620" + "ab" * 32


def test_bands_are_found_by_key_never_by_common_name_or_prefix():
    item = earth_search_item(baseline="05.11")
    item["assets"] = {
        "nir08": {"href": "https://files.test/B8A.tif", "eo:bands": [{"common_name": "nir"}]},
        "red-jp2": {"href": "s3://paid/B04.jp2"},
        **item["assets"],
    }
    scene = scene_from_item(item, UNKNOWN)
    assert scene.assets["B08"].href == "https://files.test/nir.tif"
    assert scene.assets["B04"].href == "https://files.test/red.tif"


@pytest.mark.parametrize("missing", ["B12", "SCL"])
def test_a_missing_band_is_named(missing):
    item = planetary_computer_item()
    del item["assets"][missing]
    with pytest.raises(SceneUnsupported, match=missing):
        scene_from_item(item, PLANETARY_COMPUTER)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "S2B_24MVV_20250731_0_L1C"},
        {"collection": "sentinel-2-l1c"},
        {"properties": {"s2:product_type": "S2MSI1C"}},
        {"properties": {"s2:product_uri": f"S2A_MSIL1C_20200621T150731_N0212_R139_T{TILE}_20200621T200000.SAFE"}},
    ],
)
def test_level_1c_is_refused(change):
    item = planetary_computer_item(tile="24MVV" if "id" in change else TILE, **change.get("properties", {}))
    item.update({key: value for key, value in change.items() if key != "properties"})
    item["properties"]["platform"] = "sentinel-2b" if "id" in change else "sentinel-2a"
    with pytest.raises(SceneUnsupported, match="Level-2A"):
        scene_from_item(item, UNKNOWN)


@pytest.mark.parametrize(
    "item",
    [
        {"id": "LC09_L2SP_001070", "collection": "landsat-c2-l2", "properties": {"platform": "landsat-9"}},
        {"id": "x", "collection": "sentinel-2-l2a", "properties": {}},
        {"id": "x", "collection": "sentinel-2-l2a", "properties": None, "assets": None},
        {},
    ],
)
def test_other_items_are_refused(item):
    with pytest.raises(SceneUnsupported):
        scene_from_item(item, UNKNOWN)


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        ({"s2:mgrs_tile": "18LZL"}, "tile"),
        ({"grid:code": "MGRS-18LZL"}, "tile"),
        ({"s2:processing_baseline": "05.00"}, "baseline"),
        ({"platform": "Sentinel-2B"}, "platform"),
        ({"sat:relative_orbit": 7}, "orbit"),
        ({"proj:epsg": 32719}, "32719"),
        ({"datetime": "sometime"}, "time"),
    ],
)
def test_items_that_contradict_themselves_are_refused(facts, what):
    with pytest.raises(SceneUnsupported, match=what):
        scene_from_item(planetary_computer_item(**facts), PLANETARY_COMPUTER)


@pytest.mark.parametrize(
    ("facts", "tile"),
    [
        ({"s2:mgrs_tile": "1KAB"}, "01KAB"),
        ({"grid:code": "MGRS-1KAB"}, "01KAB"),
        ({"grid:code": "MGRS-01KAB"}, "01KAB"),
        ({"mgrs:utm_zone": 1, "mgrs:latitude_band": "K", "mgrs:grid_square": "AB"}, "01KAB"),
        ({"s2:tile_id": "S2A_OPER_MSI_L2A_TL_2APS_20230822T021825_A042646_T01KAB_N05.11"}, "01KAB"),
    ],
)
def test_the_tile_is_read_from_any_field_and_padded(facts, tile):
    item = earth_search_item(baseline="05.11")
    item["id"], item["geometry"] = "anything", IN_01KAB
    del item["properties"]["grid:code"]
    item["properties"].update(facts)
    assert scene_from_item(item, UNKNOWN).tile == tile


def test_tile_in_the_id_alone():
    item = earth_search_item(baseline="05.11")
    del item["properties"]["grid:code"]
    item["id"], item["geometry"] = "S2B_1KAB_20250731_0_L2A", IN_01KAB
    assert scene_from_item(item, UNKNOWN).tile == "01KAB"


def test_signatures_are_dropped_from_addresses_that_are_signed_anew():
    item = planetary_computer_item()
    item["assets"]["B02"]["href"] += "?st=2026&se=2027&sig=abc"
    assert scene_from_item(item, PLANETARY_COMPUTER).assets["B02"].href.endswith("/B02.tif")


@pytest.mark.parametrize("query", ["?st=2026&se=2027&sig=abc", "?file=B02", "?X-Amz-Signature=abc"])
def test_addresses_that_we_do_not_sign_keep_their_query(query):
    item = planetary_computer_item()
    item["assets"]["B02"]["href"] += query
    assert scene_from_item(item, UNKNOWN).assets["B02"].href.endswith(f"/B02.tif{query}")


def test_relative_addresses_follow_the_item_s_own():
    item = planetary_computer_item()
    item["links"] = [{"rel": "self", "href": "https://archive.test/a/item.json"}]
    item["assets"]["B02"]["href"] = "./bands/B02.tif"
    assert scene_from_item(item, PLANETARY_COMPUTER).assets["B02"].href == "https://archive.test/a/bands/B02.tif"


@pytest.mark.parametrize("geometry", [None, {"type": "Point", "coordinates": [1, 2]}, {"type": "Polygon"}, "x"])
def test_items_without_a_footprint_are_refused(geometry):
    item = planetary_computer_item()
    item["geometry"] = geometry
    with pytest.raises(SceneUnsupported, match="footprint"):
        scene_from_item(item, PLANETARY_COMPUTER)


@pytest.mark.parametrize(
    "ring",
    [
        [[1, 1], [1, 1], [1, 1], [1, 1]],
        [[0, 0], [1, 0], [1, 1], [0, 0]],
        [[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]],
        [[107, 13], [107, 15], [109, 13], [107, 13]],
    ],
)
def test_footprints_that_are_not_in_the_tile_are_refused(ring):
    polygon = {"type": "Polygon", "coordinates": [ring]}
    with pytest.raises(SceneUnsupported):
        scene_from_item(planetary_computer_item(geometry=polygon), PLANETARY_COMPUTER)


junk = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_malformed_items_are_refused_not_crashed_on(data):
    """Any field of a good item may hold anything."""
    item = data.draw(
        st.sampled_from([planetary_computer_item(), data_space_item(), earth_search_item(baseline="05.11")])
    )
    item = json.loads(json.dumps(item))
    part = data.draw(st.sampled_from([item, item["properties"], item["assets"], *item["assets"].values()]))
    part[data.draw(st.sampled_from(sorted(part)))] = data.draw(junk)
    with suppress(SceneUnsupported):
        scene = scene_from_item(item, UNKNOWN)
        assert scene.tile == TILE
        assert {*BAND_KEYS, SCL} <= set(scene.assets) <= {*ALL_BAND_KEYS, SCL}


@pytest.mark.parametrize("code", ["EPSG:None", None, "EPSG:"])
def test_unusable_crs_codes_are_left_to_the_file(code):
    item = planetary_computer_item(**{"proj:epsg": None, "proj:code": code})
    assert scene_from_item(item, PLANETARY_COMPUTER).crs is None


def test_unknown_cloud_stays_unknown():
    assert scene_from_item(planetary_computer_item(cloud=None), PLANETARY_COMPUTER).cloud_percent is None


def test_baselines_compare_as_numbers():
    assert baseline_number("10.00") > baseline_number("05.12") > baseline_number("05.09") > baseline_number(None)


def test_catalogues_by_key_url_and_file(tmp_path):
    assert find_catalogue("planetary_computer") is PLANETARY_COMPUTER
    assert find_catalogue("https://planetarycomputer.microsoft.com/api/stac/v1/") is PLANETARY_COMPUTER
    other = find_catalogue("https://planetarycomputer.microsoft.com/api/stac/v1", "sentinel-2-next")
    assert (other.collection, other.signing, other.radiometry) == (
        "sentinel-2-next",
        "planetary_computer",
        BY_ITEM_METADATA,
    )
    file = tmp_path / "catalog.json"
    file.write_text("{}")
    assert find_catalogue(str(file)).url == str(file)
    with pytest.raises(JobInvalid, match="does not exist"):
        find_catalogue("planetary_komputer")


def test_each_catalogue_is_queried_for_a_tile_in_its_own_way():
    assert tile_filters(PLANETARY_COMPUTER, "01KAB") == ({"s2:mgrs_tile": "01KAB"},)
    assert tile_filters(CATALOGUES["earth_search"], "01KAB") == (
        {"mgrs:utm_zone": 1, "mgrs:latitude_band": "K", "mgrs:grid_square": "AB"},
    )
    assert tile_filters(CATALOGUES["cdse"], "01KAB") == ({"grid:code": "MGRS-01KAB"}, {"grid:code": "MGRS-1KAB"})
    assert tile_filters(CATALOGUES["cdse"], "18LYL") == ({"grid:code": "MGRS-18LYL"},)
    assert tile_filters(UNKNOWN, "18LYL") == ()


@pytest.mark.parametrize("identifier", [None, 7, "", "  ", ["a"], {"a": 1}, "a\nb", "a\x00b", "\ud800", "x" * 5000])
def test_an_id_that_is_none_is_refused(identifier):
    item = {**planetary_computer_item(), "id": identifier}
    with pytest.raises(SceneUnsupported, match=r"id of an item|has no id"):
        scene_from_item(item, PLANETARY_COMPUTER)


@pytest.mark.parametrize("identifier", ["../../x", "/etc/x", "a/b", "C:\\x", "aux", "ü" * 200])
def test_an_id_in_the_form_of_a_path_is_only_an_id(identifier):
    """Names of files are made of ids by one function; the id itself stays what the catalogue says."""
    assert scene_from_item({**planetary_computer_item(), "id": identifier}, PLANETARY_COMPUTER).id == identifier


@pytest.mark.parametrize(
    ("cloud", "expected"), [(0, 0.0), (100, 100.0), (-1, None), (101, None), (True, None), ("5", None)]
)
def test_a_cloud_cover_that_is_no_share_is_unknown(cloud, expected):
    assert scene_from_item(planetary_computer_item(cloud=cloud), PLANETARY_COMPUTER).cloud_percent == expected


def test_a_catalogue_s_secrets_do_not_reach_its_scenes():
    catalogue = find_catalogue("https://user:word@stac.example.org/api?api_key=abcdef")
    scene = scene_from_item(planetary_computer_item(), catalogue)
    assert "abcdef" not in f"{scene.catalogue} {catalogue.name}"
    assert "word" not in f"{scene.catalogue} {catalogue.name}"
    assert catalogue.url.endswith("api_key=abcdef")


@pytest.mark.parametrize("value", ["x", -5, 1.5, True, 10**400, float("nan"), []])
def test_sizes_and_shapes_that_are_none_are_unknown(value):
    item = planetary_computer_item()
    item["assets"]["B02"] |= {"file:size": value, "proj:shape": [value, 10]}
    asset = scene_from_item(item, PLANETARY_COMPUTER).assets["B02"]
    assert (asset.size, asset.shape) == (None, None)
