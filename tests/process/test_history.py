"""Processing's history: what a dialog has run runs again from its entry, and fills in the dialog as it was."""

import json
import shlex
import subprocess

import pytest
from served_archive import write_rectangles

IMPORTS = """
import processing
from qgis.core import QgsProcessingOutputLayerDefinition, QgsProcessingFeatureSourceDefinition, QgsProperty
from qgis.core import QgsCoordinateReferenceSystem, QgsFeatureRequest
from qgis.PyQt.QtCore import QDate, QTime, QDateTime
from qgis.PyQt.QtGui import QColor
"""
"""What QGIS puts before the command of an entry."""


def last_entry():
    """The newest entry: its command for Python and, in newer QGIS, the one for a terminal and the values."""
    from qgis.gui import QgsGui

    if hasattr(QgsGui, "historyProviderRegistry"):
        return QgsGui.historyProviderRegistry().queryEntries()[-1].entry
    from processing.core.ProcessingLog import ProcessingLog

    return {"python_command": ProcessingLog.getLogEntries()[-1].text}


def run_again(command):
    """Run the command of an entry in Python, as it is copied from there."""
    exec(IMPORTS + command, {})  # noqa: S102 - as QGIS does


def values_for_dialog(command):
    """The values with which QGIS opens the dialog where an entry is double-clicked."""
    opened = {}
    script = IMPORTS + command.replace("processing.run(", "remember(")
    exec(script, {"remember": lambda name, values: opened.update({name: values})})  # noqa: S102 - as QGIS does
    ((_, values),) = opened.items()
    return values


def jobs_of(fake_engine):
    return [json.loads(start["job"]) for start in fake_engine.runs]


@pytest.fixture
def districts(qgis_app, tmp_path):
    """A layer of the project with two districts, of which one is selected."""
    from qgis.core import QgsProject, QgsVectorLayer

    path = write_rectangles(tmp_path / "region.geojson", Abancay=(0, 10, 0, 10), Tamburco=(20, 30, 0, 10))
    layer = QgsVectorLayer(path, "districts")
    QgsProject.instance().addMapLayer(layer)
    layer.selectByIds([next(layer.getFeatures()).id()])
    yield layer
    QgsProject.instance().clear()


@pytest.fixture
def map_values(districts, tmp_path):
    """Values of the annual map: selected features, months, choices, weights, and an own folder."""
    from qgis.core import QgsProcessingFeatureSourceDefinition

    return {
        "REGION": QgsProcessingFeatureSourceDefinition(districts.id(), True),
        "YEAR": 2020,
        "MONTHS": "May, June",
        "GUARDS": ["slope", "shade"],
        "CATALOGUE": "earth_search",
        "WEIGHTS": "3=1.7",
        "SMOOTHING": 2,
        "OVERWRITE": True,  # the stand-in of the engine leaves no record of its job
        "FOLDER": str(tmp_path / "año 1's"),
    }


def test_a_run_of_selected_features_runs_again(run_dialog, fake_engine, map_values):
    assert run_dialog("landcovermap", map_values).successful
    run_again(last_entry()["python_command"])
    first, again = jobs_of(fake_engine)
    assert first["months"] == [5, 6]
    assert first["guards"] == ["slope", "shade"]
    assert first["region_name"] == "Abancay"
    assert again == first


def test_the_dialog_is_filled_in_as_it_was(run_dialog, open_dialog, fake_engine, map_values):
    first = run_dialog("landcovermap", map_values).dialog.createProcessingParameters()
    dialog = open_dialog("landcovermap", values_for_dialog(last_entry()["python_command"]))
    again = dialog.createProcessingParameters()
    regions = [values.pop("REGION") for values in (first, again)]
    assert again == first
    assert (first["MONTHS"], first["GUARDS"], first["WEIGHTS"]) == ("May,June", "slope,shade", "3=1.7")
    assert [region.selectedFeaturesOnly for region in regions] == [True, True]
    assert regions[0].source.staticValue() == regions[1].source.staticValue()


@pytest.mark.parametrize("months", ["'5,6'", "['5','6']", "['May','June']", "['mayo','junio']", "'May; jun'"])
def test_months_of_an_older_entry_are_chosen_by_name(open_dialog, months):
    values = values_for_dialog(f'processing.run("allpa:landcovermap", {{"YEAR":2020,"MONTHS":{months}}})')
    assert open_dialog("landcovermap", values).createProcessingParameters()["MONTHS"] == "May,June"


def test_nothing_chosen_stays_nothing(run_dialog, fake_engine, map_values):
    assert run_dialog("landcovermap", {**map_values, "GUARDS": [], "MONTHS": []}).successful
    run_again(last_entry()["python_command"])
    first, again = jobs_of(fake_engine)
    assert first["guards"] == again["guards"] == []
    assert again["months"] == list(range(1, 13))


def test_temporary_outputs_are_made_anew(run_dialog, fake_engine, tmp_path):
    (tmp_path / "predictions").mkdir()
    values = {"PREDICTIONS": str(tmp_path / "predictions"), "LANDCOVER": "TEMPORARY_OUTPUT", "QUALITY": ""}
    assert run_dialog("composite", values).successful
    run_again(last_entry()["python_command"])
    first, again = (job.pop("outputs") for job in jobs_of(fake_engine))
    assert first.keys() == again.keys()
    assert first["landcover"] != again["landcover"]


def test_the_command_for_a_terminal_runs(run_dialog, fake_engine, map_values, tmp_path):
    run = run_dialog("landcovermap", {**map_values, "REGION": map_values["REGION"].source.staticValue()})
    assert run.successful
    command = last_entry().get("process_command")
    if command is None:
        pytest.skip("QGIS has such a command from 3.24 on")
    from qgis_profile import QGIS_PROCESS, make_profile

    environment = {**make_profile(tmp_path / "profile", str(fake_engine.python)), "QT_QPA_PLATFORM": "offscreen"}
    program, *arguments = shlex.split(command)
    assert program == "qgis_process"
    subprocess.run([QGIS_PROCESS, *arguments], env=environment, check=True, capture_output=True)
    first, again = ({**job, "catalogue_hours": 0} for job in jobs_of(fake_engine))  # a setting of the tests' profile
    assert again == first
