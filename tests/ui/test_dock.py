"""The dock as a user meets it: what it hands to Processing, and what it shows of what comes back."""

import json
import shlex
import shutil

import pytest
from canvas_mouse import drag
from dock_fixtures import wait_until
from qgis.core import QgsGeometry, QgsProject
from qgis.gui import QgsCheckableComboBox, QgsCollapsibleGroupBox, QgsFileWidget, QgsProjectionSelectionWidget
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtWidgets import (
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QTabBar,
    QTableWidget,
    QToolButton,
    QWidget,
)


def child(dock, kind, name):
    found = dock.findChild(kind, name)
    assert found is not None, name
    return found


def choose_region(dock):
    child(dock, QToolButton, "allpaRegionMapExtent").click()


def click_run(dock):
    child(dock, QPushButton, "allpaRun").click()


def sentence(dock):
    """What the window's message bar says now."""
    item = dock.message_bar.currentItem()
    return item.text() if item else ""


def test_drawn_rectangle_and_choices_arrive_as_parameters(dock, algorithms, canvas, tmp_path):
    child(dock, QToolButton, "allpaRegionRectangle").click()
    drag(canvas, (732_000, 8_488_000), (736_000, 8_485_000))
    child(dock, QSpinBox, "allpaYear").setValue(2020)
    catalogue = child(dock, QComboBox, "allpaCatalogue")
    catalogue.setCurrentIndex(catalogue.findData("earth_search"))
    child(dock, QSpinBox, "allpaMaxScenes").setValue(12)
    child(dock, QDoubleSpinBox, "allpaMaxCloud").setValue(60)
    months = child(dock, QgsCheckableComboBox, "allpaMonths")
    for index in range(6):
        months.setItemCheckState(index, Qt.CheckState.Unchecked)
    click_run(dock)
    wait_until(lambda: not dock.busy)
    last_parameters = dict(algorithms["allpa:landcovermap"].last_parameters)
    geometry = last_parameters.pop("GEOMETRY")
    assert geometry.startswith("CRS=EPSG:4326;Polygon")
    box = QgsGeometry.fromWkt(geometry.split(";")[1]).boundingBox()
    assert box.xMinimum() == pytest.approx(-72.856, abs=0.01)
    assert box.yMaximum() == pytest.approx(-13.665, abs=0.01)
    assert last_parameters == {
        "REGION_NAME": "",
        "YEAR": 2020,
        "CATALOGUE": "earth_search",
        "FOLDER": str(tmp_path / "a job"),
        "MAX_SCENES": 12,
        "CLEAR_OBSERVATIONS": 5,
        "MAX_CLOUD": 60,
        "MONTHS": ["7", "8", "9", "10", "11", "12"],
        "DEVICE": "auto",
    }
    json.dumps(last_parameters)


def test_own_catalogue_replaces_the_list(dock, algorithms):
    url = child(dock, QLineEdit, "allpaCatalogueUrl")
    assert not url.isVisible()
    catalogue = child(dock, QComboBox, "allpaCatalogue")
    catalogue.setCurrentIndex(catalogue.count() - 1)
    assert url.isVisible()
    choose_region(dock)
    click_run(dock)
    assert algorithms["allpa:landcovermap"].last_parameters is None
    assert "STAC API" in sentence(dock)
    url.setText("http://127.0.0.1:8080/")
    click_run(dock)
    wait_until(lambda: not dock.busy)
    last_parameters = algorithms["allpa:landcovermap"].last_parameters
    assert last_parameters["CATALOGUE_URL"] == "http://127.0.0.1:8080/"
    assert "CATALOGUE" not in last_parameters


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda dock: None, "region"),
        (lambda dock: (choose_region(dock), child(dock, QWidget, "allpaFolder").setFilePath("")), "folder"),
        (lambda dock: (choose_region(dock), child(dock, QWidget, "allpaFolder").setFilePath("maps")), "whole path"),
        (
            lambda dock: (choose_region(dock), child(dock, QWidget, "allpaFolder").setFilePath(__file__)),
            "is a file",
        ),
    ],
)
def test_what_is_missing_is_reported_and_nothing_starts(dock, algorithms, spoil, word):
    spoil(dock)
    click_run(dock)
    assert word in sentence(dock)
    assert not dock.busy
    assert algorithms["allpa:landcovermap"].last_parameters is None


