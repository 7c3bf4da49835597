"""Processing's dialog of an algorithm, opened and run as the toolbox does."""

import gc
from types import SimpleNamespace

import pytest
from qgis.PyQt.QtCore import QCoreApplication, QEvent, QEventLoop, QTimer
from qgis.PyQt.QtWidgets import QTextEdit

_TIMEOUT_MS = 300_000


@pytest.fixture
def open_dialog(provider):
    """Open the dialog of an algorithm, filled in with values."""
    from processing.core.ProcessingConfig import ProcessingConfig
    from qgis.core import QgsApplication

    kept_open = ProcessingConfig.getSetting(ProcessingConfig.KEEP_DIALOG_OPEN)
    ProcessingConfig.setSettingValue(ProcessingConfig.KEEP_DIALOG_OPEN, True)
    opened = []

    def open_filled(name, values):
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"allpa:{name}")
        dialog = algorithm.createCustomParametersWidget(parent=None)
        opened.append(dialog)
        dialog.setParameters(values)
        dialog.show()  # QGIS deletes a hidden one after its run
        return dialog

    yield open_filled
    for dialog in opened:
        dialog.close()
        dialog.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()  # here: in the thread of a later run it would delete widgets there
    ProcessingConfig.setSettingValue(ProcessingConfig.KEEP_DIALOG_OPEN, kept_open)


@pytest.fixture
def run_dialog(open_dialog):
    """Run a dialog to its end, with calls before it and now and then; gives what the dialog shows and its results."""

    def run(name, values, while_running=None, before=None):
        dialog = open_dialog(name, values)
        if before:
            before(dialog)
        ended = []
        dialog.algorithmFinished.connect(lambda successful, results: ended.append((successful, results)))
        loop, timer = QEventLoop(), QTimer()

        def look():
            if ended:
                loop.quit()
            elif while_running:
                while_running(dialog)

        timer.timeout.connect(look)
        timer.start(50)
        dialog.runAlgorithm()  # an iteration ends here, without a signal where it was cancelled
        if dialog.iterateParam and not ended:
            ended.append((False, {}))
        QTimer.singleShot(_TIMEOUT_MS, loop.quit)
        loop.exec()
        timer.stop()
        assert ended, "the dialog has not finished"
        log = dialog.findChild(QTextEdit, "txtLog").toPlainText().strip().splitlines()
        return SimpleNamespace(dialog=dialog, successful=ended[0][0], results=ended[0][1], log=log)

    return run
