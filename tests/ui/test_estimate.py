"""The estimate above Run: what it says, that it blocks nothing, and when it no longer holds."""

from dock_fixtures import wait_until
from qgis.PyQt.QtWidgets import QLabel, QPushButton, QSpinBox, QToolButton


def child(dock, kind, name):
    found = dock.findChild(kind, name)
    assert found is not None, name
    return found


def estimate(dock):
    child(dock, QToolButton, "allpaRegionMapExtent").click()
    child(dock, QPushButton, "allpaEstimate").click()


def text_of(dock):
    return child(dock, QLabel, "allpaEstimateText").text()


def test_the_estimate_says_scenes_bytes_minutes_disk_and_coverage(dock, algorithms, tmp_path):
    estimate(dock)
    wait_until(lambda: text_of(dock))
    for part in ("12 scenes of 2 tiles", "345 MB", "7.3 minutes", "512 MB", "1.23 GB", "98.7 %"):
        assert part in text_of(dock)
    assert algorithms["allpa:landcovermap"].last_parameters["DRY_RUN"] is True
    assert not list(tmp_path.rglob("*.tif"))
    child(dock, QPushButton, "allpaRun").click()
    wait_until(lambda: not dock.busy)
    assert "DRY_RUN" not in algorithms["allpa:landcovermap"].last_parameters


def test_large_sizes_are_in_gigabytes_and_notes_are_shown(dock, algorithms, monkeypatch):
    import shutil

    from allpa.ui.number_format import format_size

    assert [format_size(size) for size in (0, 3.21e6, 512e6, 1.25e9, 73e9)] == [
        "0 bytes", "3.21 MB", "512 MB", "1.25 GB", "73 GB",
    ]  # fmt: skip
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: type("Usage", (), {"free": 10_000_000})())
    estimate(dock)
    wait_until(lambda: text_of(dock))
    assert text_of(dock).splitlines()[1:] == [
        "Only 10 MB are free on the disk of the output folder.",
        "The speed of the network is not known yet.",
    ]


def test_another_year_removes_the_estimate(dock):
    estimate(dock)
    wait_until(lambda: text_of(dock))
    year = child(dock, QSpinBox, "allpaYear")
    year.setValue(year.value() - 1)
    assert text_of(dock) == ""


def test_an_estimate_can_be_cancelled_and_run_waits_for_it(dock, algorithms):
    algorithms["allpa:landcovermap"].behaviour = "wait"
    estimate(dock)
    assert not child(dock, QPushButton, "allpaRun").isEnabled()
    assert child(dock, QPushButton, "allpaEstimate").text() == "Cancel estimate"
    child(dock, QPushButton, "allpaEstimate").click()
    wait_until(lambda: not dock.busy)
    assert child(dock, QPushButton, "allpaRun").isEnabled()
    assert text_of(dock) == ""


def test_missing_choices_are_named_before_an_estimate_starts(dock, algorithms):
    child(dock, QPushButton, "allpaEstimate").click()
    assert not dock.busy
    assert dock.message_bar.currentItem() is not None
