"""Inputs as large as an office has them: a long outline, a layer of districts, a file of labels."""

import math

import numpy as np
from qgis.core import (
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsVectorFileWriter,
    QgsVectorLayer,
)


def long_outline(corners, radius=0.6, west=-72.9, south=-13.6):
    """A lobed polygon of about 100 km, in longitude and latitude."""
    angles = np.linspace(0, 2 * math.pi, corners, endpoint=False)
    lobes = radius * (1 + 0.15 * np.sin(7 * angles) + 0.05 * np.sin(53 * angles) + 0.01 * np.sin(997 * angles))
    places = zip((west + lobes * np.cos(angles)).tolist(), (south + lobes * np.sin(angles)).tolist())
    return QgsGeometry.fromPolygonXY([[QgsPointXY(x, y) for x, y in places]])


def district_layer(count, corners=12):
    """A memory layer of polygons that do not touch, with codes and names."""
    fields = "field=UBIGEO:string&field=NOMBDIST:string&field=NOMBPROV:string"
    layer = QgsVectorLayer(f"MultiPolygon?crs=EPSG:4326&{fields}", "distritos", "memory")
    angles = np.linspace(0, 2 * math.pi, corners, endpoint=False)
    ring = list(zip((0.009 * np.cos(angles)).tolist(), (0.009 * np.sin(angles)).tolist()))
    side = math.ceil(count**0.5)
    features = []
    for number in range(count):
        west, south = -75 + 0.02 * (number % side), -16 + 0.02 * (number // side)
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromPolygonXY([[QgsPointXY(west + x, south + y) for x, y in ring]]))
        feature.setAttributes([f"{number:06d}", f"Distrito {number}", f"Provincia {number // 100}"])
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    layer.updateExtents()
    return layer


def label_file(path, count):
    """A GeoPackage of points with a field of three classes, one after the other."""
    layer = QgsVectorLayer("Point?crs=EPSG:4326&field=class:string&field=suggested:string", "labels", "memory")
    features = []
    for number in range(count):
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(-72 + number * 1e-5, -13)))
        feature.setAttributes([("Water", "Trees", "Crops")[number % 3], "Grass"])
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    QgsVectorFileWriter.writeAsVectorFormatV3(layer, str(path), QgsCoordinateTransformContext(), options)
    return path
