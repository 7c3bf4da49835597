"""Samples of the new sites: their real chips, real clouds over known ground, made mountains, bright and dry land.

They are further shards of the store, beside those of `store.build_store`; what is left out of training gives none.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from allpa_engine.classify.unet import channels_last
from allpa_engine.core.bands import REFLECTANCE_SCALE
from allpa_engine.core.legend import BARE, GRASS, SCRUB, SNOW, TREES, WATER

from .bright_scenes import make_bright_scene
from .chips import Chip, read_chips, read_raster
from .cloud_pairs import cut_cloud_fields, find_twins, pair_samples, save_cloud_fields
from .measured_spectra import SOIL_KINDS, build_dry_pool, read_library
from .mountain_scenes import SceneSpectra, make_mountain_scene
from .new_sites import NewChip, read_new_chips
from .samples import SAMPLE_SIZE, Sample, cut_tile, label_by_teacher, make_dry_chip, real_samples, tile_corners
from .slide_scenes import make_slide_scene
from .spectra import build_pool
from .store import (
    CLOUD_FIELDS_FILE,
    ELEVATIONS_FILE,
    PAIR_PREFIX,
    SCENE_PREFIX,
    SHARD_SAMPLES,
    SLIDE_PREFIX,
    count_repetitions,
    draw_probabilities,
    shard_names,
    write_shard,
)
from .teacher import STUDENT_BAND_INDEX, load_teacher

_REAL_SHARD, _SLIDE_SHARD = "real_new", f"{SLIDE_PREFIX}real"
_MOUNTAIN_SHARDS, _BRIGHT_SHARDS, _SLIDE_SHARDS, _DRY_SHARDS = 3, 2, 1, 4
_BESIDE_SLIDE_WEIGHT = 0.35
"""Weight of the teacher's labels beside landslides: these are few, and the teacher misses some of them."""
_SCENE_CLASSES = (WATER, TREES, GRASS, SCRUB, BARE, SNOW)
_LOG = logging.getLogger(__name__)

FloatArray = npt.NDArray[np.float32]


def build_new_samples(data: Path, cache: Path, *, seed: int) -> None:
    """Generate the shards of the new sites that are missing, from the sites that the rule leaves in training."""
    finished = set(shard_names(cache))
    new = read_new_chips(data, left_out=False)
    clear = [chip for chip in read_chips(data) if not chip.held_out and not chip.is_cloudy]
    elevations = read_elevations(data, new)
    if _REAL_SHARD not in finished:
        land, slides = new_real_samples(new, np.random.default_rng([seed, 10]))
        write_shard(cache, _SLIDE_SHARD, slides)
        write_shard(cache, _REAL_SHARD, land)
    if f"{PAIR_PREFIX}000" not in finished:
        _write_pairs(new, cache, np.random.default_rng([seed, 11]))
    np.save(cache / ELEVATIONS_FILE, np.stack(elevations))
    scenes = scene_spectra(data, clear, np.random.default_rng([seed, 12]))
    for number in range(_MOUNTAIN_SHARDS):
        if (name := f"{SCENE_PREFIX}mountain_{number:03d}") not in finished:
            rng = np.random.default_rng([seed, 13, number])
            write_shard(cache, name, [make_mountain_scene(scenes, elevations, rng) for _ in range(SHARD_SAMPLES)])
    for number in range(_BRIGHT_SHARDS):
        if (name := f"{SCENE_PREFIX}bright_{number:03d}") not in finished:
            rng = np.random.default_rng([seed, 14, number])
            land = _draw_land(clear, rng)
            write_shard(cache, name, [make_bright_scene(_any(land, rng), rng) for _ in range(SHARD_SAMPLES)])
    for number in range(_SLIDE_SHARDS):
        if (name := f"{SLIDE_PREFIX}made_{number:03d}") not in finished:
            rng = np.random.default_rng([seed, 17, number])
            green = [sample for sample in _draw_land(clear, rng) if _is_green(sample)]
            write_shard(cache, name, [make_slide_scene(_any(green, rng), scenes, rng) for _ in range(SHARD_SAMPLES)])
    _build_dry_shards(data, cache, clear, [n for n in range(_DRY_SHARDS) if f"dry_{n:03d}" not in finished], seed)


