"""The workflow of Burgueño et al. 2023 on the simulated archive: seasons, points with neighbours, forest, map.

    PYTHONPATH=plugin:tools python -m evaluation.own_workflow --archive ARCHIVE --out OUT [--labels 600]

Points of known land are drawn from one half of the archive; composites of three seasons, their 3 x 3 pixels, indices
and terrain become a table; a forest of 100 trees learns from it and maps the whole. Then scikit-learn alone trains the
same forest on the exported Parquet table, and must give the same class at every pixel. `own_workflow.json` has the
figures: agreement with the truth in both halves, pixels that differ from scikit-learn (none), and the largest
difference between SHAP values and prediction. The archive has six bands: two of the nine indices are left out.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import rasterio
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.geo.projection import reprojected
from allpa_engine.learn.feature_folder import open_features
from allpa_engine.learn.indices import PAPER_INDICES
from allpa_engine.run.pipeline import run_job
from rasterio.windows import Window
from sample_archive import serve_archive
from shapely.geometry import Point, box, mapping
from sklearn.ensemble import RandomForestClassifier

SEASONS = {"wet": (1, 2, 3), "dry": (6, 7, 8), "spring": (10, 11)}
YEAR = {"start": "2020-01-01", "end": "2020-12-31"}
SIX_BANDS = {"B02", "B03", "B04", "B08", "B11", "B12"}
INDICES = [name for name, index in PAPER_INDICES.items() if set(index.bands) <= SIX_BANDS]


def draw_points(archive: Path, window: Window, count: int, path: Path) -> None:
    """Write points of the truth, about as many of each class, from the western half of a window."""
    random = np.random.default_rng(1)
    with rasterio.open(archive / "truth.tif") as source:
        codes, transform, crs = source.read(1, window=window), source.window_transform(window), source.crs
    features = []
    present = [code for code in np.unique(codes[:, : codes.shape[1] // 2]).tolist() if code]
    for code in present:
        rows, columns = np.nonzero(codes[:, : codes.shape[1] // 2] == code)
        for index in random.permutation(len(rows))[: count // len(present)].tolist():
            x, y = transform @ (columns[index] + 0.5, rows[index] + 0.5)
            place = reprojected(Point(x, y), str(crs), "EPSG:4326")
            features.append({"type": "Feature", "geometry": mapping(place), "properties": {"class": code}})
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def run_workflow(archive: Path, out: Path, labels: int, size: int) -> dict[str, Any]:
    """All steps as jobs, and the comparison."""
    window = Window(100, 100, size, size)
    with rasterio.open(archive / "truth.tif") as source:
        bounds, crs = rasterio.windows.bounds(window, source.transform), str(source.crs)
    region = json.loads(json.dumps(mapping(reprojected(box(*bounds), crs, "EPSG:4326"))))
    draw_points(archive, window, labels, out / "points.geojson")
    seconds = {}

    def step(name: str, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - keys of a job
        began = time.process_time()
        result = run_job(Job(str(out / name), task=name, threads=2, **values), NullReporter())
        seconds[name] = round(time.process_time() - began, 1)
        print(name, seconds[name], "s of processor time", flush=True)
        return result

    with serve_archive(archive) as catalogue:
        step("seasonal_composite", region=region, catalogue=catalogue.stac_url, collection=catalogue.collection,
             seasons=SEASONS, **YEAR)  # fmt: skip
    features = str(out / "seasonal_composite")
    step("training_data", labels=str(out / "points.geojson"), features=features,
         training_options={"class_field": "class", "indices": INDICES, "block_size_m": 500.0})  # fmt: skip
    options = {"keep_features": 0, "importance": False, "explain_rows": 100}
    trained = step("train_forest", training=str(out / "training_data"), forest_options=options)
    step("classify_features", model=str(out / "train_forest"), features=features, region=region, **YEAR)
    return {"seconds": seconds, **compare_with_scikit_learn(out, trained, archive)}


def compare_with_scikit_learn(out: Path, trained: dict[str, Any], archive: Path) -> dict[str, Any]:
    """Train the same forest on the exported table alone, and compare it with the map."""
    table = pyarrow.parquet.read_table(out / "training_data" / "samples.parquet").to_pandas()
    names = trained["features"]
    forest = RandomForestClassifier(100, oob_score=True, random_state=1, n_jobs=2)
    forest.fit(table[names].to_numpy(np.float32), table["class"], sample_weight=table["weight"])
    forest.set_params(n_jobs=1)  # with more, scikit-learn adds the trees up in an order that changes
    with rasterio.open(next((out / "classify_features").glob("landcover_*.tif"))) as source:
        mapped, left, top = source.read(1), source.bounds.left, source.bounds.top
    with open_features(out / "seasonal_composite") as folder:
        values = folder.read(None, names).reshape(len(names), -1)
    is_mapped = mapped.ravel() > 0
    alone = forest.predict(values[:, is_mapped].T)
    with rasterio.open(archive / "truth.tif") as source:
        row, column = source.index(left + 5, top - 5)
        truth = source.read(1, window=Window(column, row, mapped.shape[1], mapped.shape[0]))
    right = (mapped == truth) | (mapped == 0)
    half = mapped.shape[1] // 2
    shares = [
        float(right[:, part][mapped[:, part] > 0].mean()) for part in (slice(0, half), slice(half, mapped.shape[1]))
    ]
    return {
        "rows": len(table),
        "features": len(names),
        "pixels": int(is_mapped.sum()),
        "differ_from_scikit_learn": int(np.count_nonzero(alone != mapped.ravel()[is_mapped])),
        "blocked_overall": trained["metrics"].get("blocked", {}).get("overall"),
        "out_of_bag_overall": trained["metrics"].get("out_of_bag", {}).get("overall"),
        "right_in_labelled_half": round(shares[0], 4),
        "right_in_other_half": round(shares[1], 4),
        "shap_largest_difference": trained["shap_largest_difference"],
    }


def main() -> None:
    """Run it, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--labels", type=int, default=600)
    parser.add_argument("--size", type=int, default=300, help="pixels of a side of the mapped square")
    arguments = parser.parse_args()
    shutil.rmtree(arguments.out, ignore_errors=True)
    arguments.out.mkdir(parents=True)
    figures = run_workflow(arguments.archive, arguments.out, arguments.labels, arguments.size)
    (arguments.out / "own_workflow.json").write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
