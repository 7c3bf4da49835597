"""The life of a job beside the dock: past jobs, a closed dock, closing QGIS, going on after a cancel."""

import json
import shutil
import threading
from pathlib import Path

import pytest
from dock_fixtures import wait_until
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import (
    QApplication,
    QLabel,
    QMessageBox,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QToolButton,
    QTreeWidget,
    QWidget,
)
from scenes_box import find


def child(dock, kind, name):
    found = dock.findChild(kind, name)
    assert found is not None, name
    return found


def run_in_2020(dock):
    child(dock, QToolButton, "allpaRegionMapExtent").click()
    child(dock, QSpinBox, "allpaYear").setValue(2020)
    child(dock, QPushButton, "allpaRun").click()


def listed(dock):
    tree = child(dock, QTreeWidget, "allpaPastJobsList")
    return [[tree.topLevelItem(row).text(column) for column in (0, 1)] for row in range(tree.topLevelItemCount())]


def open_first(dock):
    tree = child(dock, QTreeWidget, "allpaPastJobsList")
    tree.topLevelItem(0).setSelected(True)
    child(dock, QPushButton, "allpaPastJobsOpen").click()
    wait_until(lambda: not dock.busy)


def new_dock(canvas):
    """The dock of a QGIS that was started again."""
    from allpa.ui.dock import AllpaDock
    from dock_fixtures import Interface

    iface = Interface(canvas)
    made = AllpaDock(iface)
    made.iface = iface
    return made


def leave_records(folder):
    """What the engine leaves beside the stand-in's map, so that the job can be read again."""
    from allpa.plugin.allpa_engine.core.job import Job, job_to_dict
    from fake_algorithms import area_table

    rows = [{key: value for key, value in row.items() if key != "color"} for row in area_table()]
    job = Job(folder="/moved/since", start="2020-01-01", end="2020-12-31", region_name="Río Pachachaca")
    record = {"made_by": job_to_dict(job), "radiometry": {scene: {} for scene in "abcdefg"}, "failures": [{}]}
    areas = {"classes": rows[:-1], "total": rows[-1], "region_ha": 410.9, "valid_area_percent": 98.5}
    (folder / "record_2020.json").write_text(json.dumps(record))
    (folder / "areas_2020_data.json").write_text(json.dumps(areas))


def test_a_finished_job_is_opened_again_after_a_restart(dock, canvas, tmp_path):
    run_in_2020(dock)
    wait_until(lambda: not dock.busy)
    leave_records(tmp_path / "a job")
    QgsProject.instance().clear()
    again = new_dock(canvas)
    wait_until(lambda: listed(again))
    assert [row[0] for row in listed(again)] == ["a job 2020"]
    open_first(again)
    table = child(again, QTableWidget, "allpaAreaTable")
    assert table.rowCount() == 11
    assert table.item(10, 1).text() == "410.00"
    headline = child(again, QLabel, "allpaResultsHeadline").text()
    assert "98.5 % mapped" in headline
    assert "scenes: 7" in headline
    assert "not readable: 1" in headline
    assert child(again, QToolButton, "allpaResultsOpenReport").isEnabled()
    child(again, QToolButton, "allpaResultsCopyCommand").click()
    assert f"--FOLDER={tmp_path}/a job" in QApplication.clipboard().text().replace("'", "")
    assert len(QgsProject.instance().mapLayers()) == 2
    again.dispose()


def test_a_cancelled_job_is_filled_in_again_after_a_restart(dock, algorithms, canvas, tmp_path):
    algorithms["allpa:landcovermap"].behaviour = "wait"
    child(dock, QSpinBox, "allpaMaxScenes").setValue(7)
    run_in_2020(dock)
    wait_until(lambda: "Downloading" in child(dock, QLabel, "allpaStage").text())
    assert dock.iface.exit_blocker is not None
    child(dock, QPushButton, "allpaCancel").click()
    wait_until(lambda: not dock.busy)
    started_with = dict(algorithms["allpa:landcovermap"].last_parameters)
    assert child(dock, QPushButton, "allpaRun").text() == "Continue"
    child(dock, QSpinBox, "allpaMaxScenes").setValue(9)
    child(dock, QSpinBox, "allpaYear").setValue(2019)
    assert child(dock, QPushButton, "allpaRun").text() == "Run"
    (tmp_path / "a job").mkdir(exist_ok=True)
    again = new_dock(canvas)
    wait_until(lambda: listed(again) == [["a job 2020", "not finished"]])
    open_first(again)
    parameters = again.parameters()
    assert {name: parameters[name] for name in started_with if name != "GEOMETRY"} == {
        name: value for name, value in started_with.items() if name != "GEOMETRY"
    }
    again.dispose()


def test_a_folder_that_is_gone_is_shown_as_missing_and_can_be_taken_off(dock, tmp_path):
    run_in_2020(dock)
    wait_until(lambda: not dock.busy)
    shutil.rmtree(tmp_path / "a job")
    dock.findChild(QWidget, "allpaPastJobs").refresh()
    wait_until(lambda: listed(dock) == [["a job 2020", "folder is missing"]])
    open_first(dock)
    assert "is not there" in dock.message_bar.currentItem().text()
    child(dock, QToolButton, "allpaPastJobsRemove").click()
    wait_until(lambda: listed(dock) == [])


def test_the_folder_of_another_person_is_added(dock, tmp_path):
    folder = tmp_path / "received"
    folder.mkdir()
    view = child(dock, QWidget, "allpaPastJobs")
    view.add_folder(str(folder))
    assert "holds no map" in dock.message_bar.currentItem().text()
    leave_records(folder)
    view.add_folder(str(folder))
    wait_until(lambda: listed(dock))
    assert listed(dock)[0][0] == "Río Pachachaca 2020"
    open_first(dock)
    assert "Río Pachachaca 2020" in child(dock, QLabel, "allpaResultsHeadline").text()


