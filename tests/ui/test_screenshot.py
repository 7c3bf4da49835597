"""The plugin in the real QGIS desktop, on a virtual screen; the picture is kept in build/screenshots."""

import pytest
from qgis.PyQt.QtGui import QImage
from real_desktop import HEIGHT, WIDTH, missing_programs, run_and_screenshot

EXTENT = [730_000, 8_485_200, 734_800, 8_490_000]


@pytest.fixture(scope="module")
def screen(root, tmp_path_factory):
    """The picture of a finished job, and where things lie in it."""
    if missing_programs():
        pytest.skip(f"needs {', '.join(missing_programs())}")
    folder = tmp_path_factory.mktemp("desktop")
    picture = root / "build" / "screenshots" / "dock.png"
    job = {"extent": EXTENT, "crs": "EPSG:32718", "year": 2020, "folder": str(folder / "Abancay valley")}
    facts = run_and_screenshot(job, picture, folder)
    return QImage(str(picture)), facts


def colours(image, box):
    """How many pixels of each colour lie in a box."""
    x, y, width, height = box
    counts = {}
    for row in range(y, min(y + height, image.height()), 2):
        for column in range(x, min(x + width, image.width()), 2):
            name = image.pixelColor(column, row).name().upper()
            counts[name] = counts.get(name, 0) + 1
    return counts


def test_desktop_shows_a_window(screen):
    image, facts = screen
    assert (image.width(), image.height()) == (WIDTH, HEIGHT)
    assert sorted(facts["layers"]) == ["Land cover Abancay valley 2020", "Quality Abancay valley 2020"]
    assert facts["failure"] == ""
    x, _, width, _ = facts["dock"]
    assert width >= 320
    assert x + width <= WIDTH


def test_unloaded_plugin_leaves_nothing_behind(screen):
    _, facts = screen
    assert "AllpaDock" not in facts["docks after unloading"]
    assert "Layers" in facts["docks after unloading"]
    assert not facts["provider after unloading"]


def test_map_is_painted_in_the_colours_of_the_legend(screen, allpa):
    from allpa.plugin.allpa_engine.core.legend import LEGEND
    from fake_algorithms import landscape

    image, facts = screen
    seen = colours(image, facts["canvas"])
    truth = landscape()
    painted = {land.code: seen.get(land.color, 0) for land in LEGEND}
    whole = sum(painted.values())
    assert whole > 0.4 * sum(seen.values())
    for land in LEGEND:
        assert painted[land.code] / whole == pytest.approx((truth == land.code).mean(), abs=0.02), land.name


def test_dock_shows_swatches_and_bars(screen, allpa):
    from allpa.plugin.allpa_engine.core.legend import LEGEND

    image, facts = screen
    seen = colours(image, facts["dock"])
    assert all(seen.get(land.color, 0) > 10 for land in LEGEND)
