"""Names of the tags that Allpa writes into rasters: one list for scenes, predictions and maps."""

from __future__ import annotations

PREFIX = "ALLPA_"
SCENE, TILE, DATE, BASELINE = f"{PREFIX}SCENE", f"{PREFIX}TILE", f"{PREFIX}DATE", f"{PREFIX}BASELINE"
"""Of a scene or prediction: id of the scene, MGRS tile, day of sensing (ISO 8601) and processing baseline."""
OFFSET, RADIOMETRY = f"{PREFIX}OFFSET", f"{PREFIX}RADIOMETRY"
"""Of a scene: digital numbers that were subtracted, and what decided it."""
SOURCE, DIGEST = f"{PREFIX}SOURCE", f"{PREFIX}DIGEST"
"""Of a prediction: hash of the scene's tags, and hash of pixels, facts and grid."""
MODEL = f"{PREFIX}MODEL"
"""SHA-256 of the model's weights; a map made of several models has them all, with spaces between."""
FIRST_DATE, LAST_DATE, SCENE_COUNT = f"{PREFIX}FIRST_DATE", f"{PREFIX}LAST_DATE", f"{PREFIX}SCENE_COUNT"
"""Of a map."""


def own_tags(tags: dict[str, str]) -> dict[str, str]:
    """Those of a raster's tags that Allpa wrote."""
    return {name: value for name, value in tags.items() if name.startswith(PREFIX)}
