"""The region of a job: joined, transformed and checked, against PROJ by another way."""

import json

import pytest
from osgeo import ogr, osr


@pytest.fixture
def geojson_of(provider, feedback):
    from allpa.plugin.algorithms.region import region_geojson
    from qgis.core import QgsProcessingContext, QgsProject

    def make(parameters, *, optional=False):
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        algorithm = provider.algorithm("landcovermap").create()
        return region_geojson(algorithm, parameters, context, optional=optional, feedback=feedback)

    return make


def layer_of(crs, *wkts, kind="Polygon"):
    from qgis.core import QgsFeature, QgsGeometry, QgsVectorLayer

    layer = QgsVectorLayer(f"{kind}?crs={crs}", "region", "memory")
    features = []
    for wkt in wkts:
        feature = QgsFeature()
        feature.setGeometry(QgsGeometry.fromWkt(wkt))
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    return layer


def area_of(geojson):
    return ogr.CreateGeometryFromJson(json.dumps(geojson)).Area()


def in_wgs84(epsg, wkt, spacing):
    source, target = osr.SpatialReference(), osr.SpatialReference()
    source.ImportFromEPSG(epsg)
    target.ImportFromEPSG(4326)
    for reference in (source, target):
        reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    geometry = ogr.CreateGeometryFromWkt(wkt)
    geometry.Segmentize(spacing)
    geometry.Transform(osr.CoordinateTransformation(source, target))
    return geometry


def test_a_geometry_in_longitude_and_latitude_stays_as_it_is(geojson_of):
    made = geojson_of({"GEOMETRY": "CRS=EPSG:4326;POLYGON((0 0,1 0,1 1,0 0))"})
    assert made == {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}


def test_without_a_crs_a_geometry_is_longitude_and_latitude(geojson_of):
    assert area_of(geojson_of({"GEOMETRY": "POLYGON((0 0,1 0,1 1,0 0))"})) == pytest.approx(0.5)


@pytest.mark.parametrize("epsg", [32718, 3857, 3035])
def test_a_large_projected_square_keeps_its_bent_edges(geojson_of, epsg):
    x, y = {32718: (600_000, 8_300_000), 3857: (0, 8_000_000), 3035: (4_000_000, 3_000_000)}[epsg]
    wkt = f"POLYGON(({x} {y},{x + 200_000} {y},{x + 200_000} {y + 200_000},{x} {y + 200_000},{x} {y}))"
    truth = in_wgs84(epsg, wkt, 100)
    made = ogr.CreateGeometryFromJson(json.dumps(geojson_of({"GEOMETRY": f"CRS=EPSG:{epsg};{wkt}"})))
    assert made.SymDifference(truth).Area() < truth.Area() * 1e-5


def test_an_extent_is_a_rectangle_of_its_own_crs(geojson_of):
    made = geojson_of({"EXTENT": "700000,710000,8490000,8500000 [EPSG:32718]"})
    truth = in_wgs84(32718, "POLYGON((700000 8490000,710000 8490000,710000 8500000,700000 8500000,700000 8490000))", 50)
    drawn = ogr.CreateGeometryFromJson(json.dumps(made))
    assert drawn.SymDifference(truth).Area() < truth.Area() * 1e-5


def test_the_polygons_of_a_layer_are_joined_and_overlaps_counted_once(geojson_of):
    layer = layer_of("EPSG:4326", "POLYGON((0 0,2 0,2 2,0 2,0 0))", "POLYGON((1 0,3 0,3 2,1 2,1 0))")
    made = geojson_of({"REGION": layer})
    assert made["type"] == "Polygon"
    assert area_of(made) == pytest.approx(6)


def test_parts_apart_make_a_multipolygon_and_holes_stay(geojson_of):
    layer = layer_of(
        "EPSG:4326", "POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,1 2,2 2,2 1,1 1))", "POLYGON((5 5,6 5,6 6,5 6,5 5))"
    )
    made = geojson_of({"REGION": layer})
    assert made["type"] == "MultiPolygon"
    assert area_of(made) == pytest.approx(16 - 1 + 1)


def test_selected_features_alone_are_used_where_asked_for(geojson_of):
    from qgis.core import QgsProcessingFeatureSourceDefinition, QgsProject

    layer = layer_of("EPSG:4326", "POLYGON((0 0,2 0,2 2,0 2,0 0))", "POLYGON((5 5,6 5,6 6,5 6,5 5))")
    QgsProject.instance().addMapLayer(layer)
    layer.selectByIds([2])
    made = geojson_of({"REGION": QgsProcessingFeatureSourceDefinition(layer.id(), True)})
    QgsProject.instance().removeMapLayer(layer.id())
    assert area_of(made) == pytest.approx(1)


def test_heights_are_dropped_and_curves_made_straight(geojson_of):
    high = geojson_of({"GEOMETRY": "CRS=EPSG:4326;POLYGON Z((0 0 9,1 0 9,1 1 9,0 0 9))"})
    assert {len(point) for point in high["coordinates"][0]} == {2}
    circle = geojson_of({"GEOMETRY": "CRS=EPSG:4326;CURVEPOLYGON(CIRCULARSTRING(0 0,1 1,2 0,1 -1,0 0))"})
    assert area_of(circle) == pytest.approx(3.14159, rel=1e-3)


