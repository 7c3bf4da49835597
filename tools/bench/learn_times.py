"""Times of own classes beside those of Burgueño et al. 2023: training table, training, prediction of a tile.

    PYTHONPATH=plugin:tools python tools/bench/learn_times.py WORK [--rows 70000] [--size 2196x1098]
        [--noise 0.35] [--methods] [--further]

Writes `learn_times.csv` into WORK. Simulated land of ten classes with fourteen bands in three seasons, the nine indices
of the paper and terrain: 72 features. A part of a tile is sampled and classified with all that a run does (reading,
indices, trees, writing), on one core, and the figure is scaled to the 120.56 million pixels of a tile. With `--methods`
scikit-learn, ONNX Runtime and the trees of Allpa classify the same pixels. With `--further` gradient boosting, the
elimination of features and the SHAP values of the forest are measured on the same rows.
"""

from __future__ import annotations

import argparse
import csv
import resource
import time
from pathlib import Path

import numpy as np
from allpa_engine.classify.feature_model import load_feature_model
from allpa_engine.classify.tree_arrays import tree_depth
from allpa_engine.core.forest_keys import FOREST
from allpa_engine.core.legend import LandClass, Legend
from allpa_engine.core.products import RasterMetadata
from allpa_engine.geo.grid import Grid
from allpa_engine.learn.estimators import train_model
from allpa_engine.learn.explanation import explain_trees
from allpa_engine.learn.feature_folder import open_features
from allpa_engine.learn.feature_manifest import FeatureRaster
from allpa_engine.learn.feature_map import classify_feature_folders
from allpa_engine.learn.feature_training import FeatureTraining, save_feature_training
from allpa_engine.learn.feature_writer import add_feature_raster, create_feature_raster, reflectance_raster
from allpa_engine.learn.folds import group_folds
from allpa_engine.learn.importance import eliminate_features
from allpa_engine.learn.indices import PAPER_INDICES
from allpa_engine.learn.sample_table import SampleTable, read_samples, write_samples
from rasterio.windows import Window

BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12", "AOT", "WVP")
SEASONS = ("spring", "summer", "autumn")
TERRAIN = ("elevation", "slope", "aspect")
CLASSES = 10
TILE_PX = 10_980**2
PAPER_CORE_S = {"prediction of a tile": 40 * 60 * 2}
"""Of the paper: forty minutes on two cores."""
MUCH_NOISE = 0.35
"""Of a pixel's reflectance, as a share of it: with it classes overlap in every single feature."""


def legend() -> Legend:
    return Legend(tuple(LandClass(code, f"Class {code}", f"#{code * 20:02X}8040") for code in range(1, CLASSES + 1)))


def centres(random):
    """`(class, season, band)` reflectance with the shape of spectra, and `(class, 3)` terrain."""
    level = random.uniform(0.03, 0.35, (CLASSES, 1, 1))
    red_edge = random.uniform(0, 0.3, (CLASSES, len(SEASONS), 1)) * (np.arange(len(BANDS)) > 5)
    slope = random.uniform(-0.1, 0.1, (CLASSES, 1, 1)) * np.linspace(-1, 1, len(BANDS))
    terrain = np.column_stack([random.uniform(*limits, CLASSES) for limits in ((0, 2000), (0, 30), (60, 300))])
    return np.clip(level + red_edge + slope, 0.01, 0.9), terrain