def test_finished_job_stands_in_the_project_and_in_the_dock(dock, tmp_path):
    choose_region(dock)
    child(dock, QSpinBox, "allpaYear").setValue(2025)
    click_run(dock)
    wait_until(lambda: not dock.busy)
    group = QgsProject.instance().layerTreeRoot().children()[0]
    layers = group.findLayers()
    assert [node.layer().name() for node in layers] == ["Land cover a job 2025", "Quality a job 2025"]
    assert [node.isVisible() for node in layers] == [True, False]
    assert all(node.layer().isValid() for node in layers)
    assert len(QgsProject.instance().mapLayers()) == 2
    table = child(dock, QTableWidget, "allpaAreaTable")
    assert table.isVisible()
    assert table.rowCount() == 11
    headline = child(dock, QLabel, "allpaResultsHeadline").text()
    assert "410.00 ha" in headline
    assert "99.4 % mapped" in headline
    assert "scenes: 9" in headline
    assert "not readable: 1" in headline
    assert child(dock, QToolButton, "allpaResultsOpenReport").isEnabled()
    assert child(dock, QToolButton, "allpaResultsOpenFolder").isEnabled()
    assert child(dock, QPushButton, "allpaRun").isVisible()


def test_progress_names_the_stage_and_the_time_left(dock, algorithms):
    algorithms["allpa:landcovermap"].behaviour = "wait"
    choose_region(dock)
    click_run(dock)
    stage = child(dock, QLabel, "allpaStage")
    wait_until(lambda: "4 min left" in stage.text())
    assert stage.isVisible()
    wait_until(lambda: child(dock, QProgressBar, "allpaProgress").value() == 25)
    assert not child(dock, QPushButton, "allpaRun").isVisible()
    assert child(dock, QPushButton, "allpaCancel").isVisible()


def test_cancel_ends_the_job_and_leaves_no_layers(dock, algorithms):
    algorithms["allpa:landcovermap"].behaviour = "wait"
    choose_region(dock)
    click_run(dock)
    wait_until(lambda: "Downloading" in child(dock, QLabel, "allpaStage").text())
    child(dock, QPushButton, "allpaCancel").click()
    wait_until(lambda: not dock.busy)
    assert "Cancelled" in sentence(dock)
    assert not child(dock, QWidget, "allpaFailure").isVisible()
    assert QgsProject.instance().mapLayers() == {}
    algorithms["allpa:landcovermap"].behaviour = "succeed"
    click_run(dock)
    wait_until(lambda: not dock.busy)
    assert len(QgsProject.instance().mapLayers()) == 2


def test_failure_is_one_sentence_and_a_next_step_with_the_log_folded(dock, algorithms):
    algorithms["allpa:landcovermap"].behaviour = "fail"
    choose_region(dock)
    click_run(dock)
    wait_until(lambda: not dock.busy)
    assert child(dock, QLabel, "allpaFailureHeadline").text() == "The catalogue did not answer."
    next_step = child(dock, QLabel, "allpaFailureNextStep").text()
    assert next_step == (
        "HTTP 503 four times. C:/a. B is no end of a sentence. Check the network, or choose another catalogue."
    )
    box = child(dock, QgsCollapsibleGroupBox, "allpaFailureDetailsBox")
    assert box.isVisible()
    assert box.isCollapsed()
    details = child(dock, QPlainTextEdit, "allpaFailureDetails").toPlainText()
    assert "S2A_18LYL_20200621" in details
    assert "HTTP 503" not in details, "an error is told once"
    algorithms["allpa:landcovermap"].behaviour = "succeed"
    click_run(dock)
    assert not child(dock, QWidget, "allpaFailure").isVisible()


def test_refused_parameters_are_explained_before_anything_runs(dock, algorithms):
    algorithms["allpa:landcovermap"].behaviour = "refuse"
    choose_region(dock)
    click_run(dock)
    assert not dock.busy
    assert child(dock, QLabel, "allpaFailureHeadline").text() == "The period ends before it starts."
    assert child(dock, QPushButton, "allpaRun").isVisible()


