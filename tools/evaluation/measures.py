"""Every measure of the network in one table: `python -m evaluation.measures --data DIR --model FILE --out DIR`.

Writes `measures.csv` and `surfaces.csv` into the folder and prints the table as Markdown; `--before measures.csv` puts
the values of other weights beside. `--quick` measures on watched places alone, for use while training: the old held-out
places and the new sites that are trained on. What the rule of `training.new_sites` leaves out it does not touch.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from allpa_engine.classify.model_file import load_model
from allpa_engine.classify.network_weights import bundled_model_path
from allpa_engine.classify.torch_network import fold_batch_norms
from allpa_engine.classify.unet import UNet, channels_last
from allpa_engine.core.legend import BUILT, CLASS_BY_CODE, TREES, WATER
from training.chips import Chip, read_chips
from training.labelled_sets import read_labelled_sets
from training.new_sites import (
    CLOUD_CLEAR,
    CLOUD_SHADOW,
    CLOUD_THICK,
    CLOUD_THIN,
    has_new_sites,
    read_new_chips,
)

from .card import extend_metrics
from .clouds_and_year import score_network_water
from .comparison import score_network_labels
from .eight_bits import EightBitUNet
from .held_out import HeldOutScore, score_held_out
from .lazio_year import has_lazio_series, read_lazio_series, score_lazio
from .metrics import accuracy
from .new_places import (
    BARE,
    PredictedChip,
    pool_clouds,
    pool_landslides,
    predict_new_chips,
    score_landslides,
    score_new_clear,
    score_pairs,
    score_steep_land,
)
from .new_places_tables import write_group_table, write_new_site_tables
from .series import read_boadella_series
from .spectrum_scores import SurfaceScore, score_measured_spectra, score_surfaces
from .steadiness import score_edges, score_steadiness
from .surfaces import SURFACES
from .tables import markdown_table, percent, read_csv, write_csv

PILBARA = "eob_auspilbara"
TEXTURE_CHIPS = ("l4s_27", "eob_auspilbara_2018-12-01")
"""The light and shade of the first that is there go onto the typical spectra: a mountain at 3,400 m, red dry land."""
AIMS = {
    "held_out.all": "78", "held_out.sure": "86.5", "new.left_out.all": "78", "new.left_out.sure": "84.5",
    "clouds.left_out.thin": "65", "clouds.left_out.thick": "99", "clouds.left_out.false": "0.5",
    "clouds.left_out.false_bright": "2", "clouds.left_out.shadow_water": "2", "landslides.left_out.bare": "60",
    "pilbara": "55", "f1.bare": "65", "f1.built": "76", "steady.shift": "3", "steady.mirror": "6",
    "steady.edge_40_m": "6", "labels": "74", "boadella.water_iou": "93", "calibration.left_out": "2",
}  # fmt: skip


_LEFT_OUT = {
    "agreement": "new.left_out.all",
    "agreement_where_certain": "new.left_out.sure",
    "expected_calibration_error": "calibration.left_out",
    "thin_cloud_found": "clouds.left_out.thin",
    "thick_cloud_found": "clouds.left_out.thick",
    "false_cloud": "clouds.left_out.false",
    "false_cloud_on_bright_ground": "clouds.left_out.false_bright",
    "landslides_called_bare": "landslides.left_out.bare",
}
"""Keys of measures, in percent, by their names on the card."""


@dataclass(frozen=True)
class Measure:
    """One row of the table."""

    key: str
    text: str
    value: float
    """A share, 0 to 1."""
    pixels: int = 0
    """Pixels behind it, or chips where the text says so; 0 where it does not apply."""


def main(arguments: list[str] | None = None) -> int:
    """Measure a model file, write and print the tables."""
    options = argparse.ArgumentParser(prog="python -m evaluation.measures", description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--model", type=Path, default=bundled_model_path())
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--before", type=Path, help="measures.csv of other weights, put beside")
    options.add_argument(
        "--left-out-model", action="append", default=[], metavar="SITE=FILE",
        help="model trained without the reference labels of SITE; used to score that site",
    )  # fmt: skip
    options.add_argument("--quick", action="store_true", help="watched places alone: nothing of the sites left out")
    options.add_argument("--int8", action="store_true", help="computed in eight bits, by OpenVINO")
    options.add_argument("--card", action="store_true", help="write those of the sites left out into the model's card")
    args = options.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    network = EightBitUNet(args.model) if args.int8 else _load(args.model)
    chips = read_chips(args.data)
    measures = measure_held_out(network, chips) + measure_steadiness(network, args.data, chips)
    new_chips = _predict_new(network, args.data, left_out=False if args.quick else None)
    for left_out in (False,) if args.quick else (False, True):
        side = [part for part in new_chips if part.item.left_out == left_out]
        measures += measure_new_sites(side, args.data, left_out=left_out)
    if not args.quick:
        left_out_models = dict(item.split("=", 1) for item in args.left_out_model)
        measures += measure_labels(
            network, args.data, {site: _load(Path(path)) for site, path in left_out_models.items()}
        )
        measures += measure_lazio(network, args.data)
        if new_chips:
            write_new_site_tables(args.out, new_chips, args.data)
            write_group_table(args.out / "measured_spectra.csv", score_measured_spectra(network, args.data))
    measures += measure_boadella(network, args.data)
    surfaces = score_surfaces(network, texture_chip(chips + [part.item.chip for part in new_chips]))
    measures += measure_surfaces(surfaces)
    write_measures(args.out / "measures.csv", measures)
    write_csv(args.out / "surfaces.csv", SURFACE_HEADER, [surface_row(score) for score in surfaces])
    before = {row["key"]: row["value"] for row in read_csv(args.before)} if args.before else {}
    sys.stdout.write(measures_as_markdown(measures, before) + "\n")
    if args.card and not args.quick and not args.int8:
        extend_metrics(args.model, left_out_metrics(measures))
    return 0


def left_out_metrics(measures: Iterable[Measure]) -> dict[str, Any]:
    """Metrics of the sites that are left out, as shares, with the number of their pixels."""
    by_key = {measure.key: measure for measure in measures}
    shares = {name: round(by_key[key].value / 100, 4) for name, key in _LEFT_OUT.items() if key in by_key}
    return {"new_places_left_out": {"pixels": by_key[_LEFT_OUT["agreement"]].pixels, **shares}}


def texture_chip(chips: list[Chip]) -> Chip:
    """The first of `TEXTURE_CHIPS` among the chips; raises KeyError without any."""
    by_name = {chip.name: chip for chip in chips if chip.name in TEXTURE_CHIPS}
    name = next((name for name in TEXTURE_CHIPS if name in by_name), TEXTURE_CHIPS[-1])
    return by_name[name]


def _load(path: Path) -> UNet:
    """The network of a model file, with its normalisation folded into the convolutions, as the product runs it."""
    network: UNet = channels_last(fold_batch_norms(load_model(path).network), torch.device("cpu"))
    return network


def _predict_new(network: UNet, data: Path, *, left_out: bool | None) -> list[PredictedChip]:
    return predict_new_chips(network, read_new_chips(data, left_out=left_out)) if has_new_sites(data) else []


def measure_held_out(network: UNet, chips: list[Chip]) -> list[Measure]:
    """The held-out places as before."""
    score = score_held_out(network, chips)
    result = accuracy(score.confusion)
    pilbara = next((site for site in score.sites if site.site == PILBARA), None)
    rows = agreement_rows("held_out", "held-out places", score)
    return [
        *rows,
        Measure(
            "pilbara", "Pilbara, agreement", pilbara.agreement if pilbara else np.nan, pilbara.pixels if pilbara else 0
        ),
        Measure("f1.bare", "held-out places: F1 of bare ground", float(result.f1[BARE - 1])),
        Measure("f1.built", "held-out places: F1 of built area", float(result.f1[BUILT - 1])),
    ]


def agreement_rows(key: str, text: str, score: HeldOutScore) -> list[Measure]:
    """Agreement with the teacher, calibration and false cloud of some clear chips."""
    sure = accuracy(score.certain_confusion)
    error = score.reliability.expected_calibration_error
    return [
        Measure(
            f"{key}.all",
            f"{text}: agreement, all pixels",
            accuracy(score.confusion).overall,
            int(score.confusion.sum()),
        ),
        Measure(f"{key}.sure", f"{text}: agreement, teacher sure", sure.overall, int(score.certain_confusion.sum())),
        Measure(
            f"calibration.{key.removeprefix('new.')}", f"{text}: calibration error", error, int(score.confusion.sum())
        ),
        Measure(f"{key}.false", f"{text}: clear called cloud", score.false_cloud, int(score.confusion.sum())),
        Measure(
            f"{key}.false_bright",
            f"{text}: clear bright ground called cloud",
            score.false_cloud_bright,
            score.bright_pixels,
        ),
    ]


def measure_new_sites(chips: list[PredictedChip], data: Path, *, left_out: bool) -> list[Measure]:
    """Agreement, clouds, shadows, landslides and steep land of the new sites on one side of the rule."""
    if not chips:
        return []
    side, text = ("left_out", "new sites left out") if left_out else ("watched", "new sites trained on")
    rows = agreement_rows(f"new.{side}", text, score_new_clear(chips))
    moved = {f"new.{side}.false": f"clouds.{side}.false", f"new.{side}.false_bright": f"clouds.{side}.false_bright"}
    rows = [Measure(moved.get(row.key, row.key), row.text, row.value, row.pixels) for row in rows]
    return rows + _cloud_rows(chips, side, text) + _mountain_rows(chips, data, side, text)


def _cloud_rows(chips: list[PredictedChip], side: str, text: str) -> list[Measure]:
    pairs = pool_clouds(score_pairs(chips))
    in_shadow = int(pairs.ground_in_shadow.sum())
    shares = [
        ("thin", "thin cloud found", pairs.found(CLOUD_THIN), pairs.pixels(CLOUD_THIN)),
        ("thick", "thick cloud found", pairs.found(CLOUD_THICK), pairs.pixels(CLOUD_THICK)),
        ("pair_clear", "clear part of clouded chips called cloud", pairs.found(CLOUD_CLEAR), pairs.pixels(CLOUD_CLEAR)),
        ("shadow_cloud", "cloud shadow called cloud", pairs.found(CLOUD_SHADOW), pairs.pixels(CLOUD_SHADOW)),
        ("shadow_water", "cloud shadow on land called water", pairs.shadow_called(WATER), in_shadow),
        ("shadow_trees", "cloud shadow on other land called trees", pairs.shadow_called(TREES), in_shadow),
        ("shadow_kept", "cloud shadow that keeps its ground's class", pairs.shadow_kept, in_shadow),
    ]
    return [Measure(f"clouds.{side}.{key}", f"{text}: {name}", value, pixels) for key, name, value, pixels in shares]


def _mountain_rows(chips: list[PredictedChip], data: Path, side: str, text: str) -> list[Measure]:
    slides, steep = pool_landslides(score_landslides(chips)), score_steep_land(chips, data)
    pixels = sum(score.pixels for score in steep)
    rows = [
        Measure(f"landslides.{side}.bare", f"{text}: landslides called bare", slides.bare, int(slides.predicted.sum()))
    ]
    if pixels:
        for name in ("water", "built"):
            share = sum(getattr(score, name) * score.pixels for score in steep) / pixels
            rows.append(Measure(f"steep.{side}.{name}", f"{text}: slopes over 15° called {name}", share, pixels))
    return rows


def measure_steadiness(network: UNet, data: Path, chips: list[Chip]) -> list[Measure]:
    """Shift, mirror and swath edges on one clear chip of every site; shift and mirror on hard scenes too."""
    plain = [chip for chip in chips if not chip.is_cloudy]
    hard = [chip for chip in plain if chip.site == PILBARA]
    if has_new_sites(data):
        hard += [item.chip for item in read_new_chips(data, left_out=False) if item.landslide is not None]
    even, uneven, edge = score_steadiness(network, plain), score_steadiness(network, hard), score_edges(network, plain)
    return [
        Measure("steady.shift", "a chip of every site: changed by a shift of one pixel", even.shift, even.chips),
        Measure("steady.mirror", "a chip of every site: changed by a mirror", even.mirror, even.chips),
        Measure(
            "steady.hard.shift",
            "red dry land and mountains: changed by a shift of one pixel",
            uneven.shift,
            uneven.chips,
        ),
        Measure("steady.hard.mirror", "red dry land and mountains: changed by a mirror", uneven.mirror, uneven.chips),
        Measure(
            "steady.edge_40_m",
            "a chip of every site: changed within 40 m of a swath edge",
            edge.within_40_m,
            edge.chips,
        ),
        Measure(
            "steady.edge_100_m",
            "a chip of every site: changed within 100 m of a swath edge",
            edge.within_100_m,
            edge.chips,
        ),
    ]


def measure_labels(network: UNet, data: Path, left_out_models: dict[str, UNet]) -> list[Measure]:
    """Reference labels of Slovenia and Flanders: by weights that left a site out where given, else by the network."""
    by_site = score_network_labels(network, read_labelled_sets(data), left_out_models)
    pixels = sum(count for _, count in by_site.values())
    own = "weights without the site" if set(left_out_models) >= set(by_site) else "sites used in training"
    rows = [
        Measure(f"labels.{site}", f"reference labels of {site}", share, count)
        for site, (share, count) in by_site.items()
    ]
    together = sum(share * count for share, count in by_site.values()) / pixels if pixels else np.nan
    key = "labels" if own.startswith("weights") else "labels.trained"
    return [Measure(key, f"reference labels together ({own})", together, pixels), *rows]


def measure_boadella(network: UNet, data: Path) -> list[Measure]:
    """Water of the reservoir in the product's own map of 2020."""
    iou, built = score_network_water(network, read_boadella_series(data))
    return [
        Measure("boadella.water_iou", "Boadella 2020: water IoU of the product's map", iou),
        Measure("boadella.built", "Boadella 2020: built area in the product's map", built),
    ]


