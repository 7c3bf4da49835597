"""Elevation: found in catalogues, read in ranges, joined over degree lines, and the slopes from it."""

import json
from datetime import datetime, timezone

import numpy as np
import pytest
import rasterio
from allpa_engine.composite import CompositeRule
from allpa_engine.composite.terrain import ElevationRaster, check_elevation, slope_degrees
from allpa_engine.core.errors import ElevationUnreadable, RasterInvalid
from allpa_engine.core.job import Job
from allpa_engine.core.messages import translate
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.retry import RetryPolicy
from allpa_engine.core.run_paths import RunPaths
from allpa_engine.core.scene import Asset
from allpa_engine.fetch.elevation import fetch_elevation
from allpa_engine.geo.grid import Grid
from allpa_engine.geo.region import region_from_geojson
from allpa_engine.run.guards import prepare_guards
from allpa_engine.run.record import Run, RunRecord
from allpa_engine.search.elevation import ElevationTile, elevation_bounds, search_elevation
from fault_server import FaultServer
from predictions import write_prediction
from pyproj import Transformer
from rasterio.transform import from_origin
from sample_archive.serve import serve_files
from sample_archive.valley_terrain import cast_shadow, sun_position
from shapely.geometry import box, mapping

STEP = 1 / 120
"""Degrees per pixel of the small tiles: the product's are thirty times finer."""


def height_at(longitude, latitude):
    return 1000 + 3000 * (longitude + 73) + 1700 * (latitude + 13)


def write_tile(folder, corner, step_x=STEP, compress="deflate"):
    """A tile of one degree whose heights lie on a plane."""
    west, south = corner
    columns, rows = round(1 / step_x), round(1 / STEP)
    longitude = west + (np.arange(columns) + 0.5) * step_x
    latitude = south + 1 - (np.arange(rows) + 0.5) * STEP
    name = f"tile_{corner[0]}_{corner[1]}"
    path = folder / f"{name}.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=columns, height=rows, count=1, dtype="float32", crs="EPSG:4326",
        transform=from_origin(west, south + 1, step_x, STEP), tiled=True, blockxsize=64, blockysize=64,
        compress=compress,
    ) as target:  # fmt: skip
        target.write(height_at(longitude[None, :], latitude[:, None]).astype(np.float32), 1)
    return {
        "type": "Feature", "stac_version": "1.0.0", "id": name, "collection": "cop-dem-glo-30", "links": [],
        "bbox": [west, south, west + 1, south + 1], "properties": {"datetime": "2021-04-22T00:00:00Z"},
        "geometry": mapping(box(west, south, west + 1, south + 1)), "assets": {"data": {"href": str(path)}},
    }  # fmt: skip


def write_catalogue(folder, features):
    path = folder / "items.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.fixture
def region():
    return region_from_geojson(mapping(box(-72.3, -13.2, -71.8, -12.9)), "over two degree lines")


@pytest.fixture
def tiles_folder(tmp_path):
    folder = tmp_path / "tiles"
    folder.mkdir()
    return folder


def check_plane(path, region, share=1.0):
    """Whether the heights are those of the plane, but for a share of pixels at the tiles' edges."""
    with rasterio.open(path) as source:
        heights, transform = source.read(1), source.transform
        west, south, east, north = source.bounds
    assert box(west, south, east, north).contains(region.geometry)
    rows, columns = np.mgrid[0 : heights.shape[0], 0 : heights.shape[1]] + 0.5
    longitude, latitude = transform.a * columns + transform.c, transform.e * rows + transform.f
    error = np.abs(heights - height_at(longitude, latitude))
    assert error.max() < 20, "within a pixel"
    assert (error < 0.5).mean() >= share