def land(height, width, random):
    """`(y, x)` class index: patches of some twenty pixels."""
    coarse = random.integers(0, CLASSES, (height // 20 + 2, width // 20 + 2))
    rows, columns = np.indices((height, width))
    wobble = random.integers(-4, 5, (2, height // 8 + 1, width // 8 + 1)).repeat(8, 1).repeat(8, 2)[:, :height, :width]
    return coarse[(rows + wobble[0]).clip(0) // 20, (columns + wobble[1]).clip(0) // 20]


def write_land(folder, grid, random, noise):
    """Simulated composites and the land they show."""
    spectra, terrain = centres(random)
    codes = land(grid.height, grid.width, random)
    shared = random.normal(size=codes.shape).astype(np.float32)
    for number, season in enumerate(SEASONS):
        names = tuple(f"{season}_{band}" for band in BANDS)
        raster = reflectance_raster(f"{season}.tif", names)
        values = spectra[:, number][codes].transpose(2, 0, 1).astype(np.float32)
        values *= 1 + noise * (0.7 * shared + 0.5 * random.normal(size=values.shape).astype(np.float32))
        with create_feature_raster(folder, raster, grid) as rows:
            rows.write(np.clip(values * 10_000, 1, 20_000).astype(np.uint16))
        add_feature_raster(folder, raster, grid)
    raster = FeatureRaster("terrain.tif", TERRAIN)
    values = (
        terrain[codes].transpose(2, 0, 1)
        + random.normal(size=(3, *codes.shape)) * (noise / MUCH_NOISE) * np.array([300, 8, 90])[:, None, None]
    )
    with create_feature_raster(folder, raster, grid, "float32") as rows:
        rows.write(values.astype(np.float32))
    add_feature_raster(folder, raster, grid)
    return codes


def sample_table(folder, grid, codes, rows, random):
    """Points with their eight neighbours and all features: the table of the paper."""
    points = rows // 9
    y, x = random.integers(1, grid.height - 1, points), random.integers(1, grid.width - 1, points)
    step = np.indices((3, 3)).reshape(2, 9) - 1
    row, column = (y[:, None] + step[0]).ravel(), (x[:, None] + step[1]).ravel()
    names = tuple(f"{season}_{name}" for season in SEASONS for name in (*BANDS, *PAPER_INDICES)) + TERRAIN
    with open_features(folder) as features:
        values = features.sample_pixels(row, column, names)
    number = np.arange(len(row))
    coordinates = (grid.left + 10 * column + 5.0, grid.top - 10 * row - 5.0)
    block = (y // 200 * 1000 + x // 200).repeat(9)
    return SampleTable(
        values, names, (codes[y, x].repeat(9) + 1).astype(np.uint8), (number // 9).astype(np.int32),
        (number % 9).astype(np.int32), block.astype(np.int32), np.ones(len(row), np.float32), coordinates[0] * 0,
        coordinates[1] * 0, *coordinates, np.zeros(len(row), np.int32), ("tile",), legend(), grid.crs,
        {"scope": "features"},
    )  # fmt: skip


class Clock:
    """Processor time of this process, all threads."""

    def __init__(self):
        self.rows = []

    def measure(self, name, work, scale=1.0, note=""):
        began, wall = time.process_time(), time.perf_counter()
        result = work()
        core_s = (time.process_time() - began) * scale
        paper = PAPER_CORE_S.get(name)
        share = f"{core_s / paper:.3f}" if paper else ""
        self.rows.append([name, f"{core_s:.1f}", f"{time.perf_counter() - wall:.1f}", paper or "", share, note])
        print(*self.rows[-1], flush=True)
        return result


def compare_methods(model, estimator, pixels, clock):
    """The same pixels by scikit-learn in blocks, ONNX Runtime and Allpa; all must give the same classes."""
    scale = 1e6 / pixels.shape[1]
    rows = np.ascontiguousarray(pixels.T)
    model.probabilities(pixels[:, :100])
    estimator.set_params(n_jobs=1)
    by = {
        "Allpa": lambda: model.probabilities(pixels),
        "scikit-learn in blocks": lambda: (
            np.concatenate(
                [estimator.predict_proba(rows[start : start + 16_384]) for start in range(0, len(rows), 16_384)]
            ).T
        ),
    }
    if (by_treelite := treelite_predictor(estimator)) is not None:
        by["treelite (GTIL)"] = lambda: by_treelite(rows).T
    session = onnx_session(estimator)
    if session is not None:
        by["ONNX Runtime"] = lambda: session.run(None, {"x": rows})[1].T
    expected = None
    for name, work in by.items():
        found = clock.measure(f"a million pixels, {name}", work, scale)
        expected = found if expected is None else expected
        different = int(np.count_nonzero(found.argmax(axis=0) != expected.argmax(axis=0)))
        print(f"  {name}: {different} of {pixels.shape[1]} classes differ from Allpa's", flush=True)


def treelite_predictor(estimator):
    """The forest by treelite's own evaluation, on one thread; None where treelite is not installed."""
    try:
        import treelite
    except ImportError:
        return None
    model = treelite.sklearn.import_model(estimator)
    return lambda rows: treelite.gtil.predict(model, rows, nthread=1).reshape(len(rows), -1)


def onnx_session(estimator):
    """The forest as ONNX's TreeEnsembleClassifier, on one thread; None where ONNX is not installed."""
    try:
        import onnx  # noqa: F401
        import onnxruntime
        from onnx import TensorProto, helper
    except ImportError:
        return None
    nodes = {key: [] for key in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids")}
    votes = {key: [] for key in ("treeids", "nodeids", "ids", "weights")}
    count = len(estimator.estimators_)
    for number, tree in enumerate(estimator.estimators_):
        inner = tree.tree_
        is_leaf = inner.children_left < 0
        nodes["treeids"] += [number] * inner.node_count
        nodes["nodeids"] += range(inner.node_count)
        nodes["featureids"] += np.maximum(inner.feature, 0).tolist()
        nodes["values"] += inner.threshold.astype(np.float32).tolist()
        nodes["modes"] += ["LEAF" if leaf else "BRANCH_LEQ" for leaf in is_leaf]
        nodes["truenodeids"] += np.maximum(inner.children_left, 0).tolist()
        nodes["falsenodeids"] += np.maximum(inner.children_right, 0).tolist()
        for node in np.flatnonzero(is_leaf):
            for channel, share in enumerate(inner.value[node, 0]):
                if share:
                    for key, value in zip(votes, (number, int(node), channel, float(share / count))):
                        votes[key].append(value)
    attributes = {f"nodes_{key}": value for key, value in nodes.items()}
    attributes |= {f"class_{key}": value for key, value in votes.items()}
    node = helper.make_node(
        "TreeEnsembleClassifier", ["x"], ["label", "shares"], domain="ai.onnx.ml", post_transform="NONE",
        classlabels_int64s=list(range(len(estimator.classes_))), **attributes,
    )  # fmt: skip
    graph = helper.make_graph(
        [node], "forest",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, estimator.n_features_in_])],
        [helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
         helper.make_tensor_value_info("shares", TensorProto.FLOAT, [None, len(estimator.classes_)])],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("ai.onnx.ml", 3), helper.make_opsetid("", 18)])
    model.ir_version = 9
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options)


def read_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--rows", type=int, default=70_000)
    parser.add_argument("--size", default="2196x1098")
    parser.add_argument("--noise", type=float, default=MUCH_NOISE, help="share of a pixel's reflectance that is chance")
    parser.add_argument("--methods", action="store_true")
    parser.add_argument("--further", action="store_true")
    return parser.parse_args()


def measure_further(table, trained, options, clock):
    """What a training does beside the forest itself, on one thread."""
    folds = group_folds(table.blocks, table.codes, options["folds"], 1)
    kept = options | {"keep_features": 30}
    clock.measure("SHAP values", lambda: explain_trees(trained, table, options["explain_rows"]),
                  note=f"{options['explain_rows']} rows of the forest")  # fmt: skip
    clock.measure("elimination", lambda: eliminate_features(table, folds, kept, threads=1),
                  note=f"to 30 features, by {folds.count} folds of blocks")  # fmt: skip
    boosting = options | {"kind": "gradient_boosting"}
    clock.measure("training, boosting", lambda: train_model(table, boosting, 1), note=f"{boosting['trees']} rounds")


def print_summary(work, codes):
    """How much of the map is right, and the memory that it took."""
    import rasterio

    with rasterio.open(work / "map.tif") as source:
        print(f"right: {(source.read(1) == codes + 1).mean():.3f}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


def main():
    arguments = read_arguments()
    height, width = (int(text) for text in arguments.size.split("x"))
    grid = Grid("EPSG:32631", 400_000, 4_600_000, 10, width, height)
    random, clock, work = np.random.default_rng(1), Clock(), arguments.work
    codes = write_land(work / "features", grid, random, arguments.noise)
    scale = TILE_PX / codes.size
    table = clock.measure(
        "training table", lambda: sample_table(work / "features", grid, codes, arguments.rows, random),
        note=f"{arguments.rows} rows of 72 features, sampled and read back",
    )  # fmt: skip
    write_samples(work / "samples", table)
    table = read_samples(work / "samples")
    options = FOREST.defaults
    trained = clock.measure("training", lambda: train_model(table, options, 1), note="100 trees, out-of-bag votes too")
    save_feature_training(work / "model", FeatureTraining(trained, table, None, ()), options)
    model, folder = load_feature_model(work / "model")
    trees = model.branches[0].part.trees
    print(f"{len(trees.feature) / trees.tree_count:.0f} nodes a tree, {tree_depth(trees)} levels", flush=True)
    with open_features(work / "features") as features:
        model.probabilities(
            features.read(Window(0, 0, 50, 1), model.features).reshape(len(model.features), -1)
        )  # compiles
        metadata = RasterMetadata("", "2021-01-01", "2021-12-31", 0, (folder.model_hash,), {}, legend())
        clock.measure(
            "prediction of a tile",
            lambda: classify_feature_folders(
                [features],
                model,
                landcover=work / "map.tif",
                quality=work / "quality.tif",
                metadata=metadata,
                threads=1,
            ),
            scale,
            f"{codes.size / 1e6:.2f} million pixels x {scale:.1f}; read, indices, trees, map and quality written",
        )
        if arguments.methods:
            pixels = features.read(Window(0, 0, width, min(height, 100)), model.features).reshape(
                len(model.features), -1
            )
            compare_methods(model, trained.estimators[0], np.ascontiguousarray(pixels), clock)
    if arguments.further:
        measure_further(table, trained, options, clock)
    print_summary(work, codes)
    with (work / "learn_times.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["step", "core_s", "wall_s", "paper_core_s", "share_of_paper", "note"])
        writer.writerows(clock.rows)


if __name__ == "__main__":
    main()
