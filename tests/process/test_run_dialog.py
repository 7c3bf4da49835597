"""Processing's own dialog of an algorithm: what it says after a cancel, and after a failure."""

import pytest
from served_archive import write_rectangles

REGION = "CRS=EPSG:4326;POLYGON((-73 -14, -72.9 -14, -72.9 -13.9, -73 -13.9, -73 -14))"


@pytest.fixture
def cancelled(run_dialog, fake_engine):
    """Run a dialog on an engine that never ends, and click its Cancel as soon as the engine has the job."""
    fake_engine.set_behaviour("hang")

    def run(name, values):
        return run_dialog(name, values, lambda dialog: fake_engine.runs and dialog.cancelButton().click())

    return run


def test_a_cancelled_run_is_not_called_a_failure(cancelled, tmp_path):
    run = cancelled("landcovermap", {"GEOMETRY": REGION, "YEAR": 2020, "FOLDER": str(tmp_path / "map")})
    assert (run.successful, run.results) == (False, {})
    at = run.log.index("The job was cancelled.")
    assert run.log[at + 1 : at + 3] == ["Run again to continue where it stopped.", "Cancelled."]
    assert not any("failed" in line.lower() for line in run.log)


def test_a_cancelled_iteration_stops_at_its_feature(cancelled, fake_engine, tmp_path):
    from qgis.core import QgsProcessingFeatureSourceDefinition as Source

    path = write_rectangles(tmp_path / "region.geojson", Abancay=(0, 10, 0, 10), Tamburco=(20, 30, 0, 10))
    one_by_one = Source.Flag.FlagCreateIndividualOutputPerInputFeature
    values = {"REGION": Source(path, False, -1, one_by_one), "YEAR": 2020, "FOLDER": str(tmp_path / "map")}
    run = cancelled("landcovermap", values)
    assert not run.successful
    assert len(fake_engine.runs) == 1
    assert "The job was cancelled." in run.log
    assert not any("failed" in line.lower() for line in run.log)


def test_a_cancelled_model_stops_at_its_step(cancelled, fake_engine, tmp_path):
    region = write_rectangles(tmp_path / "region.geojson", Abancay=(0, 10, 0, 10))
    folders = {f"{step}:FOLDER": str(tmp_path / step) for step in ("first", "second", "change")}
    run = cancelled("two_years", {"REGION": region, "FIRST_YEAR": 2018, "SECOND_YEAR": 2020, **folders})
    assert not run.successful
    assert len(fake_engine.runs) == 1
    assert "Cancelled." in run.log
    assert not any("failed" in line.lower() for line in run.log)


def test_a_failure_is_called_one(run_dialog, fake_engine, tmp_path):
    fake_engine.set_behaviour("explained")
    run = run_dialog("landcovermap", {"GEOMETRY": REGION, "YEAR": 2020, "FOLDER": str(tmp_path / "map")})
    assert not run.successful
    at = run.log.index("There are no scenes.")
    assert run.log[at + 1 : at + 3] == ["It is the sea.", "Go on."]
    assert run.log[at + 3].startswith("Execution failed after")
