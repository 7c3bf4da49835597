"""New landscapes from old chips: segments recoloured with spectra of other places, chips mixed, terrain light.

A dozen places hold few colours of land. A segment keeps its shape and texture (its pixels' ratios to its mean) and
takes the mean spectrum of some other place; the teacher then labels the result, and the weak label of
that spectrum is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from allpa_engine.core.legend import CROPS, SNOW

from .spectra import (
    CEILING_DN,
    FLOOR_DN,
    NATURAL,
    NOT_CROPS,
    Codes,
    Spectra,
    SpectrumPool,
    spectral_clusters,
)
from .texture import blur, fractal_noise, smooth_noise

FloatArray = npt.NDArray[np.float32]
Segments = npt.NDArray[np.int64]

_RED, _NEAR_INFRARED = 2, 6
_WAVELENGTHS_UM = np.array([0.490, 0.560, 0.665, 0.705, 0.740, 0.783, 0.842, 1.610, 2.190], np.float32)
_SHORT_WAVE_INFRARED = slice(7, 9)
_SNOW_SWIR_DN = 1400.0
_MIN_DOMINANT_SHARE = 0.6
"""Of a mixed spectrum, the share from which the weak label of one part holds for the whole."""


@dataclass(frozen=True)
class Land:
    """A piece of land with its weak labels."""

    l2a: FloatArray
    """`(9, y, x)` digital numbers."""
    weak_label: Codes
    """`(y, x)` a class code, `NOT_CROPS`, `WILD`, or 0 where nothing is known."""


def unlabelled_land(l2a: FloatArray) -> Land:
    """Land without any label."""
    return Land(l2a, np.zeros(l2a.shape[1:], np.uint8))


def spectral_segments(logarithms: FloatArray, count: int, rng: np.random.Generator) -> Segments:
    """`(9, y, x)` log reflectance -> `(y, x)` cluster numbers."""
    pixels = logarithms.reshape(logarithms.shape[0], -1).T
    return spectral_clusters(pixels, count, rng).reshape(logarithms.shape[1:])


def random_parcels(size: int, count: int, rng: np.random.Generator) -> Segments:
    """`(size, size)` numbers of `count` random parcels: the nearest of random points, borders a little bent."""
    rows, columns = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
    rows = rows + rng.uniform(0, 4) * smooth_noise(rng, size, 16)
    columns = columns + rng.uniform(0, 4) * smooth_noise(rng, size, 16)
    points = rng.uniform(0, size, (count, 2))
    stretch = np.exp(rng.normal(0, 0.4))
    distance = (rows[None] - points[:, 0, None, None]) ** 2 * stretch + (columns[None] - points[:, 1, None, None]) ** 2
    nearest: Segments = distance.argmin(axis=0)
    return nearest


def recolour(chip: FloatArray, pool: SpectrumPool, rng: np.random.Generator) -> Land:
    """The chip `(9, y, x)` with most segments in the colours of other places."""
    logarithms = np.log(np.clip(chip, FLOOR_DN, CEILING_DN))
    segments = spectral_segments(blur(blur(logarithms)), int(rng.integers(3, 9)), rng)
    if rng.random() < 0.6:
        segments = segments * 64 + random_parcels(chip.shape[-1], int(2 + rng.exponential(8)) % 64, rng)
    numbers, inverse = np.unique(segments, return_inverse=True)
    inverse = inverse.reshape(segments.shape)
    drawn = _draw_target_spectra(len(numbers), pool, rng)
    counts = np.bincount(inverse.ravel())
    means = np.stack([np.bincount(inverse.ravel(), band.ravel()) / counts for band in logarithms], axis=1)
    targets = drawn.logarithms().astype(np.float64)
    order = _match_by_greenness(targets, means) if rng.random() < 0.5 else np.arange(len(numbers))
    targets, weak_labels = targets[order], drawn.weak_label[order]
    is_unchanged = (rng.random(len(numbers)) < rng.uniform(0, 0.5))[:, None]
    slope = np.where(is_unchanged, 1.0, rng.uniform(0.4, 1.2))
    shift = np.where(is_unchanged, means, targets) - slope * means
    coloured = np.exp(slope[:, 0][inverse] * logarithms + np.moveaxis(shift[inverse], -1, 0)).astype(np.float32)
    land = np.clip(blur(coloured) if rng.random() < 0.7 else coloured, 1, CEILING_DN).astype(np.float32)
    return Land(land, np.where(is_unchanged[:, 0], 0, weak_labels)[inverse].astype(np.uint8))


def transfer_colours(chip: FloatArray, pool: SpectrumPool, rng: np.random.Generator) -> FloatArray:
    """`(9, y, x)` L2A digital numbers: the chip as it would look in the colours of another place.

    Mean and covariance of the logarithms move, whole or in part, to those of some spectra of the pool, by the linear
    map that changes the pixels least (Monge-Kantorovich; Pitie and Kokaram 2007), so that all texture stays.
    """
    logarithms = np.log(np.clip(chip, FLOOR_DN, CEILING_DN))
    pixels = logarithms.reshape(len(chip), -1)
    drawn = [pool.draw_group(rng, 40).digital_numbers for _ in range(int(rng.integers(1, 4)))]
    colours = np.log(np.clip(np.concatenate(drawn), FLOOR_DN, CEILING_DN)) + _random_tint(rng)
    part, contrast = rng.uniform(0.5, 1.0), rng.uniform(0.4, 1.1)
    mean, target_mean = pixels.mean(axis=1), colours.mean(axis=0)
    transport = _optimal_transport_matrix(np.cov(pixels), contrast**2 * np.cov(colours.T))
    matrix = (1 - part) * np.eye(len(chip)) + part * transport
    target = (1 - part) * mean + part * target_mean
    moved = matrix @ (pixels - mean[:, None]) + target[:, None]
    moved_chip: FloatArray = np.exp(np.clip(moved, 0, np.log(CEILING_DN))).reshape(chip.shape).astype(np.float32)
    return moved_chip


def _optimal_transport_matrix(
    covariance: npt.NDArray[np.float64], target: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The symmetric matrix that carries one covariance to the other; noise in bands that hardly vary stays small."""
    floor = 2e-4 * np.eye(len(covariance))
    root = _matrix_sqrt(target + floor)
    inner = np.linalg.inv(_matrix_sqrt(root @ (covariance + floor) @ root))
    transport: npt.NDArray[np.float64] = root @ inner @ root
    return transport


