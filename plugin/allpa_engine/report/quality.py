"""The report's quality figures: which facts of a composite are shown, and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .texts import number, spanish

FIGURES: dict[str, tuple[str, str, str, int]] = {
    "valid_percent": ("Pixels with a class", "Píxeles con clase", "%", 2),
    "cloud_percent": ("Pixels only seen under clouds", "Píxeles solo vistos bajo nubes", "%", 2),
    "nodata_percent": ("Pixels never seen", "Píxeles nunca vistos", "%", 2),
    "scene_count": ("Scenes that vote", "Escenas que votan", "", 0),
    "mean_clear_looks": ("Clear looks per pixel, mean", "Observaciones claras por píxel, media", "", 1),
    "median_clear_looks": ("Clear looks per pixel, median", "Observaciones claras por píxel, mediana", "", 0),
    "mean_confidence": ("Confidence, mean", "Confianza, media", "", 2),
    "mean_agreement": ("Agreement of the scenes, mean", "Acuerdo entre escenas, media", "", 2),
    "mean_months": ("Months seen per pixel, mean", "Meses vistos por píxel, media", "", 1),
}
"""Key in the composite's summary: English, Spanish, unit, decimals."""


def quality_rows(summary: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """The known figures of a composite's summary as label and value."""
    rows = []
    for key, (english, spanish_text, unit, decimals) in FIGURES.items():
        value = summary.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            label = spanish_text if spanish(language) else english
            rows.append((label, f"{number(value, decimals, language)} {unit}".strip()))
    return rows