def test_tiles_are_joined_over_degree_lines(tiles_folder, tmp_path, region):
    corners = [(-73, -14), (-72, -14), (-73, -13), (-72, -13), (-70, -13)]
    catalogue = write_catalogue(tmp_path, [write_tile(tiles_folder, corner) for corner in corners])
    tiles = search_elevation(region, str(catalogue), NullReporter())
    assert len(tiles) == 4, "the fifth lies elsewhere"
    path = fetch_elevation(tiles, elevation_bounds(region), tmp_path / "cache", NullReporter())
    check_plane(path, region)
    before = path.stat().st_mtime_ns
    assert fetch_elevation(tiles, elevation_bounds(region), tmp_path / "cache", NullReporter()) == path
    assert path.stat().st_mtime_ns == before, "what is there is not made again"


def test_tiles_with_wider_pixels_are_interpolated(tiles_folder, tmp_path, region):
    features = [write_tile(tiles_folder, (-73, -13)), write_tile(tiles_folder, (-72, -13))]
    features += [write_tile(tiles_folder, (west, -14), 1.5 * STEP) for west in (-73, -72)]
    catalogue = write_catalogue(tmp_path, features)
    tiles = search_elevation(region, str(catalogue), NullReporter())
    check_plane(fetch_elevation(tiles, elevation_bounds(region), tmp_path / "cache", NullReporter()), region, 0.9)


def test_remote_tiles_are_read_in_ranges(tiles_folder, tmp_path):
    feature = write_tile(tiles_folder, (-73, -14), STEP / 4, compress=None)
    log = tmp_path / "requests.log"
    small = region_from_geojson(mapping(box(-72.62, -13.55, -72.6, -13.52)), "small")
    with serve_files(tiles_folder, log) as url:
        feature["assets"]["data"]["href"] = f"{url}/{feature['id']}.tif"
        catalogue = write_catalogue(tmp_path, [feature])
        tiles = search_elevation(small, str(catalogue), NullReporter())
        path = fetch_elevation(tiles, elevation_bounds(small), tmp_path / "cache", NullReporter())
    check_plane(path, small)
    size = (tiles_folder / f"{feature['id']}.tif").stat().st_size
    assert sum(int(line.split()[-1]) for line in log.read_text().splitlines()) < size
    assert [file.name for file in (tmp_path / "cache").iterdir()] == [path.name], "nothing is left beside it"


@pytest.mark.parametrize(
    "change",
    [{"bbox": None}, {"bbox": ["a", 1, 2, 3]}, {"assets": {}}, {"assets": {"data": {}}}, {"collection": "else"}],
)
def test_malformed_items_are_left_out(tmp_path, tiles_folder, region, change):
    feature = write_tile(tiles_folder, (-73, -14)) | change
    assert search_elevation(region, str(write_catalogue(tmp_path, [feature])), NullReporter()) == ()


class Log(NullReporter):
    def __init__(self):
        self.lines = []

    def log(self, text, level="info"):
        self.lines.append((level, str(text)))


def prepared(tmp_path, region, log, **keys):
    (tmp_path / "p").mkdir(exist_ok=True)
    predictions = [write_prediction(tmp_path / "p", np.full((4, 4), 3))]
    job = Job(folder=str(tmp_path), guards=("slope", "shade"), **keys)
    run = Run(RunPaths(job), log, RunRecord())
    return prepare_guards(run, CompositeRule(guards=job.guards), predictions, region)


def test_no_elevation_turns_the_guard_off_and_says_so(tmp_path, tiles_folder, region):
    log = Log()
    empty = write_catalogue(tmp_path, [])
    active = prepared(tmp_path, region, log, catalogue=str(empty))
    assert active.rule.guards == ("shade",)
    assert active.elevation is None
    assert "slope" in active.off
    assert [level for level, text in log.lines if "slope" in text] == ["warning"]


def test_a_damaged_elevation_file_ends_no_run(tmp_path, tiles_folder, region):
    feature = write_tile(tiles_folder, (-73, -14))
    next(tiles_folder.glob("*.tif")).write_bytes(b"II*\0 no TIFF")
    active = prepared(tmp_path, region, Log(), catalogue=str(write_catalogue(tmp_path, [feature])))
    assert active.rule.guards == ("shade",)
    assert active.off["slope"]


