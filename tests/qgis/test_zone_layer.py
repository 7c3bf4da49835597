"""Zones on their way to the engine and back: as many come out as went in, or a sentence says which did not."""

import csv
import json

import pytest
from osgeo import ogr

AREAS = {"zone": "", "zone_name": "", "ha_1": "1.5", "pixels": "150", "note": ""}


@pytest.fixture
def zone_layer(qgis_app, tmp_path):
    """Makes a GeoJSON layer of squares with the given attributes; None gives a feature without a geometry."""

    def make(rows, shapes=None):
        features = []
        for number, properties in enumerate(rows):
            corners = [(0, 0), (0.01, 0), (0.01, 0.01), (0, 0.01), (0, 0)]
            ring = [[-73 + 0.02 * number + x, -14 + y] for x, y in corners]
            geometry = {"type": "Polygon", "coordinates": [ring]}
            if shapes and shapes[number] != 1:
                geometry = shapes[number](geometry) if callable(shapes[number]) else shapes[number]
            features.append({"type": "Feature", "properties": properties, "geometry": geometry})
        path = tmp_path / "zones.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
        return str(path)

    return make


def algorithm_and_context(provider):
    from qgis.core import QgsProcessingContext, QgsProject

    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    return provider.algorithm("areatable").create(), context


def written_zones(provider, feedback, zones, target, tmp_path, leave_out=()):
    """Write the layer as if the engine had tabulated every zone but those left out; gives its path."""
    from allpa.plugin.algorithms.zone_areas import write_zone_layer
    from qgis.core import QgsVectorLayer

    ids = [feature.id() for feature in QgsVectorLayer(zones, "zones").getFeatures() if feature.id() not in leave_out]
    wide = tmp_path / "areas_zones.csv"
    with wide.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, AREAS)
        writer.writeheader()
        writer.writerows([{**AREAS, "zone": str(key)} for key in ids])
    algorithm, context = algorithm_and_context(provider)
    parameters = {"ZONES": zones, "ZONE_LAYER": str(target)}
    return write_zone_layer(algorithm, parameters, context, wide, feedback)


def rows_of(path):
    source = ogr.Open(str(path))
    layer = source.GetLayer(0)
    names = [
        layer.GetLayerDefn().GetFieldDefn(index).GetName() for index in range(layer.GetLayerDefn().GetFieldCount())
    ]
    return [{name: feature.GetField(name) for name in names} for feature in layer]


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp", "fgb"])
@pytest.mark.parametrize("fids", [[1, 1, 2, None, 2, None], [5, 3, 1, 2, 6, 4], ["a", "b", "a", "", "c", "d"]])
def test_every_zone_arrives_whatever_its_field_fid_holds(provider, feedback, zone_layer, tmp_path, suffix, fids):
    target = tmp_path / f"out.{suffix}"
    zones = zone_layer([{"fid": fid, "district": f"d{number}"} for number, fid in enumerate(fids)])
    written_zones(provider, feedback, zones, target, tmp_path)
    rows = rows_of(target)
    assert sorted(row["district"] for row in rows) == [f"d{number}" for number in range(6)]
    assert [row["ha_1"] for row in rows] == [1.5] * 6
    if len({*fids}) < 6:
        assert {row["district"]: row["fid_1"] or None for row in rows} == {
            f"d{number}": fid or None for number, fid in enumerate(fids)
        }
        assert "fid_1" in feedback.texts[-1]


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp", "fgb"])
def test_own_fields_that_a_format_takes_for_others_arrive(provider, feedback, zone_layer, tmp_path, suffix):
    own = {"geom": "g", "fid": 1, "fid_1": 7, "Name": "upper", "name": "lower"}
    target = tmp_path / f"out.{suffix}"
    written_zones(provider, feedback, zone_layer([own, {**own, "fid_1": 8}]), target, tmp_path)
    rows = rows_of(target)
    assert sorted(row["fid_1"] for row in rows) == [7, 8]
    assert [(row["geom_1"], row["fid_2"], row["Name"], row["name_1"]) for row in rows] == [
        ("g", 1, "upper", "lower")
    ] * 2
    assert feedback.texts[-1].endswith("renamed: geom is geom_1, fid is fid_2, name is name_1.")


