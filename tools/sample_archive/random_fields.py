"""Random fields, parcels and smoothing: the textures of the simulated land, reproducible from a seed."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Field = NDArray[np.float32]


def make_rng(seed: int, name: str) -> np.random.Generator:
    """A generator of its own for each named part, so that changing one part leaves the others as they are."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def fractal_field(shape: tuple[int, int], slope: float, rng: np.random.Generator) -> Field:
    """Field with power spectrum `frequency ** -slope`, mean 0 and standard deviation 1."""
    rows = np.fft.fftfreq(shape[0])[:, None]
    columns = np.fft.rfftfreq(shape[1])[None, :]
    frequency = np.hypot(rows, columns)
    frequency[0, 0] = 1
    spectrum = np.fft.rfft2(rng.standard_normal(shape)) * frequency ** (-slope / 2)
    spectrum[0, 0] = 0
    field = np.fft.irfft2(spectrum, s=shape)
    return np.asarray(field / field.std(), np.float32)


def texture(shape: tuple[int, int], lag: Field, rng: np.random.Generator) -> Field:
    """Standard normal field whose neighbours correlate at `lag` (per pixel) once the optics have blurred it."""
    fine = gaussian_filter(rng.standard_normal(shape).astype(np.float32), 0.8)
    coarse = gaussian_filter(rng.standard_normal(shape).astype(np.float32), 5.0)
    # Blurred by the optics, the fine field has a lag of 0.80 and 0.57 of its variance, the coarse one a lag of 0.99.
    share = np.clip((0.99 - lag) / 0.19, 0, 1)
    return np.asarray(
        np.sqrt(share / 0.57) * fine / fine.std() + np.sqrt(1 - share) * coarse / coarse.std(), np.float32
    )


def parcel_numbers(
    across: Field, along: Field, width: float, length: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Number of the parcel of each pixel: strips of about `width` in `across`, cut at about `length` in `along`."""
    span = float(np.ptp(across)) + width
    edges = float(across.min()) + np.cumsum(rng.uniform(0.5, 1.6, int(span / width * 1.4) + 2) * width)
    strip = np.searchsorted(edges, across)
    offset = rng.uniform(0, 100, edges.size + 1)[strip]
    size = rng.uniform(0.6, 1.8, edges.size + 1)[strip] * length
    cut = np.floor((along - float(along.min())) / size + offset).astype(np.int64)
    return strip.astype(np.int64) * 4096 + cut


def random_per_parcel(numbers: NDArray[np.int64], rng: np.random.Generator, columns: int) -> NDArray[np.float32]:
    """Standard normal numbers `(columns, y, x)` that are the same all over a parcel."""
    _, index = np.unique(numbers, return_inverse=True)
    values = rng.standard_normal((columns, int(index.max()) + 1)).astype(np.float32)
    return values[:, index.reshape(numbers.shape)]
