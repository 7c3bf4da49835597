"""Every style that comes with a result, drawn by QGIS's own renderer: each pixel has the colour that the legend shows.

`ALLPA_PICTURES` names a folder where the pictures are left to be looked at.
"""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGINE_PYTHON = os.environ.get("ALLPA_TEST_ENGINE", "")
PICTURES = os.environ.get("ALLPA_PICTURES", "")
BLOCK = 12
"""Pixels of one value are squares of this side."""
MAKE = """
import sys
from pathlib import Path
import numpy as np
sys.path.insert(0, sys.argv[1])
from allpa_engine.geo.grid import Grid
from allpa_engine.core.job import Job
from allpa_engine.run.pipeline import run_job
from allpa_engine.core.products import LANDCOVER, QUALITY, RasterMetadata
from allpa_engine.core.protocol import NullReporter
from allpa_engine.raster.cog import create_geotiff, write_cog
from allpa_engine.raster.styles import write_styles

folder, language = Path(sys.argv[2]), sys.argv[3]
codes = np.arange(11, dtype=np.uint8)
before, after = np.meshgrid(codes, codes, indexing="ij")
stops = ([0, 1, 64, 96, 128, 160, 191, 220, 255, 30, 200], [0, 1, 25, 40, 50, 60, 75, 80, 100, 90, 10],
         [0, 1, 3, 4, 5, 7, 10, 15, 20, 200, 2], [0, 1, 3, 4, 6, 7, 9, 10, 12, 11, 2], codes)
quality = np.stack([np.tile(np.uint8(stop), (11, 1)) for stop in stops])
facts = RasterMetadata("Valle", "2020-01-01", "2020-12-31", 3, ())

def write(name, kind, values):
    large = np.repeat(np.repeat(values, 12, 1), 12, 2)
    grid = Grid("EPSG:32718", 700_000, 8_500_000, 10, large.shape[2], large.shape[1])
    with create_geotiff(folder / "plain.tif", grid, kind, facts) as plain:
        plain.write(large)
    write_cog(folder / "plain.tif", folder / name, kind)
    return folder / name

maps = [write(f"landcover_{year}.tif", LANDCOVER, codes[None]) for year, codes in ((2020, before), (2021, after))]
qualities = [write(f"quality_{year}.tif", QUALITY, quality) for year in (2020, 2021)]
for map_path, quality_path in zip(maps, qualities):
    write_styles(map_path, quality_path, language)
named = {name: str(path) for name, path in zip(("2020", "2021"), maps)}
paths = {name: str(path) for name, path in zip(("2020", "2021"), qualities)}
run_job(Job(str(folder), task="change", maps=named, qualities=paths, change_class=2, language=language), NullReporter())
"""

pytestmark = pytest.mark.skipif(not Path(ENGINE_PYTHON).is_file(), reason="needs the engine's environment")


@pytest.fixture(scope="module", params=["en", "es"])
def results(request, qgis_app, tmp_path_factory):
    """A folder with two maps, their quality rasters and all that comes of comparing them; every value occurs."""
    folder = tmp_path_factory.mktemp(f"styles_{request.param}")
    command = [ENGINE_PYTHON, "-W", "ignore", "-c", MAKE, str(ROOT / "plugin"), str(folder), request.param]
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "QGIS", "GDAL", "PROJ"))
    }
    answer = subprocess.run(command, capture_output=True, text=True, timeout=600, env=plain | {"OMP_NUM_THREADS": "1"})
    assert answer.returncode == 0, answer.stderr
    return folder, request.param


def styled(path, style=None):
    """A layer with the style beside it, or another of the styles beside it."""
    from qgis.core import QgsRasterLayer

    layer = QgsRasterLayer(str(path), path.stem)
    assert layer.isValid()
    if style is not None:
        message, done = layer.loadNamedStyle(str(style))
        assert done, message
    return layer


