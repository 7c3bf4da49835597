"""What the composite's guards do: the simulated mountain valley, the sample region, and real series.

    python tools/bench/guards.py valley [--model FILE] [--work FOLDER]
    python tools/bench/guards.py sample [--model FILE] [--work FOLDER]
    python tools/bench/guards.py series FOLDER ... [--model FILE]
    python tools/bench/guards.py labelled FOLDER [--model FILE]

`valley` and `sample` classify a simulated archive with the bundled network (or another one), and composite its
predictions with no guard, with each guard alone and with all of them; each map is compared with the truth. `series`
does the same with folders of real scenes of one place, `YYYYMMDD.tif` with nine or twelve bands by name: how many
pixels change, from which class to which, and with `YYYYMMDD_water.tif` beside, the agreement with water drawn by hand.
`labelled` takes the sets of `labels/dense` of one place as its dates and compares with their labels. Predictions that
lie in the work folder are used again.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import rasterio
from pyproj import Transformer

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "plugin"), str(ROOT / "tools")]

WATER, BUILT, BARE, SNOW = 1, 7, 8, 9
GUARD_SETS = {
    "no guard": (), "slope": ("slope",), "persistence": ("persistence",), "shade": ("shade",),
    "slope, persistence (default)": ("slope", "persistence"),
    "all three": ("slope", "persistence", "shade"),
}  # fmt: skip


def simulated_predictions(name, work, model):
    """Predictions, elevation, truth and the truth's window for a simulated archive."""
    from allpa_engine.classify.prediction_file import read_predictions
    from allpa_engine.core.job import Job
    from allpa_engine.core.protocol import NullReporter
    from allpa_engine.fetch.elevation import fetch_elevation
    from allpa_engine.geo.region import region_from_geojson
    from allpa_engine.run.pipeline import run_job
    from allpa_engine.search.elevation import elevation_bounds, search_elevation
    from sample_archive import build_sample_archive, serve_archive
    from sample_archive.valley import write_valley

    archive = work / f"{name}_archive"
    if not (archive / "items.json").is_file():
        write_valley(archive) if name == "valley" else build_sample_archive(archive)
    with rasterio.open(archive / "truth.tif") as source:
        truth, bounds, crs = source.read(1), source.bounds, source.crs
    to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform
    left, bottom, right, top = bounds
    corners = [to_degrees(x, y) for x, y in ((left, top), (right, top), (right, bottom), (left, bottom), (left, top))]
    region = {"type": "Polygon", "coordinates": [[list(corner) for corner in corners]]}
    run = work / f"{name}_run"
    with serve_archive(archive) as catalogue:
        if not any((run / "predictions").glob("*.tif")) or model:
            run_job(
                Job(
                    folder=str(run), task="classify", region=region, start="2020-01-01", end="2020-12-31",
                    catalogue=catalogue.stac_url, max_cloud_percent=90, clear_observations=12, model=model,
                ),
                NullReporter(),
            )  # fmt: skip
        whole = region_from_geojson(region, name)
        tiles = search_elevation(whole, catalogue.stac_url, NullReporter())
        elevation = fetch_elevation(tiles, elevation_bounds(whole), run, NullReporter()) if tiles else None
    return read_predictions(run / "predictions"), elevation, truth, whole, archive


def composite(predictions, region, guards, elevation):
    """The map `(y, x)` under some guards, with the pixels that each changed."""
    from allpa_engine.composite import CompositeRule, compose

    with tempfile.TemporaryDirectory() as folder:
        landcover = Path(folder) / "landcover.tif"
        summary = compose(
            predictions, region, CompositeRule(guards=guards), landcover=landcover,
            quality=Path(folder) / "quality.tif", elevation=elevation,
        )  # fmt: skip
        with rasterio.open(landcover) as source:
            return source.read(1), {name: facts["changed_pixels"] for name, facts in summary.guards.items()}


def percent(part, whole):
    """`part` of `whole` in percent, as text."""
    return f"{100 * part / whole:.2f}" if whole else "-"


def right_and_wrong(before, after, truth):
    """Pixels that a change made right, and those that it made wrong."""
    changed = (before != after) & (truth > 0)
    return int((changed & (after == truth)).sum()), int((changed & (before == truth)).sum())


def print_simulated(name, predictions, elevation, truth, region, archive):
    """One row per set of guards."""
    print(f"\n{name}: {len(predictions)} dates, {truth.size:,} pixels")
    columns = (
        "guards", "agreement %", "water on dry land %", "built on rock %", "ice right %", "lakes found %", "changed",
        "made right", "made wrong",
    )  # fmt: skip
    print("| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")
    plain = None
    for label, guards in GUARD_SETS.items():
        mapped, changed = composite(predictions, None, guards, elevation)
        plain = mapped if plain is None else plain
        right, wrong = right_and_wrong(plain, mapped, truth)
        valid = truth > 0
        cells = (
            percent((mapped == truth)[valid].sum(), valid.sum()),
            percent(((mapped == WATER) & (truth != WATER))[valid].sum(), (valid & (truth != WATER)).sum()),
            percent(((mapped == BUILT) & (truth == BARE)).sum(), (truth == BARE).sum()),
            percent(((mapped == SNOW) & (truth == SNOW)).sum(), (truth == SNOW).sum()),
            percent(((mapped == WATER) & (truth == WATER)).sum(), (truth == WATER).sum()),
            sum(changed.values()), right, wrong,
        )  # fmt: skip
        print(f"| {label} | " + " | ".join(map(str, cells)) + " |")
    print_confusion(plain, truth, archive)