def new_real_samples(new: list[NewChip], rng: np.random.Generator) -> tuple[list[Sample], list[Sample]]:
    """The squares of the clear chips with the teacher's labels: those without, and those with landslides.

    Landslides drawn by people are bare ground.
    """
    clear = [chip for chip in new if chip.cloud is None]
    repetitions = count_repetitions([chip.chip for chip in clear])
    samples: list[Sample] = []
    slides: list[Sample] = []
    for chip in clear:
        for _ in range(repetitions[chip.group]):
            made = real_samples(chip.chip, rng)
            if chip.landslide is not None:
                slides += _with_landslides(made, chip.landslide)
            else:
                samples += made
    return samples, slides


def _with_landslides(samples: list[Sample], landslide: npt.NDArray[np.bool_]) -> list[Sample]:
    """The samples of one chip with its landslides as the hard label, which counts more than the teacher's."""
    inside = landslide.astype(np.float32)[None]
    answer = []
    for sample, (top, left) in zip(samples, tile_corners(*landslide.shape)):
        slide = cut_tile(inside, top, left)[0] > 0
        weight = np.where(slide, 255, round(255 * _BESIDE_SLIDE_WEIGHT)).astype(np.uint8)
        answer.append(replace(sample, hard=np.where(slide, BARE, 0).astype(np.uint8), weight=weight))
    return answer


def _write_pairs(new: list[NewChip], cache: Path, rng: np.random.Generator) -> None:
    twins = find_twins(new)
    clouded = [chip for chip in new if chip.cloud is not None]
    samples = [sample for chip in clouded for sample in pair_samples(chip, twins.get(chip.name), rng)]
    fields = [
        field for chip in clouded if chip.name in twins for field in cut_cloud_fields(chip, twins[chip.name], rng)
    ]
    save_cloud_fields(cache / CLOUD_FIELDS_FILE, fields)
    write_shard(cache, f"{PAIR_PREFIX}000", samples)
    _LOG.info("%d samples of %d clouded chips, %d fields of clouds", len(samples), len(clouded), len(fields))


def read_elevations(data: Path, new: list[NewChip]) -> list[FloatArray]:
    """Elevation in metres beside the landslide chips of training, `(128, 128)` each."""
    paths = [data / "more" / "chips" / f"{chip.name}_dem.tif" for chip in new]
    return [
        cut_tile(read_raster(path)[:1].astype(np.float32), 0, 0, SAMPLE_SIZE)[0] for path in paths if path.is_file()
    ]


def scene_spectra(data: Path, clear: list[Chip], rng: np.random.Generator) -> SceneSpectra:
    """What scenes are made of: measured soils, and the pool's spectra by class."""
    bands, pool = list(STUDENT_BAND_INDEX), build_pool(data, clear, rng)
    soils = read_library(data, SOIL_KINDS)[:, bands] / REFLECTANCE_SCALE
    by_class = {code: pool.spectra[pool.land_class == code][:, bands] / REFLECTANCE_SCALE for code in _SCENE_CLASSES}
    return SceneSpectra(soils.astype(np.float32), by_class)


def _draw_land(clear: list[Chip], rng: np.random.Generator) -> list[Sample]:
    """The squares of 64 draws of the chips."""
    chosen = rng.choice(len(clear), 64, p=draw_probabilities(clear))
    return [sample for number in chosen for sample in real_samples(clear[number], rng)]


def _any(samples: list[Sample], rng: np.random.Generator) -> Sample:
    return samples[int(rng.integers(len(samples)))]


def _is_green(sample: Sample) -> bool:
    """Whether the teacher calls most of it trees, grass or scrub."""
    best = sample.soft.argmax(axis=0)[sample.soft.any(axis=0)] + 1
    return bool(len(best)) and float(np.isin(best, (TREES, GRASS, SCRUB)).mean()) > 0.6


def _build_dry_shards(data: Path, cache: Path, clear: list[Chip], numbers: list[int], seed: int) -> None:
    """Dry land in measured spectra, labelled by the teacher except where the measurement says bare or natural."""
    if not numbers:
        return
    pool, weights = build_dry_pool(data, np.random.default_rng([seed, 15])), draw_probabilities(clear)
    teacher = channels_last(load_teacher(data / "teacher"), torch.device("cpu"))
    for number in numbers:
        rng = np.random.default_rng([seed, 16, number])
        lands = (make_dry_chip(clear, weights, pool, rng) for _ in range(SHARD_SAMPLES))
        write_shard(cache, f"dry_{number:03d}", [label_by_teacher(land, teacher, rng) for land in lands])
        _LOG.info("dry_%03d is made", number)