def drawn(layer, name):
    """The middles of the squares as QGIS's renderer paints them, `(y, x, 4)`; transparent where nothing is."""
    from qgis.core import QgsMapRendererParallelJob, QgsMapSettings
    from qgis.PyQt.QtCore import QSize, Qt
    from qgis.PyQt.QtGui import QColor, QImage

    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(layer.extent())
    settings.setOutputSize(QSize(layer.width(), layer.height()))
    settings.setBackgroundColor(QColor(Qt.GlobalColor.transparent))
    settings.setFlag(QgsMapSettings.Antialiasing, False)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage().convertToFormat(QImage.Format.Format_RGBA8888)
    if PICTURES:
        image.save(str(Path(PICTURES) / f"{name}.png"))
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    pixels = np.frombuffer(bits, np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)[:, : image.width()]
    return pixels[BLOCK // 2 :: BLOCK, BLOCK // 2 :: BLOCK].astype(int)


def values(layer, band):
    """The same squares' values, `(y, x)`."""
    from osgeo import gdal

    raster = gdal.Open(layer.source())  # a band dies with its raster
    return raster.GetRasterBand(band).ReadAsArray()[BLOCK // 2 :: BLOCK, BLOCK // 2 :: BLOCK]


def assert_paletted(layer, name):
    """Each value is painted in the colour of its entry in the legend, 0 not at all; gives the legend's labels."""
    pixels, codes = drawn(layer, name), values(layer, layer.renderer().band())
    entries = {int(entry.value): entry for entry in layer.renderer().classes()}
    assert set(np.unique(codes[codes > 0]).tolist()) <= set(entries)
    for code, entry in entries.items():
        painted = pixels[codes == code]
        expected = (entry.color.red(), entry.color.green(), entry.color.blue(), 255)
        assert len(painted), f"{entry.label} does not occur"
        assert np.abs(painted - expected).max() <= 1, entry.label
    assert (pixels[codes == 0][:, 3] == 0).all()
    shown = [item[0] for item in layer.legendSymbologyItems()]
    assert shown == [entry.label for entry in layer.renderer().classes()]
    return {code: (entry.label, entry.color.name()) for code, entry in entries.items()}


def test_the_map_is_drawn_in_the_legend_s_colours(results):
    from allpa.plugin.allpa_engine.core.legend import LEGEND

    folder, language = results
    labels = assert_paletted(styled(folder / "landcover_2020.tif"), f"landcover_{language}")
    assert labels == {land.code: (land.label(language), land.color.lower()) for land in LEGEND}


@pytest.mark.parametrize("key", ["confidence", "agreement", "observations", "months"])
def test_a_quality_band_is_drawn_between_the_colours_of_its_stops(results, key):
    folder, language = results
    quality = folder / "quality_2020.tif"
    layer = styled(quality, folder / f"quality_2020_{key}.qml")
    pixels, numbers = drawn(layer, f"{key}_{language}"), values(layer, layer.renderer().band())
    stops = layer.renderer().shader().rasterShaderFunction().colorRampItemList()
    at = [stop.value for stop in stops]
    colors = np.array([(stop.color.red(), stop.color.green(), stop.color.blue()) for stop in stops])
    for number in np.unique(numbers[numbers > 0]):
        expected = [np.interp(number, at, colors[:, channel]) for channel in range(3)]
        painted = pixels[numbers == number]
        assert np.abs(painted[:, :3] - expected).max() <= 2, f"{key} {number}"
        assert (painted[:, 3] == 255).all()
    assert (pixels[numbers == 0][:, 3] == 0).all()
    assert len({tuple(pixel) for pixel in pixels[0, 1:9, :3]}) == 8  # each step can be told from the next


def test_the_second_class_is_drawn_as_a_class(results):
    folder, language = results
    layer = styled(folder / "quality_2020.tif", folder / "quality_2020_second.qml")
    assert_paletted(layer, f"second_{language}")


def test_change_is_drawn_in_the_later_class_s_colour_and_paler_where_nothing_changed(results):
    from allpa.plugin.allpa_engine.core.legend import LEGEND

    folder, language = results
    labels = assert_paletted(styled(folder / "change_2020_2021.tif"), f"change_{language}")
    assert len(labels) == 100
    for before in LEGEND:
        for after in LEGEND:
            label, color = labels[16 * before.code + after.code]
            if before == after:
                assert label == before.label(language)
                assert sum(int(color[place : place + 2], 16) for place in (1, 3, 5)) >= sum(before.rgb)
            else:
                assert (label, color) == (f"{before.label(language)} → {after.label(language)}", after.color.lower())


def test_certainty_and_one_class_are_drawn_in_three_colours(results):
    folder, language = results
    certainty = assert_paletted(styled(folder / "certainty_2020_2021.tif"), f"certainty_{language}")
    assert len({color for _, color in certainty.values()}) == 3
    one_class = assert_paletted(styled(folder / "change_2020_2021_class_2.tif"), f"one_class_{language}")
    names = {"en": ("Trees: unchanged", "Trees: lost", "Trees: gained")}
    names["es"] = ("Árboles: sin cambio", "Árboles: pérdida", "Árboles: ganancia")
    assert tuple(one_class[value][0] for value in (1, 2, 3)) == names[language]
    assert len({color for _, color in one_class.values()}) == 3


def test_a_scene_s_prediction_is_drawn_as_the_map(results, tmp_path):
    from allpa.plugin.layers.results import PREDICTION, open_result
    from osgeo import gdal

    folder, language = results
    gdal.Translate(str(tmp_path / "scene.tif"), str(folder / "landcover_2020.tif"), bandList=[1, 1, 1])
    layer = open_result(str(tmp_path / "scene.tif"), PREDICTION, "scene")
    assert_paletted(layer, f"prediction_{language}")