def line(polygon):
    return {"type": "LineString", "coordinates": [[x, y] for x, y in polygon["coordinates"][0][:2]]}


def collection(*shapes):
    return lambda polygon: {"type": "GeometryCollection", "geometries": [shape(polygon) for shape in shapes]}


def test_the_polygons_of_collections_are_zones(provider, feedback, zone_layer, tmp_path):
    mixed, nested = collection(dict, line), collection(line, collection(dict))
    zones = zone_layer([{"a": 1}] * 5, shapes=[dict, mixed, nested, line, collection(line)])
    features = zones_for_engine(provider, feedback, zones, tmp_path)
    assert [feature["geometry"]["type"] for feature in features] == ["Polygon", "MultiPolygon", "MultiPolygon"]
    assert feedback.warnings == ["2 zones have no polygon and are left out; feature IDs: 3, 4."]
    target = tmp_path / "out.gpkg"
    written_zones(provider, feedback, zones, target, tmp_path)
    source = ogr.Open(str(target))
    assert [feature.GetGeometryRef().GetArea() for feature in source.GetLayer(0)] == pytest.approx([1e-4] * 3)


def test_own_fields_with_the_names_of_areas_keep_their_values(provider, feedback, zone_layer, tmp_path):
    own = {"zone": "mine", "note": "ours", "pixels": 7, "ha_1": 99.5, "zone_name": "own"}
    target = tmp_path / "out.gpkg"
    written_zones(provider, feedback, zone_layer([own]), target, tmp_path)
    (row,) = rows_of(target)
    assert {name: row[name] for name in own} == own
    assert (row["ha_1_2"], row["pixels_2"]) == (1.5, 150)


def test_zones_without_an_area_are_named_once(provider, feedback, zone_layer, tmp_path):
    target = tmp_path / "out.gpkg"
    written_zones(provider, feedback, zone_layer([{"a": 1}, {"a": 2}, {"a": 3}]), target, tmp_path, leave_out=(1, 2))
    assert len(rows_of(target)) == 1
    assert feedback.warnings == ["2 zones have no area and are left out; feature IDs: 1, 2."]


def test_a_layer_that_refuses_zones_ends_with_a_sentence(provider, feedback, zone_layer, tmp_path):
    from allpa.plugin.algorithms.zone_areas import write_zone_layer
    from allpa.plugin.allpa_engine.core.errors import JobInvalid

    class FullDisk:
        written = 0

        def addFeature(self, *_arguments):  # noqa: N802 - QGIS's name
            self.written += 1
            return self.written <= 1

        def flushBuffer(self):  # noqa: N802 - QGIS's name
            return True

        def lastError(self):  # noqa: N802 - QGIS's name
            return "no space left"

    class WithFullDisk:
        def __init__(self, algorithm):
            self._algorithm = algorithm

        def __getattr__(self, name):
            return getattr(self._algorithm, name)

        def parameterAsSink(self, *_arguments):  # noqa: N802 - QGIS's name
            return FullDisk(), "layer"

    wide = tmp_path / "areas_zones.csv"
    wide.write_text("zone,ha_1\n0,1\n1,2\n2,3\n", encoding="utf-8")
    algorithm, context = algorithm_and_context(provider)
    parameters = {"ZONES": zone_layer([{"a": 1}, {"a": 2}, {"a": 3}]), "ZONE_LAYER": "memory:"}
    with pytest.raises(
        JobInvalid, match=r"2 of 3 zones could not be written to the layer; feature IDs: 1, 2\. no space"
    ):
        write_zone_layer(WithFullDisk(algorithm), parameters, context, wide, feedback)


def zones_for_engine(provider, feedback, zones, tmp_path):
    from allpa.plugin.algorithms.zones import write_zones, zone_source

    algorithm, context = algorithm_and_context(provider)
    path = tmp_path / "for_engine.geojson"
    write_zones(zone_source(algorithm, {"ZONES": zones}, context), path, context, feedback)
    return json.loads(path.read_text(encoding="utf-8"))["features"]