@pytest.mark.parametrize(
    ("wkts", "says"),
    [
        ([], "no polygons"),
        (["POLYGON((0 0,1 0,2 0,0 0))"], "has no area"),
        (["POLYGON EMPTY", "POLYGON EMPTY"], "empty"),
    ],
)
def test_unusable_layers_are_refused(geojson_of, wkts, says):
    from allpa.plugin.allpa_engine.core.errors import RegionInvalid

    with pytest.raises(RegionInvalid, match=says):
        geojson_of({"REGION": layer_of("EPSG:4326", *wkts)})


def test_self_intersections_of_single_features_are_repaired_with_a_note(geojson_of, feedback):
    layer = layer_of("EPSG:4326", "POLYGON((0 0,1 1,1 0,0 1,0 0))", "POLYGON((5 5,6 5,6 6,5 6,5 5))")
    made = geojson_of({"REGION": layer})
    assert area_of(made) == pytest.approx(0.5 + 1)
    assert ogr.CreateGeometryFromJson(json.dumps(made)).IsValid()
    assert feedback.warnings == ["Self-intersections were repaired in the region; polygons: 1."]
    drawn = geojson_of({"GEOMETRY": "CRS=EPSG:4326;POLYGON((0 0,1 1,1 0,0 1,0 0))"})
    assert area_of(drawn) == pytest.approx(0.5)
    assert len(feedback.warnings) == 2


def test_features_without_a_geometry_are_no_region_and_harm_none(geojson_of):
    assert area_of(geojson_of({"REGION": layer_of("EPSG:4326", "", "POLYGON((0 0,1 0,1 1,0 1,0 0))")})) == 1


def test_an_empty_selection_is_distinguished_from_an_empty_layer(geojson_of):
    from allpa.plugin.allpa_engine.core.errors import RegionInvalid
    from qgis.core import QgsProcessingFeatureSourceDefinition, QgsProject

    layer = layer_of("EPSG:4326", "POLYGON((0 0,2 0,2 2,0 2,0 0))")
    QgsProject.instance().addMapLayer(layer)
    try:
        with pytest.raises(RegionInvalid, match="No feature is selected in the region layer"):
            geojson_of({"REGION": QgsProcessingFeatureSourceDefinition(layer.id(), True)})
    finally:
        QgsProject.instance().removeMapLayer(layer.id())


def test_a_layer_without_a_crs_is_reported(geojson_of, feedback):
    from qgis.core import QgsCoordinateReferenceSystem, QgsProject

    layer = layer_of("EPSG:4326", "POLYGON((0 0,2 0,2 2,0 2,0 0))")
    layer.setCrs(QgsCoordinateReferenceSystem())
    QgsProject.instance().addMapLayer(layer)
    try:
        assert area_of(geojson_of({"REGION": layer.id()})) == pytest.approx(4)
        assert "The layer region has no CRS" in feedback.warnings[0]
    finally:
        QgsProject.instance().removeMapLayer(layer.id())


@pytest.mark.parametrize("crs", ["EPSG:3832", "EPSG:4326"])
def test_a_layer_across_the_antimeridian_is_reported(geojson_of, crs):
    from allpa.plugin.allpa_engine.core.errors import RegionInvalid

    x, y = {"EPSG:3832": (3_300_000, -1_950_000), "EPSG:4326": (179.5, -17.5)}[crs]
    size = {"EPSG:3832": 200_000, "EPSG:4326": 1.5}[crs]
    square = f"POLYGON(({x} {y},{x + size} {y},{x + size} {y + size},{x} {y + size},{x} {y}))"
    with pytest.raises(RegionInvalid, match="crosses the 180th meridian"):
        geojson_of({"REGION": layer_of(crs, square)})


def test_a_region_split_at_the_antimeridian_is_fine(geojson_of):
    east, west = "POLYGON((179 -17,180 -17,180 -16,179 -16,179 -17))", "POLYGON((-180 -17,-179 -17,-179 -16,-180 -17))"
    assert geojson_of({"REGION": layer_of("EPSG:4326", east, west)})["type"] == "MultiPolygon"


def test_the_polygons_of_a_collection_are_the_region(geojson_of):
    nested = "GEOMETRYCOLLECTION(POLYGON((2 0,3 0,3 1,2 0)))"
    mixed = f"GEOMETRYCOLLECTION(POLYGON((0 0,1 0,1 1,0 0)),LINESTRING(5 5,9 9),{nested})"
    made = ogr.CreateGeometryFromJson(json.dumps(geojson_of({"GEOMETRY": f"CRS=EPSG:4326;{mixed}"})))
    assert (made.GetGeometryCount(), made.GetArea()) == (2, pytest.approx(1))


def test_a_geometry_that_is_no_wkt_is_reported(geojson_of):
    from allpa.plugin.allpa_engine.core.errors import RegionInvalid

    with pytest.raises(RegionInvalid, match=r"cannot be read: POLYGON\(\(oops"):
        geojson_of({"GEOMETRY": "POLYGON((oops"})


def test_a_region_may_be_left_out_where_it_is_optional(geojson_of):
    assert geojson_of({}, optional=True) == {}


def test_a_small_rectangle_stays_short_enough_to_read(geojson_of):
    made = geojson_of({"EXTENT": "726000,730000,8484000,8488000 [EPSG:32718]"})
    assert len(made["coordinates"][0]) < 40
    truth = in_wgs84(32718, "POLYGON((726000 8484000,730000 8484000,730000 8488000,726000 8488000,726000 8484000))", 10)
    drawn = ogr.CreateGeometryFromJson(json.dumps(made))
    assert drawn.SymDifference(truth).Area() < truth.Area() * 1e-5
