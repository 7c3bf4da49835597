"""Spectra of the simulated land: statistics of real classes, from `spectra.csv` (written by `measure_spectra`).

Digital numbers are reflectance x 10000; bands B02, B03, B04, B08, B11, B12.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BANDS = ("B02", "B03", "B04", "B08", "B11", "B12")


@dataclass(frozen=True)
class Spectrum:
    """A class in one state, such as grass when dry."""

    mean: NDArray[np.float32]
    """`(6,)`, digital numbers."""
    lag: float
    """Correlation of neighbouring pixels within a scene."""
    factor: NDArray[np.float32]
    """`(6, 6)` lower triangle; `factor @ z` with six standard normal numbers z has the covariance within a scene."""


@cache
def read_spectra() -> dict[tuple[str, str], Spectrum]:
    """Every measured state by (class, state)."""
    spectra = {}
    with Path(__file__).with_name("spectra.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            factor = np.zeros((6, 6), np.float32)
            for i in range(6):
                for j in range(i + 1):
                    factor[i, j] = float(row[f"l{i + 1}{j + 1}"])
            mean = np.array([float(row[band]) for band in BANDS], np.float32)
            spectra[row["class"], row["state"]] = Spectrum(mean, float(row["lag1"]), factor)
    return spectra