def test_the_users_raster_needs_no_catalogue(tmp_path, region):
    log = Log()
    mine = write_plane(tmp_path / "mine.tif", "EPSG:4326", -73, -12, 1 / 60, np.full((120, 120), 3000))
    active = prepared(tmp_path, region, log, elevation=str(mine))
    assert active.elevation == mine
    assert log.lines == []
    assert active.rule.guards == ("slope", "shade")


def mine_with(tmp_path, region, heights, crs="EPSG:4326", west=-73):
    log = Log()
    mine = write_plane(tmp_path / "mine.tif", crs, west, -12, 1 / 60, heights)
    return prepared(tmp_path, region, log, elevation=str(mine)), log


@pytest.mark.parametrize(
    ("height", "options"),
    [
        (3000, {"west": 12}),  # elsewhere
        (3000, {"crs": "EPSG:32718"}),  # degrees, with the CRS of the map
        (np.nan, {}),
        (-9999, {}),  # no data that is not declared
        (12_000, {}),  # feet
    ],
)
def test_a_raster_without_heights_in_the_region_turns_the_guard_off_and_says_so(tmp_path, region, height, options):
    active, log = mine_with(tmp_path, region, np.full((120, 120), height), **options)
    assert (active.rule.guards, active.elevation) == (("shade",), None)
    assert "Check its CRS" in active.off["slope"]
    assert [level for level, text in log.lines if "slope" in text] == ["warning"]


def test_a_raster_that_covers_a_part_says_which_share(tmp_path, region):
    west, _, east, _ = region.bounds
    heights = np.full((120, 120), 3000.0)
    heights[:, round((west + (east - west) / 2 + 73) * 60) :] = np.nan
    active, log = mine_with(tmp_path, region, heights)
    assert active.rule.guards == ("slope", "shade")
    [(level, text)] = log.lines
    assert level == "warning"
    assert 40 < float(text.partition("for ")[2].partition("%")[0]) < 60
    assert 0.4 < active.facts()["slope"]["elevation_share"] < 0.6


def test_a_damaged_raster_turns_the_guard_off_at_the_end_of_a_run(tmp_path, region):
    mine = write_plane(tmp_path / "mine.tif", "EPSG:4326", -73, -12, 1 / 60, np.full((120, 120), 3000))
    mine.write_bytes(mine.read_bytes()[:20_000])
    active = prepared(tmp_path, region, Log(), elevation=str(mine))
    assert active.rule.guards == ("shade",)
    assert "damaged" in active.off["slope"]
    with pytest.raises(RasterInvalid, match="damaged") as caught:
        check_elevation(mine)
    assert "elevation in metres" in str(caught.value)


def test_a_composite_finds_what_the_main_job_downloaded(tmp_path, tiles_folder, region):
    features = [write_tile(tiles_folder, corner) for corner in ((-73, -14), (-72, -14), (-73, -13), (-72, -13))]
    catalogue = str(write_catalogue(tmp_path, features))
    assert prepared(tmp_path, region, Log(), task="composite").elevation is None
    downloaded = prepared(tmp_path, region, Log(), catalogue=catalogue).elevation
    assert prepared(tmp_path, region, Log(), task="composite").elevation == downloaded


def test_the_same_elevation_is_used_when_the_catalogue_cannot_be_reached_any_more(tmp_path, tiles_folder, region):
    features = [write_tile(tiles_folder, corner) for corner in ((-73, -14), (-72, -14), (-73, -13), (-72, -13))]
    catalogue = write_catalogue(tmp_path, features)
    downloaded = prepared(tmp_path, region, Log(), catalogue=str(catalogue)).elevation
    catalogue.unlink()
    again = prepared(tmp_path, region, Log(), catalogue=str(catalogue))
    assert again.elevation == downloaded
    assert again.off == {}


