"""The change raster in the real QGIS: every pair that exists has its name and colour, and GDAL knows the names too."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGINE_PYTHON = os.environ.get("ALLPA_TEST_ENGINE", "")
CHANGE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from allpa_engine.change import write_change_raster
write_change_raster(*map(Path, sys.argv[2:5]), language="es")
"""
CROPS, FADED_TREES = (255, 219, 92), (198, 220, 192)

pytestmark = pytest.mark.skipif(not Path(ENGINE_PYTHON).is_file(), reason="needs the engine's environment")


def write(path, codes):
    from osgeo import gdal, osr

    raster = gdal.GetDriverByName("GTiff").Create(str(path), codes.shape[1], codes.shape[0], 1, gdal.GDT_Byte)
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(32718)
    raster.SetProjection(crs.ExportToWkt())
    raster.SetGeoTransform((700_000, 10, 0, 8_500_000, 0, -10))
    raster.GetRasterBand(1).WriteArray(codes)
    raster.FlushCache()
    return path


@pytest.fixture
def change(qgis_app, tmp_path):
    """Trees of which the right half became crops, and a corner without data."""
    before = np.full((60, 80), 2, np.uint8)
    after = before.copy()
    after[:, 40:] = 5
    after[:10, :10] = 0
    maps = [write(tmp_path / f"{year}.tif", codes) for year, codes in ((2020, before), (2021, after))]
    path = tmp_path / "change.tif"
    command = [ENGINE_PYTHON, "-W", "ignore", "-c", CHANGE, str(ROOT / "plugin"), *map(str, maps), str(path)]
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "QGIS", "GDAL", "PROJ"))
    }
    answer = subprocess.run(command, capture_output=True, text=True, timeout=300, env=plain)
    assert answer.returncode == 0, answer.stderr
    return path


def rendered(layer, width, height):
    """The layer as QGIS draws it, `(y, x, 3)`."""
    from qgis.core import QgsMapRendererParallelJob, QgsMapSettings
    from qgis.PyQt.QtCore import QSize
    from qgis.PyQt.QtGui import QColor, QImage

    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(layer.extent())
    settings.setOutputSize(QSize(width, height))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage().convertToFormat(QImage.Format.Format_RGB888)
    bits = image.constBits()
    bits.setsize(image.sizeInBytes())
    rows = np.frombuffer(bits, np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def test_qgis_shows_the_pairs_that_exist(change):
    from qgis.core import QgsPalettedRasterRenderer, QgsRasterLayer

    layer = QgsRasterLayer(str(change), "change")
    assert isinstance(layer.renderer(), QgsPalettedRasterRenderer)
    shown = [(entry.value, entry.label) for entry in layer.renderer().classes()]
    assert shown == [(37, "Árboles → Cultivos"), (34, "Árboles")]
    picture = rendered(layer, 80, 60)
    assert tuple(picture[30, 60]) == CROPS
    assert np.abs(picture[30, 20].astype(int) - FADED_TREES).max() <= 2
    assert tuple(picture[4, 4]) == (255, 255, 255)


def test_gdal_knows_the_names(change):
    from osgeo import gdal

    opened = gdal.Open(str(change))
    opened.GetGeoTransform()  # GDAL 3.6 reads the .aux.xml only when something like this is asked
    names = opened.GetRasterBand(1).GetRasterCategoryNames()
    assert {code: name for code, name in enumerate(names) if name} == {34: "Árboles", 37: "Árboles → Cultivos"}
    assert opened.GetRasterBand(1).GetColorTable().GetColorEntry(37)[:3] == CROPS
    table = opened.GetRasterBand(1).GetDefaultRAT()
    rows = [[table.GetValueAsString(row, column) for column in range(8)] for row in range(table.GetRowCount())]
    assert [(row[0], row[6], row[7]) for row in rows] == [("34", "Árboles", "Árboles"), ("37", "Árboles", "Cultivos")]
    assert tuple(map(int, rows[1][2:5])) == CROPS
