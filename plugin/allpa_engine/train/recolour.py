"""New landscapes from old chips: segments recoloured with spectra of other places, chips mixed, terrain light.

A dozen places hold few colours of land. A segment keeps its shape and texture (its pixels' ratios to its mean) and
takes the mean spectrum of some other place; the teacher then says what the result looks like.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .spectra import SpectrumPool
from .texture import blur, fractal_noise, smooth_noise

Floats = npt.NDArray[np.float32]
Segments = npt.NDArray[np.int64]

_FLOOR_DN = 20.0
_CEILING_DN = 15000.0
_RED, _NEAR_INFRARED = 2, 6


def spectral_segments(logarithms: Floats, count: int, rng: np.random.Generator) -> Segments:
    """`(9, y, x)` log reflectance -> `(y, x)` cluster numbers, by a few rounds of k-means."""
    pixels = logarithms.reshape(logarithms.shape[0], -1).T
    sample = pixels[rng.choice(len(pixels), min(2048, len(pixels)), replace=False)]
    centres = sample[rng.choice(len(sample), count, replace=False)]
    for _ in range(6):
        nearest = _nearest(sample, centres)
        for number in range(count):
            members = sample[nearest == number]
            if len(members):
                centres[number] = members.mean(axis=0)
    segments: Segments = _nearest(pixels, centres).reshape(logarithms.shape[1:])
    return segments


def _nearest(pixels: Floats, centres: Floats) -> Segments:
    distance = (centres**2).sum(axis=1)[None, :] - 2 * pixels @ centres.T
    nearest: Segments = distance.argmin(axis=1)
    return nearest


def parcels(size: int, count: int, rng: np.random.Generator) -> Segments:
    """`(size, size)` numbers of `count` random parcels: the nearest of random points, borders a little bent."""
    rows, columns = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
    rows = rows + rng.uniform(0, 4) * smooth_noise(rng, size, 16)
    columns = columns + rng.uniform(0, 4) * smooth_noise(rng, size, 16)
    points = rng.uniform(0, size, (count, 2))
    stretch = np.exp(rng.normal(0, 0.4))
    distance = (rows[None] - points[:, 0, None, None]) ** 2 * stretch + (columns[None] - points[:, 1, None, None]) ** 2
    nearest: Segments = distance.argmin(axis=0)
    return nearest


def recolour(chip: Floats, pool: SpectrumPool, rng: np.random.Generator) -> Floats:
    """`(9, y, x)` L2A digital numbers with most segments in the colours of other places."""
    logarithms = np.log(np.clip(chip, _FLOOR_DN, _CEILING_DN))
    segments = spectral_segments(blur(blur(logarithms)), int(rng.integers(3, 9)), rng)
    if rng.random() < 0.6:
        segments = segments * 64 + parcels(chip.shape[-1], int(2 + rng.exponential(8)) % 64, rng)
    numbers, inverse = np.unique(segments, return_inverse=True)
    inverse = inverse.reshape(segments.shape)
    colours = _targets(len(numbers), pool, rng)
    counts = np.bincount(inverse.ravel())
    means = np.stack([np.bincount(inverse.ravel(), band.ravel()) / counts for band in logarithms], axis=1)
    targets = np.log(np.clip(colours, _FLOOR_DN, _CEILING_DN)).astype(np.float64)
    if rng.random() < 0.5:
        targets = _matched_by_greenness(targets, means)
    kept = (rng.random(len(numbers)) < rng.uniform(0, 0.5))[:, None]
    slope = np.where(kept, 1.0, rng.uniform(0.4, 1.2))
    shift = np.where(kept, means, targets) - slope * means
    coloured = np.exp(slope[:, 0][inverse] * logarithms + np.moveaxis(shift[inverse], -1, 0)).astype(np.float32)
    return np.clip(blur(coloured) if rng.random() < 0.7 else coloured, 1, _CEILING_DN).astype(np.float32)


def plain_land(chip: Floats, pool: SpectrumPool, rng: np.random.Generator) -> Floats:
    """`(9, y, x)` open land of one kind: the texture of a chip, evened out, in a few close spectra of one place.

    Grassland, scrub, deserts and highlands look like this, and few chips show them: little contrast, no parcels.
    """
    logarithms = np.log(np.clip(chip, _FLOOR_DN, _CEILING_DN))
    smooth = blur(blur(logarithms))
    segments = spectral_segments(smooth, int(rng.integers(2, 5)), rng)
    draw = pool.draw_group if rng.random() < 0.5 else pool.draw_classes
    spectra = np.log(np.clip(draw(rng, 6), _FLOOR_DN, _CEILING_DN))
    apart = rng.uniform(0.1, 0.6)
    ground = np.empty_like(logarithms)
    texture = (logarithms - smooth).mean(axis=0)
    texture *= rng.uniform(0.02, 0.12) / (texture.std() + 1e-3)
    for number in range(int(segments.max()) + 1):
        colour = (1 - apart) * spectra[0] + apart * spectra[1 + number % 5]
        ground[:, segments == number] = colour[:, None]
    drift = 0.08 * smooth_noise(rng, chip.shape[-1], 64)
    land = np.exp(blur(blur(ground)) + np.clip(texture, -0.5, 0.5) + drift)
    clipped: Floats = np.clip(land, 1, _CEILING_DN).astype(np.float32)
    return clipped


def _matched_by_greenness(targets: npt.NDArray[np.float64], means: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The targets in another order: the greenest goes to the segment that was greenest, so that land keeps sense."""
    ordered = np.empty_like(targets)
    ordered[np.argsort(means[:, _NEAR_INFRARED] - means[:, _RED])] = targets[
        np.argsort(targets[:, _NEAR_INFRARED] - targets[:, _RED])
    ]
    return ordered