def _matrix_sqrt(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    values, vectors = np.linalg.eigh(matrix)
    root: npt.NDArray[np.float64] = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return root


def _random_tint(rng: np.random.Generator) -> FloatArray:
    """`(9,)` logarithms of a smooth random change of colour: soils redder, paler or darker than those of the pool."""
    position = np.log(_WAVELENGTHS_UM)
    position = 2 * (position - position.min()) / np.ptp(position) - 1
    level, slope, curvature = rng.normal(0, (0.1, 0.1, 0.06))
    tint: FloatArray = (level + slope * position + curvature * (position**2 - 1 / 3)).astype(np.float32)
    return tint


def make_plain_land(chip: FloatArray, pool: SpectrumPool, rng: np.random.Generator) -> Land:
    """Open land of one kind: the texture of a chip `(9, y, x)`, evened out, in a few close spectra of one place.

    Grassland, scrub, deserts and highlands look like this, and few chips show them: little contrast, no parcels.
    """
    logarithms = np.log(np.clip(chip, FLOOR_DN, CEILING_DN))
    smooth = blur(blur(logarithms))
    segments = spectral_segments(smooth, int(rng.integers(2, 5)), rng)
    drawn = _draw_plain_spectra(pool, rng)
    spectra = drawn.logarithms() + _random_tint(rng)
    spread = rng.uniform(0.1, 0.6)
    ground, weak_label = np.empty_like(logarithms), np.zeros(segments.shape, np.uint8)
    texture = (logarithms - smooth).mean(axis=0)
    texture *= rng.uniform(0.02, 0.12) / (texture.std() + 1e-3)
    for number in range(int(segments.max()) + 1):
        colour = (1 - spread) * spectra[0] + spread * spectra[1 + number % 5]
        ground[:, segments == number] = colour[:, None]
        if 1 - spread >= _MIN_DOMINANT_SHARE or drawn.weak_label[0] == drawn.weak_label[1 + number % 5]:
            weak_label[segments == number] = drawn.weak_label[0]
    drift = 0.08 * smooth_noise(rng, chip.shape[-1], 64)
    land = np.exp(blur(blur(ground)) + np.clip(texture, -0.5, 0.5) + drift)
    return Land(np.clip(land, 1, CEILING_DN).astype(np.float32), weak_label)


def make_natural_land(size: int, pool: SpectrumPool, rng: np.random.Generator) -> Land:
    """Open land as wind and water shape it, `size` pixels a side: spectra that run into one another, drainage, shrubs.

    Chips of deserts, steppes and highlands are few, and fields recoloured with their spectra still look like fields.
    Nothing is grown or built on land of such shapes, whatever its colour.
    """
    drawn = _draw_plain_spectra(pool, rng)
    spectra = drawn.logarithms() + _random_tint(rng)
    spread = rng.uniform(0.2, 0.9)
    spectra = spectra[0] + spread * (spectra - spectra[0])
    steepness = rng.uniform(1, 4)
    fields = np.stack([fractal_noise(rng, size, int(rng.choice([16, 32, 64])), 0.6) for _ in range(4)])
    shares = np.exp(steepness * fields)
    shares /= shares.sum(axis=0)
    land = np.einsum("kyx,kb->byx", shares, spectra[:4])
    weak_label = _majority_weak_label(shares, drawn.weak_label[:4])
    if rng.random() < 0.6:
        drainage = np.exp(-((fractal_noise(rng, size, 64, 0.6) / rng.uniform(0.03, 0.15)) ** 2))
        land += rng.uniform(0.2, 0.9) * drainage * (spectra[4][:, None, None] - land)
        weak_label[drainage > 1 - _MIN_DOMINANT_SHARE] = 0
    if rng.random() < 0.5:
        shrubs = fractal_noise(rng, size, 4) > rng.uniform(0.8, 2.2)
        land += rng.uniform(0.2, 0.7) * shrubs * (spectra[5][:, None, None] - land)
        weak_label[shrubs] = 0
    land += rng.uniform(0.01, 0.08) * fractal_noise(rng, size, 8, 0.8)
    weak_label[(weak_label == 0) | (weak_label == NOT_CROPS)] = NATURAL
    return Land(np.clip(np.exp(blur(land.astype(np.float32))), 1, CEILING_DN).astype(np.float32), weak_label)


def _majority_weak_label(shares: npt.NDArray[np.float64], weak_labels: Codes) -> Codes:
    """`(k, y, x)` shares of k spectra -> `(y, x)` the weak label that most of the shares agree in, or 0."""
    majority = np.zeros(shares.shape[1:], np.uint8)
    for weak_label in np.unique(weak_labels[weak_labels > 0]):
        majority[shares[weak_labels == weak_label].sum(axis=0) >= _MIN_DOMINANT_SHARE] = weak_label
    return majority


def _draw_plain_spectra(pool: SpectrumPool, rng: np.random.Generator) -> Spectra:
    """Six spectra of one place or of a few classes; one in eight times snow and ice, old and dirty snow too.

    Weak labels of crops are dropped: fields are recognised by their shapes, and there are none here.
    """
    kind = rng.random()
    if kind < 0.125 and (pool.land_class == SNOW).any():
        snow = pool.draw_class(rng, SNOW, 6)
        numbers = snow.digital_numbers.copy()
        numbers[:, _SHORT_WAVE_INFRARED] = np.minimum(
            numbers[:, _SHORT_WAVE_INFRARED] * rng.uniform(1, 3), _SNOW_SWIR_DN
        )
        return Spectra(numbers, snow.weak_label)
    drawn = pool.draw_group(rng, 6) if kind < 0.6 else pool.draw_classes(rng, 6)
    return Spectra(drawn.digital_numbers, np.where(drawn.weak_label == CROPS, 0, drawn.weak_label).astype(np.uint8))


def _match_by_greenness(targets: npt.NDArray[np.float64], means: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Which target each segment takes: the greenest goes to the one that was greenest, so that land keeps sense."""
    order = np.empty(len(targets), np.int64)
    order[np.argsort(means[:, _NEAR_INFRARED] - means[:, _RED])] = np.argsort(
        targets[:, _NEAR_INFRARED] - targets[:, _RED]
    )
    return order


def _draw_target_spectra(count: int, pool: SpectrumPool, rng: np.random.Generator) -> Spectra:
    """Target spectra: of one group, of a few groups, or of all classes alike, a little varied."""
    choice = rng.random()
    if choice < 0.4:
        drawn = pool.draw_group(rng, count)
    elif choice < 0.65:
        groups = [pool.draw_group(rng, count) for _ in range(3)]
        group_index, pixel_index = rng.integers(0, 3, count), np.arange(count)
        drawn = Spectra(
            np.stack([group.digital_numbers for group in groups])[group_index, pixel_index],
            np.stack([group.weak_label for group in groups])[group_index, pixel_index],
        )
    else:
        drawn = pool.draw_classes(rng, count)
    targets = drawn.digital_numbers
    mixed = rng.uniform(0, 0.5, (count, 1)) * (rng.random((count, 1)) < 0.3)
    blended = (1 - mixed) * targets + mixed * targets[rng.permutation(count)]
    varied = (blended * np.exp(rng.normal(0, 0.08, (count, 1)) + _random_tint(rng))).astype(np.float32)
    return Spectra(varied, np.where(1 - mixed[:, 0] >= _MIN_DOMINANT_SHARE, drawn.weak_label, 0).astype(np.uint8))


def mix_lands(first: Land, second: Land, rng: np.random.Generator) -> Land:
    """One piece of land inside another along a random smooth border; both of the same shape."""
    field = fractal_noise(rng, first.l2a.shape[-1], int(rng.choice([16, 32, 64])))
    inside = field > rng.uniform(-0.6, 0.6)
    return Land(np.where(inside, first.l2a, second.l2a), np.where(inside, first.weak_label, second.weak_label))


def shade_by_terrain(chip: FloatArray, rng: np.random.Generator) -> FloatArray:
    """The chip on slopes: lit and shaded sides of random relief, less in the blue where the sky lights the shade."""
    relief = fractal_noise(rng, chip.shape[-1], int(rng.choice([32, 64])), 0.55)
    slope_y, slope_x = np.gradient(relief)
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * slope_x + np.sin(angle) * slope_y
    light = 1 + rng.uniform(0.1, 0.4) * slope / (slope.std() + 1e-6)
    light = np.clip(light, 0.25, 1.6)[None]
    sky = np.array([0.30, 0.22, 0.15, 0.12, 0.1, 0.08, 0.08, 0.04, 0.03], np.float32)[:, None, None]
    lit: FloatArray = (chip * (light * (1 - sky) + sky)).astype(np.float32)
    return lit
