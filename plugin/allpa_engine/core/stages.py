"""The stages of jobs, by their names in `Reporter.progress`, with what people read."""

from __future__ import annotations

from .messages import translatable

STAGE_TITLES = {
    "search": translatable("Searching scenes"),
    "select": translatable("Selecting scenes"),
    "fetch": translatable("Downloading scenes"),
    "classify": translatable("Classifying"),
    "elevation": translatable("Downloading elevation"),
    "composite": translatable("Compositing"),
    "tiles": translatable("Mapping tiles"),
    "join": translatable("Joining tiles"),
    "areas": translatable("Computing areas"),
    "report": translatable("Writing the report"),
    "change": translatable("Comparing maps"),
    "accuracy_sample": translatable("Drawing the sample"),
    "accuracy_import": translatable("Importing reference data"),
    "accuracy": translatable("Estimating accuracy"),
    "accuracy_more_points": translatable("Drawing more points"),
    "training_data": translatable("Making training data"),
    "tile_quality": translatable("Counting missing pixels"),
    "terrain": translatable("Computing terrain"),
    "zones": translatable("Reading zones"),
    "features": translatable("Computing features"),
    "train_forest": translatable("Training the model"),
    "start_network": translatable("Preparing the network"),
    "train_network": translatable("Training the network"),
    "classify_features": translatable("Classifying"),
    "refit": translatable("Learning from corrections"),
    "export_model": translatable("Exporting the network"),
    "quick_looks": translatable("Fetching quick looks"),
    "explain_model": translatable("Explaining the network"),
}
