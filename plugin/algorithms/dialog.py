"""Processing's dialog of an algorithm, which does not call a cancelled run a failure."""

from __future__ import annotations

import inspect
import threading
import weakref
from typing import Any

from processing.gui.AlgorithmDialog import AlgorithmDialog
from qgis.core import QgsProcessingFeedback

from ..translation import tr


class RunDialog(AlgorithmDialog):
    """The dialog as QGIS makes it.

    A task that was cancelled has failed for QGIS (`QgsProcessingAlgRunnerTask::run` returns whether the feedback is not
    cancelled), and the dialog writes "Execution failed after" in red, whatever the algorithm returns. This is so in
    QGIS 3.22 to 3.44.
    """

    def createFeedback(self) -> QgsProcessingFeedback:  # noqa: N802 - QGIS's name
        """The feedback of a run, as QGIS's dialog asks for it."""
        feedback = super().createFeedback()
        own = weakref.ref(feedback)  # a method that held it would keep it for ever
        method = inspect.getattr_static(type(feedback), "reportError")

        def report_failure(text: str, fatalError: bool = False) -> None:  # noqa: N803 - QGIS's
            this: Any = own()
            # The dialog itself writes in the main thread, the algorithm in another one.
            if this.isCanceled() and threading.current_thread() is threading.main_thread():
                this.pushInfo(tr("Cancelled."))
            else:
                method.__get__(this, type(this))(text, fatalError)

        feedback.reportError = report_failure
        return feedback
