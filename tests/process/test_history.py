"""Processing's history: what a dialog has run runs again from its entry, and fills in the dialog as it was."""

import json
import re

import pytest
from served_archive import write_rectangles


def last_entry():
    """The newest entry: its command for Python and, in newer QGIS, the one for a terminal and the values."""
    from qgis.gui import QgsGui

    if hasattr(QgsGui, "historyProviderRegistry"):
        return QgsGui.historyProviderRegistry().queryEntries()[-1].entry
    from processing.core.ProcessingLog import ProcessingLog

    return {"python_command": ProcessingLog.getLogEntries()[-1].text}


def test_x(run_dialog, fake_engine, provider, tmp_path, qgis_app):
    from qgis.core import QgsProcessingFeatureSourceDefinition, QgsProject, QgsVectorLayer
    path = write_rectangles(tmp_path / "region.geojson", Abancay=(0, 10, 0, 10), Tamburco=(20,30,0,10))
    layer = QgsVectorLayer(path, "districts"); QgsProject.instance().addMapLayer(layer)
    layer.selectByIds([next(layer.getFeatures()).id()])
    values = {"REGION": QgsProcessingFeatureSourceDefinition(layer.id(), True), "YEAR": 2020, "MONTHS": ["5", "6"], "WEIGHTS": "3=1.7", "CATALOGUE": "earth_search", "FOLDER": str(tmp_path / "own"), "GUARDS": ["slope"], "SMOOTHING": 2}
    run = run_dialog("landcovermap", values)
    print(last_entry())
    print(json.loads(fake_engine.runs[0]["job"]))
    assert 0
