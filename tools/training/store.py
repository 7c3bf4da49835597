"""The store: samples labelled once, kept as plain arrays outside the repository, read by memory map while training.

A shard is four files `NAME_reflectance.npy`, `NAME_soft.npy`, `NAME_weak_label.npy`, `NAME_hard.npy` with some hundred
samples, and `NAME_cloud.npy` and `NAME_weight.npy` where the samples have these. Each shard has its own
seed, so that a build that was stopped goes on with the next shard and gives the same samples.
"""

from __future__ import annotations

import logging
import multiprocessing
from collections import Counter
from collections.abc import Callable, Collection
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from allpa_engine.classify.unet import channels_last

from .chips import Chip, read_chips
from .cloud_pairs import CloudField, load_cloud_fields
from .labelled_sets import LabelledSet, read_labelled_sets
from .recolouring import Land
from .reference_samples import reference_samples
from .samples import Sample, label_by_teacher, make_mixed_chip, make_plain_chip, real_samples, tile_corners
from .spectra import SpectrumPool, build_pool
from .teacher import TEACHER_CLASS_COUNT, load_teacher

SHARD_SAMPLES = 256
_REFERENCE_PREFIX = "reference_"
CLOUD_FIELDS_FILE, ELEVATIONS_FILE = "cloud_fields.npy", "elevations.npy"
"""Beside the shards: real clouds, and real relief, `(n, 128, 128)` metres."""
_PARTS = ("reflectance", "soft", "weak_label", "hard")
_OPTIONAL_PARTS = ("cloud", "weight")
PAIR_PREFIX, SLIDE_PREFIX, SCENE_PREFIX = "pair_", "slide_", "scene_"
"""Begin the names of shards of real clouds over known ground, of landslides, and of other scenes that need no teacher.

They are drawn apart from the other samples, which are balanced by class: a landslide in woods would hardly be drawn.
"""
_LOG = logging.getLogger(__name__)

ChipMaker = Callable[[list[Chip], npt.NDArray[np.float64], SpectrumPool, np.random.Generator], Land]
"""Makes one chip of real chips drawn by weights, and of a pool of spectra."""
ShardPlan = tuple[str, ChipMaker, int]
"""Kind of shard, what makes its chips, and its number."""


@dataclass(frozen=True)
class Store:
    """All samples of a cache folder."""

    reflectance: list[npt.NDArray[np.uint16]]
    """One memory map `(n, 6, 128, 128)` per shard."""
    soft: list[npt.NDArray[np.uint8]]
    """`(n, 9, 128, 128)` per shard."""
    weak_label: list[npt.NDArray[np.uint8]]
    """`(n, 128, 128)` per shard."""
    hard: list[npt.NDArray[np.uint8]]
    """`(n, 128, 128)` per shard."""
    real: list[bool]
    """Whether the shard has real chips, with the teacher's or with reference labels."""
    has_reference_labels: list[bool]
    """Whether the shard has reference labels."""
    names: list[str] = field(default_factory=list)
    """Name of each shard."""
    cloud: list[npt.NDArray[np.uint8] | None] = field(default_factory=list)
    """`(n, 128, 128)` per shard, or None; see `Sample`."""
    weight: list[npt.NDArray[np.uint8] | None] = field(default_factory=list)
    """`(n, 128, 128)` per shard, or None."""
    cloud_fields: list[CloudField] = field(default_factory=list)
    """Real clouds to be laid over other land."""
    elevations: list[npt.NDArray[np.float32]] = field(default_factory=list)
    """`(128, 128)` metres of real relief."""

    @property
    def index(self) -> npt.NDArray[np.int64]:
        """`(samples, 2)` shard and number within it."""
        rows = [(shard, number) for shard, soft in enumerate(self.soft) for number in range(len(soft))]
        return np.array(rows, np.int64)


def shard_names(cache: Path) -> list[str]:
    """Names of the finished shards, sorted."""
    return sorted(path.name.removesuffix("_hard.npy") for path in cache.glob("*_hard.npy"))


def open_store(cache: Path, *, left_out_sites: Collection[str] = ()) -> Store:
    """Map the finished shards of the folder; raises FileNotFoundError when there is none.

    left_out_sites : sites whose land is taken with the teacher's labels, so that the reference labels stay a check.
    """
    names = shard_names(cache)
    if not names:
        raise FileNotFoundError(f"No training samples in {cache}.")
    maps = {part: [np.load(cache / f"{name}_{part}.npy", mmap_mode="r") for name in names] for part in _PARTS}
    for number, name in enumerate(names):
        if name.startswith(_REFERENCE_PREFIX) and name.removeprefix(_REFERENCE_PREFIX) in left_out_sites:
            maps["hard"][number] = np.zeros_like(maps["hard"][number])
    has_reference_labels = [name.startswith(_REFERENCE_PREFIX) for name in names]
    real = [name.startswith("real_") or is_reference for name, is_reference in zip(names, has_reference_labels)]
    cloud, weight = ([_map_if_any(cache / f"{name}_{part}.npy") for name in names] for part in _OPTIONAL_PARTS)
    elevations = cache / ELEVATIONS_FILE
    return Store(
        **maps,
        real=real,
        has_reference_labels=has_reference_labels,
        names=names,
        cloud=cloud,
        weight=weight,
        cloud_fields=load_cloud_fields(cache / CLOUD_FIELDS_FILE),
        elevations=list(np.load(elevations)) if elevations.is_file() else [],
    )


def _map_if_any(path: Path) -> npt.NDArray[np.uint8] | None:
    if not path.is_file():
        return None
    mapped: npt.NDArray[np.uint8] = np.load(path, mmap_mode="r")
    return mapped


