"""Past jobs fill in all that they were run with, whatever has become of their folders."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from district_layer import district_layer
from dock_fixtures import wait_until
from qgis.core import QgsProject, QgsVectorLayer
from qgis.gui import QgsCheckableComboBox, QgsFieldComboBox, QgsMapLayerComboBox
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QLabel,
    QPushButton,
    QSpinBox,
    QTableView,
    QTableWidget,
    QTreeWidget,
    QWidget,
)
from random_jobs import job_by_algorithm, random_job
from scenes_box import find_in_2020
from test_job_life import child, leave_records, listed, new_dock, open_first, run_in_2020

CHECKED = Qt.ItemDataRole.CheckStateRole
FIELDS = ("UBIGEO", "DISTRITO", "PROVINCIA", "DEPARTAMEN")
ROWS = (("080301", "San Juan", "CANAS", "CUSCO"), ("080401", "San Juan", "CALCA", "CUSCO"))


def leave_job(job):
    """What a run of a job leaves that says how to make it again."""
    from allpa.plugin.allpa_engine.core.job import job_to_dict

    folder = Path(job.folder)
    folder.mkdir(exist_ok=True)
    (folder / "job.json").write_text(json.dumps({**job_to_dict(job), "allpa": "0.1.0"}), encoding="utf-8")


def remember(folder, period="2020", parameters=None):
    from allpa.plugin.past_jobs import RememberedJob, remember_job

    remember_job(RememberedJob(str(folder), period, f"a job {period}", parameters or {}))


def reopen(dock):
    """Read the list again, and open its first job."""
    dock.findChild(QWidget, "allpaPastJobs").refresh()
    assert listed(dock)
    wait_until(lambda: listed(dock)[0][1])
    open_first(dock)


def prepared(dock):
    """The parameters of the run that the dock would start."""
    runs = []
    dock._preparation.start(runs.append, lambda error: pytest.fail(str(error)), compares=False)
    wait_until(lambda: runs)
    return runs[0].parameters


@pytest.mark.parametrize("seed", range(12))
def test_run_makes_the_same_job_file_of_a_job_that_was_opened(dock, tmp_path, seed):
    from allpa.plugin.allpa_engine.core.job import job_to_dict
    from scene_lists import write_scene_list

    folder = tmp_path / "its folder"
    folder.mkdir()
    job = random_job(1000 + seed, folder)
    if job.weight_table:
        classes = [{"code": 3, "name": "Grass", "weight": 1.5, "min_share": 0.1}]
        Path(job.weight_table).write_text(json.dumps({"name": "puna", "classes": classes}))
    if job.scenes:
        write_scene_list(Path(job.scenes), count=9, chosen=4, region=job.region)
    leave_job(job)
    remember(folder, job.period)
    child(dock, QSpinBox, "allpaMaxScenes").setValue(17)  # of another job that was being set up
    reopen(dock)
    again = job_by_algorithm(prepared(dock), folder)
    expected = replace(job, weights={}) if job.weight_table else job  # the table is used instead of them
    assert job_to_dict(replace(again, catalogue_hours=0.0, number_format="")) == job_to_dict(expected)


def test_ticked_and_unticked_scenes_come_back_and_an_edit_is_kept(dock, canvas, algorithms, tmp_path):
    find_in_2020(dock)
    table = child(dock, QTableView, "allpaCandidates").model()
    table.setData(table.index(0, 0), Qt.CheckState.Unchecked, CHECKED)
    before = [table.index(row, 0).data(CHECKED) for row in range(table.rowCount())]
    child(dock, QPushButton, "allpaRun").click()
    wait_until(lambda: not dock.busy)
    started_with = algorithms["allpa:landcovermap"].last_parameters
    again = new_dock(canvas)
    reopen(again)
    shown = child(again, QTableView, "allpaCandidates").model()
    assert [shown.index(row, 0).data(CHECKED) for row in range(shown.rowCount())] == before
    assert prepared(again) == started_with
    shown.setData(shown.index(0, 0), Qt.CheckState.Checked, CHECKED)
    items = json.loads(Path(prepared(again)["SCENES"]).read_text(encoding="utf-8"))["features"]
    assert items[shown.mapToSource(shown.index(0, 0)).row()]["properties"]["allpa:reason"] == "chosen by hand"
    again.dispose()


def test_a_scene_list_that_is_gone_is_named(dock, tmp_path):
    from allpa.plugin.allpa_engine.core.job import Job

    region = {"type": "Polygon", "coordinates": [[[-73, -14], [-72.9, -14], [-72.9, -13.9], [-73, -14]]]}
    days = {"start": "2020-01-01", "end": "2020-12-31"}
    leave_job(Job(folder=str(tmp_path), region=region, scenes=str(tmp_path / "gone.json"), **days))
    remember(tmp_path)
    reopen(dock)
    assert "scene list gone.json cannot be read" in dock.message_bar.currentItem().text()
    assert "SCENES" not in prepared(dock)


def zones_of_run(dock, project):
    layer = district_layer(project, "Límites distritales", FIELDS, ROWS, width_m=900)
    zones = child(dock, QWidget, "allpaZones")
    child(zones, QCheckBox, "allpaZonesOn").setChecked(True)
    child(zones, QgsMapLayerComboBox, "allpaZonesLayer").setLayer(layer)
    child(zones, QgsFieldComboBox, "allpaZonesName").setField("DISTRITO")
    sums = child(zones, QgsCheckableComboBox, "allpaZonesSums")
    for name in ("PROVINCIA", "DEPARTAMEN"):
        sums.setItemCheckState(sums.findText(name), Qt.CheckState.Checked)
    child(zones, QCheckBox, "allpaZonesMaps").setChecked(True)
    return layer


def test_zones_come_back_with_their_fields(dock, canvas, algorithms, project):
    zones_of_run(dock, project)
    run_in_2020(dock)
    wait_until(lambda: not dock.busy)
    started_with = algorithms["allpa:landcovermap"].last_parameters
    assert started_with["ZONE_SUMS"] == ["PROVINCIA", "DEPARTAMEN"]
    assert started_with["ZONE_MAPS"] is True
    project.clear()
    again = new_dock(canvas)
    reopen(again)
    parameters = prepared(again)
    assert {name: parameters[name] for name in parameters if "ZONE" in name} == {
        name: started_with[name] for name in started_with if "ZONE" in name
    }
    copied = QgsProject.instance().mapLayersByName("zones_input")[0]
    assert [feature["UBIGEO"] for feature in copied.getFeatures()] == ["080301", "080401"]
    again.dispose()


def leave_zones(folder, source):
    """A job with zones whose layer lay elsewhere, and its own copy of them."""
    from allpa.plugin.allpa_engine.core.job import Job

    copy = folder / "areas_2020.csv.zones.geojson"
    shape = {"type": "Polygon", "coordinates": [[[-73, -14], [-72.9, -14], [-72.9, -13.9], [-73, -14]]]}
    rows = [
        {"type": "Feature", "id": place, "properties": dict(zip(FIELDS, row)), "geometry": shape}
        for place, row in enumerate(ROWS)
    ]
    copy.write_text(json.dumps({"type": "FeatureCollection", "features": rows}), encoding="utf-8")
    job = Job(
        folder=str(folder), region=shape, start="2020-01-01", end="2020-12-31", zones=str(copy), zone_name="DISTRITO",
        zone_code="UBIGEO", zone_sums=("PROVINCIA",),
    )  # fmt: skip
    leave_job(job)
    remember(folder, parameters={"YEAR": 2020, "ZONES": source, "FOLDER": str(folder)})
    return copy


def test_where_the_layer_of_zones_is_gone_the_jobs_copy_is_offered(dock, project, tmp_path):
    copy = leave_zones(tmp_path, "/gone/distritos.gpkg|layername=distritos")
    other = district_layer(project, "Otra", FIELDS, ROWS)
    reopen(dock)
    zones = child(dock, QWidget, "allpaZones")
    assert "distritos.gpkg is not there any more" in dock.message_bar.currentItem().text()
    assert "use the job's copy" in child(zones, QLabel, "allpaZonesLost").text()
    dock.run()
    assert not dock.busy, "a run without its zones would be another job"
    zones.window().findChild(QWidget, "allpaSectionZones").set_open(True)
    child(zones, QPushButton, "allpaZonesUseCopy").click()
    expected = {"ZONES": str(copy), "ZONE_FIELD": "DISTRITO", "ZONE_CODE": "UBIGEO", "ZONE_SUMS": ["PROVINCIA"]}
    assert zones.parameters() == zones.write(str(tmp_path)) == expected
    assert zones.problem() == ""
    assert not child(zones, QPushButton, "allpaZonesUseCopy").isVisible()
    layer = child(zones, QgsMapLayerComboBox, "allpaZonesLayer").currentLayer()
    assert [feature["UBIGEO"] for feature in layer.getFeatures()] == ["080301", "080401"]
    reopen(dock)
    child(zones, QgsMapLayerComboBox, "allpaZonesLayer").setLayer(other)
    assert zones.problem() == ""
    assert zones.parameters()["ZONE_CODE"] == "UBIGEO"


def test_zones_are_switched_off_by_a_job_without_any(dock, project, tmp_path):
    zones_of_run(dock, project)
    leave_job(random_job(4, tmp_path))
    remember(tmp_path)
    reopen(dock)
    assert "ZONES" not in dock.parameters()


def test_a_moved_folder_keeps_its_place_in_the_list_and_its_paths(dock, tmp_path):
    run_in_2020(dock)
    wait_until(lambda: not dock.busy)
    before, now = tmp_path / "a job", tmp_path / "moved here"
    leave_records(before)
    record = json.loads((before / "record_2020.json").read_text())
    record["made_by"] |= {"folder": str(before), "weight_table": str(before / "w.json")}
    (before / "record_2020.json").write_text(json.dumps(record))
    shutil.move(before, now)
    (now / "w.json").write_text(json.dumps({"classes": [{"code": 3, "weight": 2, "min_share": 0.5}]}))
    reopen(dock)
    assert "If it was moved" in dock.message_bar.currentItem().text()
    view = child(dock, QWidget, "allpaPastJobs")
    view.add_folder(str(now))
    wait_until(lambda: len(listed(dock)) == 1 and listed(dock)[0][1] not in ("", "folder is missing"))
    assert listed(dock)[0][0] == "a job 2020"
    open_first(dock)
    assert child(dock, QTableWidget, "allpaAreaTable").rowCount() == 11
    values = dock.parameters()
    assert (values["FOLDER"], values["WEIGHT_TABLE"]) == (str(now), str(now / "w.json"))


@pytest.mark.parametrize("name", ["landcover_2020.tif", "quality_2020.tif", "report_2020.html", "areas_2020_data.json",
                                  "record_2020.json"])  # fmt: skip
def test_what_is_left_of_a_job_is_shown_and_the_rest_is_named(dock, tmp_path, name):
    run_in_2020(dock)
    wait_until(lambda: not dock.busy)
    folder = tmp_path / "a job"
    leave_records(folder)
    (folder / "areas_2020.csv").write_text("")
    (folder / name).unlink()
    QgsProject.instance().clear()
    again = new_dock(dock.iface.mapCanvas())
    reopen(again)
    texts = [item.text() for item in again.iface.messageBar().items()]
    assert any(f"Files of the job are missing: {name}" in text for text in texts), texts
    assert (child(again, QTableWidget, "allpaAreaTable").rowCount() == 11) is (name != "areas_2020_data.json")
    assert ("scenes:" in child(again, QLabel, "allpaResultsHeadline").text()) is (
        name not in ("record_2020.json", "areas_2020_data.json")
    )
    assert child(again, QPushButton, "allpaRun").text() == "Continue"
    again.dispose()


@pytest.mark.parametrize("damage", ["", "[1, 2", '{"made_by": 3}', '{"radiometry": []}', "\x00"])
@pytest.mark.parametrize("name", ["record_2020.json", "areas_2020_data.json", "job.json"])
def test_broken_files_are_named_and_the_job_is_filled_in_from_the_profile(dock, tmp_path, damage, name):
    from allpa.plugin.past_jobs import RememberedJob, read_past_job

    leave_records(tmp_path)
    (tmp_path / "landcover_2020.tif").write_text("")
    (tmp_path / name).write_text(damage)
    past = read_past_job(RememberedJob(str(tmp_path), "2020", parameters={"YEAR": 2020}))
    assert past.state == "partial"
    assert (name in past.lost) is (name != "job.json")
    assert past.parameters["YEAR"] == 2020


def test_the_job_of_another_version_is_filled_in_as_far_as_it_is_known(dock, tmp_path):
    from allpa.plugin.allpa_engine.core.job import job_to_dict
    from allpa.plugin.past_jobs import RememberedJob, read_past_job

    job = random_job(3, tmp_path)
    values = job_to_dict(job)
    older = {name: values[name] for name in ("folder", "task", "region", "start", "end", "max_scenes")}
    (tmp_path / "job.json").write_text(json.dumps({**older, "allpa": "0.0.1"}))
    remembered = RememberedJob(str(tmp_path), job.period)
    past = read_past_job(remembered)
    assert past.parameters["MAX_SCENES"] == values["max_scenes"]
    (tmp_path / "job.json").write_text(json.dumps({**older, "allpa": "9.9.9", "a key of later": 1}))
    assert read_past_job(remembered).parameters == {}
    assert read_past_job(replace(remembered, parameters={"YEAR": 2020})).parameters == {"YEAR": 2020}


def test_a_job_of_which_nothing_is_known_leaves_the_dock_as_it_is(dock, tmp_path):
    child(dock, QSpinBox, "allpaMaxScenes").setValue(13)
    (tmp_path / "empty").mkdir()
    remember(tmp_path / "empty")
    reopen(dock)
    assert "is not known" in dock.message_bar.currentItem().text()
    assert child(dock, QSpinBox, "allpaMaxScenes").value() == 13


def test_settings_without_a_field_are_named_and_can_be_reset(dock, tmp_path):
    from allpa.plugin.allpa_engine.core.job import Job

    region = {"type": "Polygon", "coordinates": [[[-73, -14], [-72.9, -14], [-72.9, -13.9], [-73, -14]]]}
    leave_job(Job(folder=str(tmp_path), region=region, start="2020-04-01", end="2020-09-30", guards=(), threads=2))
    remember(tmp_path, "20200401-20200930")
    reopen(dock)
    kept = child(dock, QWidget, "allpaKept")
    assert {"START", "END", "GUARDS", "THREADS"} <= set(dock.parameters())
    assert "GUARDS" in child(kept, QLabel, "allpaKeptText").text()
    child(dock, QSpinBox, "allpaYear").setValue(2021)
    assert not {"START", "END"} & set(dock.parameters())
    assert "GUARDS" in dock.parameters()
    child(kept, QPushButton, "allpaKeptReset").click()
    assert "GUARDS" not in dock.parameters()


def test_a_thousand_jobs_are_listed_at_once_and_the_window_answers(dock, tmp_path):
    from allpa.plugin.past_jobs import RememberedJob, _save, remembered_jobs

    for number in range(20):
        (tmp_path / f"job {number}").mkdir()
        leave_records(tmp_path / f"job {number}")
    folders = [tmp_path / f"job {number % 20}" if number % 2 else tmp_path / "gone" for number in range(1000)]
    _save([RememberedJob(str(folder), f"2020{number}", f"job {number}") for number, folder in enumerate(folders)])
    assert len(remembered_jobs()) == 1000
    view = child(dock, QWidget, "allpaPastJobs")
    view.refresh()
    tree = child(dock, QTreeWidget, "allpaPastJobsList")
    assert tree.topLevelItemCount() == 1000, "listed before any folder is read"
    wait_until(lambda: tree.topLevelItem(999).text(1))
    assert tree.topLevelItem(0).text(1) == "folder is missing"
    assert tree.topLevelItem(999).text(1) == "not finished"


def test_a_copy_of_zones_is_not_written_over_itself(dock, project, tmp_path):
    zones_of_run(dock, project)
    zones = child(dock, QWidget, "allpaZones")
    path = zones.write(str(tmp_path))["ZONES"]
    layer = QgsVectorLayer(path, "copy", "ogr")
    project.addMapLayer(layer)
    child(zones, QgsMapLayerComboBox, "allpaZonesLayer").setLayer(layer)
    layer.selectByIds([1])
    child(zones, QCheckBox, "allpaZonesSelectedOnly").setChecked(True)
    assert Path(zones.write(str(tmp_path))["ZONES"]).name == "selected_zones_input.gpkg"


def test_minimum_shares_of_a_json_table_reach_the_job_and_come_back(dock, canvas, algorithms, tmp_path):
    from allpa.ui.weights_dialog import WeightsDialog

    classes = [{"code": 3, "weight": 1.5, "min_share": 0.1}, {"code": 9, "weight": 1.0, "min_share": None}]
    (tmp_path / "puna.json").write_text(json.dumps({"name": "puna", "classes": classes}))
    child(dock, QPushButton, "allpaWeightsEdit").click()
    dialog = dock.findChild(WeightsDialog)
    assert child(dialog, QDoubleSpinBox, "allpaMinShare1").text() == "25 %", "the usual share of water"
    dialog.import_file(tmp_path / "puna.json")
    shown = {code: child(dialog, QDoubleSpinBox, f"allpaMinShare{code}").text() for code in (1, 3, 9)}
    assert shown == {1: "none", 3: "10 %", 9: "none"}
    dialog.save_as("Puna")
    dialog.accept()
    assert child(dock, QLabel, "allpaWeightsText").text() == "Puna"
    assert "3: 10" in child(dock, QLabel, "allpaWeightsText").toolTip()
    run_in_2020(dock)
    wait_until(lambda: not dock.busy)
    values = algorithms["allpa:landcovermap"].last_parameters
    assert "WEIGHTS" not in values
    table = json.loads(Path(values["WEIGHT_TABLE"]).read_text(encoding="utf-8"))
    assert {row["code"]: row["min_share"] for row in table["classes"] if row["min_share"] is not None} == {3: 0.1}
    assert {row["code"]: row["weight"] for row in table["classes"]}[3] == 1.5
    again = new_dock(canvas)
    assert child(again, QLabel, "allpaWeightsText").text() == "Puna", "options are kept over a restart"
    reopen(again)
    assert prepared(again)["WEIGHT_TABLE"] == values["WEIGHT_TABLE"]
    again.dispose()
