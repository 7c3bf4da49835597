"""The network on single spectra: as a patch of one colour, and with the texture of a real chip."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from allpa_engine.classify.unet import UNet
from allpa_engine.core.bands import REFLECTANCE_SCALE
from allpa_engine.core.legend import CLASS_BY_CODE, CLASS_COUNT
from scipy.ndimage import uniform_filter
from training.chips import Chip

from .predictions import FloatArray, class_probabilities, product_reflectance
from .surfaces import SURFACES, Surface

LOW_CONFIDENCE = 0.6
"""A wrong class with less than this probability counts as low in confidence: another class may be right."""
_TEXTURE_PX, _WINDOW_PX = 128, 15
_BATCH = 16
_BANDS = ("B2", "B3", "B4", "B8", "B11", "B12")
Spectra = npt.NDArray[np.float32]


@dataclass(frozen=True)
class SurfaceScore:
    """One surface, as patch and with texture."""

    surface: Surface
    flat_code: int
    flat_confidence: float
    textured_code: int
    """The most frequent class."""
    textured_share: float
    """Share of the pixels with a right class."""
    textured_confidence: float
    """Mean probability of the pixels' classes."""

    @property
    def flat_verdict(self) -> str:
        """`right`, `low confidence` or `wrong`, for the patch."""
        return verdict(self.flat_code, self.flat_confidence, self.surface.right)

    @property
    def textured_verdict(self) -> str:
        """The same with texture."""
        return verdict(self.textured_code, self.textured_confidence, self.surface.right)


def verdict(code: int, confidence: float, right: tuple[int, ...]) -> str:
    """What a class and its probability are worth against the classes that are right.

    Examples
    --------
    >>> verdict(8, 0.9, (8, 6)), verdict(7, 0.4, (8, 6)), verdict(7, 0.6, (8, 6))
    ('right', 'low confidence', 'wrong')

    """
    if code in right:
        return "right"
    return "low confidence" if confidence < LOW_CONFIDENCE else "wrong"


def score_surfaces(network: UNet, texture_chip: Chip) -> list[SurfaceScore]:
    """Every surface of `surfaces.SURFACES`.

    texture_chip : of which the texture is taken: its brightness over the mean in 150 m.
    """
    spectra = _reflectance([surface.spectrum for surface in SURFACES])
    flat = predict_flat(network, spectra)
    texture = chip_texture(texture_chip, network.architecture.margin)
    scores = []
    for surface, spectrum, probabilities in zip(SURFACES, spectra, flat, strict=True):
        textured = class_probabilities(network, spectrum[:, None, None] * texture)
        codes = textured.argmax(axis=0) + 1
        counts = np.bincount(codes.ravel(), minlength=CLASS_COUNT + 1)
        scores.append(
            SurfaceScore(
                surface,
                int(probabilities.argmax()) + 1,
                float(probabilities.max()),
                int(counts.argmax()),
                float(np.isin(codes, surface.right).mean()),
                float(textured.max(axis=0).mean()),
            )
        )
    return scores


