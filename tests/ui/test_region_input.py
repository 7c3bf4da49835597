"""Regions from layers and from the map."""

import pytest
from dock_fixtures import wait_until
from qgis.core import QgsCoordinateReferenceSystem, QgsFeature, QgsGeometry, QgsVectorLayer
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QCheckBox, QLabel, QToolButton

SQUARE = "POLYGON((730000 8480000, 731000 8480000, 731000 8481000, 730000 8481000, 730000 8480000))"
NEXT = "POLYGON((731000 8480000, 732000 8480000, 732000 8481000, 731000 8481000, 731000 8480000))"
BOW = "POLYGON((730000 8480000, 731000 8481000, 731000 8480000, 730000 8481000, 730000 8480000))"


def polygon_layer(project, *shapes, name="parcels"):
    layer = QgsVectorLayer("Polygon?crs=EPSG:32718", name, "memory")
    for shape in shapes:
        feature = QgsFeature()
        feature.setGeometry(QgsGeometry.fromWkt(shape))
        layer.dataProvider().addFeature(feature)
    layer.updateExtents()
    project.addMapLayer(layer)
    return layer


@pytest.fixture
def region(canvas):
    from allpa.ui.region.region_input import RegionInput

    made = RegionInput(canvas)
    made.messages = []
    made.message.connect(lambda text, level: made.messages.append(text))
    made.show()
    yield made
    made.dispose()
    made.deleteLater()


def take_layer(region, layer):
    region.findChild(QToolButton, "allpaRegionLayer").click()
    region.findChild(QgsMapLayerComboBox, "allpaRegionLayerCombo").setLayer(layer)


def test_features_of_a_layer_are_joined(region, project):
    take_layer(region, polygon_layer(project, SQUARE, NEXT))
    assert region.region().area_ha == pytest.approx(200, rel=0.002)
    assert region.region().name == "parcels"
    assert region.region().crs == "EPSG:32718"
    assert region.messages == []


def test_a_long_name_of_a_layer_on_several_lines_becomes_a_region_name(region, project):
    layer = polygon_layer(project, SQUARE)
    layer.setName("Zona\nNorte " + "x" * 500)
    take_layer(region, layer)
    assert region.region().name.startswith("Zona Norte xxx")
    assert len(region.region().name) == 300


def test_only_the_selected_features_count_where_wanted(region, project):
    layer = polygon_layer(project, SQUARE, NEXT)
    layer.selectByIds([1])
    take_layer(region, layer)
    region.findChild(QCheckBox, "allpaRegionSelectedOnly").setChecked(True)
    assert region.region().area_ha == pytest.approx(100, rel=0.002)
    layer.selectByIds([1, 2])
    region.refresh_layer()
    assert region.region().area_ha == pytest.approx(200, rel=0.002)


def test_the_region_follows_selection_and_edits_without_a_click(region, project):
    layer, other = polygon_layer(project, SQUARE, NEXT), polygon_layer(project, SQUARE, name="other")
    layer.selectByIds([1])
    take_layer(region, layer)
    region.findChild(QCheckBox, "allpaRegionSelectedOnly").setChecked(True)
    changes = []
    region.changed.connect(lambda: changes.append(region.region()))
    layer.selectByIds([1, 2])
    wait_until(lambda: region.region().area_ha > 150)
    layer.removeSelection()
    wait_until(lambda: region.region() is None)
    assert "No feature is selected" in region.findChild(QLabel, "allpaRegionSummary").text()
    layer.selectByIds([2])
    wait_until(lambda: region.region() is not None)
    layer.startEditing()
    layer.deleteFeature(2)
    wait_until(lambda: region.region() is None)
    layer.rollBack()
    region.findChild(QgsMapLayerComboBox, "allpaRegionLayerCombo").setLayer(other)
    changes.clear()
    layer.selectByIds([1])
    QTest.qWait(400)
    assert changes == [], "a layer that is no longer chosen changes nothing"


def test_empty_selection_is_reported(region, project):
    take_layer(region, polygon_layer(project, SQUARE))
    region.findChild(QCheckBox, "allpaRegionSelectedOnly").setChecked(True)
    assert region.region() is None
    assert region.messages == ["No feature is selected in the region layer. Select features, or use all of them."]


