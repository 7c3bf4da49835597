"""A real pair of maps in degrees (ESA WorldCover 2020 and 2021): tables and change equal plain counts."""

import numpy as np
import pytest
import rasterio
from allpa_engine.areas import area_table
from allpa_engine.change import change_matrix
from allpa_engine.core.legend import LandClass
from pyproj import Geod
from rasterio.windows import Window
from shapely.geometry import box

WORLDCOVER = (10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100)
LEGEND = [LandClass(code, f"code {code}", "#808080", 1.0, "") for code in WORLDCOVER]
ISLAND = Window(6803, 33011, 1501, 1703)
"""The north of São Tomé, odd in place and size."""

pytestmark = pytest.mark.shared


@pytest.fixture
def maps(shared, tmp_path):
    cut = []
    for year in (2020, 2021):
        with rasterio.open(shared / "fixtures" / f"worldcover_sao_tome_{year}.tif") as source:
            codes = source.read(1, window=ISLAND)
            place = source.window_transform(ISLAND)
            height, width = codes.shape
            profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "nodata": 0, "crs": source.crs}
        path = tmp_path / f"{year}.tif"
        with rasterio.open(
            path, "w", width=width, height=height, transform=place, compress="deflate", **profile
        ) as file:
            file.write(codes, 1)
        cut.append((path, codes))
    return cut


def test_the_table_equals_a_plain_count_and_the_cells_of_the_globe(maps):
    for path, codes in maps:
        table = area_table(path, legend=LEGEND)
        counts = np.bincount(codes.ravel(), minlength=256)
        assert {row.code: row.pixels for row in table.rows} == {code: counts[code] for code in WORLDCOVER}
        assert table.no_data.pixels == counts[0]
        with rasterio.open(path) as source:
            frame = box(*source.bounds).segmentize(0.001)
        whole_ha = abs(Geod(ellps="WGS84").geometry_area_perimeter(frame)[0]) / 10_000
        assert table.total.ellipsoidal_ha + table.no_data.ellipsoidal_ha == pytest.approx(whole_ha, rel=1e-8)
        assert table.is_within_tolerance


def test_change_equals_a_plain_count(maps):
    (before_path, before), (after_path, after) = maps
    matrix = change_matrix(before_path, after_path, legend=LEGEND)
    pairs = np.bincount((before.astype(np.uint16) * 256 + after).ravel(), minlength=65_536).reshape(256, 256)
    np.testing.assert_array_equal(matrix.pixels, pairs[np.ix_(WORLDCOVER, WORLDCOVER)])
    assert 0 < matrix.changed_ha < matrix.compared_ha
