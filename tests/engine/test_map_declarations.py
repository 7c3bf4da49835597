"""What a map says of itself is heeded: no data, masks, types, scale, CRS; and only a few formats are opened."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from allpa_engine.areas import area_table, write_area_csv, write_area_json
from allpa_engine.areas.zones import Zone, zone_table
from allpa_engine.change import change_matrix
from allpa_engine.change.grids import align_to_grid
from allpa_engine.core.errors import RasterInvalid
from allpa_engine.core.job import Job
from allpa_engine.core.messages import translate
from allpa_engine.core.protocol import NullReporter
from allpa_engine.geo.grid import Grid, grid_difference, grid_of
from allpa_engine.geo.projection import reprojected
from allpa_engine.raster.class_raster import open_class_raster
from allpa_engine.run.pipeline import run_job
from pyproj import Geod
from shapely.geometry import box

UTM = "EPSG:32718"
PLACE = Affine(10, 0, 700_000, 0, -10, 8_500_000)
CODES = np.array([[1, 2, 0], [2, 2, 5], [9, 10, 255]])


def write(path, codes, dtype="uint8", crs=UTM, place=PLACE, **profile):
    codes = np.asarray(codes)
    shape = {"height": codes.shape[0], "width": codes.shape[1]}
    with rasterio.open(
        path, "w", driver="GTiff", count=1, dtype=dtype, crs=crs, transform=place, **shape, **profile
    ) as f:
        f.write(codes.astype(dtype), 1)
    return path


def pixels_of(path):
    table = area_table(path)
    return [table.no_data.pixels, *(row.pixels for row in table.rows)]


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "uint32", "int64"])
@pytest.mark.parametrize("nodata", [255, 0, 9])
def test_declared_no_data_is_no_data_in_every_integer_type(tmp_path, dtype, nodata):
    path = write(tmp_path / "map.tif", np.where(CODES == 255, nodata, CODES), dtype, nodata=nodata)
    values = np.where((nodata == CODES) | (CODES == 255), 0, CODES)
    assert pixels_of(path) == np.bincount(values.ravel(), minlength=11).tolist()


def test_negative_no_data_and_a_mask_of_the_file_are_no_data(tmp_path):
    path = write(tmp_path / "negative.tif", np.where(CODES == 255, -9999, CODES), "int16", nodata=-9999)
    assert pixels_of(path)[0] == 2
    masked = write(tmp_path / "masked.tif", np.full((3, 3), 2))
    with rasterio.open(masked, "r+") as file:
        file.write_mask(np.array([[0, 255, 255], [255, 255, 0], [0, 255, 255]], np.uint8))
    assert pixels_of(masked)[:3] == [3, 0, 6]
    with open_class_raster(masked) as raster:
        assert (raster.read(shape=(3, 3)) == raster.read()).all()


def test_values_that_are_no_class_code_are_listed(tmp_path):
    path = write(tmp_path / "odd.tif", [[300, 2], [-5, 2]], "int16")
    with pytest.raises(RasterInvalid, match=r"odd\.tif contains codes.*-5, 300"):
        area_table(path)


@pytest.mark.parametrize(("scale", "offset"), [(0.1, 0.0), (1.0, -5.0)])
def test_a_scale_is_not_ignored(tmp_path, scale, offset):
    path = write(tmp_path / "scaled.tif", [[1, 2]])
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (scale,), (offset,)
    with pytest.raises(RasterInvalid, match="declares the scale"):
        area_table(path)


def test_hectares_in_web_mercator_are_those_on_the_ground_and_it_is_reported(tmp_path):
    """At 60 degrees a pixel of 10 m is drawn twice as wide and high as it is."""
    top = 8_399_738.0
    path = write(tmp_path / "mercator.tif", np.full((40, 50), 2), crs="EPSG:3857", place=Affine(10, 0, 0, 0, -10, top))
    table = area_table(path)
    corners = reprojected(box(0, top - 400, 500, top), "EPSG:3857", "EPSG:4326")
    true_ha = abs(Geod(ellps="WGS84").geometry_area_perimeter(corners)[0]) / 10_000
    assert true_ha == pytest.approx(20 / 4, rel=0.01)
    assert table.rows[1].area_ha == pytest.approx(true_ha, rel=1e-4)
    assert "differ by up to 30" in table.notes[0] or "differ by up to 29" in table.notes[0]
    square = reprojected(box(0, top - 400, 500, top), "EPSG:3857", "EPSG:4326")
    zones = zone_table(path, [Zone("1", "all", square)])
    assert zones.zones[0].total.area_ha == pytest.approx(true_ha, rel=1e-3)
    assert zones.notes == table.notes
    matrix = change_matrix(path, path)
    assert matrix.compared_ha == pytest.approx(true_ha, rel=1e-4)
    assert matrix.notes == table.notes


def test_the_note_on_distorted_areas_reaches_log_files_and_report(tmp_path):
    class Log(NullReporter):
        texts = ()

        def log(self, text, level="info"):
            self.texts += ((level, translate(text, "es")),)

    path = write(tmp_path / "map.tif", np.full((40, 50), 2), crs="EPSG:3857", place=Affine(10, 0, 0, 0, -10, 8e6))
    log = Log()
    dates = {"start": "2020-01-01", "end": "2020-12-31"}
    values = run_job(Job(str(tmp_path / "out"), "areas", landcover=str(path), language="es", **dates), log)
    assert any(level == "warning" and "todas las superficies son elipsoidales" in text for level, text in log.texts)
    content = json.loads((tmp_path / "out" / "areas_2020_data.json").read_text(encoding="utf-8"))
    assert "all areas are ellipsoidal areas" in content["notes"][0]
    assert values["areas_data"].endswith("areas_2020_data.json")
    maps = {"2020": str(path), "2021": str(path)}
    values = run_job(Job(str(tmp_path / "out"), "change", maps=maps), log)
    report = Path(values["report"]).read_text(encoding="utf-8")
    assert "all areas are ellipsoidal areas" in report
    assert "all areas are ellipsoidal areas" in values["notes"][0]


def test_a_map_in_its_own_utm_zone_has_nominal_hectares_and_no_note(tmp_path):
    table = area_table(write(tmp_path / "map.tif", np.full((30, 30), 2)))
    assert table.notes == ()
    assert table.rows[1].area_ha == 9


def test_a_map_without_any_class_says_so(tmp_path):
    table = area_table(write(tmp_path / "map.tif", np.zeros((3, 3))))
    assert table.notes == ("No pixel of the map has a class here: there are no areas.",)
    write_area_csv(table, tmp_path / "areas.csv")
    write_area_json(table, tmp_path / "areas.json")


@pytest.mark.parametrize("content", ["vrt", "text"])
def test_files_that_point_elsewhere_are_not_opened(tmp_path, content):
    """A VRT may name any file or address; GDAL would read what it names."""
    secret = write(tmp_path / "secret.tif", [[2, 2]])
    texts = {
        "vrt": f'<VRTDataset rasterXSize="2" rasterYSize="1"><SRS>{UTM}</SRS>'
        "<GeoTransform>0,10,0,0,0,-10</GeoTransform>"
        f'<VRTRasterBand dataType="Byte" band="1"><SimpleSource><SourceFilename>{secret}</SourceFilename>'
        "<SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>",
        "text": "no raster",
    }
    path = tmp_path / "map.tif"
    path.write_text(texts[content], encoding="utf-8")
    with pytest.raises(RasterInvalid, match=r"map\.tif cannot be read"):
        area_table(path)
    with pytest.raises(RasterInvalid, match="cannot be read"):
        area_table(tmp_path / "none.tif")


CASES = {
    "height off in the twelfth digit": (Affine(10, 0, 7e5, 0, -10 * (1 + 1e-12), 8.5e6), True),
    "height off by a millionth over few pixels": (Affine(10, 0, 7e5, 0, -10 * (1 + 1e-6), 8.5e6), True),
    "height off by a thousandth": (Affine(10, 0, 7e5, 0, -10.01, 8.5e6), False),
    "turned by less than any pixel": (Affine(10, 1e-9, 7e5, 1e-9, -10, 8.5e6), True),
    "turned": (Affine(10, 0.1, 7e5, 0.1, -10, 8.5e6), False),
    "west and north exchanged": (Affine(-10, 0, 7e5, 0, 10, 8.5e6), False),
    "south up": (Affine(10, 0, 7e5, 0, 10, 8.5e6), False),
}


@pytest.mark.parametrize("name", CASES)
def test_one_rule_says_which_rasters_lie_on_a_grid(tmp_path, name):
    """Maps, predictions and scenes had a rule each, and these inputs passed some and not others."""
    place, fits = CASES[name]
    with rasterio.open(write(tmp_path / "map.tif", np.full((50, 60), 2), place=place)) as source:
        if fits:
            assert grid_of(source) == Grid(UTM, place.c, place.f, place.a, 60, 50)
        else:
            with pytest.raises(RasterInvalid, match="not north-up with square pixels"):
                grid_of(source)


def test_grids_are_one_within_a_thousandth_of_a_pixel():
    grid = Grid(UTM, 700_000, 8_500_000, 10, 1000, 1000)
    assert grid_difference(grid, Grid(UTM, 700_000.009, 8_500_000, 10, 1000, 1000)) == ""
    assert grid_difference(grid, Grid(UTM, 700_000.011, 8_500_000, 10, 1000, 1000)).startswith("The origins differ")
    assert grid_difference(grid, Grid(UTM, 700_000, 8_500_000, 10.00002, 1000, 1000)).startswith("The pixel sizes")


@pytest.mark.parametrize("kind", ["255", "-1", "mask"])
def test_no_data_stays_no_data_on_another_grid(tmp_path, kind):
    """The western half has none; on a coarser and on a shifted grid it has none either, and none comes in outside."""
    codes = np.full((6, 6), 2)
    if kind == "mask":
        path = write(tmp_path / "map.tif", codes)
        with rasterio.open(path, "r+") as file:
            file.write_mask(np.repeat([[0, 0, 0, 255, 255, 255]], 6, axis=0).astype(np.uint8))
    else:
        codes[:, :3] = int(kind)
        path = write(tmp_path / "map.tif", codes, "int16", nodata=int(kind))
    with open_class_raster(path) as raster:
        with align_to_grid(raster, Grid(UTM, 700_000, 8_500_000, 20, 3, 3)) as aligned:
            assert aligned.read().tolist() == [[0, 2, 2]] * 3
        with align_to_grid(raster, Grid(UTM, 699_983, 8_500_000, 10, 9, 6)) as aligned:
            assert aligned.read().tolist() == [[0, 0, 0, 0, 0, 2, 2, 2, 0]] * 6