def test_attributes_reach_the_engine_with_null_as_null(provider, feedback, zone_layer, tmp_path):
    zones = zone_layer([{"name": None, "code": 3.0, "share": 0.25}, {"name": "=SUM(A1)", "code": None, "share": None}])
    features = zones_for_engine(provider, feedback, zones, tmp_path)
    assert [feature["properties"] for feature in features] == [
        {"name": None, "code": 3, "share": 0.25},
        {"name": "=SUM(A1)", "code": None, "share": None},
    ]


def test_the_geometry_s_text_of_a_table_is_no_attribute(provider, feedback, zone_layer, tmp_path):
    polygon = "MULTIPOLYGON (((-73 -14,-72.9 -14,-72.9 -13.9,-73 -14)))"
    zones = zone_layer([{"WKT": polygon, "note": "Polygon (old)"}, {"WKT": None, "note": "SRID=32718;Polygon((0 0"}])
    features = zones_for_engine(provider, feedback, zones, tmp_path)
    assert [feature["properties"] for feature in features] == [{"note": "Polygon (old)"}, {"WKT": None}]


def test_zones_without_a_geometry_are_named(provider, feedback, zone_layer, tmp_path):
    zones = zone_layer([{"a": 1}, {"a": 2}, {"a": 3}], shapes=[1, None, None])
    assert len(zones_for_engine(provider, feedback, zones, tmp_path)) == 1
    assert feedback.warnings == ["2 zones have no polygon and are left out; feature IDs: 1, 2."]


def test_a_layer_of_no_geometries_is_refused(provider, feedback, zone_layer, tmp_path):
    from allpa.plugin.allpa_engine.core.errors import RegionInvalid

    with pytest.raises(RegionInvalid, match="zone layer has no polygons"):
        zones_for_engine(provider, feedback, zone_layer([{"a": 1}], shapes=[None]), tmp_path)


@pytest.mark.parametrize(("x", "says"), [(0.01, ""), (500_000.0, "feature ID 1 cannot be mapped")])
def test_a_zone_layer_without_a_crs_is_reported_or_refused(provider, feedback, tmp_path, x, says):
    from allpa.plugin.algorithms.zones import write_zones, zone_source
    from allpa.plugin.allpa_engine.core.errors import RegionInvalid
    from qgis.core import QgsCoordinateReferenceSystem, QgsFeature, QgsGeometry, QgsProject, QgsVectorLayer

    layer = QgsVectorLayer("Polygon", "lost", "memory")
    layer.setCrs(QgsCoordinateReferenceSystem())
    feature = QgsFeature()
    feature.setGeometry(QgsGeometry.fromWkt(f"POLYGON((0 0,{x} 0,{x} {x},0 0))"))
    layer.dataProvider().addFeature(feature)
    QgsProject.instance().addMapLayer(layer)
    algorithm, context = algorithm_and_context(provider)
    source = zone_source(algorithm, {"ZONES": layer.id()}, context)
    try:
        if says:
            with pytest.raises(RegionInvalid, match=says):
                write_zones(source, tmp_path / "z.geojson", context, feedback)
        else:
            write_zones(source, tmp_path / "z.geojson", context, feedback)
        assert "The layer lost has no CRS" in feedback.warnings[0]
    finally:
        QgsProject.instance().removeMapLayer(layer.id())


def test_a_geopackage_that_leaves_its_crs_undefined_is_reported(provider, feedback, tmp_path):
    from allpa.plugin.algorithms.zones import write_zones, zone_source

    path = tmp_path / "lost.gpkg"
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = source.CreateLayer("lost", None, ogr.wkbPolygon)
    feature = ogr.Feature(layer.GetLayerDefn())
    feature.SetGeometry(ogr.CreateGeometryFromWkt("POLYGON((-73 -13,-72.9 -13,-72.9 -12.9,-73 -13))"))
    layer.CreateFeature(feature)
    del feature, layer, source
    algorithm, context = algorithm_and_context(provider)
    write_zones(zone_source(algorithm, {"ZONES": str(path)}, context), tmp_path / "z.geojson", context, feedback)
    assert "has no CRS; its coordinates are taken as longitude and latitude" in feedback.warnings[0]
