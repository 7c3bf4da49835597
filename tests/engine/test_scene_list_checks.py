"""Scene lists that people edit or send: all of their structure is checked, and each fault is told with its key."""

import copy
import json
import math

import pytest
from allpa_engine.core.errors import AllpaError, JobInvalid
from allpa_engine.geo.region import Region
from allpa_engine.select import SelectionRule, select_scenes
from allpa_engine.select.scene_list import read_scene_list, write_scene_list
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import box
from stac_items import scene

REGION = Region(box(-72.95, -13.55, -72.85, -13.45))


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A good list as parsed JSON."""
    path = tmp_path_factory.mktemp("good") / "scenes.json"
    selection = select_scenes([scene(n) for n in range(3)], REGION, SelectionRule(2, 2), ["A note."])
    write_scene_list(selection, REGION, path)
    return json.loads(path.read_text())


def read(document, folder):
    path = folder / "edited.json"
    path.write_text(json.dumps(document))
    return read_scene_list(path)


def properties(document):
    return document["features"][1]["properties"]


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("allpa:chosen", "false", "true or false"),
        ("allpa:chosen", 1, "true or false"),
        ("allpa:chosen", None, "true or false"),
        ("allpa:clear_share", 1.5, "a number from 0 to 1"),
        ("allpa:clear_share", 1.000001, "a number from 0 to 1"),
        ("allpa:clear_share", math.nan, "a number from 0 to 1"),
        ("allpa:clear_share", "0.5", "a number from 0 to 1"),
        ("allpa:rank", 1.5, "a whole number"),
        ("allpa:rank", True, "a number from 1"),
        ("allpa:offset", -1000, "a number from 0 to 10000"),
        ("allpa:offset", "1000", "a number from 0 to 10000"),
        ("allpa:pixel_test", "maybe", "one of none, confirm, require"),
        ("allpa:tile", "18LY", "text of the usual form"),
        ("allpa:tile", 18, "text"),
        ("allpa:reason", {"a": 1}, "text"),
        ("allpa:baseline", 5.11, "text"),
        ("eo:cloud_cover", 900, "a number from 0 to 100"),
        ("sat:relative_orbit", 7000, "a number from 1 to 143"),
        ("proj:code", "EPSG:3857", "text of the usual form"),
        ("platform", "landsat-9", "text of the usual form"),
        ("datetime", 2020, "text"),
        ("allpa:fetch_bytes", -5, "a number from 0"),
        ("allpa:fetch_bytes", 10**400, "a number from 0"),
    ],
)
def test_a_wrong_value_is_reported_with_its_key_and_scene(good, tmp_path, key, value, wanted):
    document = copy.deepcopy(good)
    properties(document)[key] = value
    with pytest.raises(JobInvalid) as caught:
        read(document, tmp_path)
    assert caught.value.what.startswith(f"The key {key!r} of the key 'properties' of scene 2 of edited.json must be ")
    assert wanted in caught.value.what
    assert caught.value.why.startswith("It is ")


def test_a_share_of_all_that_rounding_made_larger_is_read_as_all(good, tmp_path):
    document = copy.deepcopy(good)
    properties(document)["allpa:clear_share"] = 1.0000000000000002
    selection, _ = read(document, tmp_path)
    assert max(candidate.clear_share for candidate in selection.candidates) == 1


@pytest.mark.parametrize("key", ["allpa:chosen", "allpa:tile", "datetime", "allpa:offset", "allpa:rank"])
def test_a_missing_key_is_named(good, tmp_path, key):
    document = copy.deepcopy(good)
    del properties(document)[key]
    with pytest.raises(JobInvalid, match=f"lacks the key {key!r}"):
        read(document, tmp_path)


@pytest.mark.parametrize("identifier", ["", " ", None, 7, "a\nb", "a\x00b", "x" * 2000, ["a"]])
def test_an_id_that_is_none_is_refused(good, tmp_path, identifier):
    document = copy.deepcopy(good)
    document["features"][1]["id"] = identifier
    with pytest.raises(JobInvalid, match=r"The key 'id' of scene 2 of edited\.json"):
        read(document, tmp_path)


def test_an_id_twice_is_refused(good, tmp_path):
    document = copy.deepcopy(good)
    document["features"][1]["id"] = document["features"][0]["id"]
    with pytest.raises(JobInvalid, match="more than once"):
        read(document, tmp_path)


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        {"type": "Point", "coordinates": [0, 0]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "Polygon", "coordinates": [[["a", 0], [1, 1], [0, 1]]]},
        {"type": "Polygon", "coordinates": [[[math.nan, 0], [1, 1], [0, 1]]]},
        {"type": "Polygon", "coordinates": [[[1e308, 0], [1e308, 1e308], [0, 1], [1e308, 0]]]},
        "everywhere",
    ],
)
def test_a_footprint_that_is_no_polygon_is_refused(good, tmp_path, geometry):
    document = copy.deepcopy(good)
    document["features"][0]["geometry"] = geometry
    with pytest.raises(JobInvalid, match=r"geometry of scene 1 of edited\.json is not a polygon"):
        read(document, tmp_path)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"allpa:region": None}, "allpa:region"),
        ({"allpa:region": {"type": "Point", "coordinates": [0, 0]}}, "not a polygon"),
        ({"features": {"a": 1}}, "a list"),
        ({"features": [3]}, "Scene 1 of edited.json is not a JSON object"),
        ({"allpa:notes": "x"}, "a list"),
        ({"allpa:notes": [3]}, "a list of texts"),
        ({"allpa:coverage": [{"tile": "18LYL"}]}, "year"),
        ({"allpa:covered_share": 2}, "a number from 0 to 1"),
        ({"allpa:gap": "x"}, "The gap in edited.json"),
        ({"allpa:format": "1"}, "not a scene list of Allpa"),
    ],
)
def test_the_rest_of_the_list_is_checked_too(good, tmp_path, change, what):
    with pytest.raises(AllpaError) as caught:
        read({**copy.deepcopy(good), **change}, tmp_path)
    assert what in caught.value.what


def test_an_asset_without_a_file_is_refused(good, tmp_path):
    for asset in (None, {}, {"href": ""}, {"href": 3}, {"href": "a\nb"}, {"href": "x", "proj:shape": [1]}):
        document = copy.deepcopy(good)
        document["features"][0]["assets"]["B04"] = asset
        with pytest.raises(JobInvalid, match="B04"):
            read(document, tmp_path)


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_are_accepted(good, tmp_path, coding):
    path = tmp_path / "marked.json"
    path.write_bytes(json.dumps(good).encode(coding))
    assert len(read_scene_list(path)[0].candidates) == 3


def test_a_list_nested_without_end_is_refused(tmp_path):
    path = tmp_path / "deep.json"
    path.write_text('{"allpa:format": 1, "features": ' + "[" * 100_000)
    with pytest.raises(JobInvalid, match=r"deep\.json cannot be read"):
        read_scene_list(path)


def test_a_template_from_elsewhere_is_not_rendered(good, tmp_path):
    """A width of a billion in a template would take all memory."""
    document = copy.deepcopy(good)
    document["allpa:messages"] = {"A note.": {"template": "{x:>3000000000}", "values": {"x": "a"}}}
    assert "A note." in read(document, tmp_path)[0].notes


junk = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just(10**400)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


def places(value, path=()):
    """Paths of all values in JSON."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_value_anywhere_ends_in_a_list_or_in_a_sentence(good, tmp_path, data):
    document = copy.deepcopy(good)
    path = data.draw(st.sampled_from(list(places(document))))
    value = data.draw(junk)
    if not path:
        document = value
    else:
        parent = document
        for key in path[:-1]:
            parent = parent[key]
        if data.draw(st.booleans()):
            parent[path[-1]] = value
        else:
            del parent[path[-1]]
    try:
        selection, region = read(document, tmp_path)
    except AllpaError:
        return
    write_scene_list(selection, region, tmp_path / "again.json")
    assert read_scene_list(tmp_path / "again.json") == (selection, region)
