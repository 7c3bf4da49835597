"""The STAC item beside the map: valid, complete, and enough to run the job again."""

import hashlib
import json
import re
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio
from allpa_engine.areas import area_table
from allpa_engine.core.job import Job, job_from_dict, job_to_dict
from allpa_engine.core.scene import Candidate, FailedScene, Radiometry, Scene
from allpa_engine.core.stac import item_address
from allpa_engine.geo.region import region_from_geojson
from allpa_engine.report import ReportFacts
from allpa_engine.report.map_picture import read_map_image
from allpa_engine.report.stac_item import write_stac_item
from jsonschema import Draft7Validator
from pystac.extensions.classification import ClassificationExtension
from pystac.extensions.file import FileExtension
from pystac.extensions.projection import ProjectionExtension
from pystac.validation.local_validator import get_local_schema_cache
from rasterio.transform import from_origin
from referencing import Registry, Resource

SQUARE = {
    "type": "Polygon",
    "coordinates": [[[-73.15, -13.57], [-73.148, -13.57], [-73.148, -13.568], [-73.15, -13.568], [-73.15, -13.57]]],
}


def scene(name: str, catalogue: str = "planetary_computer") -> Scene:
    return Scene(
        name,
        catalogue,
        "sentinel-2-l2a",
        "18LYF",
        datetime(2020, 6, 21, 15, 7, tzinfo=timezone.utc),
        "S2A",
        "02.14",
        82,
        None,
        None,
        "",
        {},
        3.5,
        0.0,
        "EPSG:32718",
        {},
        Radiometry(1000, "processing baseline 05.00"),
    )


@pytest.fixture
def landcover(tmp_path: Path) -> Path:
    path = tmp_path / "landcover_2020.tif"
    codes = np.random.default_rng(5).integers(0, 11, (60, 47), dtype=np.uint8)
    place = from_origin(700000, 8500000, 10, 10)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=47,
        height=60,
        count=1,
        dtype="uint8",
        nodata=0,
        crs="EPSG:32718",
        transform=place,
    ) as file:
        file.write(codes, 1)
    return path


def facts_of(landcover: Path, *scenes: Scene, **further) -> ReportFacts:
    candidates = tuple(Candidate(scene, True, "clear", 1.0, rank) for rank, scene in enumerate(scenes, 1))
    given = {"period": "2020", "region_name": "", "table": area_table(landcover)}
    given["image"] = read_map_image(landcover)
    return ReportFacts(**(given | {"paths": {"landcover": str(landcover)}, "candidates": candidates} | further))


JOB = Job("out", region=SQUARE, start="2020-01-01", end="2020-12-31", months=(4, 5, 6))


@pytest.fixture
def item_file(landcover: Path) -> Path:
    path = landcover.with_name("landcover_2020.json")
    folder = landcover.parent
    (folder / "areas_2020.csv").write_text("class\n")
    names = {
        "areas": "areas_2020.csv",
        "report": "report_2020.html",
        "picture": "missing.png",
        "landcover": landcover.name,
    }
    facts = facts_of(
        landcover,
        scene("S2A_ONE"),
        scene("S2A/TWO", "https://stac.example.org/api/"),
        scene("S2B_BAD"),
        failures=(FailedScene("S2B_BAD", "cut short", "S2A_ONE"),),
        versions={"allpa": "0.1.0", "model_hash": "ab" * 32},
        composite={"mean_observations": 7.1},
        job=job_to_dict(replace(JOB, folder=str(folder))),
        paths={name: str(folder / file) for name, file in names.items()},
    )
    write_stac_item(path, facts, region_from_geojson(SQUARE))
    return path


def core_errors(item: dict) -> list[str]:
    """What the STAC 1.1.0 item schema, as pystac carries it, has against an item; nothing is fetched."""
    schemas = get_local_schema_cache()
    registry = Registry().with_resources((uri, Resource.from_contents(schema)) for uri, schema in schemas.items())
    item_schema = next(schema for uri, schema in schemas.items() if uri.endswith("item-spec/json-schema/item.json"))
    return [error.message for error in Draft7Validator(item_schema, registry=registry).iter_errors(item)]


def test_the_item_is_valid_stac(item_file):
    item = json.loads(item_file.read_text())
    assert core_errors(item) == []
    assert core_errors({**item, "bbox": "none"}) != []  # the check can fail


def test_the_extensions_fields_are_read_back_by_pystac(item_file, landcover):
    item = pystac.Item.from_file(str(item_file))
    projection = ProjectionExtension.ext(item)
    with rasterio.open(landcover) as source:
        assert projection.code == "EPSG:32718"
        assert projection.shape == [source.height, source.width]
        assert projection.transform == list(source.transform)[:6]
        assert projection.bbox == list(source.bounds)
        counts = np.bincount(source.read(1).ravel(), minlength=11)
    classes = ClassificationExtension.ext(item.assets["landcover"]).classes
    assert [land.value for land in classes] == list(range(11))
    assert [land.count for land in classes[1:]] == counts[1:].tolist()
    file = FileExtension.ext(item.assets["landcover"])
    assert file.size == landcover.stat().st_size
    assert file.checksum == "1220" + hashlib.sha256(landcover.read_bytes()).hexdigest()


