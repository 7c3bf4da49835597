"""What the weights come from: the part of the card that names data, licences and how the training went."""

from __future__ import annotations

import csv
import gzip
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from allpa_engine import __version__

from .checkpoint import TrainingState
from .labelled_sets import read_labelled_sets
from .measured_spectra import LIBRARY_FILE
from .new_sites import has_new_sites, is_left_out, read_new_groups
from .training import Schedule

TEACHER_ATTRIBUTION = (
    "Labels by Dynamic World's forward network (Brown et al. 2022, doi 10.1038/s41597-022-01307-4; "
    "weights Apache-2.0), which is not part of this file."
)
COPERNICUS_ATTRIBUTION = "Contains modified Copernicus Sentinel data 2015-2023."
_SAMPLE_NUMBER, _UNSURE, _PLAIN = re.compile(r" (target|input) \d+$"), "from memory", "by its authors"
"""Parts of the index that a reader of the card does not need, and words that it should not have."""
_OLDER_NAMES = {"people_heard_at": "reference_label_sites"}
"""Names in the cards of older model files, and what they are called now."""
LICENCE = "CC-BY-SA-4.0"
"""Of the weights: two sources of imagery (Major TOM, TerraMesh) ask for share-alike."""


def training_card(
    data: Path,
    training_state: TrainingState,
    schedule: Schedule,
    *,
    held_out: Sequence[str],
    reference_sites: Sequence[str] = (),
) -> dict[str, Any]:
    """The card of a trained network: name, licence, sources, schedule, step kept.

    held_out : sites whose figures were watched while training. The new sites that the rule leaves out, which were not,
    are added. reference_sites : sites whose reference labels were used.
    """
    groups = set(read_new_groups(data).values()) if has_new_sites(data) else set()
    unwatched = sorted(group for group in groups if is_left_out(group)) if held_out else []
    return {
        "name": "Allpa UNet",
        "version": __version__,
        "licence": LICENCE,
        "attribution": [COPERNICUS_ATTRIBUTION, TEACHER_ATTRIBUTION],
        "training_data": sources(data, held_out) + reference_sources(data, reference_sites),
        "held_out_places": [*held_out, *unwatched],
        "watched_places": list(held_out),
        "unwatched_places": unwatched,
        "training": {
            "step": training_state.step,
            "batch_size": schedule.batch_size,
            "megapixels_seen": round(training_state.step * schedule.batch_size * 128**2 / 1e6),
            **learning_rates(schedule),
            "hours": round(training_state.elapsed_s / 3600, 2),
            "reference_label_sites": list(reference_sites),
            "torch": torch.__version__,
        },
    }


def learning_rates(schedule: Schedule) -> dict[str, float]:
    """The peak rates that a schedule used: before the fine-tuning, in it, or both.

    Examples
    --------
    >>> learning_rates(Schedule(steps=9, finetune_start_step=0, finetune_learning_rate=0.1))
    {'finetune_learning_rate': 0.1}

    """
    rates = {}
    if schedule.finetune_start_step > 0:
        rates["learning_rate"] = schedule.learning_rate
    if schedule.finetune_start_step < schedule.steps:
        rates["finetune_learning_rate"] = schedule.finetune_learning_rate
    return rates


def history(card: Mapping[str, Any]) -> dict[str, Any]:
    """How the training of a model file went, by the names of today."""
    training = {_OLDER_NAMES.get(name, name): value for name, value in card.get("training", {}).items()}
    if earlier := training.get("started_from"):
        training["started_from"] = [history({"training": item}) for item in earlier]
    return training


def sources(data: Path, held_out: Sequence[str]) -> list[dict[str, str]]:
    """Each source of chips that were trained on, with its licence and sites."""
    sites: dict[tuple[str, str], set[str]] = defaultdict(set)
    new_groups = read_new_groups(data) if has_new_sites(data) else {}
    for folder in (data / "chips", *([data / "more" / "chips"] if new_groups else [])):
        with (folder / "INDEX.csv").open(newline="", encoding="utf-8") as index:
            for row in csv.DictReader(index):
                site = new_groups.get(row["chip"], row["place"])
                if site not in held_out and not (row["chip"] in new_groups and is_left_out(site)):
                    sites[_SAMPLE_NUMBER.sub("", row["source"]), row["licence"].replace(_UNSURE, _PLAIN)].add(site)
    rows = [
        {"source": source, "licence": licence, "places": ", ".join(sorted(names))}
        for (source, licence), names in sorted(sites.items())
    ]
    note = "spectra and their classes, no images; licence as in the source's repository"
    return rows + [{"source": name, "licence": note, "places": "many"} for name in point_sources(data)]


def point_sources(data: Path) -> list[str]:
    """Sources of the point tables whose spectra, with their weak labels, went into the synthetic chips."""
    names: set[str] = set()
    library = data / "more" / "points" / LIBRARY_FILE
    for path in [*(data / "labels" / "points").glob("*.csv.gz"), *(data / "more" / "points").glob("*.csv.gz")]:
        with gzip.open(path, "rt", newline="") as stream:
            found = {row["source"] for row in csv.DictReader(stream)}
        names |= {f"earthlib (MIT): {', '.join(sorted(found))}"} if path == library else found
    return sorted(names)


def reference_sources(data: Path, sites: Sequence[str]) -> list[dict[str, str]]:
    """Origin of the reference labels of these sites, in the words of the files."""
    rows = {
        (item.quality, item.site) for item in read_labelled_sets(data) if item.site in sites and item.has_land_labels
    }
    note = "reference labels of real scenes; licence as in the source's repository"
    return [{"source": quality, "licence": note, "places": site} for quality, site in sorted(rows)]