def predict_flat(network: UNet, spectra: Spectra) -> FloatArray:
    """`(n, 6)` reflectance -> `(n, 10)` probabilities in the middle of a patch of that colour alone."""
    architecture = network.architecture
    side = 2 * architecture.margin + architecture.stride
    parts = []
    with torch.inference_mode():
        for start in range(0, len(spectra), _BATCH):
            batch = torch.from_numpy(np.ascontiguousarray(spectra[start : start + _BATCH], np.float32))
            patches = batch[:, :, None, None].expand(-1, -1, side, side)
            logits = network(patches.contiguous(memory_format=torch.channels_last))[:, :, side // 2, side // 2]
            parts.append(torch.softmax(logits.float(), dim=1).numpy())
    return np.concatenate(parts)


def chip_texture(chip: Chip, margin_px: int) -> FloatArray:
    """`(y, x)` brightness of a chip's middle over its mean within 150 m, between 0.6 and 1.5.

    Brightness is the mean of the six bands, so that the texture has light and shade but no colours of its own.
    """
    brightness = product_reflectance(chip, margin_px).mean(axis=0)
    mean = uniform_filter(brightness, _WINDOW_PX, mode="reflect")
    top, left = (max(0, (extent - _TEXTURE_PX) // 2) for extent in brightness.shape)
    ratio = np.clip(brightness / np.maximum(mean, 1 / REFLECTANCE_SCALE), 0.6, 1.5)
    texture: FloatArray = ratio[top : top + _TEXTURE_PX, left : left + _TEXTURE_PX].astype(np.float32)
    return texture


@dataclass(frozen=True)
class GroupScore:
    """The classes of one group of measured spectra, each as a patch of its colour."""

    group: str
    spectra: int
    counts: npt.NDArray[np.int64]
    """`(10,)` spectra by predicted class."""

    def share(self, code: int) -> float:
        """Share of the spectra that is called by this class."""
        return float(self.counts[code - 1] / self.counts.sum())

    @property
    def largest(self) -> str:
        """The most frequent classes with their shares, in words."""
        order = np.argsort(-self.counts)[:4]
        return ", ".join(
            f"{CLASS_BY_CODE[int(i) + 1].name} {100 * self.share(int(i) + 1):.0f} %" for i in order if self.counts[i]
        )


def score_measured_spectra(network: UNet, data: Path, limit: int = 120) -> list[GroupScore]:
    """Measured soils, rocks, roofs, roads and dry plants, and dryland field sites by their measured cover.

    limit : spectra of a group, evenly taken, so that a run stays short.
    """
    groups = read_measured_spectra(data) | read_field_sites(data)
    return [
        _score_group(network, name, spectra, limit) for name, spectra in sorted(groups.items()) if len(spectra) >= 9
    ]


def _score_group(network: UNet, name: str, spectra: Spectra, limit: int) -> GroupScore:
    chosen = spectra[:: max(1, -(-len(spectra) // limit))]
    codes = predict_flat(network, chosen).argmax(axis=1) + 1
    return GroupScore(name, len(chosen), np.bincount(codes, minlength=CLASS_COUNT + 1)[1:])


def read_measured_spectra(data: Path) -> dict[str, Spectra]:
    """`(n, 6)` reflectance of the measured spectra, by their third level; the simulated ones are left out."""
    groups: dict[str, list[list[float]]] = defaultdict(list)
    for row in _read_table(data / "more" / "points" / "earthlib_spectra.csv.gz"):
        if row["level_4"] == "measured":
            groups[f"measured {row['level_2']}: {row['level_3']}"].append([float(row[band]) for band in _BANDS])
    return {name: _reflectance(rows) for name, rows in groups.items()}


def read_field_sites(data: Path) -> dict[str, Spectra]:
    """`(n, 6)` reflectance of the Australian field sites, by what was measured to prevail.

    The table lacks the blue band: it is taken from a log-linear fit of the measured soils and dry plants.
    """
    folder = data / "more" / "points"
    soils = [row for row in _read_table(folder / "earthlib_spectra.csv.gz") if row["level_2"] in ("bare", "npv")]
    fit = fit_blue(np.array([[float(row[band]) for band in _BANDS] for row in soils]))
    groups: dict[str, list[list[float]]] = defaultdict(list)
    for row in _read_table(folder / "fc3_australia_field_cover.csv.gz"):
        bands = [float(row[band]) for band in _BANDS[1:]]
        group = cover_group(*(float(row[part]) for part in ("green", "dry", "bare")))
        if group and min(bands) > 0:
            groups[f"field site: {group}"].append([estimate_blue(fit, bands), *bands])
    return {name: _reflectance(rows) for name, rows in groups.items()}


def cover_group(green: float, dry: float, bare: float) -> str | None:
    """What prevails on a field site, by its measured fractions of cover; None where nothing does.

    Examples
    --------
    >>> cover_group(0.02, 0.1, 0.88), cover_group(0.05, 0.8, 0.15), cover_group(0.3, 0.3, 0.4)
    ('bare (0.7 or more)', 'dry plants (0.7 or more, green under 0.1)', None)

    """
    if bare >= 0.7:
        return "bare (0.7 or more)"
    if dry >= 0.7 and green < 0.1:
        return "dry plants (0.7 or more, green under 0.1)"
    return "green (0.6 or more)" if green >= 0.6 else None


def fit_blue(spectra: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Coefficients of log B2 on log B3, B4, B8, B11, B12 and one, by least squares; spectra `(n, 6)`, positive."""
    logs = np.log(np.maximum(spectra, 1))
    design = np.column_stack([logs[:, 1:], np.ones(len(logs))])
    coefficients: npt.NDArray[np.float64] = np.linalg.lstsq(design, logs[:, 0], rcond=None)[0]
    return coefficients


def estimate_blue(fit: npt.NDArray[np.float64], bands: list[float]) -> float:
    """Blue from the five other bands by the coefficients of `fit_blue`."""
    return float(np.exp(np.log(np.maximum(bands, 1)) @ fit[:-1] + fit[-1]))


def _reflectance(rows: Sequence[Sequence[float]]) -> Spectra:
    reflectance: Spectra = (np.array(rows, np.float32) / REFLECTANCE_SCALE).astype(np.float32)
    return reflectance


def _read_table(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))
