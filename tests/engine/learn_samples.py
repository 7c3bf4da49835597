"""Small training tables for the tests of own classes."""

import numpy as np
import pyogrio
import shapely
from allpa_engine.core.legend import LandClass, Legend
from allpa_engine.core.training_keys import TRAINING
from allpa_engine.geo.grid import Grid
from allpa_engine.learn.feature_writer import add_feature_raster, create_feature_raster, reflectance_raster
from allpa_engine.learn.sample_table import SampleTable

LEGEND = Legend(
    (
        LandClass(3, "Queñual", "#2A6F3B", 1.0, ""),
        LandClass(7, "Ichu, pajonal", "#D9C76A", 1.0, ""),
        LandClass(250, "Suelo desnudo", "#A05A2C", 1.0, ""),
    )
)


def sample_table(rows=60, features=4, seed=1, legend=LEGEND, spread=0.05):
    """A table whose classes differ by 0.2 in every feature, on a region of 6 km."""
    random = np.random.default_rng(seed)
    samples = np.repeat(np.arange((rows + 2) // 3, dtype=np.int32), 3)[:rows]
    class_index = samples % len(legend.codes)
    x = 700_000 + random.uniform(0, 6_000, samples.max() + 1)[samples] + 10 * (np.arange(rows) % 3)
    y = 8_500_000 + random.uniform(0, 6_000, samples.max() + 1)[samples]
    values = 0.2 * class_index[:, None] + random.normal(0.1, spread, (rows, features))
    return SampleTable(
        values.astype(np.float32),
        tuple(f"season_B{number:02}" for number in range(features)),
        np.array(legend.codes, np.uint8)[class_index],
        samples,
        (np.arange(rows) % 3).astype(np.int32),
        (samples % 7).astype(np.int32),
        np.ones(rows, np.float32),
        -73 + (x - 700_000) / 108_000,
        -13.5 + (y - 8_500_000) / 110_600,
        x,
        y,
        np.zeros(rows, np.int32),
        ("18LYL",),
        legend,
        "EPSG:32718",
    )


GRID = Grid("EPSG:32718", 700_000.0, 8_500_000.0, 10.0, 117, 93)
"""Of the small feature folder, an odd size."""
BANDS = ("spring_B03", "spring_B04", "spring_B08")
CLASS_REFLECTANCE = {"water": (0.06, 0.04, 0.02), "forest": (0.04, 0.03, 0.35), "soil": (0.15, 0.22, 0.28)}


def truth_names(grid=GRID):
    """Names `(y, x)` of three kinds of land in patches of 13 pixels, as in `CLASS_REFLECTANCE`."""
    rows, columns = np.mgrid[: grid.height, : grid.width]
    return np.array(list(CLASS_REFLECTANCE), object)[(rows // 13 + columns // 13) % 3]


def write_features(folder, grid=GRID, gap=None, noise=0.01, bands=BANDS, seed=2):
    """A feature folder of three bands, whose land is `truth_names`; `gap` is a window (rows, columns) without data."""
    random = np.random.default_rng(seed)
    names = truth_names(grid)
    numbers = np.zeros((3, grid.height, grid.width), np.uint16)
    for band in range(3):
        level = np.vectorize({name: values[band] for name, values in CLASS_REFLECTANCE.items()}.get)(names)
        numbers[band] = np.clip(np.rint(1e4 * (level + random.normal(0, noise, level.shape))), 1, 10_000)
    if gap is not None:
        numbers[(slice(None), *gap)] = 0
    raster = reflectance_raster("spring.tif", tuple(bands))
    with create_feature_raster(folder, raster, grid) as rows:
        rows.write(numbers)
    add_feature_raster(folder, raster, grid)
    return numbers


def write_points(path, x, y, values, crs="EPSG:32718", field="class", **options):
    """A vector file of points with a class each; the format by its ending."""
    geometry = np.array(shapely.to_wkb(shapely.points(x, y)), object)
    write_shapes(path, geometry, values, "Point", crs, field, **options)


def write_shapes(path, wkb, values, kind, crs="EPSG:32718", field="class", **options):
    """A vector file of any geometries (WKB or None) with a class each."""
    column = np.array(values, object)
    pyogrio.raw.write(str(path), np.array(wkb, object), [column], [field], geometry_type=kind, crs=crs, **options)


def options(**changes):
    """The job's `training_options` with some values changed."""
    return {**TRAINING.defaults, **changes}
