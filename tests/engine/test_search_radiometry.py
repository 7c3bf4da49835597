"""The offset of each scene against the truth table of the catalogues' conventions."""

import pytest
from allpa_engine.core.catalogues import find_catalogue
from allpa_engine.core.errors import SceneUnsupported
from allpa_engine.search.items import scene_from_item
from stac_items import data_space_item, earth_search_item, planetary_computer_item

PLANETARY_COMPUTER = find_catalogue("planetary_computer")
EARTH_SEARCH = find_catalogue("earth_search")
EARTH_SEARCH_L2A = find_catalogue("earth_search_l2a")
DATA_SPACE = find_catalogue("cdse")
UNKNOWN = find_catalogue("https://stac.example.org/api")


def c1(**facts):
    return earth_search_item("sentinel-2-c1-l2a", **facts)


TABLE = [
    # catalogue, item, digital numbers to subtract, what the pixels are asked
    (PLANETARY_COMPUTER, planetary_computer_item(baseline="02.12"), 0, "none"),
    (PLANETARY_COMPUTER, planetary_computer_item(baseline="03.01"), 0, "none"),
    (PLANETARY_COMPUTER, planetary_computer_item(baseline="04.00"), 1000, "none"),
    (PLANETARY_COMPUTER, planetary_computer_item(baseline="05.10"), 1000, "none"),
    (PLANETARY_COMPUTER, planetary_computer_item(baseline="10.00"), 1000, "none"),
    (PLANETARY_COMPUTER, planetary_computer_item(day="20170621", baseline="05.00"), 1000, "none"),
    (PLANETARY_COMPUTER, planetary_computer_item(baseline=None), 1000, "require"),
    (EARTH_SEARCH_L2A, earth_search_item(baseline="02.14", flag=False), 0, "none"),
    (EARTH_SEARCH_L2A, earth_search_item(baseline="03.01", flag=True), 0, "none"),
    (EARTH_SEARCH_L2A, earth_search_item(baseline="03.01"), 0, "none"),
    (EARTH_SEARCH_L2A, earth_search_item(baseline="04.00", flag=True), 0, "none"),
    (EARTH_SEARCH_L2A, earth_search_item(baseline="05.11", flag=True, offset=0), 0, "none"),
    (EARTH_SEARCH_L2A, earth_search_item(baseline="05.11", flag=False), 1000, "confirm"),
    (EARTH_SEARCH_L2A, earth_search_item(baseline="05.11"), 1000, "require"),
    (EARTH_SEARCH, c1(baseline="05.00"), 1000, "none"),
    (EARTH_SEARCH, c1(baseline="05.11"), 1000, "none"),
    (EARTH_SEARCH, c1(baseline="05.11", offset=-0.7), 7000, "none"),
    (EARTH_SEARCH, c1(baseline="05.11", offset=0), 1000, "require"),
    (EARTH_SEARCH, c1(baseline="05.11", offset=None), 1000, "confirm"),
    (DATA_SPACE, data_space_item("05.00"), 1000, "none"),
    (DATA_SPACE, data_space_item("05.12"), 1000, "none"),
    (DATA_SPACE, data_space_item("02.09", offset=0), 0, "none"),
    (UNKNOWN, data_space_item("05.12"), 1000, "none"),
    (UNKNOWN, planetary_computer_item(baseline="02.12"), 0, "none"),
    (UNKNOWN, planetary_computer_item(baseline="04.00"), 1000, "confirm"),
    (UNKNOWN, earth_search_item(baseline="05.11", flag=True), 0, "none"),
    (UNKNOWN, earth_search_item(baseline="05.11"), 1000, "none"),
    (UNKNOWN, earth_search_item(baseline="02.14"), 1000, "require"),
    (UNKNOWN, earth_search_item(baseline="02.14", offset=0), 0, "none"),
    (UNKNOWN, earth_search_item(baseline=None, offset=-0.1), 1000, "confirm"),
    (UNKNOWN, earth_search_item(baseline=None, offset=None), 1000, "require"),
]


@pytest.mark.parametrize(("catalogue", "item", "offset", "pixel_test"), TABLE)
def test_truth_table(catalogue, item, offset, pixel_test):
    decided = scene_from_item(item, catalogue).radiometry
    assert (decided.offset, decided.pixel_test) == (offset, pixel_test)
    assert decided.basis  # the reason stands in the scene list


def test_a_question_to_the_pixels_always_has_an_offset_that_they_may_overrule():
    for catalogue, item, _, pixel_test in TABLE:
        if pixel_test != "none":
            assert scene_from_item(item, catalogue).radiometry.offset > 0


def test_the_collection_of_a_shared_root_brings_its_own_rule():
    item = earth_search_item(baseline="05.11", flag=True)
    named = find_catalogue("https://earth-search.aws.element84.com/v1/", "sentinel-2-l2a")
    assert scene_from_item(item, named).radiometry.offset == 0
    assert find_catalogue("earth_search", "sentinel-2-l2a") == EARTH_SEARCH_L2A


def test_an_unknown_mirror_of_the_harmonised_bucket_keeps_the_bucket_s_rule():
    item = earth_search_item(baseline="05.11")
    item["assets"]["red"]["href"] = "https://sentinel-cogs.s3.us-west-2.amazonaws.com/sentinel-s2-l2a-cogs/B04.tif"
    assert scene_from_item(item, UNKNOWN).radiometry.pixel_test == "require"


