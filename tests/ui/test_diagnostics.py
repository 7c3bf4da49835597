"""The diagnostics report: from a failure and from the menu, readable, and without secrets."""

from pathlib import Path

import pytest
from dock_fixtures import wait_until
from qgis.core import Qgis, QgsApplication, QgsSettings
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import QApplication, QLabel, QPlainTextEdit, QPushButton, QToolButton

HIDDEN_WORD = "hunter2-Ümlaut"


@pytest.fixture
def secrets(monkeypatch):
    """A proxy and a variable of the environment that hold a secret."""
    settings = QgsSettings()
    values = {"proxyEnabled": True, "proxyType": "HttpProxy", "proxyHost": "proxy.example"}
    for name, value in {**values, "proxyUser": "ana.quispe", "proxyPassword": HIDDEN_WORD}.items():
        settings.setValue(f"proxy/{name}", value)
    monkeypatch.setenv("MY_SERVICE_TOKEN", HIDDEN_WORD + "2")
    yield
    settings.remove("proxy")


def report_text(dialog):
    text = dialog.findChild(QPlainTextEdit, "allpaDiagnosticsText")
    wait_until(lambda: text.toPlainText() != "")
    return text.toPlainText()


def test_a_failure_opens_its_report(algorithms, clean_settings, secrets):
    from allpa.ui.diagnostics import DiagnosticsDialog
    from allpa.ui.results.failure_view import FailureView
    from allpa.ui.run import RunFailure

    view = FailureView()
    log = f"GET https://ana:pw@host.example/a?sig=abc\npassword={HIDDEN_WORD}\nlast line of {Path.home()}/maps"
    view.show_failure(RunFailure("The index cannot be reached.", "Check the network.", log))
    view.findChild(QToolButton, "allpaFailureReport").click()
    dialog = next(window for window in QApplication.topLevelWidgets() if isinstance(window, DiagnosticsDialog))
    text = report_text(dialog)
    assert text.startswith("# Allpa diagnostics")
    assert f"| QGIS | {Qgis.version()}" in text
    assert "The index cannot be reached. Check the network." in text
    assert "| STATE | ready |" in text
    assert "GET https://host.example/a\n" in text
    assert "last line of ~/maps" in text
    assert "| Proxy of QGIS | http, with user name |" in text
    assert not any(word in text for word in (HIDDEN_WORD, "ana.quispe", "pw@", "proxy.example", str(Path.home()) + "/"))
    dialog.findChild(QPushButton, "allpaDiagnosticsCopy").click()
    assert QGuiApplication.clipboard().text() == text
    dialog.close()
    view.deleteLater()


def test_the_report_of_the_menu_has_qgis_s_messages_and_can_be_saved(algorithms, clean_settings, tmp_path):
    from allpa.plugin.diagnostics import forget_log, remember_log, remembered_log
    from allpa.ui.diagnostics import show_diagnostics

    remember_log()
    QgsApplication.messageLog().logMessage("A tile was skipped", "Allpa", Qgis.MessageLevel.Warning)
    QgsApplication.messageLog().logMessage("of another plugin", "Elsewhere", Qgis.MessageLevel.Warning)
    dialog = show_diagnostics()
    forget_log()
    text = report_text(dialog)
    assert "Allpa: A tile was skipped" in text
    assert "of another plugin" not in text
    assert remembered_log() == []
    dialog.save(tmp_path / "report.md")
    assert (tmp_path / "report.md").read_text(encoding="utf-8") == text
    dialog.save(tmp_path / "no such folder" / "report.md")
    assert "could not be saved" in dialog.windowTitle()
    assert dialog.findChild(QLabel, "allpaDiagnosticsNote").text()
    dialog.close()