def test_every_field_of_an_extension_is_one_that_its_specification_knows(item_file):
    """What pystac's readers do not hold against the specifications: names, patterns, and that nothing is misspelt."""
    item = json.loads(item_file.read_text())
    declared = {url.split("/")[3] for url in item["stac_extensions"]}
    assert declared == {"projection", "file", "classification", "processing"}
    known = {
        "proj": {"code", "wkt2", "shape", "transform", "bbox"},
        "file": {"size", "checksum"},
        "classification": {"classes"},
        "processing": {"level", "lineage", "software"},
    }
    holders = [item["properties"], *item["assets"].values()]
    for prefix, name in (key.split(":") for holder in holders for key in holder if ":" in key):
        assert prefix == "allpa" or name in known[prefix]
    properties = item["properties"]
    assert re.fullmatch(r"RAW|L[0-4][A-D]?", properties["processing:level"])
    assert all(isinstance(version, str) and version for version in properties["processing:software"].values())
    for land in item["assets"]["landcover"]["classification:classes"]:
        assert re.fullmatch(r"[0-9A-Za-z_-]+", land["name"])
        assert set(land) <= {"value", "name", "title", "description", "color_hint", "nodata", "count", "percentage"}
        assert "nodata" in land or re.fullmatch(r"[0-9A-F]{6}", land["color_hint"])
    for asset in item["assets"].values():
        assert re.fullmatch(r"1220[0-9a-f]{64}", asset["file:checksum"])


def test_the_rasters_bands_and_the_terms_of_the_data_are_reported(item_file):
    item = pystac.Item.from_file(str(item_file))
    landcover = item.assets["landcover"].extra_fields
    assert (landcover["data_type"], landcover["nodata"]) == ("uint8", 0)
    assert [band["name"] for band in landcover["bands"]] == ["landcover"]
    assert item.properties["license"] == "other"
    assert "Legal_Notice" in item.get_single_link("license").href


def test_the_assets_are_the_files_that_exist_by_relative_paths(item_file):
    assets = json.loads(item_file.read_text())["assets"]
    assert set(assets) == {"landcover", "areas"}
    assert all((item_file.parent / asset["href"]).is_file() for asset in assets.values())
    assert all(asset["href"].startswith("./") for asset in assets.values())


def test_the_embedded_job_is_the_job(item_file, landcover):
    properties = json.loads(item_file.read_text())["properties"]
    job = job_from_dict(properties["allpa:job"])
    assert job == replace(JOB, folder=str(landcover.parent))
    assert (properties["start_datetime"], properties["end_datetime"]) == (
        "2020-01-01T00:00:00Z",
        "2020-12-31T23:59:59Z",
    )
    assert properties["allpa:model_hash"] == "ab" * 32
    assert properties["allpa:scenes"][0]["offset"] == 1000
    assert properties["allpa:failures"] == [{"scene_id": "S2B_BAD", "reason": "cut short", "replaced_by": "S2A_ONE"}]


def test_every_scene_is_a_derived_from_link(item_file):
    links = [link for link in json.loads(item_file.read_text())["links"] if link["rel"] != "license"]
    assert {link["rel"] for link in links} == {"derived_from"}
    assert {link["title"]: link["href"] for link in links} == {
        "S2A_ONE": "https://planetarycomputer.microsoft.com/api/stac/v1/collections/sentinel-2-l2a/items/S2A_ONE",
        "S2A/TWO": "https://stac.example.org/api/collections/sentinel-2-l2a/items/S2A%2FTWO",
    }  # the scene that failed is not one of them


def test_no_other_path_of_the_machine_stands_in_the_item(item_file, landcover):
    item = json.loads(item_file.read_text())
    item["properties"]["allpa:job"]["folder"] = ""
    assert str(landcover.parent) not in json.dumps(item)


def test_without_region_and_dates_the_raster_and_the_scenes_tell(landcover, tmp_path):
    path = tmp_path / "elsewhere" / "item.json"
    write_stac_item(path, facts_of(landcover, scene("A")))
    item = json.loads(path.read_text())
    assert core_errors(item) == []
    assert item["properties"]["start_datetime"] == "2020-06-21T15:07:00Z"
    assert item["assets"]["landcover"]["href"] == "../landcover_2020.tif"
    west, south, east, north = item["bbox"]
    assert -74 < west < east < -72
    assert -14 < south < north < -13
    assert item_address("planetary_computer", "sentinel-2-l2a", "A") == item["links"][0]["href"]
