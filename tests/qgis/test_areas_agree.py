"""The engine's area tables equal QGIS's own: unique values report and zonal histogram, and GDAL's histogram."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGINE_PYTHON = os.environ.get("ALLPA_TEST_ENGINE") or str(ROOT / "build/engine/bin/python")
COUNT = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from allpa_engine.areas import area_table, read_zones, zone_table
def values(rows, no_data):
    return {row.code: [row.pixels, row.area_ha] for row in (*rows, no_data)}
table = area_table(Path(sys.argv[2]))
zones = zone_table(Path(sys.argv[2]), read_zones(sys.argv[3])).zones
print(json.dumps({
    "map": values(table.rows, table.no_data),
    "zones": {zone.zone.name: values(zone.rows, zone.no_data) for zone in zones},
}))
"""

pytestmark = pytest.mark.skipif(not Path(ENGINE_PYTHON).is_file(), reason="needs the engine's environment")


COMPOSITE = """
import sys
from pathlib import Path
import numpy as np
sys.path[:0] = sys.argv[1:3]
from allpa_engine.composite import CompositeRule, compose
from allpa_engine.geo.region import region_from_geojson
from predictions import write_prediction
from pyproj import Transformer
from shapely.geometry import Point, mapping
folder, path, rng = Path(sys.argv[3]), Path(sys.argv[4]), np.random.default_rng(2)
made = []
for tile, crs, across in (("18LZR", "EPSG:32718", -1900), ("19LBL", "EPSG:32719", -300)):
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(-72.0, -14.0)
    codes = np.kron(rng.integers(0, 10, (57, 63), dtype=np.uint8), np.ones((3, 5), np.uint8))
    place = {"left": round((x + across) / 10) * 10, "top": round((y + 900) / 10) * 10}
    made.append(write_prediction(folder, codes, tile=tile, crs=crs, **place))
region = region_from_geojson(mapping(Point(-71.9995, -14.0005).buffer(0.0071, 7)), "Disc")
summary = compose(made, region, CompositeRule(), landcover=path, quality=folder / "quality.tif", block_px=64)
if min(summary.tile_pixels.values()) < 1000:
    raise SystemExit(f"One of the zones is hardly seen: {summary.tile_pixels}")
"""


def in_engine(script, *arguments):
    """Standard output of a script that the engine's Python runs in a process of its own."""
    command = [ENGINE_PYTHON, "-W", "ignore", "-c", script, str(ROOT / "plugin"), *map(str, arguments)]
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "QGIS", "GDAL", "PROJ"))
    }
    answer = subprocess.run(command, capture_output=True, text=True, timeout=300, env=plain)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@pytest.fixture(params=["many blocks", "cut from two zones"])
def landcover(request, tmp_path):
    """An odd-sized map: of many blocks with a part cut away, or of two UTM zones' scenes, cut at a region's border."""
    from osgeo import gdal, osr

    path = tmp_path / "map.tif"
    if request.param == "cut from two zones":
        (tmp_path / "predictions").mkdir()
        in_engine(COMPOSITE, ROOT / "tests/engine", tmp_path / "predictions", path)
        raster = gdal.Open(str(path))
        return path, raster.ReadAsArray()
    codes = np.random.default_rng(12).integers(0, 11, (517, 771), dtype=np.uint8)
    codes[:, :90] = 0
    options = ["TILED=YES", "BLOCKXSIZE=64", "BLOCKYSIZE=64", "COMPRESS=DEFLATE"]
    raster = gdal.GetDriverByName("GTiff").Create(str(path), 771, 517, 1, gdal.GDT_Byte, options)
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(32718)
    raster.SetProjection(crs.ExportToWkt())
    raster.SetGeoTransform((700_000, 10, 0, 8_500_000, 0, -10))
    raster.GetRasterBand(1).SetNoDataValue(0)
    raster.GetRasterBand(1).WriteArray(codes)
    raster.FlushCache()
    return path, codes


@pytest.fixture
def zones(qgis_app, landcover, tmp_path):
    """Three zones in the map's CRS, two of which overlap, one of which leaves the map."""
    from osgeo import gdal, ogr

    raster = gdal.Open(str(landcover[0]))
    left, _, _, top, _, _ = raster.GetGeoTransform()
    scale = raster.RasterXSize / 771, raster.RasterYSize / 517
    path = tmp_path / "zones.geojson"
    source = ogr.GetDriverByName("GeoJSON").CreateDataSource(str(path))
    layer = source.CreateLayer("zones", raster.GetSpatialRef(), ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("name", ogr.OFTString))
    for name, x, y, radius in (("a", 2503, 2001, 1207), ("b", 3499, 2607, 1011), ("c", 7505, 4703, 908)):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature["name"] = name
        place = f"POINT({left + x * scale[0]} {top - y * scale[1]})"
        feature.SetGeometry(ogr.CreateGeometryFromWkt(place).Buffer(radius * min(scale), 16))
        layer.CreateFeature(feature)
    source = layer = None  # OGR writes a layer when it is let go
    return path


@pytest.fixture
def counted(landcover, zones):
    """What the engine counts, in its own process."""
    return json.loads(in_engine(COUNT, landcover[0], zones))


def test_the_map_s_table_equals_the_unique_values_report(counted, landcover, qgis_app):
    import processing
    from qgis.core import QgsRasterLayer

    layer = QgsRasterLayer(str(landcover[0]), "map")
    found = processing.run(
        "native:rasterlayeruniquevaluesreport", {"INPUT": layer, "BAND": 1, "OUTPUT_TABLE": "TEMPORARY_OUTPUT"}
    )
    rows = found["OUTPUT_TABLE"].getFeatures()
    theirs = {int(row["value"]): [int(row["count"]), row["m2"] / 10_000] for row in rows}
    ours = counted["map"]
    assert found["NODATA_PIXEL_COUNT"] == ours["0"][0]
    for code in range(1, 11):
        counted_there, area_ha = theirs.get(code, (0, 0.0))
        assert counted_there == ours[str(code)][0]
        assert area_ha == pytest.approx(ours[str(code)][1])
    assert sum(count for count, _ in theirs.values()) > 10_000


def test_every_zone_equals_the_zonal_histogram(counted, landcover, zones, qgis_app):
    import processing
    from qgis.core import QgsRasterLayer, QgsVectorLayer

    found = processing.run(
        "native:zonalhistogram",
        {
            "INPUT_RASTER": QgsRasterLayer(str(landcover[0]), "map"),
            "RASTER_BAND": 1,
            "INPUT_VECTOR": QgsVectorLayer(str(zones), "zones"),
            "COLUMN_PREFIX": "C_",
            "OUTPUT": "TEMPORARY_OUTPUT",
        },
    )["OUTPUT"]
    names = {field.name() for field in found.fields()}
    rows = {row["name"]: row for row in found.getFeatures()}
    assert set(rows) == set(counted["zones"]) == {"a", "b", "c"}
    for name, row in rows.items():
        for code in range(1, 11):
            column = f"C_{code}"
            theirs = int(row[column]) if column in names and row[column] else 0
            assert theirs == counted["zones"][name][str(code)][0]


def test_the_map_s_table_equals_gdal_s_histogram(counted, landcover):
    from osgeo import gdal

    raster = gdal.Open(str(landcover[0]))
    band = raster.GetRasterBand(1)
    histogram = band.GetHistogram(-0.5, 255.5, 256, include_out_of_range=0, approx_ok=0)
    assert [counted["map"][str(code)][0] for code in range(1, 11)] == histogram[1:11]
    assert counted["map"]["0"][0] == int((landcover[1] == 0).sum())
