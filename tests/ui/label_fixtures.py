"""A run's folder with scenes and predictions, and the labelling page on a canvas."""

import numpy as np
from osgeo import gdal, osr
from sample_files import NORTH_WEST, SIDE

BANDS = ("B02", "B03", "B04", "B08", "B11", "B12", "SCL")
SCENES = (("2020-03-01", 0.2, 4, 5), ("2020-06-01", 0.6, 4, 5), ("2020-09-01", 0.5, 9, 10), ("2020-11-01", 0.3, 5, 3))
"""Day, NDVI, scene classification and class of the prediction; the same everywhere."""
SIZE_PX = 480


def write_run(folder, scenes=SCENES, *, stored_ndvi=False):
    """Scenes and predictions of the ground of the samples."""
    (folder / "scenes").mkdir(parents=True)
    (folder / "predictions").mkdir()
    for day, ndvi, scl, code in scenes:
        name = f"S2A_{day.replace('-', '')}"
        red = 2000 * (1 - ndvi) / (1 + ndvi)
        values = (500, 600, red, 2000, 1800, 1500, scl)
        tags = {"ALLPA_SCENE": name, "ALLPA_DATE": day, "ALLPA_TILE": "18LYL"}
        _write(folder / "scenes" / f"{name}.tif", values, BANDS, gdal.GDT_UInt16, tags)
        tags |= {"ALLPA_MODEL": "0f"}
        names = ("class", "confidence", "scene classification")
        values = (code, 200, scl)
        if stored_ndvi:
            names, values = (*names, "vegetation index NDVI"), (*values, round(128 + 127 * ndvi))
        _write(folder / "predictions" / f"{name}.tif", values, names, gdal.GDT_Byte, tags)
    return folder


def _write(path, values, names, kind, tags):
    made = gdal.GetDriverByName("GTiff").Create(str(path), SIZE_PX, SIZE_PX, len(values), kind)
    made.SetGeoTransform((NORTH_WEST[0], SIDE, 0, NORTH_WEST[1], 0, -SIDE))
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(32718)
    made.SetProjection(srs.ExportToWkt())
    made.SetMetadata(tags)
    for number, (value, name) in enumerate(zip(values, names), 1):
        band = made.GetRasterBand(number)
        band.SetDescription(name)
        band.WriteArray(np.full((SIZE_PX, SIZE_PX), value))
