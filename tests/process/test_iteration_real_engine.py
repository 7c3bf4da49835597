"""An iteration in Processing's dialog (the green arrows beside a layer) on the real engine: a map for each district."""

from pathlib import Path

import pytest
from qgis.PyQt.QtWidgets import QToolButton
from served_archive import needs_engine, write_rectangles

pytestmark = needs_engine
DISTRICTS = {
    "Abancay": (600, 640, 700, 740),
    "San Juan de Ñuño": (640, 690, 700, 740),
    "Tamburco": (690, 720, 700, 760),
}


@pytest.fixture
def districts(qgis_app, tmp_path):
    from qgis.core import QgsProject, QgsVectorLayer

    project = QgsProject.instance()
    project.clear()
    layer = QgsVectorLayer(write_rectangles(tmp_path / "districts.geojson", **DISTRICTS), "districts")
    project.addMapLayer(layer)
    yield layer
    project.clear()


def test_each_district_gets_its_map_with_its_name(run_dialog, archive, engine_python, districts, tmp_path, monkeypatch):
    from qgis.core import QgsProject

    monkeypatch.setenv("ALLPA_ENGINE_PYTHON", engine_python)
    values = {
        "REGION": districts.id(), "YEAR": 2020, "CATALOGUE_URL": archive["stac_url"], "MAX_SCENES": 1, "THREADS": 1,
        "FOLDER": str(tmp_path / "map"),
    }  # fmt: skip

    def iterate(dialog):
        """Press the button with the green arrows beside the layer."""
        (button,) = (
            button
            for button in dialog.mainWidget().wrappers["REGION"].wrappedWidget().findChildren(QToolButton)
            if button.isCheckable()
        )
        button.click()

    run = run_dialog("landcovermap", values, before=iterate)
    assert run.successful, run.log
    names = {layer.name(): layer for layer in QgsProject.instance().mapLayers().values() if layer is not districts}
    assert set(names) == {f"{kind} {name} 2020" for kind in ("Land cover", "Quality") for name in DISTRICTS}
    for number, (name, (west, east, north, south)) in enumerate(DISTRICTS.items()):
        layer = names[f"Land cover {name} 2020"]
        assert Path(layer.source()) == tmp_path / f"map_{number}" / "landcover_2020.tif"
        assert abs(layer.width() - (east - west)) <= 2
        assert abs(layer.height() - (south - north)) <= 2
    assert sum(line.startswith("Executing iteration") for line in run.log) == len(DISTRICTS)
