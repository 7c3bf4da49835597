"""Command line of the evaluation: `python -m evaluation --data DIR --model FILE --out DIR`."""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from allpa_engine.classify.model_file import load_model
from allpa_engine.classify.network_weights import bundled_model_path
from allpa_engine.classify.unet import UNet
from allpa_engine.core.legend import LEGEND
from training.chips import read_chips
from training.labelled_sets import read_labelled_sets
from training.teacher import Teacher, load_teacher

from .card import extend_metrics
from .clouds_and_year import score_clouds, score_year
from .comparison import PooledScore, PredictedSet, predict_set, score_pooled, score_set
from .figures import draw_confusion, draw_reliability, write_confusion_csv
from .held_out import HeldOutScore, calibration_error_across_sites, score_held_out
from .metrics import Accuracy, accuracy
from .predictions import KeptTeacher
from .series import read_boadella_series


def main(arguments: list[str] | None = None) -> int:
    """Evaluate a model file; write `metrics.json`, tables and pictures into the folder, and print them."""
    options = argparse.ArgumentParser(prog="python -m evaluation", description=__doc__)
    options.add_argument("--data", type=Path, required=True, help="folder with chips, labels, series and teacher")
    options.add_argument("--model", type=Path, default=bundled_model_path())
    options.add_argument("--out", type=Path, required=True, help="folder for tables and pictures")
    options.add_argument(
        "--left-out-model", type=_parse_site_and_file, action="append", default=[], metavar="SITE=FILE",
        help="model trained without the labels of SITE; used to score that site",
    )  # fmt: skip
    options.add_argument("--card", action="store_true", help="write the main metrics into the model card (JSON)")
    options.add_argument("--quick", action="store_true", help="the held-out sites alone")
    options.add_argument("--cache", type=Path, help="folder that keeps the teacher's answers for the next evaluation")
    args = options.parse_args(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    model = load_model(args.model)
    chips = read_chips(args.data)
    held_out = score_held_out(model.network, chips)
    report: dict[str, Any] = {"model_digest": f"sha256:{model.sha256}", "held_out": held_out_report(held_out)}
    report["held_out"]["calibration_error_across_sites"] = calibration_error_across_sites(model.network, chips)
    write_confusion_csv(args.out / "confusion.csv", held_out.confusion)
    draw_confusion(args.out / "confusion.png", held_out.confusion, "Held-out sites, % of the teacher's pixels")
    draw_reliability(args.out / "reliability.png", held_out.reliability)
    if not args.quick:
        loaded = load_teacher(args.data / "teacher")
        teacher = KeptTeacher(loaded, args.cache) if args.cache else loaded
        sets = read_labelled_sets(args.data)
        items = [predict_set(model.network, teacher, labelled) for labelled in sets]
        left_out_models = {site: load_model(path).network for site, path in args.left_out_model}
        evaluated_sets = predict_left_out_sites(items, left_out_models, teacher)
        report["labelled"] = [asdict(score_set(item)) for item in evaluated_sets]
        report["reference"] = reference_report(score_pooled(evaluated_sets), args.out)
        if left_out_models:
            report["reference"]["overall_accuracy_trained_sites"] = accuracy(score_pooled(items).network).overall
        report["clouds"] = [asdict(score) for score in score_clouds(model.network, chips, sets)]
        report["boadella"] = asdict(score_year(model.network, teacher, read_boadella_series(args.data)))
    if args.card:
        extend_metrics(args.model, _to_json_values(card_metrics(report)))
    text = json.dumps(_to_json_values(report), indent=2, ensure_ascii=False)
    (args.out / "metrics.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")
    return 0


def _parse_site_and_file(text: str) -> tuple[str, Path]:
    site, _, path = text.partition("=")
    if not path:
        raise argparse.ArgumentTypeError(f"{text!r} is not SITE=FILE")
    return site, Path(path)


def predict_left_out_sites(
    items: list[PredictedSet], left_out_models: dict[str, UNet], teacher: Teacher | KeptTeacher
) -> list[PredictedSet]:
    """The predictions; those of sites that a model left out are that model's.

    Raises ValueError where a site has no labelled set.
    """
    missing = set(left_out_models) - {item.labelled.site for item in items}
    if missing:
        raise ValueError(f"No labelled set of {', '.join(sorted(missing))}.")
    return [
        predict_set(left_out_models[item.labelled.site], teacher, item.labelled)
        if item.labelled.site in left_out_models
        else item
        for item in items
    ]


def held_out_report(score: HeldOutScore) -> dict[str, Any]:
    """The held-out figures as plain numbers."""
    all_pixels, certain = accuracy(score.confusion), accuracy(score.certain_confusion)
    return {
        "pixels": int(score.confusion.sum()),
        "agreement": all_pixels.overall,
        "agreement_where_certain": certain.overall,
        "certain_pixels": int(score.certain_confusion.sum()),
        "classes": _class_rows(all_pixels),
        "expected_calibration_error": score.reliability.expected_calibration_error,
        "false_cloud": score.false_cloud,
        "false_cloud_on_bright_ground": score.false_cloud_bright,
        "bright_pixels": score.bright_pixels,
        "sites": [asdict(site) for site in score.sites],
    }


def reference_report(score: PooledScore, folder: Path) -> dict[str, Any]:
    """Reference labels as plain numbers, network and teacher side by side; their matrices as CSV and picture."""
    report: dict[str, Any] = {"pixels": int(score.network.sum()), "agreement_with_teacher": score.agreement}
    for name, confusion, curve in (
        ("network", score.network, score.network_reliability),
        ("teacher", score.teacher, score.teacher_reliability),
    ):
        write_confusion_csv(folder / f"reference_{name}.csv", confusion)
        draw_confusion(
            folder / f"reference_{name}.png", confusion, "Reference labels, % of their pixels", ("label", name)
        )
        result = accuracy(confusion)
        report[name] = {
            "overall_accuracy": result.overall,
            "expected_calibration_error": curve.expected_calibration_error,
            "classes": [row for row in _class_rows(result) if row["share"] > 0],
        }
    return report


def card_metrics(report: dict[str, Any]) -> dict[str, Any]:
    """The part of an evaluation for the card: the held-out figures without the sites, and Boadella's year."""
    held_out = {name: value for name, value in report["held_out"].items() if name not in ("sites", "classes")}
    held_out["f1"] = {row["class"]: row["f1"] for row in report["held_out"]["classes"]}
    return {"held_out_places": held_out, "boadella_2020": report.get("boadella")}


def _class_rows(result: Accuracy) -> list[dict[str, Any]]:
    return [
        {
            "class": land.name,
            "share": float(result.share[land.code - 1]),
            "producers_accuracy": float(result.producers[land.code - 1]),
            "users_accuracy": float(result.users[land.code - 1]),
            "f1": float(result.f1[land.code - 1]),
        }
        for land in LEGEND
    ]


def _to_json_values(value: Any) -> Any:  # noqa: ANN401 - walks any JSON
    """Numbers rounded to four digits, nan as null."""
    if isinstance(value, dict):
        return {name: _to_json_values(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_to_json_values(part) for part in value]
    if isinstance(value, (float, np.floating)):
        return round(float(value), 4) if math.isfinite(value) else None
    return value


if __name__ == "__main__":
    sys.exit(main())
