"""The tables of the new sites: by site, by class, by pair, by landslide, by mountain, by group of measured spectra."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from allpa_engine.core.legend import LEGEND, TREES, WATER
from training.new_sites import CLOUD_CLEAR, CLOUD_SHADOW, CLOUD_THICK, CLOUD_THIN

from .metrics import Counts, accuracy
from .new_places import (
    CloudCounts,
    PredictedChip,
    SlideCounts,
    SteepScore,
    pool_clouds,
    pool_landslides,
    score_landslides,
    score_new_clear,
    score_pairs,
    score_steep_land,
)
from .spectrum_scores import GroupScore
from .tables import percent, write_csv

_SIDES = {True: "left out", False: "in training"}
SITE_HEADER = ("site", "side", "pixels", "agreement %", "where certain %", "calibration error %", "called cloud %")
CLASS_HEADER = ("class", "share %", "producer's %", "user's %", "F1 %")
CLOUD_HEADER = (
    "chip", "thin px", "thin found %", "thick px", "thick found %", "clear px", "clear called cloud %",
    "shadow px", "shadow called cloud %", "called water %", "called trees %", "ground kept %",
)  # fmt: skip
STEEP_HEADER = ("chip", "steep px", "water %", "built %", "teacher: water %", "teacher: built %")


def write_new_site_tables(folder: Path, chips: list[PredictedChip], data: Path) -> None:
    """Every table of the new sites, as CSV into the folder."""
    write_csv(folder / "new_sites.csv", SITE_HEADER, site_rows(chips))
    total = score_new_clear(chips)
    write_csv(folder / "new_sites_classes.csv", CLASS_HEADER, class_rows(total.confusion))
    write_csv(folder / "new_sites_clouds.csv", CLOUD_HEADER, cloud_rows(score_pairs(chips)))
    slides = score_landslides(chips)
    header = ("chip", "pixels", *(f"{land.name} %" for land in LEGEND))
    write_csv(folder / "new_sites_landslides.csv", header, landslide_rows(slides))
    write_csv(folder / "new_sites_steep.csv", STEEP_HEADER, steep_rows(score_steep_land(chips, data)))


def site_rows(chips: list[PredictedChip]) -> list[tuple[object, ...]]:
    """Agreement of each site's clear chips, and of each side together."""
    by_site: dict[str, list[PredictedChip]] = defaultdict(list)
    for part in chips:
        by_site[part.item.group].append(part)
    rows = [_site_row(site, parts) for site, parts in sorted(by_site.items())]
    sides = [(side, [part for part in chips if part.item.left_out == left]) for left, side in _SIDES.items()]
    return rows + [_site_row(f"together, {side}", parts) for side, parts in sides if parts]


def _site_row(name: str, parts: list[PredictedChip]) -> tuple[object, ...]:
    score = score_new_clear(parts)
    return (
        name,
        _SIDES[parts[0].item.left_out],
        int(score.confusion.sum()),
        percent(accuracy(score.confusion).overall),
        percent(accuracy(score.certain_confusion).overall),
        percent(score.reliability.expected_calibration_error),
        percent(score.false_cloud, 2),
    )


def class_rows(confusion: Counts) -> list[tuple[object, ...]]:
    """Accuracy of each class that occurs."""
    result = accuracy(confusion)
    return [
        (
            land.name,
            *(percent(values[land.code - 1]) for values in (result.share, result.producers, result.users, result.f1)),
        )
        for land in LEGEND
        if result.share[land.code - 1] > 0
    ]


def cloud_rows(counts: list[CloudCounts]) -> list[tuple[object, ...]]:
    """Each clouded chip, and all together."""
    return [_cloud_row(item) for item in [*counts, pool_clouds(counts)]]


def _cloud_row(item: CloudCounts) -> tuple[object, ...]:
    found = [
        cell
        for mask in (CLOUD_THIN, CLOUD_THICK, CLOUD_CLEAR, CLOUD_SHADOW)
        for cell in (item.pixels(mask), percent(item.found(mask)))
    ]
    in_shadow = (item.shadow_called(WATER), item.shadow_called(TREES), item.shadow_kept)
    return (item.name, *found, *(percent(share) for share in in_shadow))


def landslide_rows(scores: list[SlideCounts]) -> list[tuple[object, ...]]:
    """The classes of each chip's landslides, and of all together."""
    rows: list[tuple[object, ...]] = []
    for item in [*scores, pool_landslides(scores)]:
        total = int(item.predicted.sum())
        rows.append((item.name, total, *(percent(count / max(1, total)) for count in item.predicted)))
    return rows


def steep_rows(scores: list[SteepScore]) -> list[tuple[object, ...]]:
    """Each mountain chip."""
    return [
        (
            item.name,
            item.pixels,
            *(percent(v) for v in (item.water, item.built, item.teacher_water, item.teacher_built)),
        )
        for item in scores
    ]


def write_group_table(path: Path, scores: list[GroupScore]) -> None:
    """The measured spectra and field sites by group."""
    header = ("group", "spectra", *(f"{land.name} %" for land in LEGEND))
    rows = [(item.group, item.spectra, *(percent(item.share(land.code)) for land in LEGEND)) for item in scores]
    write_csv(path, header, rows)
