"""Progress and log of the engine, shown in QGIS: the bar, stages with counts and time left, and messages by level."""

from __future__ import annotations

import time
from typing import Any

from qgis.core import QgsFeedback, QgsProcessingFeedback

from ..allpa_engine.core.stages import STAGE_TITLES
from ..translation import engine_text, number_text, tr

MIN_TIME_LEFT_S = 3.0
"""Shorter times are not shown."""


TEXT_INTERVAL_S = 30.0
"""Processing's dialogs and terminals keep every text in their log: after the first of a stage they get one so often."""


class OneLineText:
    """Marks a feedback that replaces the last text by the next one: it gets every text that is new."""


class ProgressTexts:
    """Shows the `progress` lines of a run: the bar, and a text such as `Downloading scenes: 3 / 12`."""

    def __init__(self) -> None:
        self._stages: set[str] = set()
        self._text, self._shown_at = "", 0.0

    def show(self, feedback: QgsFeedback, message: dict[str, Any]) -> None:
        """Show a line.

        Parameters
        ----------
        feedback : one of Processing shows bar and text, any other the bar alone.
        message : the line, parsed: `fraction` of the run from 0 to 1, and `stage`, `done`, `total`, `eta_s` for the
            text.

        """
        fraction = message.get("fraction")
        if isinstance(fraction, (int, float)):
            feedback.setProgress(min(max(float(fraction), 0.0), 1.0) * 100)
        if not isinstance(feedback, QgsProcessingFeedback):
            return
        text, stage = progress_text(message), str(message.get("stage", "")).partition(" ")[0]
        now = time.monotonic()
        is_due = stage not in self._stages or now - self._shown_at >= TEXT_INTERVAL_S
        if text != self._text and (is_due or isinstance(feedback, OneLineText)):
            self._stages.add(stage)
            self._text, self._shown_at = text, now
            feedback.setProgressText(text)


def progress_text(message: dict[str, Any]) -> str:
    """Stage, count and time left of a `progress` line, for people.

    A stage may carry a scene's id after a space; its count is then of that scene's parts.
    """
    stage, _, detail = str(message.get("stage", "")).partition(" ")
    text = engine_text(STAGE_TITLES.get(stage, stage))
    done, total, left_s = message.get("done"), message.get("total"), message.get("eta_s")
    if isinstance(done, (int, float)) and isinstance(total, (int, float)) and total > 0:
        if detail:
            text += ": " + tr("{} % of a scene").format(round(100 * done / total))
        elif total > 1:
            text += (
                f": {number_text(done, 0)} / {number_text(total, 0)}"
                if done == int(done)
                else f": {number_text(done, 1)} / {number_text(total, 0)}"
            )
    if isinstance(left_s, (int, float)) and left_s >= MIN_TIME_LEFT_S:
        text += ", " + time_left_text(float(left_s))
    return text


def time_left_text(seconds: float) -> str:
    """`about 40 s left`, `about 4 min left`, `about 2.5 h left`."""
    if seconds < 90:
        return tr("about {} s left").format(max(5, 5 * round(seconds / 5)))
    if seconds < 90 * 60:
        return tr("about {} min left").format(round(seconds / 60))
    return tr("about {} h left").format(number_text(seconds / 3600, 1))


def show_log(feedback: QgsFeedback, text: str, level: str) -> None:
    """Pass a log line on at its level.

    Parameters
    ----------
    feedback : of Processing; any other, which only counts, gets nothing.
    text : of the line; nothing is shown where it is empty.
    level : `debug`, `warning` or `error`; anything else counts as information.

    """
    if not isinstance(feedback, QgsProcessingFeedback) or not text:
        return
    if level == "warning":
        feedback.pushWarning(text)
    elif level == "error":
        feedback.reportError(text)
    elif level == "debug":
        feedback.pushDebugInfo(text)
    else:
        feedback.pushInfo(text)
