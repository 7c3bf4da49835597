"""The scene list keeps a selection exactly, is valid STAC, and holds no signatures."""

import json
from dataclasses import replace
from pathlib import Path

import pystac
import pytest
from allpa_engine.core.catalogues import CATALOGUES
from allpa_engine.core.errors import JobInvalid
from allpa_engine.core.scene import Asset, Candidate, Radiometry, Selection, TileYear
from allpa_engine.geo.region import Region, region_from_geojson
from allpa_engine.search.items import scene_from_item
from allpa_engine.select import SelectionRule, select_scenes
from allpa_engine.select.scene_list import STAC_VERSION, read_scene_list, write_scene_list
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from pystac.validation.local_validator import get_local_schema_cache
from referencing import Registry, Resource
from shapely.geometry import MultiPolygon, box, mapping
from stac_items import data_space_item, earth_search_item, planetary_computer_item, scene, tuples_to_lists

MEASURED = Asset("https://files.test/a.tif", 7, "1220" + "0" * 64, (10980, 10980))
REGION = Region(box(-72.95, -13.55, -72.85, -13.45), "Apurímac «norte»")


def real_shapes():
    """Scenes of each catalogue."""
    asked = {
        "planetary_computer": planetary_computer_item(),
        "earth_search": earth_search_item("sentinel-2-c1-l2a", baseline="05.11"),
        "earth_search_l2a": earth_search_item(baseline="05.11", flag=False, day="20250805"),
        "cdse": data_space_item(),
    }
    return [scene_from_item(item, CATALOGUES[key]) for key, item in asked.items()]


@pytest.fixture
def selection():
    return select_scenes(real_shapes(), REGION, SelectionRule(2, 2), ("A note.", "Otra nota: ñ."))


def test_round_trip(selection, tmp_path):
    path = tmp_path / "scenes_2020.json"
    write_scene_list(selection, REGION, path)
    assert read_scene_list(path) == (selection, REGION)


texts = st.text(max_size=20)
percents = st.one_of(st.none(), st.floats(0, 100))


@settings(deadline=None, max_examples=30)
@given(
    st.builds(
        Candidate,
        st.builds(
            replace,
            st.builds(scene, st.integers(0, 400), percents),
            nodata_percent=percents,
            baseline=st.one_of(st.none(), st.just("05.11")),
            relative_orbit=st.one_of(st.none(), st.integers(1, 143)),
            datastrip_start=st.one_of(st.none(), st.just("20200101T000000")),
            generation_time=st.sampled_from(["", "20200101T000000.123"]),
            crs=st.one_of(st.none(), st.just("EPSG:32718")),
            assets=st.one_of(st.just(scene().assets), st.just(dict.fromkeys(scene().assets, MEASURED))),
            platform=st.sampled_from(["S2A", "S2B", "S2C"]),
            radiometry=st.builds(
                Radiometry, st.integers(0, 7000), texts, st.sampled_from(["none", "confirm", "require"])
            ),
        ),
        st.booleans(),
        texts,
        st.floats(0, 1),
        st.integers(1, 400),
        st.booleans(),
        percents,
        st.one_of(st.none(), st.integers(0, 10**10)),
    ),
    st.lists(texts, max_size=3),
    st.lists(
        st.builds(
            TileYear,
            st.just("18LYL"),
            st.integers(2015, 2100),
            st.integers(0, 366),
            st.floats(0, 100),
            st.booleans(),
            st.one_of(st.none(), st.just(("2020-01-01", "2020-03-04"))),
        ),
        max_size=3,
    ),
)
def test_round_trip_of_anything(tmp_path_factory, candidate, notes, coverage):
    path = tmp_path_factory.getbasetemp() / "any.json"
    made = Selection((candidate,), tuple(notes), tuple(coverage))
    write_scene_list(made, REGION, path)
    assert read_scene_list(path) == (made, REGION)


@pytest.fixture(scope="module")
def item_schema():
    """STAC's schema of an item, with what it refers to, from the copies that pystac brings along."""
    schemas = get_local_schema_cache()
    resources = [(url, Resource.from_contents(schema)) for url, schema in schemas.items()]
    return Draft7Validator(
        schemas[f"https://schemas.stacspec.org/v{STAC_VERSION}/item-spec/json-schema/item.json"],
        registry=Registry().with_resources(resources),
    )


