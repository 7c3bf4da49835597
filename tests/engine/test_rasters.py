"""The files: valid COGs, overviews by mode, colours and names inside, tables beside."""

from xml.etree import ElementTree

import numpy as np
import pytest
import rasterio
from allpa_engine.core.errors import FolderNotWritable
from allpa_engine.core.legend import LEGEND
from allpa_engine.core.products import LANDCOVER, QUALITY, RasterMetadata
from allpa_engine.geo.grid import Grid
from allpa_engine.raster.cog import create_geotiff, write_cog
from allpa_engine.raster.styles import write_styles
from rasterio.enums import ColorInterp
from rio_cogeo.cogeo import cog_validate

FACTS = RasterMetadata("Apurímac", "2020-01-04", "2020-12-29", 17, ("ab" * 32,), {"FORM": "hard"})


def write(folder, kind, values, size=None):
    """A COG of `kind` from `(band, y, x)` values."""
    _, height, width = values.shape
    grid = Grid("EPSG:32718", 700_000, 8_600_000, 10, width, height)
    with create_geotiff(folder / "plain.tif", grid, kind, FACTS) as uncompressed:
        uncompressed.write(values)
    write_cog(folder / "plain.tif", folder / "cog.tif", kind)
    return folder / "cog.tif"


@pytest.mark.parametrize("kind", [LANDCOVER, QUALITY])
@pytest.mark.parametrize("shape", [(1, 1), (511, 513), (1031, 2050)])
def test_cogs_are_valid_and_hold_their_values(tmp_path, kind, shape):
    values = np.random.default_rng(1).integers(0, 11, (len(kind.bands), *shape)).astype(np.uint8)
    path = write(tmp_path, kind, values)
    valid, errors, warnings = cog_validate(path, strict=True)
    assert valid, (errors, warnings)
    with rasterio.open(path) as cog:
        assert np.array_equal(cog.read(), values)
        assert cog.nodata == 0
        assert cog.compression.name == "deflate"
        assert cog.descriptions == tuple(band.name for band in kind.bands)
        assert cog.transform == rasterio.Affine(10, 0, 700_000, 0, -10, 8_600_000)


def test_overviews_show_the_most_frequent_class(tmp_path):
    values = np.full((1, 1024, 1100), 3, np.uint8)
    values[0, ::2, ::2] = 9  # a quarter of each 2 x 2 cell; nearest would show snow alone
    values[0, :, 600:] = 2
    path = write(tmp_path, LANDCOVER, values)
    with rasterio.open(path, overview_level=0) as overview:
        shown = overview.read(1)
    assert (shown[:, :300] == 3).all()
    assert (shown[:, 300:] == 2).all()


def test_a_class_map_has_the_legends_colours_inside(tmp_path):
    path = write(tmp_path, LANDCOVER, np.ones((1, 30, 31), np.uint8))
    with rasterio.open(path) as cog:
        colors = cog.colormap(1)
        assert cog.colorinterp == (ColorInterp.palette,)
    assert [colors[land.code][:3] for land in LEGEND] == [land.rgb for land in LEGEND]


def test_tags_tell_title_source_dates_and_rule(tmp_path):
    path = write(tmp_path, LANDCOVER, np.ones((1, 30, 31), np.uint8))
    with rasterio.open(path) as cog:
        tags = cog.tags()
        band = cog.tags(1)
    assert tags["TIFFTAG_DOCUMENTNAME"] == "Land cover of Apurímac, 2020"
    assert "17 Sentinel-2 scenes" in tags["TIFFTAG_IMAGEDESCRIPTION"]
    assert "Copernicus Sentinel data 2020" in tags["TIFFTAG_COPYRIGHT"]
    assert (tags["ALLPA_FIRST_DATE"], tags["ALLPA_LAST_DATE"]) == ("2020-01-04", "2020-12-29")
    assert (tags["ALLPA_FORM"], tags["ALLPA_MODEL"]) == ("hard", "ab" * 32)
    assert "Class code" in band["DEFINITION"]


def test_styles_lie_beside_and_do_not_make_the_cog_invalid(tmp_path):
    path = write(tmp_path, LANDCOVER, np.ones((1, 600, 601), np.uint8))
    written = write_styles(path, language="es")
    assert {style.name for style in written} == {"cog.qml", "cog.tif.aux.xml"}
    assert cog_validate(path, strict=True)[0]
    document = ElementTree.parse(tmp_path / "cog.tif.aux.xml")  # noqa: S314 - our own file
    table = document.find("PAMRasterBand/GDALRasterAttributeTable")
    names = [row.findall("F")[1].text for row in table.findall("Row")]
    assert names == [land.label("es") for land in LEGEND]
    assert names[:2] == ["Agua", "Árboles"]


def test_each_quality_band_has_a_style(tmp_path):
    path = write(tmp_path, QUALITY, np.ones((5, 30, 31), np.uint8))
    landcover = tmp_path / "map.tif"
    names = {style.name for style in write_styles(landcover, path)}
    assert {f"cog_{band.key}.qml" for band in QUALITY.bands} < names
    for number, band in enumerate(QUALITY.bands, start=1):
        style = ElementTree.parse(tmp_path / f"cog_{band.key}.qml")  # noqa: S314 - our own file
        renderer = style.find("pipe/rasterrenderer")
        assert renderer.get("band") == str(number)


def test_a_folder_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderNotWritable):
        write_styles(tmp_path / "file" / "map.tif")
