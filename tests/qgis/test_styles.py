"""The styles and tables that the engine writes, read by the real QGIS and the real GDAL."""

import os
import sys
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
gdal = pytest.importorskip("osgeo.gdal")
core = pytest.importorskip("qgis.core")
np = pytest.importorskip("numpy")
QColor = pytest.importorskip("qgis.PyQt.QtGui").QColor

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "plugin"))
from allpa_engine.core.legend import LEGEND  # noqa: E402 - the path comes first
from allpa_engine.raster.styles import write_styles  # noqa: E402


@pytest.fixture(scope="module")
def application():
    app = core.QgsApplication.instance()
    if app is None:
        app = core.QgsApplication([], False)
        app.initQgis()
    return app


def _raster(path, bands, values):
    driver = gdal.GetDriverByName("GTiff")
    dataset = driver.Create(str(path), values.shape[1], values.shape[0], bands, gdal.GDT_Byte)
    dataset.SetGeoTransform((700_000, 10, 0, 8_600_000, 0, -10))
    for band in range(1, bands + 1):
        dataset.GetRasterBand(band).WriteArray(values)
        dataset.GetRasterBand(band).SetNoDataValue(0)
    dataset = None


@pytest.fixture(scope="module", params=["en", "es"])
def styled(request, tmp_path_factory):
    """A map and a quality raster with what `write_styles` puts beside them."""
    folder = tmp_path_factory.mktemp(f"styles_{request.param}")
    values = (np.arange(20 * 33).reshape(20, 33) % 11).astype(np.uint8)
    landcover, quality = folder / "landcover_2020.tif", folder / "quality_2020.tif"
    _raster(landcover, 1, values)
    _raster(quality, 5, values)
    write_styles(landcover, quality, request.param)
    return landcover, quality, request.param


def test_the_map_opens_with_the_legends_names_and_colours(application, styled):
    landcover, _, language = styled
    layer = core.QgsRasterLayer(str(landcover), "map")
    assert layer.isValid()
    renderer = layer.renderer()
    assert isinstance(renderer, core.QgsPalettedRasterRenderer)
    shown = [(entry.value, entry.label, entry.color.name().lower()) for entry in renderer.classes()]
    assert shown == [(land.code, land.label(language), land.color.lower()) for land in LEGEND]


@pytest.mark.parametrize("key", ["confidence", "agreement", "observations", "months"])
def test_each_quality_style_paints_its_band_with_a_ramp(application, styled, key):
    _, quality, _ = styled
    layer = core.QgsRasterLayer(str(quality), "quality")
    message, loaded = layer.loadNamedStyle(str(quality.with_name(f"quality_2020_{key}.qml")))
    assert loaded, message
    renderer = layer.renderer()
    assert isinstance(renderer, core.QgsSingleBandPseudoColorRenderer)
    assert renderer.band() == ["confidence", "agreement", "observations", "months", "second"].index(key) + 1
    items = renderer.shader().rasterShaderFunction().colorRampItemList()
    assert len(items) == 5
    assert [item.value for item in items] == sorted(item.value for item in items)


def test_the_second_class_has_the_legends_colours(application, styled):
    _, quality, _ = styled
    layer = core.QgsRasterLayer(str(quality), "quality")
    layer.loadNamedStyle(str(quality.with_name("quality_2020_second.qml")))
    renderer = layer.renderer()
    assert isinstance(renderer, core.QgsPalettedRasterRenderer)
    assert renderer.band() == 5
    assert len(renderer.classes()) == 10


def test_the_quality_raster_opens_with_confidence(application, styled):
    _, quality, _ = styled
    layer = core.QgsRasterLayer(str(quality), "quality")
    renderer = layer.renderer()
    assert isinstance(renderer, core.QgsSingleBandPseudoColorRenderer)
    assert renderer.band() == 1


def test_every_class_is_painted_in_its_colour_and_no_data_is_transparent(application, styled):
    landcover, _, _ = styled
    layer = core.QgsRasterLayer(str(landcover), "map")
    block = layer.renderer().block(1, layer.extent(), layer.width(), layer.height())
    colors = {land.code: land.color.lower() for land in LEGEND}
    for column in range(layer.width()):
        code = column % 11
        painted = QColor.fromRgba(block.color(0, column))
        assert (painted.alpha() == 0) if code == 0 else (painted.name() == colors[code])


def test_gdal_reads_category_names_and_the_attribute_table(styled):
    landcover, _, language = styled
    dataset = gdal.Open(str(landcover))
    band = dataset.GetRasterBand(1)
    dataset.GetGeoTransform()  # GDAL 3.6 reads the .aux.xml only when something like this is asked
    names = band.GetRasterCategoryNames()
    assert names[1:] == [land.label(language) for land in LEGEND]
    table = band.GetDefaultRAT()
    assert table.GetRowCount() == 10
    uses = {table.GetUsageOfCol(column): column for column in range(table.GetColumnCount())}
    for row, land in enumerate(LEGEND):
        assert table.GetValueAsInt(row, uses[gdal.GFU_MinMax]) == land.code
        assert table.GetValueAsString(row, uses[gdal.GFU_Name]) == land.label(language)
        rgb = tuple(table.GetValueAsInt(row, uses[use]) for use in (gdal.GFU_Red, gdal.GFU_Green, gdal.GFU_Blue))
        assert rgb == land.rgb
