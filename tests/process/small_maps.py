"""Tiny maps, quality rasters and zones, written by GDAL, whose areas can be counted by numpy."""

import json

import numpy as np

LEFT, TOP = 700_000, 8_500_000
YEARS = (2018, 2019, 2020)


def write_raster(path, bands, left=LEFT, resolution=10, tags=None):
    """Write `(band, y, x)` uint8 as GeoTIFF in UTM zone 18 south, no data 0."""
    from osgeo import gdal, osr

    bands = np.asarray(bands, np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    raster = gdal.GetDriverByName("GTiff").Create(str(path), bands.shape[2], bands.shape[1], len(bands), gdal.GDT_Byte)
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(32718)
    raster.SetProjection(crs.ExportToWkt())
    raster.SetGeoTransform((left, resolution, 0, TOP, 0, -resolution))
    raster.SetMetadata(tags or {})
    for number, band in enumerate(bands, 1):
        raster.GetRasterBand(number).SetNoDataValue(0)
        raster.GetRasterBand(number).WriteArray(band)
    raster.FlushCache()
    return str(path)


def codes_of(seed, shape=(37, 53)):
    """Classes 1 to 9 in patches, with a strip of no data; maps of neighbouring seeds agree in most pixels."""
    codes = np.kron(np.random.default_rng(0).integers(1, 10, (8, 11)), np.ones((5, 5)))[: shape[0], : shape[1]]
    changed = np.random.default_rng(seed).random(shape) < 0.2
    codes[changed] = 1 + codes[changed] % 9
    codes[:, :3] = 0
    return codes.astype(np.uint8)


def quality_of(shape=(37, 53)):
    """Bands confidence, agreement, observations, months, second: the upper half is sure, the lower half is not."""
    bands = np.ones((5, *shape), np.uint8)
    bands[:3, : shape[0] // 2] = np.array([250, 100, 9], np.uint8)[:, None, None]
    return bands


def write_zones(path, squares, crs=32718):
    """Write named rectangles `name: (x, y, width, height)`, metres right of and below the maps' corner."""
    from osgeo import ogr, osr

    system = osr.SpatialReference()
    system.ImportFromEPSG(crs)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = source.CreateLayer("zones", system, ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("district", ogr.OFTString))
    layer.CreateField(ogr.FieldDefn("note", ogr.OFTString))
    for name, (x, y, width, height) in squares.items():
        left, top = LEFT + x, TOP - y
        corners = [(left, top), (left + width, top), (left + width, top - height), (left, top - height), (left, top)]
        feature = ogr.Feature(layer.GetLayerDefn())
        feature["district"], feature["note"] = name, "own note"
        text = ", ".join(f"{corner[0]} {corner[1]}" for corner in corners)
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POLYGON(({text}))"))
        layer.CreateFeature(feature)
    layer = source = None  # OGR writes a layer when it is let go
    return str(path)


def write_finished_run(folder):
    """A folder with the job and the scene list of a run."""
    folder.mkdir(parents=True)
    job = {"folder": str(folder), "start": "2020-01-01", "end": "2020-12-31", "max_scenes": 7, "region_name": "Valle"}
    (folder / "job.json").write_text(json.dumps(job))
    (folder / "scenes_2020.json").write_text(json.dumps({"features": []}))
    return folder
