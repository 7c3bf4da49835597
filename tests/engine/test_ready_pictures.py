"""Quick looks of Copernicus Data Space: from the pictures beside its JPEG 2000 files, with keys and without."""

import json
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from allpa_engine.core.bands import THUMBNAIL, TRUE_COLOR_60M
from allpa_engine.core.catalogues import CATALOGUES
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.scene import Asset
from allpa_engine.fetch import preview
from allpa_engine.fetch.preview import SIDE_PX, write_previews
from allpa_engine.fetch.ready_picture import MAX_THUMBNAIL_BYTES
from allpa_engine.geo.mgrs_tiles import tile_bounds
from allpa_engine.geo.region import Region
from allpa_engine.run.pipeline import run_job
from allpa_engine.search.items import scene_from_item
from allpa_engine.select.scene_list import read_scene_list, write_scene_list
from fault_server import Faults, FaultServer
from s3_store import KEY, KEY_ID, S3Store
from shapely.geometry import box
from stac_items import planetary_computer_item
from tile_maker import LEFT, TOP, make_scene, make_selection, region_from_metres, to_lonlat_polygon

TILE = "18LYK"
REGION = region_from_metres(2010, 1010, 16990, 12990)
LARGE_REGION = region_from_metres(2010, 1010, 90_000, 90_000)


def picture_of_tile(side, fine):
    """Red west of 9 km from the tile's left side, green east of it; blue is strong in the fine picture alone."""
    west, _, east, _ = tile_bounds(TILE)
    columns = np.broadcast_to(np.arange(side) * (east - west) / side + west < LEFT + 9000, (side, side))
    noise = np.random.default_rng(1).integers(0, 12, (side, side))
    red, green = np.where(columns, 200, 40) + noise, np.where(columns, 40, 200) + noise
    return np.stack([red, green, np.full((side, side), 160 if fine else 20) + noise]).astype("uint8")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The two pictures as the archive has them: 60 m with its place in the file, 320 m without any."""
    folder = tmp_path_factory.mktemp("archive")
    west, south, east, north = tile_bounds(TILE)
    place = {"crs": "EPSG:32718", "transform": rasterio.transform.from_bounds(west, south, east, north, 1830, 1830)}
    for name, driver, side, options in (
        ("TCI_60m.jp2", "JP2OpenJPEG", 1830, {"QUALITY": 30, "BLOCKXSIZE": 192, "BLOCKYSIZE": 192, **place}),
        ("ql.jpg", "JPEG", 343, {}),
    ):
        path = folder / "eodata" / "one" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        profile = {"driver": driver, "width": side, "height": side, "count": 3, "dtype": "uint8", **options}
        with rasterio.open(path, "w", **profile) as target:
            target.write(picture_of_tile(side, fine=name.startswith("TCI")))
        for beside in path.parent.glob("*.aux.xml"):
            beside.unlink()
    return folder


@pytest.fixture
def archive(files, monkeypatch):
    """The store in the place of Copernicus Data Space's, the server of its small pictures, and a scene of both."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    with S3Store(files) as store, FaultServer(files / "eodata", Faults()) as pictures:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", store.url)
        scene = make_scene("s3://eodata", "one")
        assets = {key: replace(asset, href=asset.href.replace(".tif", ".jp2")) for key, asset in scene.assets.items()}
        assets[TRUE_COLOR_60M] = Asset("s3://eodata/one/TCI_60m.jp2")
        assets[THUMBNAIL] = Asset(f"{pictures.url}/one/ql.jpg")
        store.scene, store.pictures = replace(scene, tile=TILE, catalogue="cdse", assets=assets), pictures
        yield store


@pytest.fixture
def keys(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)


def look(scene, folder, region=REGION):
    """The quick look's bands and raster, or None, and what was made."""
    made = write_previews([scene], region, folder, NullReporter())
    if not made.files:
        return None, made
    with rasterio.open(made.files["one"]) as picture:
        return (picture.read().astype(float), picture.transform, picture.crs, picture.bounds), made


def assert_shows_the_place(found, pixel_m):
    bands, transform, crs, bounds = found
    assert crs.to_epsg() == 32718
    assert transform.a == pytest.approx(pixel_m, rel=0.15)
    assert bounds == pytest.approx((LEFT + 2000, TOP - 13000, LEFT + 17000, TOP - 1000), abs=2 * pixel_m)
    border = round((LEFT + 9000 - bounds.left) / transform.a)
    red, green, _, opacity = bands
    assert (opacity == 255).all()
    assert red[:, : border - 3].mean() > 180 > 80 > red[:, border + 3 :].mean()
    assert green[:, border + 3 :].mean() > 180 > 80 > green[:, : border - 3].mean()


def test_with_keys_a_small_region_is_shown_with_pixels_of_60_m(archive, keys, tmp_path):
    found, made = look(archive.scene, tmp_path)
    assert_shows_the_place(found, 62)
    assert found[0][2].mean() > 140  # the fine picture
    assert max(found[0].shape) <= SIDE_PX
    assert archive.pictures.requests == []
    assert all("X-Amz-Signature=" in url for url in archive.requests)
    _, again = look(archive.scene, tmp_path)
    assert (again.files, again.received_bytes) == (made.files, 0)


