"""Surface reflectance of the simulated land on a date: phenology, texture, illumination, optics."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from .landscape import (
    BARE,
    BUILT,
    CROPS,
    FLOODED,
    GRASS,
    SCRUB,
    SNOW,
    TREES,
    WATER,
    Landscape,
)
from .random_fields import Field, make_rng, random_per_parcel, texture
from .spectra import read_spectra

STATES = {
    WATER: ("water", "clear", "turbid"),
    TREES: ("trees", "dry", "green"),
    GRASS: ("grass", "dry", "green"),
    FLOODED: ("flooded", "dry", "green"),
    SCRUB: ("scrub", "dry", "green"),
    BUILT: ("built", "dry", "green"),
    BARE: ("bare", "dry", "green"),
    SNOW: ("snow", "fresh", "fresh"),
}
PEAK_GREENNESS_DAY = 70
"""Peak of the wet season's growth, mid March."""
CUSHION_PLANT_SHARE = 0.35
"""Share of cushion plants, as green as grass, in bofedales; the flooded vegetation that was measured is marsh and
mangrove, which show more water."""
ILLUMINATION_EXPONENT = 0.35
"""Power of the relative illumination that terrain correction leaves in surface reflectance."""
DIFFUSE_LIGHT_SHARE = 0.15
"""Share of the light that comes from the sky and the slopes around, and reaches shaded slopes too."""


def greenness(day: float | NDArray[np.float32], shift: float | NDArray[np.float32] = 0.0) -> NDArray[np.float32]:
    """Share of the green state, 0 (dry, August and September) to 1 (mid March)."""
    phase = 2 * np.pi * (day - PEAK_GREENNESS_DAY - shift) / 366
    return np.asarray((0.5 + 0.5 * np.cos(phase)) ** 1.3, np.float32)


@dataclass(frozen=True)
class Surface:
    """A landscape with its fixed texture; gives the reflectance of any day."""

    landscape: Landscape
    seed: int

    @cached_property
    def _texture(self) -> NDArray[np.float32]:
        """Standard normal numbers `(6, y, x)`: smooth on land, one value per field, roof by roof in town."""
        truth, parcel = self.landscape.truth, self.landscape.parcel
        lags = np.zeros(11, np.float32)
        for code, (name, dry, _) in {**STATES, CROPS: ("crops", "dry", "green")}.items():
            lags[code] = read_spectra()[name, dry].lag
        smooth = np.stack([texture(truth.shape, lags[truth], make_rng(self.seed, f"texture {k}")) for k in range(6)])
        piece = random_per_parcel(parcel, make_rng(self.seed, "parcels"), 6)
        share = np.where(truth == CROPS, 0.55, np.where(truth == BUILT, 0.75, 0.0)).astype(np.float32)
        # Open water is smooth; most of the measured covariance lies between shores and depths.
        texture_scale = np.where(truth == WATER, 0.3, 1.0).astype(np.float32)
        return np.asarray(texture_scale * (np.sqrt(1 - share) * smooth + np.sqrt(share) * piece), np.float32)

    @cached_property
    def _crop_calendar(self) -> NDArray[np.float32]:
        """Per field `(3, y, x)`: shift of growth in days, share grown (low when fallow), irrigated."""
        shift, grown, second_season = random_per_parcel(self.landscape.parcel, make_rng(self.seed, "calendar"), 3)
        return np.stack(
            [30 * shift - 15, np.clip(0.65 + 0.35 * grown, 0.1, 1), (second_season > 0.8).astype(np.float32)]
        )

    def land(self, day: int) -> NDArray[np.float32]:
        """Digital numbers `(6, y, x)` of flat, snow-free land on a day of the year, at 10 m."""
        truth = self.landscape.truth
        noise = self._texture
        image = np.zeros((6, *truth.shape), np.float32)
        for code, (name, dry, green) in STATES.items():
            mask = truth == code
            image[:, mask] = _mix(name, dry, green, self._green(code, day)[mask], noise[:, mask])
        is_flooded = truth == FLOODED
        plants = _mix("grass", "dry", "green", self._green(FLOODED, day)[is_flooded], noise[:, is_flooded])
        image[:, is_flooded] += CUSHION_PLANT_SHARE * (plants - image[:, is_flooded])
        mask = truth == CROPS
        shift, grown, second_season = self._crop_calendar[:, mask]
        growth = grown * np.maximum(greenness(day, shift), second_season * greenness(day, 180 + shift / 2))
        low = _mix("crops", "dry", "mid", np.clip(growth * 2, 0, 1), noise[:, mask])
        high = _mix("crops", "mid", "green", np.clip(growth * 2 - 1, 0, 1), noise[:, mask])
        image[:, mask] = np.where(growth > 0.5, high, low)
        street = self.landscape.street
        image[:, street] = _mix("built", "dry", "dry", np.zeros(street.sum(), np.float32), 0.5 * noise[:, street])
        return image

    def _green(self, code: int, day: int) -> Field:
        height = self.landscape.terrain.height_m
        late = np.asarray(np.clip((height - 3000) / 1500, 0, 1) * 25, np.float32)
        green = greenness(day, late)
        if code == TREES:
            return np.asarray(0.35 + 0.65 * green, np.float32)
        if code == BARE:
            return np.asarray(0.3 * green, np.float32)  # rock and gravel hardly green
        if code == WATER:
            river = self.landscape.terrain.river
            return np.asarray(np.where(river, 0.3 + 0.7 * green, 0.0), np.float32)
        return green

    def image(self, day: int, zenith_deg: float, azimuth_deg: float, snow: Field | None = None) -> NDArray[np.float32]:
        """Digital numbers `(6, y, x)` of the land under the sun of a day; `snow` is the fresh snow's cover, 0 to 1."""
        image = self.land(day)
        if snow is not None:
            fresh = _mix("snow", "fresh", "fresh", np.zeros(snow.size, np.float32), self._texture.reshape(6, -1) * 0.4)
            image += snow * (fresh.reshape(image.shape) - image)
        light = self.landscape.terrain.illumination(zenith_deg, azimuth_deg)
        shade = np.clip(DIFFUSE_LIGHT_SHARE + (1 - DIFFUSE_LIGHT_SHARE) * light, None, 2.2) ** ILLUMINATION_EXPONENT
        water = self.landscape.truth == WATER
        image *= np.where(water, 1, shade)
        return image


def _mix(
    name: str, dry: str, green: str, share: NDArray[np.floating], noise: NDArray[np.floating]
) -> NDArray[np.float32]:
    """Spectra `(6, n)` between two states of a class, with the covariance between theirs."""
    spectra = read_spectra()
    first, last = spectra[name, dry], spectra[name, green]
    mean = first.mean[:, None] + share * (last.mean - first.mean)[:, None]
    spread = first.factor @ noise + share * ((last.factor - first.factor) @ noise)
    # The floor keeps dark pixels positive without cutting the spread of bright ones.
    return np.asarray(np.clip(mean + spread, 0.25 * mean, None), np.float32)


def apply_optics(image: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Blur by the point spread function (about 22 m full width at half maximum) and add the sensor's noise."""
    blurred = np.stack([gaussian_filter(band, 0.7) for band in image])
    blurred += rng.normal(0, 4, blurred.shape).astype(np.float32) + 0.003 * blurred * rng.standard_normal(
        blurred.shape, np.float32
    )
    return np.asarray(blurred, np.float32)
