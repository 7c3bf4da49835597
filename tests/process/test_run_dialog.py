"""Processing's own dialog of an algorithm: what it says after a cancel, and after a failure."""

import pytest
from qgis.PyQt.QtCore import QCoreApplication, QEvent, QEventLoop, QTimer
from qgis.PyQt.QtWidgets import QTextEdit
from served_archive import write_rectangles

REGION = "CRS=EPSG:4326;POLYGON((-73 -14, -72.9 -14, -72.9 -13.9, -73 -13.9, -73 -14))"


@pytest.fixture
def run_dialog(provider, fake_engine):
    """Open the dialog as the toolbox does and run it; gives the lines of its log and the results."""
    from qgis.core import QgsApplication

    opened = []

    def run(name, values, when_running=None):
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"allpa:{name}")
        dialog = algorithm.createCustomParametersWidget(parent=None)
        opened.append(dialog)
        dialog.setParameters(values)
        ended = []
        dialog.algorithmFinished.connect(lambda successful, results: ended.append((successful, results)))
        dialog.runAlgorithm()
        loop, timer = QEventLoop(), QTimer()

        def look():
            if ended:
                loop.quit()
            elif when_running and fake_engine.runs:
                when_running(dialog)

        timer.timeout.connect(look)
        timer.start(50)
        QTimer.singleShot(60_000, loop.quit)
        loop.exec()
        timer.stop()
        assert ended, "the dialog has not finished"
        return ended[0], dialog.findChild(QTextEdit, "txtLog").toPlainText().strip().splitlines()

    yield run
    for dialog in opened:
        dialog.close()
        dialog.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_a_cancelled_run_is_not_called_a_failure(run_dialog, fake_engine, tmp_path):
    fake_engine.set_behaviour("hang")
    (successful, results), log = run_dialog(
        "landcovermap",
        {"GEOMETRY": REGION, "YEAR": 2020, "FOLDER": str(tmp_path / "map")},
        lambda dialog: dialog.cancelButton().click(),
    )
    assert (successful, results) == (False, {})
    at = log.index("The job was cancelled.")
    assert log[at + 1 : at + 3] == ["Run again to continue where it stopped.", "Cancelled."]
    assert not any("failed" in line.lower() for line in log)


def test_a_cancelled_model_stops_at_its_step(run_dialog, fake_engine, tmp_path):
    fake_engine.set_behaviour("hang")
    region = write_rectangles(tmp_path / "region.geojson", Abancay=(0, 10, 0, 10))
    folders = {f"{step}:FOLDER": str(tmp_path / step) for step in ("first", "second", "change")}
    (successful, _), log = run_dialog(
        "two_years",
        {"REGION": region, "FIRST_YEAR": 2018, "SECOND_YEAR": 2020, **folders},
        lambda dialog: dialog.cancelButton().click(),
    )
    assert not successful
    assert len(fake_engine.runs) == 1
    assert "Cancelled." in log
    assert not any("failed" in line.lower() for line in log)


def test_a_failure_is_called_one(run_dialog, fake_engine, tmp_path):
    fake_engine.set_behaviour("explained")
    (successful, _), log = run_dialog(
        "landcovermap", {"GEOMETRY": REGION, "YEAR": 2020, "FOLDER": str(tmp_path / "map")}
    )
    assert not successful
    at = log.index("There are no scenes.")
    assert log[at + 1 : at + 3] == ["It is the sea.", "Go on."]
    assert log[at + 3].startswith("Execution failed after")
