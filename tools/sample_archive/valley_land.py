"""The land cover of the simulated mountain valley: the truth, and the materials that lie under its classes.

Ice flows down from the head between ribs of rock, moraine and scree lie below it, lakes behind the moraine; puna grass,
bofedales and scrub cover the lower land, fields and a village the floor near the valley's mouth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter

from .landscape import BARE, BUILT, CROPS, FLOODED, GRASS, SCRUB, SNOW, TREES, WATER
from .random_fields import Field, fractal_field, make_rng, parcel_numbers, random_per_parcel
from .valley_terrain import ValleyTerrain, crop


@dataclass(frozen=True)
class Material:
    """What covers the ground."""

    name: str
    code: int
    """Class of the legend."""
    dry: tuple[float, ...]
    """Reflectance in B02, B03, B04, B08, B11, B12 at the end of the dry season."""
    wet: tuple[float, ...]
    """The same at the peak of growth."""
    spread: float
    """Standard deviation of the logarithm of brightness from place to place."""


MATERIALS = (
    Material("snow", SNOW,
             (0.88, 0.90, 0.90, 0.82, 0.10, 0.09), (0.90, 0.92, 0.92, 0.85, 0.12, 0.10), 0.04),
    Material("ice", SNOW,
             (0.50, 0.51, 0.48, 0.37, 0.025, 0.02), (0.62, 0.63, 0.60, 0.49, 0.04, 0.03), 0.12),
    Material("old ice", SNOW,
             (0.27, 0.27, 0.25, 0.19, 0.03, 0.025), (0.36, 0.36, 0.34, 0.27, 0.03, 0.025), 0.15),
    Material("dark rock", BARE,
             (0.06, 0.075, 0.09, 0.12, 0.17, 0.15), (0.055, 0.07, 0.085, 0.115, 0.16, 0.14), 0.20),
    Material("bright rock", BARE,
             (0.14, 0.17, 0.20, 0.24, 0.30, 0.27), (0.13, 0.16, 0.185, 0.23, 0.29, 0.26), 0.16),
    Material("scree", BARE,
             (0.17, 0.20, 0.225, 0.255, 0.30, 0.285), (0.16, 0.19, 0.215, 0.25, 0.295, 0.28), 0.14),
    Material("moraine", BARE,
             (0.11, 0.13, 0.15, 0.18, 0.225, 0.21), (0.10, 0.12, 0.14, 0.175, 0.215, 0.20), 0.15),
    Material("clear lake", WATER,
             (0.022, 0.024, 0.016, 0.008, 0.005, 0.004), (0.022, 0.026, 0.018, 0.009, 0.005, 0.004), 0.10),
    Material("milky lake", WATER,
             (0.085, 0.115, 0.075, 0.025, 0.008, 0.006), (0.10, 0.14, 0.10, 0.035, 0.009, 0.007), 0.08),
    Material("puna grass", GRASS,
             (0.060, 0.085, 0.115, 0.205, 0.30, 0.215), (0.046, 0.078, 0.078, 0.27, 0.25, 0.15), 0.13),
    Material("bofedal", FLOODED,
             (0.036, 0.062, 0.058, 0.25, 0.19, 0.10), (0.030, 0.060, 0.042, 0.34, 0.18, 0.085), 0.12),
    Material("scrub", SCRUB,
             (0.045, 0.066, 0.078, 0.185, 0.22, 0.145), (0.036, 0.060, 0.055, 0.26, 0.195, 0.105), 0.15),
    Material("trees", TREES,
             (0.026, 0.042, 0.036, 0.20, 0.115, 0.058), (0.024, 0.044, 0.030, 0.26, 0.12, 0.056), 0.12),
    Material("field", CROPS,
             (0.085, 0.110, 0.140, 0.21, 0.28, 0.24), (0.035, 0.065, 0.042, 0.40, 0.19, 0.10), 0.10),
    Material("roof", BUILT,
             (0.125, 0.145, 0.165, 0.215, 0.245, 0.225), (0.12, 0.14, 0.155, 0.215, 0.235, 0.215), 0.30),
    Material("street", BUILT,
             (0.11, 0.13, 0.155, 0.20, 0.26, 0.235), (0.105, 0.125, 0.145, 0.20, 0.25, 0.225), 0.12),
)  # fmt: skip
"""Typical reflectances, written down before any network saw them: snow and ice in the ranges of Warren (1982) and Hall
et al. (1992), rock and soil in those of the USGS spectral library (Kokaly et al. 2017), roofs and streets near the
statistics of real towns in `spectra.csv`; lakes, puna, bofedal and scrub are estimates of our own."""
INDEX = {material.name: number for number, material in enumerate(MATERIALS)}


@dataclass(frozen=True)
class ValleyLand:
    """What covers the ground, without the margin."""

    truth: NDArray[np.uint8]
    """Class codes `(y, x)`, 1 to 9."""
    material: NDArray[np.uint8]
    """Number in `MATERIALS`."""
    parcel: NDArray[np.int64]
    """Number of the field or roof."""
    slope: Field
    """Tangent of the steepest slope."""


def make_valley_land(terrain: ValleyTerrain, seed: int) -> ValleyLand:
    """The truth of the valley."""
    height, across, along, lakes = (
        crop(field) for field in (terrain.height_m, terrain.floor_distance_m, terrain.along, terrain.lakes)
    )
    shape = height.shape
    south, east = terrain.gradient
    slope = crop(gaussian_filter(np.hypot(south, east), 1.5))
    concavity = crop(gaussian_filter(terrain.height_m, 16) - terrain.height_m)
    patch, stands, wet = (
        gaussian_filter(fractal_field(shape, 2.6, make_rng(seed, f"valley {name}")), 2.0)
        for name in ("patches", "stands", "wetness")
    )
    patch, stands, wet = (field / field.std() for field in (patch, stands, wet))
    material = np.full(shape, INDEX["puna grass"], np.uint8)
    material[(height < 4150 + 110 * patch) & (slope > 0.28 + 0.06 * stands)] = INDEX["scrub"]
    material[(height < 4120) & (slope > 0.35) & (concavity > 4) & (stands > 0.9)] = INDEX["trees"]
    bare = (height > 4720 + 90 * patch) | (slope > 0.95 + 0.1 * stands) | (height > 4350) & (slope > 0.75 + 0.1 * patch)
    material[bare] = np.where(patch > 0.5, INDEX["bright rock"], INDEX["dark rock"])[bare]
    material[(slope > 0.46) & (slope < 0.86) & (concavity > 1) & (height > 4100) & (stands > -0.4)] = INDEX["scree"]
    material[(height < 4550) & (slope < 0.16) & (wet > 0.25) & (concavity > -4)] = INDEX["bofedal"]
    moraine = (along > 0.10) & (along < 0.37 + 0.02 * patch - (across / 1600) ** 2) & (slope < 0.75)
    material[moraine] = INDEX["moraine"]
    _add_ice(material, height, slope, across, along, patch)
    parcel = _add_village(material, slope, across, along, patch, seed)
    material[lakes] = np.where((along < 0.44) & (across < 500), INDEX["milky lake"], INDEX["clear lake"])[lakes]
    codes = np.array([item.code for item in MATERIALS], np.uint8)
    return ValleyLand(codes[material], material, parcel, np.asarray(slope, np.float32))


def _add_ice(
    material: NDArray[np.uint8], height: Field, slope: Field, across: Field, along: Field, patch: Field
) -> None:
    """Snow above, ice below it, tongues of old ice down the gullies; ribs of steep rock stay between."""
    ribs = slope > 0.80 + 0.10 * patch
    snow = (height > 5060 + 60 * patch) & ~ribs
    ice = (height > 4880 + 70 * patch) & ~ribs
    end = 0.215 + 0.012 * patch - (across / 2400) ** 1.5
    tongue = (along < end) & (slope < 0.85)
    material[tongue] = INDEX["old ice"]
    material[ice] = INDEX["ice"]
    material[snow] = INDEX["snow"]


def _add_village(
    material: NDArray[np.uint8], slope: Field, across: Field, along: Field, patch: Field, seed: int
) -> NDArray[np.int64]:
    """Fields, a village with streets and a road along the floor; gives the numbers of fields and roofs."""
    shape = material.shape
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    warp = 5 * gaussian_filter(fractal_field(shape, 3, make_rng(seed, "valley warp")), 4)
    field = parcel_numbers(columns + warp, rows + warp, 5.5, 9.0, make_rng(seed, "valley fields"))
    arable = (along > 0.70) & (slope < 0.30) & (across < 520) & (material != INDEX["bofedal"])
    _, index = np.unique(field, return_inverse=True)
    index = index.reshape(shape)
    inside = np.bincount(index.ravel(), (arable & (patch > -1.1)).ravel().astype(float)) / np.bincount(index.ravel())
    material[inside[index] > 0.6] = INDEX["field"]
    flat = np.where((along > 0.80) & (along < 0.92) & (across < 200), slope, np.inf)
    row, column = np.unravel_index(int(np.argmin(gaussian_filter(np.minimum(flat, 9.0), 12))), shape)
    distance = np.hypot(rows - row, (columns - column) * 1.2) * (1 + 0.2 * patch)
    roofs = parcel_numbers(columns * 0.9 + rows * 0.4, rows * 0.9 - columns * 0.4, 1.8, 2.0, make_rng(seed, "roofs"))
    street = (np.mod(columns * 0.9 + rows * 0.4, 9) < 1.5) | (np.mod(rows * 0.9 - columns * 0.4, 10) < 1.5)
    town = (distance < 26) & (slope < 0.3)
    material[town] = np.where(street, INDEX["street"], INDEX["roof"])[town]
    edge = distance_transform_edt(across < 1)
    material[(edge > 6) & (edge < 8) & (along > 0.6)] = INDEX["street"]
    return np.where(town, roofs + 2**41, field)


def brightness_factors(land: ValleyLand, seed: int) -> NDArray[np.float32]:
    """Texture `(6, y, x)`: what a pixel's reflectance is multiplied with, about 1."""
    shape = land.truth.shape
    spread = np.array([item.spread for item in MATERIALS], np.float32)[land.material]
    coarse, fine = (
        gaussian_filter(make_rng(seed, f"valley texture {name}").standard_normal(shape), sigma)
        for name, sigma in (("coarse", 4.0), ("fine", 0.8))
    )
    shared = 0.75 * coarse / coarse.std() + 0.66 * fine / fine.std()
    parcels = random_per_parcel(land.parcel, make_rng(seed, "valley parcels"), 1)[0]
    is_parcel = np.isin(land.truth, (CROPS, BUILT))
    shared = np.where(is_parcel, 0.5 * shared + 0.87 * parcels, shared)
    own = np.stack([gaussian_filter(make_rng(seed, f"valley band {k}").standard_normal(shape), 1.0) for k in range(6)])
    own /= own.std(axis=(1, 2), keepdims=True)
    return np.asarray(np.exp(spread * shared + 0.25 * spread * own), np.float32)
