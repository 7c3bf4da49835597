"""The land cover of the simulated highland: the truth, and what lies under one class (parcels, roofs, streets).

The terrain decides: snow above, rock where it is steep or high, puna grass on gentle high slopes, bofedales where water
gathers, scrub on the slopes, terraces and fields on the lower gentle ones, a town and a road on the valley floor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, gaussian_filter, uniform_filter

from .random_fields import Field, fractal_field, make_rng, parcel_numbers
from .terrain import RESOLUTION_M, Terrain

WATER, TREES, GRASS, FLOODED, CROPS, SCRUB, BUILT, BARE, SNOW, CLOUDS = range(1, 11)
"""Codes of the ten-class legend."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Landscape:
    """What covers the ground, all year."""

    truth: NDArray[np.uint8]
    """Class codes `(y, x)`, 1 to 9."""
    parcel: NDArray[np.int64]
    """Number of the field, roof or patch a pixel belongs to."""
    street: Mask
    """Streets and roads, part of the built area."""
    terrain: Terrain


def _find_flattest(terrain: Terrain, allowed: Mask, radius_px: int) -> tuple[int, int]:
    mean = uniform_filter(terrain.slope, 2 * radius_px)
    mean = np.where(allowed, mean, np.inf)
    row, column = np.unravel_index(int(np.argmin(mean)), mean.shape)
    return int(row), int(column)


def blob(shape: tuple[int, int], centre: tuple[int, int], radius_px: float, rough: Field) -> Mask:
    """A patch about the centre, wider than high, with a rough edge."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    distance = np.hypot(rows - centre[0], (columns - centre[1]) / 1.3)
    return np.asarray(distance < radius_px * (1 + 0.28 * rough))


def _interior_mask(shape: tuple[int, int], margin: float) -> Mask:
    mask = np.zeros(shape, bool)
    rows, columns = (int(side * margin) for side in shape)
    mask[rows : shape[0] - rows, columns : shape[1] - columns] = True
    return mask


def town_plan(shape: tuple[int, int], seed: int) -> tuple[Mask, NDArray[np.int64]]:
    """Streets, and the number of the roof of each pixel, as if all land were town."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    across, along = columns * 0.94 + rows * 0.34, rows * 0.94 - columns * 0.34
    street = (np.mod(across, 9.5) < 1.5) | (np.mod(along, 11.0) < 1.5)
    return street, parcel_numbers(across, along, 2.0, 2.2, make_rng(seed, "roofs"))


def _field_parcels(terrain: Terrain, seed: int) -> NDArray[np.int64]:
    """Parcels: rectangles on the valley floor, strips along the contours where the land slopes."""
    rows, columns = np.mgrid[0 : terrain.height_m.shape[0], 0 : terrain.height_m.shape[1]].astype(np.float32)
    warp = 6 * gaussian_filter(fractal_field(terrain.height_m.shape, 3, make_rng(seed, "warp")), 4)
    across, along = columns * 0.8 + rows * 0.6 + warp, rows * 0.8 - columns * 0.6 + warp
    flat = parcel_numbers(across, along, 13, 20, make_rng(seed, "fields"))
    terraces = parcel_numbers(gaussian_filter(terrain.height_m, 4), columns + warp, 38, 26, make_rng(seed, "terraces"))
    return np.where(gaussian_filter(terrain.slope, 6) < 0.12, flat, terraces + 2**40)


def _parcels_within(land: Mask, number: NDArray[np.int64], share: float) -> Mask:
    """Whole parcels that lie in `land` with more than `share` of their pixels."""
    _, index = np.unique(number, return_inverse=True)
    index = index.reshape(number.shape)
    inside = np.bincount(index.ravel(), land.ravel().astype(float)) / np.bincount(index.ravel())
    return np.asarray(inside[index] > share)


def _smooth(field: Field) -> Field:
    """Patches of at least a few pixels."""
    field = gaussian_filter(field, 2.0)
    return np.asarray(field / field.std(), np.float32)


