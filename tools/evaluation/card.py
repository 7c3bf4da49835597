"""Metrics on the readable card beside a model file, added to by each command that measures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from allpa_engine.classify.model_file import extend_card
from allpa_engine.classify.network_weights import card_path
from allpa_engine.core.json_input import read_json


def extend_metrics(model: Path, metrics: Mapping[str, Any]) -> None:
    """Add metrics to the card of a model file; those of the same name are replaced, the others stay."""
    extend_card(model, {"metrics": {**read_json(card_path(model)).get("metrics", {}), **metrics}})
