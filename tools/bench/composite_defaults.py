"""What the composite's default weights and minimum shares do, on land whose truth is known.

    python tools/bench/composite_defaults.py [--series FOLDER]

Classifies the simulated archive (a year over the Andes: clouds and a shadow that the scene classification missed, fresh
snow on one date, permanent snow) with the bundled network, then composites the predictions under several rules and
compares each map with the truth, pixel by pixel. Then once more as if there were no scene classification, so that all
the clouds and shadows that the network does not see itself vote. With --series the same on a folder of real scenes of
the reservoir of Boadella, without scene classification, whose water was drawn by hand: `YYYYMMDD.tif` and
`YYYYMMDD_water.tif`.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import rasterio
from rasterio.warp import Resampling, reproject, transform_bounds
from shapely.geometry import box, mapping

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "plugin"), str(ROOT / "tools")]

WATER, SNOW = 1, 9
SCL_BAND, UNCLASSIFIED = 3, 7
EQUAL = dict.fromkeys(range(1, 10), 1.0)


def composite_rules():
    """The rules to compare, by name."""
    from allpa_engine.composite import CompositeRule

    rules = {
        "default": CompositeRule(),
        "default, month balance": CompositeRule(month_balance=True),
        "weights alone": CompositeRule(min_share={}),
        "minimum shares alone": CompositeRule(weights=EQUAL),
        "neither": CompositeRule(weights=EQUAL, min_share={}),
    }
    for share in (0.1, 0.4, 0.5):
        rules[f"water in more than {share:.0%}"] = CompositeRule(min_share={WATER: share, SNOW: 0.5})
    for share in (0.25, 0.35, 0.65):
        rules[f"snow in more than {share:.0%}"] = CompositeRule(min_share={WATER: 0.25, SNOW: share})
    return rules


def classify_archive(folder, archive, bounds, **options):
    """The predictions of an archive's scenes within bounds in degrees."""
    from allpa_engine.classify.prediction_file import read_predictions
    from allpa_engine.core.job import Job
    from allpa_engine.core.protocol import NullReporter
    from allpa_engine.run.pipeline import run_job
    from sample_archive import serve_archive

    west, south, east, north = bounds
    region = mapping(box(west + 0.004, south + 0.004, east - 0.004, north - 0.004))
    with serve_archive(archive) as catalogue:
        run_job(
            Job(
                folder=str(folder),
                region=region,
                catalogue=catalogue.stac_url,
                collection=catalogue.collection,
                **options,
            ),
            NullReporter(),
        )
    return read_predictions(folder / "predictions")


def compare(folder, predictions, truth_of):
    """Print a row for each rule; `truth_of(dataset)` gives the truth on a map's grid, 0 where it says nothing."""
    from allpa_engine.composite import compose

    print_line(f"{len(predictions)} scenes: {', '.join(prediction.date for prediction in predictions)}")
    print_line(
        f"{'rule':<26} {'agree %':>8} {'false water':>12} {'missed water':>13} {'false snow':>11} {'missed snow':>12}"
    )
    for name, rule in composite_rules().items():
        path = folder / "map.tif"
        compose(predictions, None, rule, landcover=path, quality=folder / "quality.tif")
        with rasterio.open(path) as landcover:
            codes, truth = landcover.read(1), truth_of(landcover)
        known = (truth > 0) & (codes > 0)
        codes, truth = codes[known], truth[known]
        shares = [100 * part(codes, truth, code) for code in (WATER, SNOW) for part in (false_share, missed_share)]
        print_line(
            f"{name:<26} {100 * (codes == truth).mean():8.2f} {shares[0]:12.3f} {shares[1]:13.2f} {shares[2]:11.3f}"
            f" {shares[3]:12.2f}"
        )


def false_share(codes, truth, code):
    """Share of the other land that the map gives to the class."""
    return (codes[truth != code] == code).mean()


def missed_share(codes, truth, code):
    """Share of the class's land that the map gives to others; NaN where the truth has none."""
    return (codes[truth == code] != code).mean() if (truth == code).any() else np.nan


def compare_on_sample_archive(folder):
    """The simulated archive and its truth."""
    from sample_archive import build_sample_archive

    archive = build_sample_archive(ROOT / "build" / "archive")
    with rasterio.open(archive / "truth.tif") as source:
        truth, transform, crs = source.read(1), source.transform, source.crs
        bounds = transform_bounds(crs, "EPSG:4326", *source.bounds)

    def truth_of(landcover):
        return warp_to_map(truth, transform, crs, landcover)

    period = {"start": "2020-01-01", "end": "2020-12-31"}
    predictions = classify_archive(folder, archive, bounds, max_scenes=13, clear_observations=20, **period)
    compare(folder, predictions, truth_of)
    print_line("the same without the scene classification")
    for scene in predictions:
        with rasterio.open(scene.path, "r+") as prediction:
            prediction.write(np.full(prediction.shape, UNCLASSIFIED, np.uint8), SCL_BAND)
    compare(folder, predictions, truth_of)


def compare_on_boadella(folder, series):
    """The real series; its truth says 1 where water was drawn on all the dates, 2 where on none."""
    from sample_archive.boadella import write_boadella_archive

    archive = write_boadella_archive(series, folder / "archive")
    drawn = [rasterio.open(path).read(1) > 0 for path in sorted(series.glob("*_water.tif"))]
    with rasterio.open(series / "20200621.tif") as source:
        transform, crs = source.transform, source.crs
        bounds = transform_bounds(crs, "EPSG:4326", *source.bounds)
    always, never = np.all(drawn, axis=0), ~np.any(drawn, axis=0)
    truth = np.where(always, WATER, np.where(never, 2, 0)).astype(np.uint8)

    def truth_of(landcover):
        return warp_to_map(truth, transform, crs, landcover)

    period = {"start": "2020-01-01", "end": "2022-12-31", "max_cloud_percent": 100}
    compare(folder, classify_archive(folder, archive, bounds, max_scenes=13, clear_observations=20, **period), truth_of)


def warp_to_map(truth, transform, crs, landcover):
    """The truth on a map's grid."""
    out = np.zeros(landcover.shape, np.uint8)
    reproject(
        truth, out, src_transform=transform, src_crs=crs, dst_transform=landcover.transform, dst_crs=landcover.crs,
        resampling=Resampling.nearest,
    )  # fmt: skip
    return out


def print_line(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print_line("the simulated archive")
        compare_on_sample_archive(Path(folder))
    if args.series:
        with tempfile.TemporaryDirectory() as folder:
            print_line("the reservoir of Boadella (agreement counts water and not water alone: see the next columns)")
            compare_on_boadella(Path(folder), args.series)


if __name__ == "__main__":
    main()