def test_every_item_is_valid_stac(selection, tmp_path, item_schema):
    path = tmp_path / "scenes_2020.json"
    write_scene_list(selection, REGION, path)
    for item in json.loads(path.read_text())["features"]:
        assert list(item_schema.iter_errors(item)) == []
    assert len(pystac.ItemCollection.from_file(str(path))) == len(selection.candidates)


@pytest.mark.parametrize("missing", ["links", "geometry", "properties", "stac_version"])
def test_a_broken_item_would_be_noticed(selection, tmp_path, item_schema, missing):
    path = tmp_path / "scenes_2020.json"
    write_scene_list(selection, REGION, path)
    item = json.loads(path.read_text())["features"][0]
    del item[missing]
    assert list(item_schema.iter_errors(item))


@pytest.mark.filterwarnings("ignore:The 'stac_validator' package")
def test_stac_validator_agrees(selection, tmp_path):
    """The community's own validator, fed with pystac's copies of the schemas in place of the network's."""
    validation = pytest.importorskip("stac_validator.validate", reason="stac-validator is not installed")
    path = tmp_path / "scenes_2020.json"
    write_scene_list(selection, REGION, path)
    files = {}
    for number, (url, schema) in enumerate(get_local_schema_cache().items()):
        files[url] = str(tmp_path / f"schema{number}.json")
        Path(files[url]).write_text(json.dumps(schema))
    validator = validation.StacValidate(str(path), item_collection=True, core=True, schema_map=files)
    validator.validate_item_collection()
    assert [message["valid_stac"] for message in validator.message] == [True] * len(selection.candidates)


def test_what_people_want_to_read(selection, tmp_path):
    path = tmp_path / "scenes_2020.json"
    write_scene_list(selection, REGION, path)
    values = json.loads(path.read_text(encoding="utf-8"))
    assert values["type"] == "FeatureCollection"
    assert values["allpa:notes"][:2] == ["A note.", "Otra nota: ñ."]
    assert values["allpa:notes"][-1] == "The scenes cover 100.0% of the region."
    assert values["allpa:region"] == tuples_to_lists(REGION.geojson)
    facts = values["features"][0]["properties"]
    for key in ("chosen", "reason", "rank", "clear_share", "offset", "basis", "pixel_test", "tile"):
        assert f"allpa:{key}" in facts
    assert facts["grid:code"] == "MGRS-18LYL"


def test_no_signature_is_written(selection, tmp_path):
    first = selection.candidates[0]
    signed = {
        key: Asset(asset.href.replace("s3://", "https://") + "?sig=secret-part&se=2027")
        for key, asset in first.scene.assets.items()
    }
    hot = replace(selection, candidates=(replace(first, scene=replace(first.scene, assets=signed)),))
    path = tmp_path / "scenes.json"
    write_scene_list(hot, REGION, path)
    assert "secret-part" not in path.read_text()
    assert "?" not in json.loads(path.read_text())["features"][0]["assets"]["B02"]["href"]


def test_unchecking_a_scene_by_hand_stays(selection, tmp_path):
    path = tmp_path / "scenes.json"
    write_scene_list(selection, REGION, path)
    values = json.loads(path.read_text())
    before = [candidate.scene.id for candidate in selection.candidates if candidate.chosen]
    for item in values["features"]:
        if item["id"] == before[0]:
            item["properties"]["allpa:chosen"] = False
    path.write_text(json.dumps(values))
    again, _ = read_scene_list(path)
    assert [scene.id for scene in again.chosen] == [name for name in before if name != before[0]]


def test_a_footprint_at_the_antimeridian_has_its_box_in_order(tmp_path):
    parts = MultiPolygon([box(179.3, 66.0, 180, 66.4), box(-180, 66.0, -179.2, 66.4)])
    cut = scene(tile="01WCP", footprint=mapping(parts), crs="EPSG:32601")
    path = tmp_path / "scenes.json"
    region = region_from_geojson(mapping(parts))
    made = Selection((Candidate(cut, True, "chosen", 1.0, 1),))
    write_scene_list(made, region, path)
    assert json.loads(path.read_text())["features"][0]["bbox"] == [179.3, 66.0, -179.2, 66.4]
    assert read_scene_list(path) == (made, region)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"type": "FeatureCollection", "features": []}', '{"allpa:format": 1}']
)
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(JobInvalid, match=r"other\.json"):
        read_scene_list(path)


def test_a_missing_file():
    with pytest.raises(JobInvalid, match="cannot be read"):
        read_scene_list("missing.json")
