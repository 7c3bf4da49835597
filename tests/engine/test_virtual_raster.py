"""Virtual rasters over maps side by side, read by GDAL: what is seen where, and what does not fit."""

import numpy as np
import pytest
import rasterio
from allpa_engine.core.errors import RasterInvalid
from allpa_engine.raster.virtual_raster import write_virtual_raster


def write(path, values, column=0, row=0, shift=0.0, dtype="uint8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1, dtype=dtype, nodata=0,
        crs="EPSG:32718", transform=rasterio.Affine(10, 0, 700_000 + 10 * column + shift, 0, -10, 8_600_000 - 10 * row),
    ) as target:  # fmt: skip
        target.write(values.astype(dtype), 1)
        if dtype == "uint8":
            target.write_colormap(1, {1: (10, 20, 30, 255), 7: (1, 2, 3, 255)})
        target.set_band_description(1, "class")
    return path


def test_land_is_seen_in_its_place_and_gaps_show_what_lies_below(tmp_path):
    west, east = np.full((5, 7), 1), np.full((6, 4), 7)
    east[2, 0] = 0
    sources = [write(tmp_path / "tiles" / "a" / "m & n.tif", west), write(tmp_path / "tiles" / "b.tif", east, 5, -2)]
    write_virtual_raster(tmp_path / "map.vrt", sources)
    expected = np.zeros((7, 9), np.uint8)
    expected[2:7, :7] = 1
    expected[:6, 5:] = 7
    expected[2, 5] = 1
    moved = tmp_path / "moved"
    moved.mkdir()
    (tmp_path / "tiles").rename(moved / "tiles")
    (tmp_path / "map.vrt").rename(moved / "map.vrt")
    with rasterio.open(moved / "map.vrt") as source:
        np.testing.assert_array_equal(source.read(1), expected)
        assert source.transform == rasterio.Affine(10, 0, 700_000, 0, -10, 8_600_020)
        assert source.crs.to_epsg() == 32718
        assert source.nodata == 0
        assert source.descriptions == ("class",)
        assert source.colormap(1)[7] == (1, 2, 3, 255)


def test_sources_elsewhere_are_found_too(tmp_path):
    source = write(tmp_path / "elsewhere" / "a.tif", np.full((3, 3), 7))
    (tmp_path / "run").mkdir()
    write_virtual_raster(tmp_path / "run" / "map.vrt", [source])
    with rasterio.open(tmp_path / "run" / "map.vrt") as opened:
        assert (opened.read(1) == 7).all()


@pytest.mark.parametrize("other", [{"shift": 4.0}, {"dtype": "uint16"}])
def test_maps_that_do_not_fit_are_refused(tmp_path, other):
    sources = [write(tmp_path / "a.tif", np.ones((3, 3))), write(tmp_path / "b.tif", np.ones((3, 3)), 3, **other)]
    with pytest.raises(RasterInvalid, match=r"b\.tif"):
        write_virtual_raster(tmp_path / "map.vrt", sources)
    assert not (tmp_path / "map.vrt").exists()
