"""The keys of a job that say how its texts and numbers are written."""

from __future__ import annotations

from .job_keys import Text
from .messages import NUMBER_FORMATS

LANGUAGES = ("en", "es")
LANGUAGE = Text("Language of table and report.", choices=LANGUAGES)
NUMBER_FORMAT = Text(
    "How numbers are written in report and log, by an example; empty: as usual in the language. Tables for programs "
    "always have decimal points.",
    choices=("", *NUMBER_FORMATS),
)
