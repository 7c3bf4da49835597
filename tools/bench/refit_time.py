"""Time of a refit with 20 corrections of each class on all scenes of a year of the sample archive.

    PYTHONPATH=plugin:tools python tools/bench/refit_time.py WORK [--clicks 20] [--threads 2] [--end 2020-12-31]

The scenes are downloaded first, which is not counted; corrections are single pixels of the simulated truth, spread over
the whole region. The first refit computes the network's features of the corrections, the second one, with the same
corrections, has them already. Scenes until `--end` are used.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path

import numpy as np
import rasterio
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.geo.projection import reprojected
from allpa_engine.run.pipeline import run_job
from sample_archive import build_sample_archive, serve_archive
from shapely.geometry import Point, box, mapping


def write_corrections(truth: Path, count: int, path: Path) -> int:
    """Write as many pixels of each class; returns how many there are in all."""
    random, features = np.random.default_rng(1), []
    with rasterio.open(truth) as source:
        codes, crs = source.read(1), str(source.crs)
        for code in [code for code in np.unique(codes).tolist() if code]:
            rows, columns = np.nonzero(codes == code)
            for index in random.permutation(len(rows))[:count].tolist():
                place = reprojected(Point(*source.xy(rows[index], columns[index])), crs, "EPSG:4326")
                features.append({"type": "Feature", "geometry": mapping(place), "properties": {"class": code}})
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return len(features)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--clicks", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--end", default="2020-12-31")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    archive = build_sample_archive(options.work / "archive")
    count = write_corrections(archive / "truth.tif", options.clicks, options.work / "corrections.geojson")
    with rasterio.open(archive / "truth.tif") as source:
        region = json.loads(json.dumps(mapping(reprojected(box(*source.bounds), str(source.crs), "EPSG:4326"))))
        print(f"{source.height} x {source.width} pixels, {count} corrections", flush=True)
    shutil.rmtree(options.work / "teaching", ignore_errors=True)
    shared = {"start": "2020-01-01", "end": options.end, "cache_folder": str(options.work / "scenes")}
    with serve_archive(archive) as catalogue:
        found = run_job(
            Job(str(options.work / "run"), task="fetch", region=region, catalogue=catalogue.stac_url,
                collection=catalogue.collection, **shared), NullReporter(),
        )  # fmt: skip
        scenes = next((options.work / "run").glob("scenes_*.json"))
        print(f"{found['fetched']} scenes", flush=True)
        for name in ("first refit", "one more refit"):
            began, wall = time.process_time(), time.perf_counter()
            result = run_job(
                Job(str(options.work / "teaching"), task="refit", scenes=str(scenes), threads=options.threads,
                    corrections=str(options.work / "corrections.geojson"), **shared), NullReporter(),
            )  # fmt: skip
            core_s, wall = time.process_time() - began, time.perf_counter() - wall
            print(f"{name}: {core_s:.1f} core-seconds, {wall:.1f} s on {options.threads} threads, "
                  f"{result['agreement_before']:.3f} -> {result['agreement_after']:.3f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