@pytest.fixture
def answer(monkeypatch):
    """Answers the question of the dock by the text of a button, and keeps what was asked."""
    from qgis.PyQt.QtWidgets import QMessageBox

    asked = []

    def choose(text):
        def press(box):
            asked.append(f"{box.text()} {box.informativeText()}")
            button = next(button for button in box.buttons() if button.text().replace("&", "") == text)
            QTimer.singleShot(0, button.click)
            return original(box)

        monkeypatch.setattr(QMessageBox, "exec", press)
        return asked

    original = QMessageBox.exec
    return choose


def test_the_map_of_another_job_is_replaced_only_after_a_question(dock, algorithms, monkeypatch, answer):
    choose_region(dock)
    child(dock, QSpinBox, "allpaYear").setValue(2020)
    asked = answer("Cancel")
    click_run(dock)
    wait_until(lambda: not dock.busy)
    assert asked == []
    assert "OVERWRITE" not in algorithms["allpa:landcovermap"].last_parameters
    algorithms["allpa:landcovermap"].last_parameters = None
    monkeypatch.setattr(algorithms["allpa:landcovermap"], "differences", ("Region", "Class weights"))
    click_run(dock)
    assert "holds the 2020 map of another job. It differs in: Region, Class weights." in asked[0]
    assert algorithms["allpa:landcovermap"].last_parameters is None
    answer("Replace")
    click_run(dock)
    wait_until(lambda: not dock.busy)
    assert algorithms["allpa:landcovermap"].last_parameters["OVERWRITE"] is True


def test_failure_stage_and_run_button_are_visible_in_a_low_dock(dock, algorithms):
    dock.window().resize(900, 420)
    algorithms["allpa:landcovermap"].behaviour = "fail"
    choose_region(dock)
    click_run(dock)
    wait_until(lambda: not dock.busy)
    QApplication.processEvents()
    for kind, name in ((QPushButton, "allpaRun"), (QLabel, "allpaFailureHeadline"), (QLabel, "allpaFailureNextStep")):
        widget = child(dock, kind, name)
        assert widget.visibleRegion().boundingRect() == widget.rect(), f"{name} is cut"
    algorithms["allpa:landcovermap"].behaviour = "wait"
    click_run(dock)
    wait_until(lambda: "4 min left" in child(dock, QLabel, "allpaStage").text())
    QApplication.processEvents()
    for kind, name in ((QLabel, "allpaStage"), (QPushButton, "allpaCancel")):
        widget = child(dock, kind, name)
        assert widget.visibleRegion().boundingRect() == widget.rect(), f"{name} is cut"


@pytest.mark.parametrize("ending", ["cancel", "succeed"])
def test_qgis_announces_neither_a_cancelled_job_nor_a_status_check(dock, algorithms, ending):
    from qgis.core import QgsApplication

    announced = []
    QgsApplication.taskManager().statusChanged.connect(lambda _task, status: announced.append(status))
    dock.engine.refresh()
    algorithms["allpa:landcovermap"].behaviour = "wait" if ending == "cancel" else "succeed"
    choose_region(dock)
    click_run(dock)
    if ending == "cancel":
        wait_until(lambda: "Downloading" in child(dock, QLabel, "allpaStage").text())
        child(dock, QPushButton, "allpaCancel").click()
    wait_until(lambda: not dock.busy and dock.engine.ready is not None)
    assert announced == []


def test_only_a_folder_that_was_used_is_remembered(dock, algorithms, clean_settings, tmp_path):
    from allpa.plugin import settings

    choose_region(dock)
    algorithms["allpa:landcovermap"].behaviour = "fail"
    click_run(dock)
    wait_until(lambda: not dock.busy)
    assert settings.OUTPUT_FOLDER.value() == ""
    algorithms["allpa:landcovermap"].behaviour = "succeed"
    click_run(dock)
    wait_until(lambda: not dock.busy)
    assert settings.OUTPUT_FOLDER.value() == str(tmp_path / "a job")


def test_only_a_list_can_be_cleared(dock, algorithms):
    clear = child(dock, QToolButton, "allpaScenesClear")
    assert not clear.isEnabled()
    choose_region(dock)
    click_run(dock)
    wait_until(lambda: not dock.busy)
    assert not clear.isEnabled()


def test_no_month_selected_means_all(dock, algorithms):
    choose_region(dock)
    child(dock, QgsCheckableComboBox, "allpaMonths").deselectAllOptions()
    click_run(dock)
    wait_until(lambda: not dock.busy)
    assert algorithms["allpa:landcovermap"].last_parameters["MONTHS"] == []


