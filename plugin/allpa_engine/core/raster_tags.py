"""Names of the tags that Allpa writes into rasters: one list for scenes, predictions and maps."""

from __future__ import annotations

from collections.abc import Mapping

PREFIX = "ALLPA_"
SCENE, TILE, DATE, BASELINE = f"{PREFIX}SCENE", f"{PREFIX}TILE", f"{PREFIX}DATE", f"{PREFIX}BASELINE"
"""Of a scene or prediction: id of the scene, MGRS tile, day of sensing (ISO 8601) and processing baseline."""
OFFSET, RADIOMETRY, KEY = f"{PREFIX}OFFSET", f"{PREFIX}RADIOMETRY", f"{PREFIX}KEY"
"""Of a scene: digital numbers that were subtracted, what decided it, and hash of scene, window and radiometry."""
WINDOW, TILE_BOUNDS = f"{PREFIX}WINDOW", f"{PREFIX}TILE_BOUNDS"
"""Of a scene file: left, bottom, right and top of the window that was wanted, and of the tile, metres in its CRS."""
SOURCE, DIGEST = f"{PREFIX}SOURCE", f"{PREFIX}DIGEST"
"""Hash of the scene's tags, of a prediction; hash of pixels, facts and grid, of both."""
AREA = f"{PREFIX}AREA"
"""Of a prediction: column, row, width and height of the pixels that got classes, where these are not all."""
MODEL = f"{PREFIX}MODEL"
"""SHA-256 of the model's weights; a map made of several models has them all, with spaces between."""
FIRST_DATE, LAST_DATE, SCENE_COUNT = f"{PREFIX}FIRST_DATE", f"{PREFIX}LAST_DATE", f"{PREFIX}SCENE_COUNT"
"""Of a map."""
LEGEND, KIND = f"{PREFIX}LEGEND", f"{PREFIX}KIND"
"""Of a prediction or map whose classes are not the bundled ones: its legend as JSON (`core.legend`), and `change` where
its codes are those of pairs of classes."""


def own_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Those of a raster's tags that Allpa wrote."""
    return {name: value for name, value in tags.items() if name.startswith(PREFIX)}
