"""Regions from typed coordinates, places by name and named features; a basemap for an empty map."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from district_layer import district_layer
from dock_fixtures import wait_until
from qgis.core import QgsCoordinateReferenceSystem, QgsProject, QgsSettings
from qgis.gui import QgsFieldComboBox, QgsMapLayerComboBox, QgsProjectionSelectionWidget
from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit, QListWidget, QPushButton, QToolButton, QWidget

DISTRICTS = (("080301", "San Juan"), ("080401", "San Juan"), ("080402", "Ñuñoa\nde Písac"), ("080403", None))


@pytest.fixture
def region(canvas, clean_settings):
    from allpa.ui.region.region_input import RegionInput

    made = RegionInput(canvas)
    made.messages = []
    made.message.connect(lambda text, level: made.messages.append(text))
    made.show()
    yield made
    made.dispose()
    made.deleteLater()


@pytest.fixture
def districts(project):
    return district_layer(project, "limites", ("UBIGEO", "DISTRITO"), DISTRICTS)


def widget(region, kind, name):
    found = region.findChild(kind, f"allpa{name}")
    assert found is not None, name
    return found


def type_corners(region, *texts, kind=0, crs="EPSG:4326"):
    widget(region, QToolButton, "RegionCoordinates").setChecked(False)
    widget(region, QToolButton, "RegionCoordinates").click()
    widget(region, QComboBox, "CoordinatesKind").setCurrentIndex(kind)
    widget(region, QgsProjectionSelectionWidget, "CoordinatesCrs").setCrs(QgsCoordinateReferenceSystem(crs))
    names = ("CoordinatesFirst", "CoordinatesRadius" if kind else "CoordinatesSecond")
    for name, text in zip(names, texts):
        widget(region, QLineEdit, name).setText(text)
    widget(region, QPushButton, "CoordinatesTake").click()


@pytest.mark.parametrize(
    "corners",
    [
        ("-13.5, -72.9", "-13.6, -72.8"),
        ("-13,6; -72,8", "-13,5; -72,9"),
        ("13°30'S 72°54'W", "72°48'O 13°36'S"),
    ],
)
def test_two_corners_in_either_order_and_writing_are_one_rectangle(region, corners):
    type_corners(region, *corners)
    box = region.region().geometry.boundingBox()
    assert [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()] == pytest.approx(
        [-72.9, -13.6, -72.8, -13.5]
    )
    assert "18LYL" in widget(region, QLabel, "RegionSummary").text()


def test_corners_in_a_projected_crs(region):
    type_corners(region, "730 000 8 480 000", "731000; 8481000", crs="EPSG:32718")
    assert region.region().area_ha == pytest.approx(100, rel=0.002)
    assert region.region().crs == "EPSG:32718"


@pytest.mark.parametrize("latitude", ["-13.5", "65", "0"])
def test_a_point_and_a_radius_are_a_circle_on_the_ground(region, latitude):
    type_corners(region, f"{latitude}, -72.9", "5,5", kind=1)
    assert region.region().area_ha == pytest.approx(3.14159 * 5.5**2 * 100, rel=0.002)


@pytest.mark.parametrize(
    ("texts", "kind", "says"),
    [
        (("Cusco", "-13, -72"), 0, "cannot be read: Cusco"),
        (("", "-13, -72"), 0, "cannot be read"),
        (("-13, -72", "-13, -71"), 0, "lie on one line"),
        (("-13, -72", "0"), 1, "cannot be read: 0"),
        (("-13, -72", "2000"), 1, "larger than 1000 km"),
        (("-89, -72", "5"), 1, "leaves the area"),
    ],
)
def test_what_is_typed_wrong_is_explained(region, texts, kind, says):
    type_corners(region, *texts, kind=kind)
    assert region.region() is None
    assert says in region.messages[-1]


def test_the_selected_feature_names_the_region_and_is_followed(region, districts):
    districts.selectByIds([3])
    widget(region, QToolButton, "RegionLayer").click()
    widget(region, QgsMapLayerComboBox, "RegionLayerCombo").setLayer(districts)
    assert widget(region, QCheckBox, "RegionSelectedOnly").isChecked(), "a selection is what the user has just picked"
    assert widget(region, QgsFieldComboBox, "RegionNameField").currentField() == "DISTRITO"
    assert region.region().name == "Ñuñoa de Písac"
    districts.selectByIds([1, 2])
    wait_until(lambda: region.region().name == "San Juan")
    districts.selectByIds([1, 3])
    wait_until(lambda: region.region().name == "San Juan, Ñuñoa de Písac")
    districts.selectByIds([4])
    wait_until(lambda: region.region().name == "limites")
    widget(region, QgsFieldComboBox, "RegionNameField").setField("UBIGEO")
    assert region.region().name == "080403"
    widget(region, QCheckBox, "RegionSelectedOnly").setChecked(False)
    assert region.region().name == "limites"


def test_a_basemap_is_offered_on_an_empty_map_only_and_added_by_a_click(region, project):
    offer = widget(region, QWidget, "Basemap")
    assert offer.isVisible()
    assert QgsProject.instance().mapLayers() == {}
    widget(region, QToolButton, "BasemapAdd").click()
    (layer,) = QgsProject.instance().mapLayers().values()
    assert layer.isValid()
    assert "tile.openstreetmap.org" in layer.source()
    assert not offer.isVisible()
    project.removeAllMapLayers()
    assert offer.isVisible()


def test_xyz_connections_of_the_user_are_offered(region, project):
    QgsSettings().setValue("qgis/connections-xyz/Regional photos/url", "https://example.org/{z}/{x}/{y}.jpg")
    try:
        menu = widget(region, QToolButton, "BasemapAdd").menu()
        menu.aboutToShow.emit()
        names = [action.text() for action in menu.actions()]
        assert names[0] == "OpenStreetMap"
        menu.actions()[names.index("Regional photos")].trigger()
    finally:
        QgsSettings().remove("qgis/connections-xyz/Regional photos")
    assert [layer.name() for layer in project.mapLayers().values()] == ["Regional photos"]


@pytest.fixture
def geocoder():
    """A Nominatim on this machine that knows one place."""
    asked = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            query = parse_qs(urlsplit(self.path).query)
            asked.append(query["q"][0])
            known = {"lat": "-13.54", "lon": "-72.69", "display_name": "Curahuasi, Abancay, Apurímac, Perú"}
            known |= {
                "boundingbox": ["-13.6", "-13.5", "-72.8", "-72.6"],
                "osm_id": 1,
                "class": "place",
                "type": "town",
            }
            body = json.dumps([known] if query["q"][0] == "Curahuasi" else []).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/search", asked
    server.shutdown()
    server.server_close()


def test_without_a_geocoder_there_is_no_place_search(region):
    assert not widget(region, QToolButton, "RegionPlace").isVisible()


def test_a_place_is_found_shown_and_taken(region, canvas, geocoder):
    from allpa.plugin import settings

    address, asked = geocoder
    settings.GEOCODER.set_value(address)
    region.set_shown(True)
    widget(region, QToolButton, "RegionPlace").click()
    assert asked == []
    line, places = widget(region, QLineEdit, "PlaceText"), widget(region, QListWidget, "Places")
    line.setText("Nowhere")
    widget(region, QPushButton, "PlaceSearchButton").click()
    wait_until(lambda: region.messages != [])
    assert region.messages == ["No place of this name was found."]
    line.setText(" Curahuasi ")
    widget(region, QPushButton, "PlaceSearchButton").click()
    wait_until(lambda: places.count() == 1)
    assert asked == ["Nowhere", "Curahuasi"]
    assert region.region() is None
    widget(region, QPushButton, "PlaceTake").click()
    assert region.region().name == "Curahuasi"
    assert region.region().geometry.boundingBox().width() == pytest.approx(0.2)


def test_a_geocoder_that_does_not_answer_is_reported(region):
    from allpa.plugin import settings

    settings.GEOCODER.set_value("http://127.0.0.1:9/search")
    region.set_shown(True)
    widget(region, QToolButton, "RegionPlace").click()
    widget(region, QLineEdit, "PlaceText").setText("Cusco")
    widget(region, QPushButton, "PlaceSearchButton").click()
    wait_until(lambda: region.messages != [])
    assert "failed" in region.messages[0]