def test_provider_switched_off_is_explained(dock, monkeypatch):
    from allpa.ui import run

    monkeypatch.setattr(run, "algorithm", lambda _id: None)
    choose_region(dock)
    click_run(dock)
    assert "not available" in child(dock, QLabel, "allpaFailureHeadline").text()


def test_values_are_remembered(dock, canvas, algorithms):
    from allpa.ui.job_form import JobForm

    choose_region(dock)
    child(dock, QSpinBox, "allpaYear").setValue(2019)
    child(dock, QSpinBox, "allpaClearObservations").setValue(8)
    child(dock, QgsCheckableComboBox, "allpaMonths").setItemCheckState(0, Qt.CheckState.Unchecked)
    click_run(dock)
    wait_until(lambda: not dock.busy)
    again = JobForm().parameters()
    assert again == {key: dock.parameters()[key] for key in again}
    assert again["YEAR"] == 2019
    assert again["CLEAR_OBSERVATIONS"] == 8
    assert "1" not in again["MONTHS"]


def test_engine_that_is_missing_is_installed_from_the_dock(dock, algorithms):
    wait_until(lambda: child(dock, QLabel, "allpaEngineText").text() == "Engine ready (cpu)")
    install = child(dock, QPushButton, "allpaInstallEngine")
    assert not install.isVisible()
    algorithms["allpa:status"].ready = False
    dock.engine.refresh()
    wait_until(install.isVisible)
    assert "not installed" in child(dock, QLabel, "allpaEngineText").text()
    install.click()
    wait_until(lambda: child(dock, QLabel, "allpaEngineText").text() == "Engine ready (cpu)")
    assert not install.isVisible()


def test_installation_that_fails_says_why(dock, algorithms):
    algorithms["allpa:status"].ready = False
    algorithms["allpa:installengine"].behaviour = "fail"
    wait_until(lambda: dock.engine.ready is not None)
    dock.engine.install()
    wait_until(child(dock, QWidget, "allpaFailure").isVisible)
    assert child(dock, QLabel, "allpaFailureHeadline").text() == "The engine could not be installed."


def test_command_repeats_the_job(dock):
    choose_region(dock)
    click_run(dock)
    wait_until(lambda: not dock.busy)
    child(dock, QToolButton, "allpaResultsCopyCommand").click()
    command = QApplication.clipboard().text()
    words = shlex.split(command)
    assert words[words.index("run") + 1] == "allpa:landcovermap"
    assert f"--FOLDER={dock.parameters()['FOLDER']}" in words
    assert "--MONTHS=1,2,3,4,5,6,7,8,9,10,11,12" in words
    assert "REGION_NAME" not in command
    assert shutil.which(words[words.index("run") - 1])


def test_dock_fits_into_320_pixels_with_and_without_results(dock):
    choose_region(dock)
    assert dock.widget().minimumSizeHint().width() <= 320
    click_run(dock)
    wait_until(lambda: not dock.busy)
    content = child(dock, QWidget, "allpaContent")
    assert content.minimumSizeHint().width() <= 320 - dock.style().pixelMetric(dock.style().PM_ScrollBarExtent)


def test_every_control_of_the_dock_has_a_name(dock):
    controls = (QSpinBox, QPushButton, QToolButton, QComboBox, QProgressBar, QLineEdit, QTableWidget)
    composed = (
        QSpinBox,
        QComboBox,
        QgsCollapsibleGroupBox,
        QLineEdit,
        QgsFileWidget,
        QTabBar,
        QgsProjectionSelectionWidget,
    )
    nameless = [
        control
        for control in dock.widget().findChildren(controls)
        if not control.objectName() and not any(isinstance(parent, composed) for parent in ancestors(control))
    ]
    assert nameless == []


def ancestors(widget):
    while widget.parent() is not None:
        widget = widget.parent()
        yield widget


def test_disposed_dock_leaves_the_canvas_as_it_was(dock, canvas):
    items = len(canvas.scene().items())
    child(dock, QToolButton, "allpaRegionPolygon").click()
    dock.dispose()
    assert canvas.mapTool() is canvas.pan
    assert len(canvas.scene().items()) < items