def test_self_crossing_features_are_repaired_and_reported(region, project):
    take_layer(region, polygon_layer(project, BOW))
    assert region.region().area_ha == pytest.approx(50, rel=0.002)
    assert region.messages == ["Self-intersections were repaired in the region; polygons: 1."]


def test_layer_without_features_is_reported(region, project):
    take_layer(region, polygon_layer(project))
    assert region.region() is None
    assert region.messages == ["The region layer has no polygons. Choose a layer with polygons."]


def test_too_many_features_are_refused(region, project, monkeypatch):
    from allpa.ui.region import layer_polygons

    monkeypatch.setattr(layer_polygons, "MAX_FEATURES", 1)
    take_layer(region, polygon_layer(project, SQUARE, NEXT))
    assert region.region() is None
    assert "too many features: 2. Select at most 1" in region.messages[0]


def test_points_and_rasters_are_not_offered(region, project):
    project.addMapLayer(QgsVectorLayer("Point?crs=EPSG:4326", "points", "memory"))
    polygon_layer(project, SQUARE)
    combo = region.findChild(QgsMapLayerComboBox, "allpaRegionLayerCombo")
    names = [combo.itemText(index) for index in range(combo.count())]
    assert "points" not in names
    assert "parcels" in names


def test_map_extent_keeps_its_edges_where_they_were(region, canvas):
    region.use_map_extent()
    assert region.region().area_ha == pytest.approx(10_000, rel=0.002)
    assert len(region.region().geometry.asPolygon()[0]) > 20


def test_map_of_the_whole_world_is_refused(region, canvas):
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    canvas.zoomToFullExtent()
    from qgis.core import QgsRectangle

    canvas.setExtent(QgsRectangle(-200, -100, 200, 100))
    region.use_map_extent()
    assert region.region() is None
    assert "Sentinel-2" in region.messages[0]


def test_forgetting_the_region(region, canvas):
    region.use_map_extent()
    region.findChild(QToolButton, "allpaRegionClear").click()
    assert region.region() is None
    assert "Draw" in region.findChild(QLabel, "allpaRegionSummary").text()


def test_a_layer_without_a_crs_is_reported(region, project):
    layer = QgsVectorLayer("Polygon", "lost", "memory")
    layer.setCrs(QgsCoordinateReferenceSystem())
    feature = QgsFeature()
    feature.setGeometry(QgsGeometry.fromWkt("POLYGON((-73 -14,-72.9 -14,-72.9 -13.9,-73 -14))"))
    layer.dataProvider().addFeature(feature)
    project.addMapLayer(layer)
    take_layer(region, layer)
    assert region.region() is not None
    assert region.messages == [
        "The layer lost has no CRS; its coordinates are taken as longitude and latitude (EPSG:4326)."
    ]


def test_area_is_that_of_the_ellipsoid(qgis_app):
    from allpa.plugin.region_geometry import wgs84
    from allpa.ui.region.region_geometry import area_ha

    one_degree = QgsGeometry.fromWkt("POLYGON((-73 -14, -72 -14, -72 -13, -73 -13, -73 -14))")
    # pyproj.Geod(ellps="WGS84").geometry_area_perimeter of the same polygon
    assert area_ha(one_degree, wgs84()) == pytest.approx(1197781.7, rel=1e-6)


def test_the_shown_region_follows_the_maps_projection(region, canvas):
    from qgis.gui import QgsRubberBand

    region.use_map_extent()
    before = region.region().geometry.boundingBox()
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    (band,) = [item for item in canvas.scene().items() if isinstance(item, QgsRubberBand) and item.size()]
    shown = band.asGeometry().boundingBox()
    assert shown.center().distance(before.center()) < 1e-6
    assert shown.width() == pytest.approx(before.width(), rel=1e-6)


def test_a_hidden_region_stays_hidden_when_the_map_gets_another_crs(region, canvas):
    region.use_map_extent()
    region.set_shown(False)
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    assert not region._band.isVisible()
    region.set_shown(True)
    assert region._band.isVisible()