def make_landscape(terrain: Terrain, seed: int) -> Landscape:
    """The truth of the simulation."""
    shape = terrain.height_m.shape
    height, slope = terrain.height_m, gaussian_filter(terrain.slope, 3)
    patch, stands, wetness = (
        _smooth(fractal_field(shape, 2.7, make_rng(seed, name))) for name in ("patches", "stands", "wet")
    )
    valley = terrain.river_distance_m
    concavity = gaussian_filter(height, 18) - height

    truth = np.full(shape, SCRUB, np.uint8)
    truth[(height > 3950 + 130 * patch) & (slope < 0.60 + 0.1 * stands)] = GRASS
    queuña = (height > 3500) & (height < 4150) & (concavity > 2) & (stands > 1.1)
    eucalyptus = (height < 3350) & (valley > 120) & (patch * 0.6 + stands > 1.05)
    truth[queuña | eucalyptus] = TREES
    truth[(height > 4560 + 90 * patch) | (slope > 1.1 + 0.12 * stands) & (height > 3200)] = BARE
    truth[(height > 3900) & (height < 4500) & (slope < 0.40) & (concavity > -6) & (wetness > 0.75)] = FLOODED

    field = _field_parcels(terrain, seed)
    arable = ((slope < 0.14) & (height < 3000) | (slope < 0.42 + 0.05 * patch) & (height < 3420)) & (stands < 0.75)
    truth[_parcels_within(arable & (patch > -0.9), field, 0.55) & (truth != BARE)] = CROPS
    truth[(valley < 45) & (wetness > -0.1) & (valley > 0)] = TREES

    _add_lake(truth, terrain, seed, wetness)
    truth[terrain.river] = WATER
    truth[height > 4780 + 60 * patch] = SNOW
    parcel, street = _add_settlements(truth, terrain, seed, field)
    return Landscape(truth, parcel, street, terrain)


def _add_lake(truth: NDArray[np.uint8], terrain: Terrain, seed: int, rough: Field) -> None:
    """A lake on the flattest high ground, bofedal around it."""
    shape = truth.shape
    high = (terrain.height_m > 3900) & (terrain.height_m < 4350) & _interior_mask(shape, 0.1)
    high &= np.arange(shape[1])[None, :] < shape[1] * 0.6
    centre = _find_flattest(terrain, high, 45)
    smooth = gaussian_filter(rough, 6)
    truth[blob(shape, centre, 88, smooth) & (terrain.slope < 0.45) & (rough > -0.8)] = FLOODED
    truth[blob(shape, centre, 58, smooth)] = WATER


def _add_settlements(
    truth: NDArray[np.uint8], terrain: Terrain, seed: int, field: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Mask]:
    """Town, hamlets, road and quarry; gives the parcels and the streets."""
    shape = truth.shape
    rough = gaussian_filter(fractal_field(shape, 2.6, make_rng(seed, "town")), 2)
    floor = (terrain.height_m < 2900) & _interior_mask(shape, 0.15) & (terrain.river_distance_m > 60)
    town = blob(shape, _find_flattest(terrain, floor & (np.arange(shape[1])[None, :] > shape[1] * 0.35), 40), 62, rough)
    rng = make_rng(seed, "hamlets")
    spots = np.argwhere((truth == CROPS) & _interior_mask(shape, 0.05) & (terrain.slope < 0.3))
    for row, column in spots[rng.integers(0, max(len(spots), 1), 9 if len(spots) else 0)]:
        town |= blob(shape, (int(row), int(column)), float(rng.uniform(7, 13)), rough)
    town &= ~terrain.river & (terrain.slope < 0.6)
    street, roofs = town_plan(shape, seed)
    line = np.abs(terrain.river_distance_m - 230 - 40 * rough) < 9
    side = np.gradient(gaussian_filter(terrain.river_distance_m, 3), axis=0) > 0
    road = line & side & (terrain.slope < 0.5)
    truth[town | road] = BUILT
    quarry_at = np.argwhere((truth == SCRUB) & (terrain.height_m < 3300) & _interior_mask(shape, 0.1))
    for row, column in quarry_at[rng.integers(0, max(len(quarry_at), 1), min(len(quarry_at), 1))]:
        quarry = blob(shape, (int(row), int(column)), 28, rough) & ~binary_dilation(town | road | terrain.river)
        truth[quarry] = BARE
    return np.where(town, roofs + 2**41, field), (street & town) | road


__all__ = ["RESOLUTION_M", "Landscape", "blob", "make_landscape", "town_plan"]
