"""Drawing on a real canvas with a real mouse."""

import pytest
from canvas_mouse import RIGHT, click, drag, key, move
from qgis.PyQt.QtCore import Qt


@pytest.fixture
def region(canvas):
    from allpa.ui.region.region_input import RegionInput

    made = RegionInput(canvas)
    made.show()
    yield made
    made.dispose()
    made.deleteLater()


def button(region, name):
    from qgis.PyQt.QtWidgets import QToolButton

    return region.findChild(QToolButton, f"allpaRegion{name}")


def hectares_shown(region):
    return float(summary(region).split("(")[1].split()[0].replace(",", ""))


def summary(region):
    from qgis.PyQt.QtWidgets import QLabel

    return region.findChild(QLabel, "allpaRegionSummary").text()


def drawn_box(region):
    """The region's bounds in the canvas's CRS, rounded to pixels of 25 m."""
    from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsGeometry, QgsProject

    geometry = QgsGeometry(region.region().geometry)
    wgs84, utm = QgsCoordinateReferenceSystem("EPSG:4326"), QgsCoordinateReferenceSystem("EPSG:32718")
    geometry.transform(QgsCoordinateTransform(wgs84, utm, QgsProject.instance()))
    box = geometry.boundingBox()
    return box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()


def test_dragged_rectangle_becomes_the_region_and_the_pan_tool_comes_back(region, canvas):
    button(region, "Rectangle").click()
    drag(canvas, (732_000, 8_488_000), (736_000, 8_485_000))
    assert drawn_box(region) == pytest.approx((732_000, 8_485_000, 736_000, 8_488_000), abs=30)
    assert region.region().area_ha == pytest.approx(1200, rel=0.02)
    assert region.region().crs == "EPSG:32718"
    assert canvas.mapTool() is canvas.pan
    assert not button(region, "Rectangle").isChecked()
    hectares = region.region().area_ha
    assert summary(region).splitlines() == [
        f"Region: {hectares / 100:,.1f} km² ({hectares:,.2f} ha)", "1 Sentinel-2 tile: 18LYK",
    ]  # fmt: skip


def test_rectangle_tells_its_area_while_it_is_dragged(region, canvas):
    from canvas_mouse import LEFT, pixel
    from qgis.PyQt.QtTest import QTest

    button(region, "Rectangle").click()
    QTest.mousePress(canvas.viewport(), LEFT, pos=pixel(canvas, 732_000, 8_488_000))
    move(canvas, 733_000, 8_487_500, LEFT)
    move(canvas, 734_000, 8_487_000, LEFT)
    hectares = hectares_shown(region)
    assert hectares == pytest.approx(200, rel=0.05)
    assert region.region() is None


def test_click_without_drag_is_refused_with_a_sentence(region, canvas):
    messages = []
    region.message.connect(lambda text, level: messages.append(text))
    button(region, "Rectangle").click()
    click(canvas, 732_000, 8_488_000)
    assert region.region() is None
    assert len(messages) == 1
    assert "drag" in messages[0]


def test_escape_gives_the_rectangle_up(region, canvas):
    button(region, "Rectangle").click()
    assert canvas.mapTool() is not canvas.pan
    key(canvas, Qt.Key.Key_Escape)
    assert canvas.mapTool() is canvas.pan
    assert region.region() is None


CORNERS = [(731_000, 8_481_000), (735_000, 8_481_000), (735_000, 8_485_000)]


@pytest.mark.parametrize("closing", ["right click", "enter"])
def test_polygon_is_closed(region, canvas, closing):
    button(region, "Polygon").click()
    for corner in CORNERS:
        click(canvas, *corner)
    if closing == "right click":
        click(canvas, 731_000, 8_489_000, RIGHT)
    else:
        key(canvas, Qt.Key.Key_Return)
    assert region.region().area_ha == pytest.approx(800, rel=0.02)
    assert drawn_box(region) == pytest.approx((731_000, 8_481_000, 735_000, 8_485_000), abs=30)
    assert canvas.mapTool() is canvas.pan


def test_backspace_takes_the_last_corner_back(region, canvas):
    button(region, "Polygon").click()
    for corner in [*CORNERS, (739_000, 8_489_000)]:
        click(canvas, *corner)
    key(canvas, Qt.Key.Key_Backspace)
    key(canvas, Qt.Key.Key_Return)
    assert region.region().area_ha == pytest.approx(800, rel=0.02)


def test_two_corners_are_no_polygon_and_drawing_goes_on(region, canvas):
    messages = []
    region.message.connect(lambda text, level: messages.append(text))
    button(region, "Polygon").click()
    for corner in CORNERS[:2]:
        click(canvas, *corner)
    click(canvas, *CORNERS[1])  # a double click's second half is no third corner
    key(canvas, Qt.Key.Key_Return)
    assert len(messages) == 1
    assert region.region() is None
    click(canvas, *CORNERS[2])
    key(canvas, Qt.Key.Key_Return)
    assert region.region() is not None


def test_escape_gives_the_polygon_up_and_keeps_the_region_before(region, canvas):
    region.use_map_extent()
    before = region.region()
    button(region, "Polygon").click()
    for corner in CORNERS:
        click(canvas, *corner)
    key(canvas, Qt.Key.Key_Escape)
    assert canvas.mapTool() is canvas.pan
    assert region.region() is before
    button(region, "Polygon").click()
    assert canvas.mapTool().corners == []


def test_polygon_tells_its_area_while_it_grows(region, canvas):
    button(region, "Polygon").click()
    click(canvas, *CORNERS[0])
    click(canvas, *CORNERS[1])
    move(canvas, *CORNERS[2])
    assert hectares_shown(region) == pytest.approx(800, rel=0.02)


def test_self_crossing_polygon_is_repaired_with_a_note(region, canvas):
    messages = []
    region.message.connect(lambda text, level: messages.append(text))
    button(region, "Polygon").click()
    for corner in [(731_000, 8_481_000), (735_000, 8_485_000), (735_000, 8_481_000), (731_000, 8_485_000)]:
        click(canvas, *corner)
    key(canvas, Qt.Key.Key_Return)
    assert messages == ["Self-intersections were repaired in the region; polygons: 1."]
    assert region.region().geometry.isGeosValid()
    assert region.region().area_ha == pytest.approx(800, rel=0.02)


def test_another_tool_taken_while_drawing_ends_drawing(region, canvas):
    button(region, "Polygon").click()
    click(canvas, *CORNERS[0])
    canvas.setMapTool(canvas.pan)
    assert not button(region, "Polygon").isChecked()
    assert canvas.mapTool() is canvas.pan


def test_switching_from_rectangle_to_polygon_still_gives_the_first_tool_back(region, canvas):
    button(region, "Rectangle").click()
    button(region, "Polygon").click()
    assert not button(region, "Rectangle").isChecked()
    assert button(region, "Polygon").isChecked()
    key(canvas, Qt.Key.Key_Escape)
    assert canvas.mapTool() is canvas.pan
