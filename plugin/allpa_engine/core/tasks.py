"""The names of what a job can ask for, and of what comes of it."""

from __future__ import annotations

TASKS = (
    "landcovermap", "search", "fetch", "classify", "composite", "areas", "report", "change", "accuracy_sample",
    "accuracy_import", "accuracy", "accuracy_more_points", "training_data", "seasonal_composite", "train_forest",
    "classify_features", "train_network", "refit", "embeddings", "export_model", "explain_model", "plan",
    "join", "quick_looks",
)  # fmt: skip
"""The whole chain, its steps, and what is made beside it."""
OUTPUT_NAMES = (
    "landcover", "plain_landcover", "quality", "areas", "zones", "zones_wide", "zones_long", "zones_sums", "picture",
    "report", "provenance", "scenes", "sample", "accuracy",
)  # fmt: skip
"""Files of a run that the job may put elsewhere."""
