"""A layer of districts in memory, as a regional office has it."""

from qgis.core import QgsFeature, QgsGeometry, QgsRectangle, QgsVectorLayer


def district_layer(project, name, fields, rows, width_m=1000):
    """A layer with a triangle for each row of attributes, added to the project."""
    columns = "&".join(f"field={field}:string" for field in fields)
    layer = QgsVectorLayer(f"MultiPolygon?crs=EPSG:32718&{columns}", name, "memory")
    for number, values in enumerate(rows):
        left = 730_000 + 1000 * number
        right = left + width_m
        shape = f"MULTIPOLYGON((({left} 8480000, {right} 8480000, {right} 8481000, {left} 8480000)))"
        _add(layer, QgsGeometry.fromWkt(shape), values)
    project.addMapLayer(layer)
    return layer


def district_strips(project, name, fields, rows, extent):
    """A layer that divides an extent (west, south, east, north) from west to east, added to the project."""
    layer = district_layer(project, name, fields, [])
    west, south, east, north = extent
    width = (east - west) / len(rows)
    for number, values in enumerate(rows):
        strip = QgsRectangle(west + width * number, south, west + width * (number + 1), north)
        geometry = QgsGeometry.fromRect(strip)
        geometry.convertToMultiType()
        _add(layer, geometry, values)
    return layer


def _add(layer, geometry, values):
    feature = QgsFeature(layer.fields())
    feature.setGeometry(geometry)
    feature.setAttributes(list(values))
    layer.dataProvider().addFeature(feature)
    layer.updateExtents()
