"""Samples as GeoPackages, written by GDAL after the schema; no code of the project but its names is in them."""

import json

from osgeo import ogr, osr

TYPES = {"INTEGER": ogr.OFTInteger, "TEXT": ogr.OFTString}
NORTH_WEST = (730_000, 8_490_000)
SIDE = 10


def grid_points(count, columns=20, step_px=23):
    """Centres of pixels of a map whose north-west corner is `NORTH_WEST`: point_id, x, y, class of the map."""
    west, north = NORTH_WEST
    return [
        (
            number + 1,
            west + SIDE * (step_px * (number % columns) + 0.5),
            north - SIDE * (step_px * (number // columns) + 0.5),
            number % 9 + 1,
        )
        for number in range(count)
    ]


def write_sample(path, count=25, interpreters=("1",), epsg=32718, points=None, **design):
    """Write a sample of points on a grid, unlabelled."""
    from allpa.plugin.allpa_engine.core import sample_schema as schema

    points = grid_points(count) if points is None else points
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(epsg)
    made = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    options = ["SPATIAL_INDEX=NO", "GEOMETRY_NAME=geom"]
    layers = {}
    for name, fields in ((schema.POINTS_LAYER, schema.POINT_FIELDS), (schema.LABELS_LAYER, schema.LABEL_FIELDS)):
        layers[name] = made.CreateLayer(name, srs, ogr.wkbPoint, options)
        for field, kind in fields:
            layers[name].CreateField(ogr.FieldDefn(field, TYPES[kind]))
    facts_layer = made.CreateLayer(schema.DESIGN_TABLE, None, ogr.wkbNone)
    for field in ("key", "value"):
        facts_layer.CreateField(ogr.FieldDefn(field, ogr.OFTString))
    made.StartTransaction()
    for point_id, x, y, map_class in points:
        _add(layers[schema.POINTS_LAYER], (x, y), point_id=point_id, stratum=f"class {map_class}", map_class=map_class)
        for interpreter in interpreters:
            _add(layers[schema.LABELS_LAYER], (x, y), point_id=point_id, interpreter=interpreter)
    facts = {
        "map_digest": "0f" * 32,
        "map_name": "landcover_2020.tif",
        "kind": "landcover",
        "crs": f"EPSG:{epsg}",
        "method": "simple",
        "strata": [{"name": "all", "map_class": None, "zone": None, "pixels": 230_400, "area_ha": 2304.9}],
        "seed": 7,
        "interpreters": list(interpreters),
        "created": "2026-05-01T08:00:00+00:00",
        **design,
    }  # fmt: skip
    for key, value in facts.items():
        _add(facts_layer, None, key=key, value=json.dumps(value))
    made.CommitTransaction()
    return path


def _add(layer, xy, **values):
    feature = ogr.Feature(layer.GetLayerDefn())
    for name, value in values.items():
        feature.SetField(name, value)
    if xy:
        geometry = ogr.Geometry(ogr.wkbPoint)
        geometry.AddPoint_2D(*xy)
        feature.SetGeometry(geometry)
    assert layer.CreateFeature(feature) == 0


def rows_of(path, sql):
    """What SQLite says."""
    import sqlite3

    with sqlite3.connect(path) as connection:
        found = connection.execute(sql).fetchall()
    connection.close()
    return found