def test_a_composite_without_a_region_takes_the_elevation_of_its_predictions(tmp_path, region):
    cache = tmp_path / "scenes"
    cache.mkdir()
    to_degrees = Transformer.from_crs("EPSG:32718", "EPSG:4326", always_xy=True).transform
    with rasterio.open(write_prediction(tmp_path, np.full((4, 4), 3)).path) as source:
        west, north = to_degrees(*(source.transform * (0, 0)))
    write_plane(cache / "elevation_0000000000.tif", "EPSG:4326", 10, 50, STEP, np.zeros((9, 9)))
    mine = cache / "elevation_1111111111.tif"
    write_plane(mine, "EPSG:4326", west - 5 * STEP, north + 5 * STEP, STEP, np.zeros((12, 12)))
    assert prepared(tmp_path, None, Log(), task="composite").elevation == mine


def write_plane(path, crs, left, top, resolution, heights):
    with rasterio.open(
        path, "w", driver="GTiff", width=heights.shape[1], height=heights.shape[0], count=1, dtype="float32", crs=crs,
        transform=from_origin(left, top, resolution, resolution),
    ) as target:  # fmt: skip
        target.write(heights.astype(np.float32), 1)
    return path


@pytest.mark.parametrize("degrees", [0, 7, 30, 55])
@pytest.mark.parametrize("towards_east", [True, False])
def test_the_slope_of_a_plane_is_its_angle(tmp_path, degrees, towards_east):
    rise = np.tan(np.radians(degrees)) * 30 * np.arange(60)
    heights = np.tile(rise, (60, 1)) if towards_east else np.tile(rise[:, None], (1, 60))
    path = write_plane(tmp_path / "h.tif", "EPSG:32718", 700_000, 8_600_000, 30, heights)
    with ElevationRaster(path) as elevation:
        slopes = slope_degrees(elevation, Grid("EPSG:32718", 700_400, 8_599_400, 10, 41, 37))
    np.testing.assert_allclose(slopes, degrees, atol=0.02)


def test_slopes_are_those_of_the_ground_in_any_crs(tmp_path):
    step = 1 / 3600
    metres = step * 111_412.8 * np.cos(np.radians(45.0))  # of a second of longitude at 45 degrees, near enough
    heights = np.tile(np.tan(np.radians(20)) * metres * np.arange(400), (400, 1))
    path = write_plane(tmp_path / "h.tif", "EPSG:4326", 7.0, 45.05, step, heights)
    for crs in ("EPSG:3857", "EPSG:32632", "EPSG:3035"):
        x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(7.05, 45.005)
        with ElevationRaster(path) as elevation:
            slopes = slope_degrees(elevation, Grid(crs, round(x), round(y), 10, 50, 50))
        np.testing.assert_allclose(slopes, 20, atol=0.15)


def test_a_part_has_the_slopes_of_the_whole(tmp_path):
    heights = np.random.default_rng(1).normal(0, 20, (90, 90)).cumsum(axis=0)
    path = write_plane(tmp_path / "h.tif", "EPSG:4326", -72.6, -13.2, 1 / 3600, heights)
    x, y = Transformer.from_crs("EPSG:4326", "EPSG:32718", always_xy=True).transform(-72.595, -13.205)
    left, top = round(x / 10) * 10, round(y / 10) * 10
    with ElevationRaster(path) as elevation:
        whole = slope_degrees(elevation, Grid("EPSG:32718", left, top, 10, 130, 120))
        part = slope_degrees(elevation, Grid("EPSG:32718", left + 170, top - 330, 10, 61, 53))
    np.testing.assert_array_equal(part, whole[33:86, 17:78])


def test_a_raster_without_a_crs_is_refused(tmp_path):
    path = write_plane(tmp_path / "h.tif", None, 0, 0, 30, np.zeros((5, 5)))
    with pytest.raises(RasterInvalid, match="georeference"):
        ElevationRaster(path)


