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
from .spectra import build_pool
from .store import (
    CLOUD_FIELDS_FILE,
    ELEVATIONS_FILE,
    PAIR_PREFIX,
    SCENE_PREFIX,
    SHARD_SAMPLES,
    count_repetitions,
    draw_probabilities,
    shard_names,
    write_shard,
)
from .teacher import STUDENT_BAND_INDEX, load_teacher

_REAL_SHARD = "real_new"
_MOUNTAIN_SHARDS, _BRIGHT_SHARDS, _DRY_SHARDS = 3, 1, 4
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
        write_shard(cache, _REAL_SHARD, new_real_samples(new, np.random.default_rng([seed, 10])))
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
            write_shard(cache, name, _bright_samples(clear, np.random.default_rng([seed, 14, number])))
    _build_dry_shards(data, cache, clear, [n for n in range(_DRY_SHARDS) if f"dry_{n:03d}" not in finished], seed)


def new_real_samples(new: list[NewChip], rng: np.random.Generator) -> list[Sample]:
    """The squares of the clear chips with the teacher's labels; landslides drawn by people are bare ground."""
    clear = [chip for chip in new if chip.cloud is None]
    repetitions = count_repetitions([chip.chip for chip in clear])
    samples = []
    for chip in clear:
        for _ in range(repetitions[chip.group]):
            made = real_samples(chip.chip, rng)
            if chip.landslide is not None:
                made = _with_landslides(made, chip.landslide)
            samples += made
    return samples


def _with_landslides(samples: list[Sample], landslide: npt.NDArray[np.bool_]) -> list[Sample]:
    """The samples of one chip with its landslides as the hard label."""
    code = np.where(landslide, BARE, 0).astype(np.float32)[None]
    return [
        replace(sample, hard=cut_tile(code, top, left)[0].astype(np.uint8))
        for sample, (top, left) in zip(samples, tile_corners(*landslide.shape))
    ]


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


def _bright_samples(clear: list[Chip], rng: np.random.Generator) -> list[Sample]:
    weights = draw_probabilities(clear)
    land = [sample for number in rng.choice(len(clear), 64, p=weights) for sample in real_samples(clear[number], rng)]
    return [make_bright_scene(land[int(rng.integers(len(land)))], rng) for _ in range(SHARD_SAMPLES)]


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
