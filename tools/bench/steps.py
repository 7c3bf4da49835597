"""The steps of a run as pieces of work of one process each: their time, memory and growth with the map.

A scene is never larger than a tile, so the classification of four tiles is that of four scenes and is not run again.
"""

import tempfile
from pathlib import Path

from allpa_engine.areas import area_table
from allpa_engine.classify.classify import classify_scene
from allpa_engine.classify.inference import load_classifier
from allpa_engine.classify.prediction_file import read_predictions
from allpa_engine.composite import CompositeRule, compose
from allpa_engine.core.protocol import NullReporter

from bench.made_files import FOUR_TILES, TILE_PX, write_predictions, write_scene
from bench.peak_memory import run_isolated

SCENES = 4
"""Of each tile, for the composite."""
GROWTH_COLUMNS = ("step", "map_megapixels", "wall_s", "processor_s", "before_mb", "peak_mb")
MEMORY_COLUMNS = ("step", "pixels", "scenes", "before_mb", "peak_mb", "added_mb", "processor_s")


def nothing():
    """Imports are those of this module."""


def classify(classifier, fetched, path):
    """Classify a scene."""
    classify_scene(fetched, classifier, Path(path), NullReporter())


def composite(_, predictions, folder, region=None):
    """Make the map and its quality raster; threads as many as processors."""
    folder = Path(folder)
    compose(predictions, region, CompositeRule(), landcover=folder / "map.tif", quality=folder / "quality.tif")


def check(_, folder):
    """Compare all the predictions of a folder with their digests, as a run does before the composite."""
    read_predictions(folder)


def tabulate(_, path):
    """Count the areas of a map."""
    area_table(Path(path))


def draw(_, path):
    """Read the picture of a map as the report does, and draw it."""
    from allpa_engine.report.map_picture import read_map_image, write_map_picture

    write_map_picture(read_map_image(path), Path(path).with_suffix(".png"), title="")


def growth_rows(size=TILE_PX, scenes=SCENES):
    """Rows of `GROWTH_COLUMNS`: the steps at a sixteenth, a quarter, one and four tiles of `size` pixels a side."""
    sides = [(size // 4, 1), (size // 2, 1), (size, 1), (size, 4)]
    for side, tiles in sides:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            if tiles == 1:
                fetched = write_scene(folder / "scene.tif", side, side)
                yield _row("classify", side * side, load_classifier, classify, fetched, folder / "prediction.tif")
            predictions = write_predictions(folder / "predictions", side, side, scenes, FOUR_TILES[:tiles])
            map_path = folder / "map.tif"
            cost = run_isolated(nothing, composite, predictions, folder)
            pixels = _pixel_count(map_path)
            yield _growth_row("composite", pixels, cost)
            yield _row("area table", pixels, nothing, tabulate, map_path)
            yield _row("picture", pixels, nothing, draw, map_path)


def _row(step, pixels, *work):
    return _growth_row(step, pixels, run_isolated(*work))


def _growth_row(step, pixels, cost):
    memory = round(cost.before_mb), round(cost.peak_mb)
    values = (step, round(pixels / 1e6, 3), round(cost.wall_s, 2), round(cost.processor_s, 2), *memory)
    return dict(zip(GROWTH_COLUMNS, values))


def _pixel_count(path):
    import rasterio

    with rasterio.open(path) as source:
        return source.width * source.height


def memory_rows(size=TILE_PX, counts=(4, 40, 200), whole=1):
    """Rows of `MEMORY_COLUMNS`: peak memory of each step as the number of scenes grows.

    The first `whole` counts are composited over the whole tile, all of them over a strip of its width: two rows of
    blocks, which is what memory can depend on.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        fetched = write_scene(folder / "scene.tif", size, size)
        cost = run_isolated(load_classifier, classify, fetched, folder / "classified" / "scene.tif")
        yield _memory_row("classify", size * size, 1, cost)
        fetched.path.unlink()
        predictions = write_predictions(folder / "predictions", size, size, counts[whole - 1])
        strip = write_predictions(folder / "strip", size, min(size, 1024), max(counts))
        for count in counts:
            cost = run_isolated(nothing, composite, strip[:count], folder)
            yield _memory_row("composite, strip", size * min(size, 1024), count, cost)
        for count in counts[:whole]:
            cost = run_isolated(nothing, composite, predictions[:count], folder)
            yield _memory_row("composite, tile", size * size, count, cost)
        yield _memory_row("area table", size * size, count, run_isolated(nothing, tabulate, folder / "map.tif"))
        yield _memory_row("picture", size * size, count, run_isolated(nothing, draw, folder / "map.tif"))


def _memory_row(step, pixels, scenes, cost):
    numbers = round(cost.before_mb), round(cost.peak_mb), round(cost.added_mb), round(cost.processor_s, 1)
    return dict(zip(MEMORY_COLUMNS, (step, pixels, scenes, *numbers)))


def growth_deviation(rows):
    """For each step, the largest distance of its processor seconds from the straight line through all, in percent.

    The line `a + b x` (`x` in megapixels of the map) has the least sum of squared relative distances. Returns
    `{step: (a, b, percent)}`; two sizes or fewer give no entry, since a line always passes through them.
    """
    import numpy as np

    found = {}
    for step in dict.fromkeys(row["step"] for row in rows):
        x, y = np.array([(float(row["map_megapixels"]), float(row["processor_s"])) for row in rows
                         if row["step"] == step]).T  # fmt: skip
        if len(x) < 3 or (y <= 0).any():
            continue
        (a, b), *_ = np.linalg.lstsq(np.stack([1 / y, x / y], axis=1), np.ones(len(y)), rcond=None)
        found[step] = (a, b, float(np.abs((a + b * x) / y - 1).max() * 100))
    return found