def list_reference_sites(cache: Path) -> list[str]:
    """Sites of the store with reference labels."""
    return [name.removeprefix(_REFERENCE_PREFIX) for name in shard_names(cache) if name.startswith(_REFERENCE_PREFIX)]


def write_shard(cache: Path, name: str, samples: list[Sample]) -> None:
    """Write one shard; `hard`, whose presence marks the shard as whole, comes last."""
    cache.mkdir(parents=True, exist_ok=True)
    optional = [part for part in _OPTIONAL_PARTS if getattr(samples[0], part) is not None]
    for part in (*optional, *_PARTS):
        temporary_path = cache / f".{name}_{part}.npy"
        np.save(temporary_path, np.stack([getattr(sample, part) for sample in samples]))
        temporary_path.replace(cache / f"{name}_{part}.npy")


def build_store(data: Path, cache: Path, *, synthetic_count: int, seed: int, use_all_sites: bool = False) -> None:
    """Generate what is missing, by shards: real chips, synthetic samples, half as many of homogeneous land.

    As many processes as PyTorch has threads share the work.

    data : folder with `chips`, `labels` and `teacher`. use_all_sites : use the held-out sites too.
    """
    chips = [chip for chip in read_chips(data) if use_all_sites or not chip.held_out]
    clear = [chip for chip in chips if not chip.is_cloudy]
    if "real_000" not in shard_names(cache):
        rng, repetitions = np.random.default_rng([seed, 0]), count_repetitions(chips)
        samples = [
            sample for chip in chips for _ in range(repetitions[chip.site]) for sample in real_samples(chip, rng)
        ]
        write_shard(cache, "real_000", samples)
        _LOG.info("real samples: %d", len(samples))
    finished = set(shard_names(cache))
    missing = [plan for plan in _plan_shards(synthetic_count) if f"{plan[0]}_{plan[2]:03d}" not in finished]
    count = min(torch.get_num_threads(), len(missing))
    with ProcessPoolExecutor(max(1, count), mp_context=multiprocessing.get_context("spawn")) as workers:
        parts = [workers.submit(_build_shards, clear, data, cache, missing[part::count], seed) for part in range(count)]
        for part in parts:
            part.result()


def build_reference_samples(data: Path, cache: Path, *, seed: int) -> None:
    """Generate the samples of the sites with reference labels, where they are missing."""
    finished = list_reference_sites(cache)
    sets: dict[str, list[LabelledSet]] = {}
    for item in read_labelled_sets(data):
        if item.has_land_labels:
            sets.setdefault(item.site, []).append(item)
    if set(sets) <= set(finished):
        return
    teacher = channels_last(load_teacher(data / "teacher"), torch.device("cpu"))
    for number, (site, items) in enumerate(sorted(sets.items())):
        if site not in finished:
            rng = np.random.default_rng([seed, 7, number])
            write_shard(cache, f"{_REFERENCE_PREFIX}{site}", reference_samples(items, teacher, rng))
            _LOG.info("reference labels of %s", site)


def _build_shards(clear: list[Chip], data: Path, cache: Path, plans: list[ShardPlan], seed: int) -> None:
    """One processor's part of the shards; chips are small, so that a shard per core is faster than cores per chip."""
    torch.set_num_threads(1)
    pool = build_pool(data, clear, np.random.default_rng([seed, 1]))
    teacher = channels_last(load_teacher(data / "teacher"), torch.device("cpu"))
    weights = draw_probabilities(clear)
    for kind, make, number in plans:
        rng = np.random.default_rng([seed, 2 if kind == "made" else 6, number])
        samples = [label_by_teacher(make(clear, weights, pool, rng), teacher, rng) for _ in range(SHARD_SAMPLES)]
        write_shard(cache, f"{kind}_{number:03d}", samples)
        _LOG.info("%s_%03d is made", kind, number)


def _plan_shards(synthetic_count: int) -> list[ShardPlan]:
    """The shards of synthetic samples: one of homogeneous land for every two of the other kinds."""
    count = -(-synthetic_count // SHARD_SAMPLES)
    plans: list[ShardPlan] = [("made", make_mixed_chip, number) for number in range(count)]
    return plans + [("plain", make_plain_chip, number) for number in range(-(-count // 2))]


def count_repetitions(chips: list[Chip]) -> dict[str, int]:
    """How many times the squares of each place are taken, so that a place counts by the root of its size.

    What is to be learnt lies between places: without this the largest would have a hundred times the smallest's part.
    Each time an L1C chip comes through another atmosphere.
    """
    sizes: Counter[str] = Counter()
    for chip in chips:
        sizes[chip.site] += len(tile_corners(*chip.digital_numbers.shape[1:]))
    largest = max(sizes.values())
    return {site: round((largest / size) ** 0.5) for site, size in sizes.items()}


def draw_probabilities(chips: list[Chip]) -> npt.NDArray[np.float64]:
    """How often each chip is drawn: by the root of its size, and more often where it holds rare classes; sums to 1."""
    counts = np.zeros((len(chips), TEACHER_CLASS_COUNT))
    for row, chip in enumerate(chips):
        labelled = chip.soft.any(axis=0)
        counts[row] = np.bincount(chip.soft.argmax(axis=0)[labelled], minlength=TEACHER_CLASS_COUNT)
    share = counts.sum(axis=0) / counts.sum()
    own_share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    weights = np.sqrt(counts.sum(axis=1)) * (own_share / np.maximum(share, 1e-3) ** 0.6).sum(axis=1)
    probabilities: npt.NDArray[np.float64] = weights / weights.sum()
    return probabilities
