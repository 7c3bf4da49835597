"""The job's keys on teaching a model by corrections, and on embeddings."""

from __future__ import annotations

from .job_keys import Number, Text
from .sample_keys import Group

YEAR, MONTH = "year", "month"
EMBEDDING_PERIODS = (YEAR, MONTH)
"""One embedding of the job's whole period, or one for each calendar month of it."""

REFIT = Group(
    "How the last layer of a model is refitted to corrections of a map, for the task refit.",
    {
        "class_field": (
            Text("Field of the corrections with codes or names of classes; empty takes 'class'.", 100),
            "",
        ),
        "strength": (
            Number(
                "How strongly the present model is held; 0 chooses among 0.01, 0.1, 1 and 10 by corrections left out "
                "in blocks.",
                0,
                1_000_000,
            ),
            0.0,
        ),
        "block_size_m": (
            Number("Side in metres of the blocks that are left out; 0 takes the largest usual one.", 0, 1_000_000),
            0.0,
        ),
    },
)
