"""A layer of districts in memory, as a regional office has it."""

from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer


def district_layer(project, name, fields, rows, width_m=1000):
    """A layer with a triangle for each row of attributes, added to the project."""
    columns = "&".join(f"field={field}:string" for field in fields)
    layer = QgsVectorLayer(f"MultiPolygon?crs=EPSG:32718&{columns}", name, "memory")
    for number, values in enumerate(rows):
        feature = QgsFeature(layer.fields())
        left = 730_000 + 1000 * number
        right = left + width_m
        shape = f"MULTIPOLYGON((({left} 8480000, {right} 8480000, {right} 8481000, {left} 8480000)))"
        feature.setGeometry(QgsGeometry.fromWkt(shape))
        feature.setAttributes(list(values))
        layer.dataProvider().addFeature(feature)
    layer.updateExtents()
    project.addMapLayer(layer)
    return layer
