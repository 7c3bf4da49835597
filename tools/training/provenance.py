"""What the weights come from: the part of the card that names data, licences and how the training went."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from allpa_engine import __version__

from .checkpoint import TrainingState
from .labelled_sets import read_labelled_sets
from .training import Schedule

TEACHER_ATTRIBUTION = (
    "Labels by Dynamic World's forward network (Brown et al. 2022, doi 10.1038/s41597-022-01307-4; "
    "weights Apache-2.0), which is not part of this file."
)
COPERNICUS_ATTRIBUTION = "Contains modified Copernicus Sentinel data 2015-2023."
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

    reference_sites : sites whose reference labels were used.
    """
    return {
        "name": "Allpa UNet",
        "version": __version__,
        "licence": LICENCE,
        "attribution": [COPERNICUS_ATTRIBUTION, TEACHER_ATTRIBUTION],
        "training_data": sources(data, held_out) + reference_sources(data, reference_sites),
        "held_out_places": list(held_out),
        "training": {
            "step": training_state.step,
            "batch_size": schedule.batch_size,
            "megapixels_seen": round(training_state.step * schedule.batch_size * 128**2 / 1e6),
            "learning_rate": schedule.learning_rate,
            "hours": round(training_state.elapsed_s / 3600, 2),
            "reference_label_sites": list(reference_sites),
            "torch": torch.__version__,
        },
    }


def sources(data: Path, held_out: Sequence[str]) -> list[dict[str, str]]:
    """Each source of chips that were trained on, with its licence and sites."""
    sites: dict[tuple[str, str], set[str]] = defaultdict(set)
    with (data / "chips" / "INDEX.csv").open(newline="") as index:
        for row in csv.DictReader(index):
            if row["place"] not in held_out:
                sites[row["source"], row["licence"]].add(row["place"])
    rows = [
        {"source": source, "licence": licence, "places": ", ".join(sorted(names))}
        for (source, licence), names in sorted(sites.items())
    ]
    note = "spectra and their classes, no images; licence as in the source's repository"
    return rows + [{"source": name, "licence": note, "places": "many"} for name in point_sources(data)]


def point_sources(data: Path) -> list[str]:
    """Sources of the point tables whose spectra, with their weak labels, went into the synthetic chips."""
    names = set()
    for path in (data / "labels" / "points").glob("*.csv.gz"):
        with gzip.open(path, "rt", newline="") as stream:
            names |= {row["source"] for row in csv.DictReader(stream)}
    return sorted(names)


def reference_sources(data: Path, sites: Sequence[str]) -> list[dict[str, str]]:
    """Origin of the reference labels of these sites, in the words of the files."""
    rows = {
        (item.quality, item.site) for item in read_labelled_sets(data) if item.site in sites and item.has_land_labels
    }
    note = "reference labels of real scenes; licence as in the source's repository"
    return [{"source": quality, "licence": note, "places": site} for quality, site in sorted(rows)]
