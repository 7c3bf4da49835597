"""Whatever a catalogue's items hold, a search ends in scenes that can be selected and written, or in a sentence."""

import copy
import json

from allpa_engine.core.errors import AllpaError
from allpa_engine.geo.region import Region
from allpa_engine.search import search_scenes
from allpa_engine.select import SelectionRule, select_scenes
from allpa_engine.select.scene_list import read_scene_list, write_scene_list
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import box
from stac_items import data_space_item, earth_search_item, planetary_computer_item

REGION = Region(box(-72.95, -13.55, -72.85, -13.45))
ITEMS = [planetary_computer_item(), data_space_item(), earth_search_item(baseline="05.11", flag=False)]
numbers = st.one_of(st.integers(), st.floats(), st.sampled_from([10**400, 1e308, -0.0, 2**63]))
texts = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["../../x", "/x", "http://[bad/x", "file:///x", "s3://b/k", "gs://", "2020-13-40", "99991231T000000"]
    ),
)
junk = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=8,
)


def places(value, path=()):
    """Paths of all values in JSON."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


@settings(deadline=None, max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_value_anywhere_in_an_item_ends_in_scenes_or_in_a_sentence(tmp_path, data):
    item = json.loads(json.dumps(data.draw(st.sampled_from(ITEMS))))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from([place for place in places(item) if place]))
        parent = item
        for key in path[:-1]:
            parent = parent[key]
        if data.draw(st.booleans()):
            parent[path[-1]] = data.draw(junk)
        else:
            del parent[path[-1]]
    document = {"type": "FeatureCollection", "features": [item, copy.deepcopy(ITEMS[0])]}
    file = tmp_path / "items.json"
    file.write_text(json.dumps(document))
    try:
        found = search_scenes(REGION, "2015-06-23", "2030-12-31", catalogue=str(file))
        selection = select_scenes(found.scenes, REGION, SelectionRule(3, 2), found.notes)
    except AllpaError:
        return
    write_scene_list(selection, REGION, tmp_path / "scenes.json")
    assert read_scene_list(tmp_path / "scenes.json")[0] == selection


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(junk, st.sampled_from(["whole", "features", "links", "link"]))
def test_any_document_in_place_of_a_catalogue_ends_in_a_sentence(tmp_path, value, where):
    documents = {
        "whole": value,
        "features": {"type": "FeatureCollection", "features": value},
        "links": {"type": "Catalog", "links": value},
        "link": {"type": "Catalog", "links": [{"rel": "item", "href": value}, {"rel": "child", "href": value}]},
    }
    file = tmp_path / "catalog.json"
    file.write_text(json.dumps(documents[where]))
    try:
        search_scenes(REGION, "2020-01-01", "2020-12-31", catalogue=str(file))
    except AllpaError:
        return
    raise AssertionError("Nothing can be found there.")
