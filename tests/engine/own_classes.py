"""Small training tables and feature folders of own classes, with known land."""

import numpy as np
from allpa_engine.core.legend import LandClass, Legend
from allpa_engine.geo.grid import Grid
from allpa_engine.learn.feature_manifest import FeatureRaster
from allpa_engine.learn.feature_writer import add_feature_raster, create_feature_raster
from allpa_engine.learn.sample_table import SampleTable

LEGEND = Legend(
    (
        LandClass(2, "Bosque", "#358221"),
        LandClass(21, "Queñual", "#2A6F3B", parent=2),
        LandClass(22, "Eucalipto", "#87D19E", parent=2),
        LandClass(1, "Laguna", "#1A5BAB"),
        LandClass(3, "Ichu", "#D9C76A"),
    )
)
CODES = (1, 3, 21, 22)
NAMES = ("spring_B04", "spring_B08", "autumn_B11", "elevation", "noise")
CENTRES = {
    1: (0.05, 0.03, 0.02, 3900),
    3: (0.15, 0.25, 0.30, 4200),
    21: (0.04, 0.30, 0.12, 4100),
    22: (0.04, 0.42, 0.2, 3500),
}
GRID = Grid("EPSG:32718", 700_000, 8_500_000, 10, 61, 43)


def features_of(codes, random, noise=0.5):
    """`(row, 5)` features of classes, overlapping by `noise`."""
    centres = np.array([CENTRES[code] for code in np.ravel(codes).tolist()])
    spread = np.array([0.06, 0.09, 0.08, 250]) * noise
    values = centres + random.normal(size=centres.shape) * spread
    return np.column_stack([values, random.normal(size=len(values))]).astype(np.float32)


def training_table(rows=400, seed=3, missing=0.0, noise=0.5):
    """Labels of four pixels each, ten labels a block."""
    random = np.random.default_rng(seed)
    codes = np.repeat(random.choice(CODES, rows // 4), 4).astype(np.uint8)
    features = features_of(codes, random, noise)
    features[random.random(features.shape) < missing] = np.nan
    number = np.arange(len(codes), dtype=np.int32)
    zeros = np.zeros(len(codes))
    return SampleTable(
        features, NAMES, codes, number // 4, number % 4, number // 40, np.ones(len(codes), np.float32), zeros - 72,
        zeros - 13, zeros + 700_005, zeros + 8_499_995, np.zeros(len(codes), np.int32), ("tile",), LEGEND, "EPSG:32718",
        {"scope": "features"},
    )  # fmt: skip


def feature_folder(folder, codes, seed=5, grid=GRID, missing=None):
    """Features of a map of codes `(y, x)`; NaN in all where the code is 0, and in the first `missing` `(y, x)` ones."""
    random = np.random.default_rng(seed)
    values = features_of(np.where(codes == 0, 1, codes), random).T.reshape(len(NAMES), *codes.shape)
    values[:, codes == 0] = np.nan
    if missing is not None:
        values[np.arange(len(NAMES))[:, None, None] < missing] = np.nan
    raster = FeatureRaster("features.tif", NAMES)
    with create_feature_raster(folder, raster, grid, "float32") as rows:
        rows.write(values)
    add_feature_raster(folder, raster, grid)
    return values