def print_confusion(mapped, truth, archive):
    """What the plain map calls each material or class of the truth."""
    from sample_archive.valley_land import MATERIALS

    path = archive / "material.tif"
    kinds, names = truth, {code: f"class {code}" for code in range(1, 10)}
    if path.is_file():
        with rasterio.open(path) as source:
            kinds, names = source.read(1), {number: item.name for number, item in enumerate(MATERIALS)}
    for number, name in names.items():
        found = Counter(mapped[kinds == number].tolist())
        total = sum(found.values())
        if total:
            shares = ", ".join(f"{code}: {100 * count / total:.1f} %" for code, count in found.most_common(4))
            print(f"  {name} ({total:,} px): {shares}")


def write_predictions(folder, chips, dates, network):
    """Prediction files of some chips of one place, without scene classification."""
    from allpa_engine.classify.prediction_file import BAND_NAMES, create_prediction, read_prediction
    from allpa_engine.geo.grid import Grid
    from evaluation.predictions import predict_by_network

    written = []
    for number, (chip, date) in enumerate(zip(chips, dates, strict=True)):
        prediction = predict_by_network(network, chip)
        ranked = np.sort(prediction.probabilities, axis=0)
        second = np.argsort(prediction.probabilities, axis=0)[-2] + 1
        layers = np.zeros((len(BAND_NAMES), *prediction.codes.shape), np.uint8)
        layers[0], layers[1] = prediction.codes, np.rint(ranked[-1] * 255)
        layers[2], layers[3] = 7, second
        layers *= prediction.valid.astype(np.uint8)
        grid = Grid("EPSG:32631", 500_000, 5_000_000, 10, layers.shape[2], layers.shape[1])
        tags = {"ALLPA_SCENE": f"{date}_{number}", "ALLPA_TILE": "31TDG", "ALLPA_DATE": date, "ALLPA_MODEL": "measured"}
        path = Path(folder) / f"{date}_{number}.tif"
        with create_prediction(path, grid, tags, soft=False) as output:
            output.write(layers)
        written.append(read_prediction(path))
    return written


def print_series(name, chips, dates, network, label, *, water_only=False):
    """One row per guard: pixels changed, by pairs of classes, and right or wrong where labels are."""
    with tempfile.TemporaryDirectory() as folder:
        predictions = write_predictions(folder, chips, dates, network)
        plain, _ = composite(predictions, None, (), None)
        print(f"\n{name}: {len(dates)} dates, {plain.size:,} pixels")
        for guards in (("persistence",), ("shade",), ("persistence", "shade")):
            mapped, _ = composite(predictions, None, guards, None)
            changed = plain != mapped
            pairs = Counter(zip(plain[changed].tolist(), mapped[changed].tolist(), strict=True))
            text = ", ".join(f"{a} to {b}: {count}" for (a, b), count in pairs.most_common(5))
            line = f"  {' + '.join(guards)}: {percent(changed.sum(), changed.size)} % changed ({text})"
            if label is not None and not water_only:
                right, wrong = right_and_wrong(plain, mapped, label)
                known = label > 0
                agreement = [percent((codes == label)[known].sum(), known.sum()) for codes in (plain, mapped)]
                line += f"; right {right}, wrong {wrong}; agreement {agreement[0]} to {agreement[1]} %"
            elif label is not None:
                unions = [(codes == WATER) | label for codes in (plain, mapped)]
                shared = [(codes == WATER) & label for codes in (plain, mapped)]
                values = [both.sum() / either.sum() for both, either in zip(shared, unions, strict=True)]
                line += f"; water IoU {values[0]:.4f} to {values[1]:.4f}"
            print(line)


def read_series(folder):
    """Chips, dates, and the last water drawn by hand, of a folder of real scenes."""
    from training.chips import Chip
    from training.labelled_sets import FILE_BANDS

    chips, dates, water = [], [], None
    for path in sorted(folder.glob("????????.tif")):
        with rasterio.open(path) as source:
            names = list(source.descriptions)
            pixels = source.read([names.index(band) + 1 for band in FILE_BANDS])
        level = "L1C" if "L1C" in folder.name else "L2A"
        chips.append(Chip(path.stem, folder.name, level, pixels, np.zeros((9, *pixels.shape[1:]), np.uint8)))
        dates.append(f"{path.stem[:4]}-{path.stem[4:6]}-{path.stem[6:]}")
        drawn = folder / f"{path.stem}_water.tif"
        if drawn.is_file() and path.stem.endswith("0621"):
            with rasterio.open(drawn) as source:
                water = source.read(1) == 1
    return chips, dates, water


def print_labelled(data, network):
    """The labelled sets of each place as its dates; the labels are those of the first."""
    from training.labelled_sets import read_labelled_sets

    places = defaultdict(list)
    for item in read_labelled_sets(data):
        if item.has_land_labels:
            places[item.site, item.label.shape].append(item)
    for (site, _), items in places.items():
        same = [item for item in items if np.array_equal(item.land > 0, items[0].land > 0)]
        if len(same) > 1:
            dates = [f"2020-{1 + number % 12:02}-01" for number in range(len(same))]
            print_series(site, [item.chip for item in same], dates, network, items[0].land)


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("valley", "sample", "series", "labelled"))
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--model", default="", help="weights; the bundled ones where none are given")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "guards")
    args = parser.parse_args()
    if args.what in ("valley", "sample"):
        args.work.mkdir(parents=True, exist_ok=True)
        print_simulated(args.what, *simulated_predictions(args.what, args.work, args.model))
        return
    from allpa_engine.classify.model_file import load_model
    from allpa_engine.classify.network_weights import bundled_model_path

    network = load_model(Path(args.model) if args.model else bundled_model_path()).network
    for folder in args.folders:
        if args.what == "labelled":
            print_labelled(folder, network)
        else:
            chips, dates, water = read_series(folder)
            print_series(folder.name, chips, dates, network, water, water_only=True)


if __name__ == "__main__":
    main()
