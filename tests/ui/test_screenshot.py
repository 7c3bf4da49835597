"""The plugin in the real QGIS desktop, on a virtual screen; the picture is kept in build/screenshots."""

import json
import os

import pytest
from qgis.PyQt.QtGui import QImage
from real_desktop import HEIGHT, WIDTH, missing_programs, run_and_screenshot, sample_archive_served

SAMPLE_EXTENT = [730_500, 8_483_500, 733_500, 8_486_500]
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


def test_real_job_from_the_dock(root, tmp_path_factory, allpa):
    """Draw, find scenes, untick one, Run: the engine maps a part of the sample archive from the rest."""
    from allpa.plugin.allpa_engine.core.legend import LEGEND

    engine = os.environ.get("ALLPA_TEST_ENGINE", "")
    if missing_programs() or not engine:
        pytest.skip("needs a virtual screen, QGIS, and the engine's Python in ALLPA_TEST_ENGINE")
    folder = tmp_path_factory.mktemp("real")
    picture = root / "build" / "screenshots" / "real_job.png"
    with sample_archive_served(engine) as stac_url:
        job = {"extent": SAMPLE_EXTENT, "crs": "EPSG:32718", "year": 2020, "catalogue_url": stac_url}
        job |= {"folder": str(folder / "Abancay"), "find_scenes": True}
        facts = run_and_screenshot(job, picture, folder, engine, timeout_s=900)
    assert facts["failure"] == ""
    assert sorted(facts["layers"]) == ["Footprints", "Land cover Abancay 2020", "Quality Abancay 2020"]
    assert f"scenes: {facts['ticked'].split()[0]}" in facts["headline"]
    items = json.loads((folder / "Abancay" / "candidates_2020.json").read_text(encoding="utf-8"))["features"]
    ticked = {item["id"] for item in items if item["properties"]["allpa:chosen"]}
    assert {path.stem for path in (folder / "Abancay" / "predictions").iterdir()} == ticked
    assert [item["properties"]["allpa:reason"] for item in items].count("excluded by hand") == 1
    names, hectares = zip(*((name, float(area_ha)) for name, area_ha, _ in facts["table"]))
    assert list(names) == [*(land.name for land in LEGEND), "Total"]
    assert sum(hectares[:-1]) == pytest.approx(hectares[-1], abs=0.6)
    tolerance_ha = 4 * 3000 * 10 / 10_000  # a pixel along each side
    assert hectares[-1] == pytest.approx(facts["region_ha"], abs=tolerance_ha)
    image = QImage(str(picture))
    seen = colours(image, facts["canvas"])
    whole = sum(seen.get(land.color, 0) for land in LEGEND)
    for land, area_ha in zip(LEGEND, hectares):
        assert seen.get(land.color, 0) / whole == pytest.approx(area_ha / hectares[-1], abs=0.03), land.name