def test_without_keys_the_small_picture_is_shown_and_no_key_is_asked_for(archive, tmp_path):
    found, made = look(archive.scene, tmp_path)
    assert_shows_the_place(found, 320)
    assert archive.requests == []
    assert 0 < made.received_bytes < 100_000


def test_a_large_region_needs_the_small_picture_alone(archive, keys, tmp_path):
    found, made = look(archive.scene, tmp_path, LARGE_REGION)
    assert found[0][2].mean() < 60
    assert archive.requests == []
    assert made.received_bytes < 100_000


@pytest.mark.parametrize("fault", ["403", "404", "cut", "other"])
def test_where_the_fine_picture_cannot_be_read_the_small_one_is_taken(archive, keys, tmp_path, monkeypatch, fault):
    scene = archive.scene
    if fault == "403":
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    elif fault == "404":
        archive.faults.missing = ("TCI_60m",)
    elif fault == "cut":
        whole = (archive.folder / "eodata/one/TCI_60m.jp2").read_bytes()
        (archive.folder / "eodata/one/cut.jp2").write_bytes(whole[:2000])
        scene = replace(scene, assets={**scene.assets, TRUE_COLOR_60M: Asset("s3://eodata/one/cut.jp2")})
    else:  # not a JPEG 2000 file, whatever its name says
        scene = replace(scene, assets={**scene.assets, TRUE_COLOR_60M: Asset("s3://eodata/one/ql.jpg")})
    found, _ = look(scene, tmp_path)
    assert_shows_the_place(found, 320)


def test_a_server_that_fails_now_and_then_only_costs_time(archive, tmp_path):
    archive.pictures.faults.queued = {"ql.jpg": ["503", "reset"]}
    found, _ = look(archive.scene, tmp_path)
    assert_shows_the_place(found, 320)
    assert len(archive.pictures.requests) >= 3


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe0" + bytes(5000)])
def test_a_scene_without_a_picture_that_can_be_read_is_counted(archive, files, tmp_path, content):
    (files / "eodata/one/broken.jpg").write_bytes(content)
    scene = replace(archive.scene, assets={**archive.scene.assets,
                                           THUMBNAIL: Asset(f"{archive.pictures.url}/one/broken.jpg")})  # fmt: skip
    found, made = look(scene, tmp_path)
    assert found is None
    assert made.failed == ("one",)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_is_too_large_is_not_downloaded(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(preview, "MAX_TRUE_COLOR_BYTES", 1000)
    monkeypatch.setattr("allpa_engine.fetch.ready_picture.MAX_THUMBNAIL_BYTES", 1000)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    found, made = look(archive.scene, tmp_path)
    assert found is None
    assert made.received_bytes <= 2 * 65_536


def test_a_scene_without_pictures_gives_none(archive, tmp_path):
    bands = {key: asset for key, asset in archive.scene.assets.items() if key not in (TRUE_COLOR_60M, THUMBNAIL)}
    found, made = look(replace(archive.scene, assets=bands), tmp_path)
    assert (found, made.failed, archive.requests) == (None, ("one",), [])


def test_the_task_needs_no_keys(archive, tmp_path):
    write_scene_list(make_selection([archive.scene]), REGION, tmp_path / "scenes.json")
    job = Job(folder=str(tmp_path / "looks"), task="quick_looks", scenes=str(tmp_path / "scenes.json"))
    values = run_job(job, NullReporter())
    assert list(values["quick_looks"]) == ["one"]
    assert values["failed_scenes"] == 0


@pytest.mark.shared
def test_real_items_of_the_data_space_keep_their_pictures_through_a_scene_list(shared, tmp_path):
    items = [json.loads(path.read_text(encoding="utf-8")) for path in (shared / "fixtures/stac").glob("cdse__*.json")]
    scenes = [scene_from_item(item, CATALOGUES["cdse"]) for item in items]
    assert len(scenes) > 1
    region = Region(to_lonlat_polygon(box(LEFT, TOP - 1000, LEFT + 1000, TOP)), "test")
    write_scene_list(make_selection(scenes), region, tmp_path / "scenes.json")
    selection, _ = read_scene_list(tmp_path / "scenes.json")
    for scene in (*scenes, *(candidate.scene for candidate in selection.candidates)):
        assert scene.assets[TRUE_COLOR_60M].href.startswith("s3://eodata/")
        assert scene.assets[TRUE_COLOR_60M].href.endswith("_TCI_60m.jp2")
        assert scene.assets[THUMBNAIL].href.startswith("https://")
        assert scene.assets[THUMBNAIL].size < MAX_THUMBNAIL_BYTES


def test_scenes_whose_files_have_overviews_keep_no_other_pictures():
    item = planetary_computer_item()
    item["assets"] |= {
        "TCI_60m": {"href": "https://files.test/t.jp2"},
        "thumbnail": {"href": "https://files.test/t.jpg"},
    }
    assert not {TRUE_COLOR_60M, THUMBNAIL} & set(scene_from_item(item, CATALOGUES["planetary_computer"]).assets)