def _targets(count: int, pool: SpectrumPool, rng: np.random.Generator) -> Floats:
    """Target spectra: of one group, of a few groups, or of all classes alike, a little varied."""
    choice = rng.random()
    if choice < 0.4:
        targets = pool.draw_group(rng, count)
    elif choice < 0.65:
        groups = np.stack([pool.draw_group(rng, count) for _ in range(3)])
        targets = groups[rng.integers(0, 3, count), np.arange(count)]
    else:
        targets = pool.draw_classes(rng, count)
    mixed = rng.uniform(0, 0.5, (count, 1)) * (rng.random((count, 1)) < 0.3)
    blended = (1 - mixed) * targets + mixed * targets[rng.permutation(count)]
    varied: Floats = (blended * np.exp(rng.normal(0, 0.08, (count, 1)))).astype(np.float32)
    return varied


def mix(first: Floats, second: Floats, rng: np.random.Generator) -> Floats:
    """One chip inside another along a random smooth border; the same shape as both."""
    field = fractal_noise(rng, first.shape[-1], int(rng.choice([16, 32, 64])))
    inside = field > rng.uniform(-0.6, 0.6)
    return np.where(inside, first, second)


def terrain_light(chip: Floats, rng: np.random.Generator) -> Floats:
    """The chip on slopes: lit and shaded sides of random relief, less in the blue where the sky lights the shade."""
    relief = fractal_noise(rng, chip.shape[-1], int(rng.choice([32, 64])), 0.55)
    slope_y, slope_x = np.gradient(relief)
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * slope_x + np.sin(angle) * slope_y
    light = 1 + rng.uniform(0.1, 0.4) * slope / (slope.std() + 1e-6)
    light = np.clip(light, 0.25, 1.6)[None]
    sky = np.array([0.30, 0.22, 0.15, 0.12, 0.1, 0.08, 0.08, 0.04, 0.03], np.float32)[:, None, None]
    lit: Floats = (chip * (light * (1 - sky) + sky)).astype(np.float32)
    return lit