def measure_lazio(network: UNet, data: Path) -> list[Measure]:
    """The annual map of Lazio."""
    if not has_lazio_series(data):
        return []
    score = score_lazio(network, read_lazio_series(data))
    pixels = int(score.confusion.sum())
    return [
        Measure("lazio.all", "Lazio 2018, the product's map: agreement, all pixels", score.agreement, pixels),
        Measure(
            "lazio.sure",
            "Lazio 2018, the product's map: agreement, teacher sure",
            score.agreement_where_certain,
            pixels,
        ),
        Measure("lazio.dates", "Lazio 2018, single dates: median agreement", score.median_date_agreement, pixels),
    ]


def measure_surfaces(scores: list[SurfaceScore]) -> list[Measure]:
    """How many of the typical spectra are right, or wrong with confidence."""
    total = len(SURFACES)
    rows = []
    for name, verdicts in (
        ("flat", [score.flat_verdict for score in scores]),
        ("textured", [score.textured_verdict for score in scores]),
    ):
        for word in ("right", "low confidence", "wrong"):
            key = f"surfaces.{name}.{word.replace(' ', '_')}"
            rows.append(Measure(key, f"typical spectra, {name}: {word}", verdicts.count(word) / total, total))
    return rows


SURFACE_HEADER = (
    "surface", "right classes", "B02", "B03", "B04", "B08", "B11", "B12", "patch", "probability", "verdict",
    "with texture", "right share", "mean probability", "verdict with texture", "source",
)  # fmt: skip