def test_pictures_and_local_coordinates_are_refused(tmp_path):
    picture = tmp_path / "rgb.tif"
    with rasterio.open(
        picture, "w", driver="GTiff", width=4, height=4, count=3, dtype="uint8", crs="EPSG:32718",
        transform=from_origin(700_000, 8_600_000, 30, 30),
    ) as target:  # fmt: skip
        target.write(np.zeros((3, 4, 4), np.uint8))
    with pytest.raises(RasterInvalid, match="one band of heights"):
        ElevationRaster(picture)
    local = write_plane(tmp_path / "l.tif", 'LOCAL_CS["site",UNIT["metre",1]]', 0, 0, 30, np.zeros((5, 5)))
    with pytest.raises(RasterInvalid, match="georeference"):
        ElevationRaster(local)


def test_shadows_fall_away_from_the_sun_as_far_as_the_wall_is_high():
    heights = np.zeros((60, 60), np.float32)
    heights[:, 30] = 100
    shaded = cast_shadow(heights, 45, 90) > 0.5  # the sun in the east, as high as it is far
    assert shaded[20, 21:30].all()
    assert not shaded[20, :19].any()
    assert not shaded[20, 31:].any()


@pytest.mark.parametrize(
    ("month", "day", "hour", "place", "zenith", "azimuth"),
    [
        (3, 20, 12, (0.0, 0.0), 1.9, None),  # equinox, near noon at the equator
        (6, 21, 12, (23.44, 0.0), 0.5, None),  # solstice on the tropic
        (6, 21, 12, (51.5, 0.0), 28.1, 179.0),  # London
        (12, 21, 12, (51.5, 0.0), 74.9, 180.4),
    ],
)
def test_the_sun_stands_where_almanacs_say(month, day, hour, place, zenith, azimuth):
    found = sun_position(datetime(2020, month, day, hour, 0, tzinfo=timezone.utc), *place)
    assert found[0] == pytest.approx(zenith, abs=0.8)
    assert azimuth is None or found[1] == pytest.approx(azimuth, abs=2)


@pytest.mark.parametrize(
    ("fault", "english", "spanish"),
    [
        (
            "missing",
            "A file of the elevation model could not be read: ",
            "Un archivo del modelo de elevación no se pudo leer: ",
        ),
        (
            "short",
            "A file of the elevation model is damaged or incomplete.",
            "Un archivo del modelo de elevación está dañado o incompleto.",
        ),
        (
            "nowhere",
            "A file of the elevation model could not be read: the server could not be reached",
            "Un archivo del modelo de elevación no se pudo leer: ",
        ),
    ],
)
def test_a_failure_speaks_of_heights_not_of_scenes(tmp_path, fault, english, spanish):
    if fault == "short":
        (tmp_path / "heights.tif").write_bytes(b"II*\0" + bytes(40))
    with FaultServer(tmp_path) as server:
        address = server.url
        if fault != "nowhere":
            error = failure_of(f"{address}/heights.tif", tmp_path / "cache")
    if fault == "nowhere":  # its port is closed now
        error = failure_of(f"{address}/heights.tif", tmp_path / "cache")
    assert error.what.startswith(english)
    assert translate(error.what, "es").startswith(spanish)
    assert "scene" not in f"{error.what} {error.next_step}".lower()


def failure_of(address, folder):
    """How the download of heights from an address fails."""
    folder.mkdir()
    tile = ElevationTile("N00", "earth_search", Asset(address), (-73.0, -14.0, -72.0, -13.0))
    quick = RetryPolicy(attempts=2, pause_s=0.01, max_read_timeout_s=2.0)
    with pytest.raises(ElevationUnreadable) as caught:
        fetch_elevation([tile], (-72.9, -13.9, -72.8, -13.8), folder, NullReporter(), quick)
    return caught.value