def legacy_item(day, **facts):
    item = earth_search_item("sentinel-s2-l2a-cogs", baseline=None, offset=None, day=day)
    item["assets"] = {
        key: {"href": f"https://files.test/{key}.tif"} for key in ("B02", "B03", "B04", "B08", "B11", "B12", "SCL")
    }
    item["properties"].update(facts)
    return item


@pytest.mark.parametrize(("day", "facts"), [("20200714", {}), ("20230714", {"sentinel:boa_offset_applied": True})])
def test_the_oldest_catalogue_without_baselines(day, facts):
    assert scene_from_item(legacy_item(day, **facts), UNKNOWN).radiometry.offset == 0


@pytest.mark.parametrize("facts", [{}, {"sentinel:boa_offset_applied": False}])
def test_the_oldest_catalogue_is_refused_where_its_offset_is_unknown(facts):
    with pytest.raises(SceneUnsupported, match="is unknown"):
        scene_from_item(legacy_item("20230714", **facts), UNKNOWN)


def test_bands_with_different_offsets_are_refused():
    item = earth_search_item(baseline="05.11")
    item["assets"]["swir22"]["raster:bands"] = [{"scale": 0.0001, "offset": -0.2}]
    with pytest.raises(SceneUnsupported, match="different offsets"):
        scene_from_item(item, UNKNOWN)


@pytest.mark.parametrize("raster", [{"scale": 0.001, "offset": -0.1}, {"scale": 0.0001, "offset": 0.1}])
def test_other_scales_and_signs_are_refused(raster):
    item = earth_search_item(baseline="05.11")
    for key in ("blue", "green", "red", "nir", "swir16", "swir22"):
        item["assets"][key]["raster:bands"] = [raster]
    with pytest.raises(SceneUnsupported):
        scene_from_item(item, UNKNOWN)


def test_the_offset_of_other_layers_is_ignored():
    item = data_space_item("05.12")
    item["assets"]["SCL_20m"]["raster:offset"] = -0.5
    assert scene_from_item(item, DATA_SPACE).radiometry.offset == 1000


@pytest.mark.parametrize("flag", ["false", "true", "", "no", 0, 1, 0.0, [], {}, [False]])
@pytest.mark.parametrize("name", ["earthsearch:boa_offset_applied", "sentinel:boa_offset_applied"])
@pytest.mark.parametrize("catalogue", [EARTH_SEARCH_L2A, UNKNOWN])
def test_a_flag_that_is_neither_true_nor_false_is_left_to_the_pixels(catalogue, name, flag):
    item = earth_search_item(baseline="05.11")
    item["properties"][name] = flag
    decided = scene_from_item(item, catalogue).radiometry
    assert (decided.offset, decided.pixel_test) == (1000, "require")
    assert name in decided.basis


def test_two_flags_that_differ_are_left_to_the_pixels():
    item = earth_search_item(baseline="05.11", flag=True)
    item["properties"]["sentinel:boa_offset_applied"] = False
    assert scene_from_item(item, UNKNOWN).radiometry.pixel_test == "require"


def test_a_flag_matters_not_where_the_baseline_decides():
    item = earth_search_item(baseline="03.01")
    item["properties"]["earthsearch:boa_offset_applied"] = "false"
    assert scene_from_item(item, EARTH_SEARCH_L2A).radiometry.offset == 0
    other = planetary_computer_item(baseline="05.11", **{"earthsearch:boa_offset_applied": "false"})
    decided = scene_from_item(other, find_catalogue("planetary_computer")).radiometry
    assert (decided.offset, decided.pixel_test) == (1000, "none")


@pytest.mark.parametrize("day", ["20200714", "20230714"])
def test_an_unreadable_flag_of_the_oldest_catalogue_is_left_to_the_pixels(day):
    item = legacy_item(day, **{"sentinel:boa_offset_applied": "false"})
    assert scene_from_item(item, UNKNOWN).radiometry.pixel_test == "require"


@pytest.mark.parametrize("offset", ["-0.1", True, [], float("nan"), -1e9, 10**400])
def test_an_offset_that_is_no_number_is_left_to_the_pixels(offset):
    decided = scene_from_item(c1(baseline="05.11", offset=offset), EARTH_SEARCH).radiometry
    assert (decided.offset, decided.pixel_test) == (1000, "require")


@pytest.mark.parametrize("scale", ["0.0001", True, float("inf"), [0.0001]])
def test_a_scale_that_is_no_number_is_refused(scale):
    item = c1(baseline="05.11")
    for asset in item["assets"].values():
        asset["raster:bands"] = [{"scale": scale, "offset": -0.1}]
    with pytest.raises(SceneUnsupported, match="scale"):
        scene_from_item(item, EARTH_SEARCH)


@pytest.mark.parametrize("baseline", ["05.11\n", " 05.11", "5", 5.11, "٠٥.١١", None, [], "05.1"])
def test_a_baseline_that_is_not_written_as_one_is_none(baseline):
    item = earth_search_item(baseline="05.11", flag=False)
    item["properties"]["s2:processing_baseline"] = baseline
    scene = scene_from_item(item, EARTH_SEARCH_L2A)
    assert scene.baseline in (None, "05.11")
    assert scene.radiometry.pixel_test != "none"