def surface_row(score: SurfaceScore) -> tuple[object, ...]:
    """One row of `surfaces.csv`."""
    surface = score.surface
    return (
        surface.name, surface.right_names, *surface.spectrum, CLASS_BY_CODE[score.flat_code].name,
        round(score.flat_confidence, 3), score.flat_verdict, CLASS_BY_CODE[score.textured_code].name,
        round(score.textured_share, 3), round(score.textured_confidence, 3), score.textured_verdict, surface.source,
    )  # fmt: skip


def write_measures(path: Path, measures: list[Measure]) -> None:
    """The table as CSV; values in percent."""
    rows = [
        (item.key, item.text, percent(item.value, 2), item.pixels or "", AIMS.get(item.key, "")) for item in measures
    ]
    write_csv(path, ("key", "measure", "value", "pixels", "aim"), rows)


def measures_as_markdown(measures: list[Measure], before: dict[str, str]) -> str:
    """The table for the page, with the values of other weights beside where given."""
    rows = []
    for item in measures:
        earlier = before.get(item.key, "")
        shown = f"{float(earlier):.1f}" if earlier not in ("", "–") else "–"
        middle = [shown] if before else []
        rows.append([item.text, *middle, percent(item.value), AIMS.get(item.key, ""), item.pixels or ""])
    return markdown_table(["measure", *(["before"] if before else []), "%", "aim", "pixels or chips"], rows)


if __name__ == "__main__":
    sys.exit(main())