@pytest.mark.parametrize("behaviour", ["succeed", "fail"])
def test_a_job_goes_on_in_a_closed_dock_and_its_end_is_announced(dock, algorithms, behaviour):
    algorithms["allpa:landcovermap"].behaviour = behaviour
    run_in_2020(dock)
    dock.close()
    wait_until(lambda: not dock.busy)
    text = dock.message_bar.currentItem().text()
    assert ("The map is ready" if behaviour == "succeed" else "did not answer") in text
    child(dock.message_bar, QPushButton, "allpaShowDock").click()
    assert dock.isVisible()
    assert child(dock, QTableWidget, "allpaAreaTable").rowCount() == (11 if behaviour == "succeed" else 0)


@pytest.mark.parametrize("agreed", [False, True])
def test_qgis_asks_before_it_closes_while_a_job_runs(dock, algorithms, monkeypatch, agreed):
    asked = []
    original = QMessageBox.exec

    def press(box):
        asked.append(f"{box.text()} {box.informativeText()}")
        button = next(
            one for one in box.buttons() if one.text().replace("&", "").startswith("Stop" if agreed else "Cancel")
        )
        QTimer.singleShot(0, button.click)
        return original(box)

    monkeypatch.setattr(QMessageBox, "exec", press)
    assert dock.iface.exit_blocker.allowExit()
    assert asked == []
    algorithms["allpa:landcovermap"].behaviour = "wait"
    run_in_2020(dock)
    wait_until(lambda: "Downloading" in child(dock, QLabel, "allpaStage").text())
    assert dock.iface.exit_blocker.allowExit() is agreed
    assert "a job 2020" in asked[0]
    assert "kept" in asked[0]
    assert dock.busy is not agreed, "QGIS crashes when it is left while a task runs"


def test_neither_a_job_nor_the_folders_of_past_jobs_are_read_in_the_main_thread(dock, algorithms, monkeypatch):
    from allpa.ui.results import past_jobs

    threads = {}
    work, read = algorithms["allpa:landcovermap"].processAlgorithm, past_jobs.read_past_job
    look = past_jobs.job_state

    def noting(name, function):
        def call(*given):
            threads[name] = threading.current_thread()
            return function(*given)

        return call

    monkeypatch.setattr(algorithms["allpa:landcovermap"], "processAlgorithm", noting("job", work))
    monkeypatch.setattr(past_jobs, "read_past_job", noting("folder", read))
    monkeypatch.setattr(past_jobs, "job_state", noting("folders", look))
    run_in_2020(dock)
    wait_until(lambda: not dock.busy and len(threads) == 2)
    open_first(dock)
    assert len(threads) == 3
    assert threading.main_thread() not in threads.values()


def test_steps_say_how_far_they_are(dock, algorithms):
    def state(name):
        section = child(dock, QWidget, f"allpaSection{name}")
        return section.state

    assert state("Where") == "to do"
    assert state("Results") == "to do"
    algorithms["allpa:landcovermap"].behaviour = "wait"
    run_in_2020(dock)
    wait_until(lambda: "Downloading" in child(dock, QLabel, "allpaStage").text())
    assert (state("Where"), state("When"), state("Results")) == ("done", "done", "running")
    child(dock, QPushButton, "allpaCancel").click()
    wait_until(lambda: not dock.busy)
    assert state("Results") == "to do"
    algorithms["allpa:landcovermap"].behaviour = "fail"
    child(dock, QPushButton, "allpaRun").click()
    wait_until(lambda: not dock.busy)
    assert state("Results") == "problem"
    algorithms["allpa:landcovermap"].behaviour = "succeed"
    child(dock, QPushButton, "allpaRun").click()
    wait_until(lambda: not dock.busy)
    assert state("Results") == "done"


def test_what_is_folded_stays_folded_after_a_restart(dock, canvas):
    section = child(dock, QWidget, "allpaSectionWhen")
    assert section.is_open
    child(dock, QToolButton, "allpaSectionWhenToggle").click()
    assert not child(dock, QSpinBox, "allpaYear").isVisible()
    again = new_dock(canvas)
    assert not child(again, QWidget, "allpaSectionWhen").is_open
    assert child(again, QWidget, "allpaSectionWhere").is_open
    again.dispose()


def test_the_dock_is_usable_at_250_pixels(dock):
    run_in_2020(dock)
    wait_until(lambda: not dock.busy and dock.engine.ready)
    find(dock)
    QApplication.processEvents()
    scroll_bar = dock.style().pixelMetric(dock.style().PM_ScrollBarExtent)
    assert child(dock, QWidget, "allpaFooter").minimumSizeHint().width() <= 250
    assert dock.widget().minimumSizeHint().width() <= 250
    for name in ("Where", "When", "Scenes", "Options", "Results", "PastJobs"):
        section = child(dock, QWidget, f"allpaSection{name}")
        section.set_open(True)
        assert section.minimumSizeHint().width() <= 250 - scroll_bar - 4, name


def test_commands_are_quoted_for_each_shell(qgis_app, allpa):
    from allpa.plugin.shell_command import shell_command

    words, variables = ["/opt/my qgis/run", "--NAME=Río d'Oro; $HOME"], {"PROFILE": "a b"}
    assert shell_command(words, variables, "powershell") == (
        "$env:PROFILE='a b'; & '/opt/my qgis/run' '--NAME=Río d''Oro; $HOME'"
    )
    assert shell_command(words, variables, "bash") == "PROFILE='a b' '/opt/my qgis/run' '--NAME=Río d'\"'\"'Oro; $HOME'"
    assert Path(shell_command(["run"], {}, "powershell")).name == "run"
