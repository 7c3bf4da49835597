"""The simulated mountain valley as an archive of its own: scenes of a year with cast shadows, elevation, known truth.

`write_valley` writes it like `products.write_archive`, so that the same servers serve it.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import from_origin
from scipy.ndimage import gaussian_filter

from .elevation_model import write_elevation
from .items import Product, make_item
from .landscape import SNOW, WATER
from .products import DN_STEP, write_files
from .random_fields import Field, fractal_field, make_rng
from .reflectance import PEAK_GREENNESS_DAY, apply_optics
from .valley_land import INDEX, MATERIALS, ValleyLand, brightness_factors, make_valley_land
from .valley_terrain import ValleyTerrain, cast_shadow, crop, incidence_ratio, make_valley_terrain, sun_position
from .weather import (
    SCL_BARE,
    SCL_CIRRUS,
    SCL_CLOUD_HIGH,
    SCL_CLOUD_MEDIUM,
    SCL_DARK,
    SCL_SHADOW,
    SCL_SNOW,
    SCL_UNCLASSIFIED,
    SCL_VEGETATION,
    SCL_WATER,
    Weather,
    apply_clouds,
    make_weather,
)

SIZE = 1024
LEFT_M, TOP_M = 762_000, 8_527_000
"""Upper left corner in EPSG:32718, in the cordillera of Vilcabamba, tile 18LYL."""
TILE = "18LYL"
CRS = "EPSG:32718"
LATITUDE, LONGITUDE = -13.36, -72.54
SKY_SHARE = np.array([0.22, 0.16, 0.12, 0.08, 0.05, 0.045], np.float32)[:, None, None]
"""Share of the light on level ground that comes from a clear sky, per band: 4 km of air are missing, so it is small."""
SLOPE_EXPONENT = 0.7
"""Power of the sun's relative incidence that is left in surface reflectance. On fifteen real chips of steep mountains
the near infrared of woods follows it with powers of 0.13 to 1.03, median 0.50, before any correction; bare ground
follows it more closely than woods."""


@dataclass(frozen=True)
class Overpass:
    """One acquisition of the valley."""

    month: int
    day: int
    clouds: float = 0.0
    cirrus_share: float = 0.0
    snow_line_m: float | None = None

    @property
    def moment(self) -> datetime:
        """Sensing time."""
        return datetime(2020, self.month, self.day, 15, 7, 19, tzinfo=timezone.utc)


VALLEY_YEAR = (
    Overpass(1, 14, 0.45, 0.10),
    Overpass(2, 18, 0.60, 0.10),
    Overpass(4, 3, 0.15, snow_line_m=4700),
    Overpass(4, 28, 0.04),
    Overpass(5, 23),
    Overpass(6, 17),
    Overpass(7, 12, 0.03, snow_line_m=4450),
    Overpass(8, 6),
    Overpass(8, 31, 0.02, 0.05),
    Overpass(10, 10, 0.12),
    Overpass(11, 14, 0.28),
    Overpass(12, 9, 0.40, 0.10),
)
"""A year with a clear dry season; the sun stands at 31 to 47 degrees from the zenith."""


@dataclass(frozen=True)
class Valley:
    """Terrain and land with their textures; gives the reflectance of any overpass."""

    terrain: ValleyTerrain
    land: ValleyLand
    seed: int

    @cached_property
    def _texture(self) -> NDArray[np.float32]:
        return brightness_factors(self.land, self.seed)

    @cached_property
    def _calendar(self) -> Field:
        """Days by which a field grows later than the others."""
        rng = make_rng(self.seed, "valley calendar")
        numbers, index = np.unique(self.land.parcel, return_inverse=True)
        return np.asarray(rng.normal(0, 25, numbers.size)[index.reshape(self.land.parcel.shape)], np.float32)

    def ground(self, day: int, snow: Field) -> NDArray[np.float32]:
        """Reflectance `(6, y, x)` of level ground in full light on a day of the year."""
        late = np.where(self.land.material == INDEX["field"], self._calendar, 0)
        green = (0.5 + 0.5 * np.cos(2 * np.pi * (day - PEAK_GREENNESS_DAY - late) / 366)) ** 1.3
        dry, wet = (np.array([getattr(item, name) for item in MATERIALS], np.float32).T for name in ("dry", "wet"))
        material = self.land.material
        image = dry[:, material] + green.astype(np.float32) * (wet[:, material] - dry[:, material])
        image *= self._texture
        fresh = np.array(MATERIALS[INDEX["snow"]].wet, np.float32)[:, None, None]
        return np.asarray(image + snow * (fresh - image), np.float32)

    def light(self, ground: NDArray[np.float32], zenith_deg: float, azimuth_deg: float) -> NDArray[np.float32]:
        """Light on the ground `(6, y, x)`, 1 on level land: the sun where nothing hides it, sky, slopes around."""
        shadow = crop(cast_shadow(self.terrain.height_m, zenith_deg, azimuth_deg))
        incidence = crop(incidence_ratio(self.terrain, zenith_deg, azimuth_deg))
        sun = (1 - shadow) * np.clip(incidence, 0, 2.2) ** SLOPE_EXPONENT
        sky_view = (1 + 1 / np.sqrt(1 + self.land.slope**2)) / 2
        direct = (1 - SKY_SHARE) * sun
        around = np.stack([gaussian_filter(band, 30) for band in ground * (direct + SKY_SHARE)])
        return np.asarray(direct + SKY_SHARE * sky_view + around * (1 - sky_view), np.float32)

    def scene(self, overpass: Overpass) -> tuple[NDArray[np.uint16], NDArray[np.uint8], tuple[float, float]]:
        """Digital numbers `(6, y, x)`, scene classification `(y / 2, x / 2)`, and the sun's zenith and azimuth."""
        zenith, azimuth = sun_position(overpass.moment, LATITUDE, LONGITUDE)
        weather = make_weather(
            crop(self.terrain.height_m), f"valley {overpass.moment:%m%d}", self.seed, clouds=overpass.clouds,
            cirrus_share=overpass.cirrus_share, snow_line_m=overpass.snow_line_m, zenith_deg=zenith,
            azimuth_deg=azimuth,
        )  # fmt: skip
        rng = make_rng(self.seed, f"valley sensor {overpass.moment:%m%d}")
        is_land = self.land.truth != WATER
        ground = self.ground(overpass.moment.timetuple().tm_yday, weather.snow * is_land)
        image = 10_000 * ground * self.light(ground, zenith, azimuth)
        image = apply_optics(apply_clouds(image, weather, rng), rng)
        scl = _scene_classification(image, weather, self.land, rng)
        for band in image[4:]:
            rows, columns = band.shape
            coarse = band.reshape(rows // 2, 2, columns // 2, 2).mean((1, 3))
            band[:] = np.repeat(np.repeat(coarse, 2, 0), 2, 1)
        numbers = (np.clip(np.rint(image / DN_STEP), 1, 15_000 // DN_STEP) * DN_STEP).astype(np.uint16)
        return numbers, scl, (zenith, azimuth)


def _scene_classification(
    image: NDArray[np.float32], weather: Weather, land: ValleyLand, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """SCL at 20 m with its usual errors in mountains: deep shade called water, some ice called cloud."""
    truth = land.truth[::2, ::2]
    half = [_half(band) for band in image]
    cloud, cirrus, shadow, snow = map(_half, (weather.cloud, weather.cirrus, weather.shadow, weather.snow))
    ndvi = (half[3] - half[2]) / np.maximum(half[3] + half[2], 1)
    scl = np.where(ndvi > 0.42, SCL_VEGETATION, SCL_BARE).astype(np.uint8)
    scl[half[3] < 700] = SCL_DARK
    scl[(half[3] < 350) | (truth == WATER)] = SCL_WATER
    is_snow = ((truth == SNOW) | (snow > 0.5)) & (half[1] > 1200)
    scl[is_snow] = SCL_SNOW
    mistaken = gaussian_filter(fractal_field(truth.shape, 2.6, rng), 2) > 1.1
    scl[is_snow & mistaken & (half[0] > 4500)] = SCL_CLOUD_MEDIUM
    scl[shadow > 0.35] = SCL_SHADOW
    scl[cirrus > 0.12] = SCL_CIRRUS
    scl[(cloud > 0.08) & (cloud <= 0.25)] = SCL_UNCLASSIFIED
    scl[cloud > 0.25] = SCL_CLOUD_MEDIUM
    scl[cloud > 0.7] = SCL_CLOUD_HIGH
    return scl


def _half(field: Field) -> Field:
    """Mean of 2 x 2 pixels."""
    rows, columns = field.shape
    return np.asarray(field.reshape(rows // 2, 2, columns // 2, 2).mean((1, 3)), np.float32)


def write_valley(folder: Path, seed: int = 11, size: int = SIZE, year: tuple[Overpass, ...] = VALLEY_YEAR) -> Path:
    """Write the archive of the valley into `folder`: `files/`, `items.json`, `elevation.json` and `truth.tif`.

    Beside the truth, `material.tif` tells ice from snow and scree from rock, and `shadow.tif` on how many of the dates
    a pixel lies in cast shadow. The same seed gives the same pixels.
    """
    terrain = make_valley_terrain(size, seed)
    valley = Valley(terrain, make_valley_land(terrain, seed), seed)
    (folder / "files").mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        products = list(pool.map(lambda overpass: _write_scene(folder / "files", valley, overpass), year))
    suns = [product.sun for product in products]
    shaded = sum((crop(cast_shadow(terrain.height_m, *sun)) > 0.5).astype(np.uint8) for sun in suns)
    for name, values in (("truth", valley.land.truth), ("material", valley.land.material), ("shadow", shaded)):
        _write_raster(folder / f"{name}.tif", np.asarray(values, np.uint8))
    grid = (CRS, LEFT_M, TOP_M, crop(terrain.height_m), valley.land.truth == WATER)
    elevation = {"type": "FeatureCollection", "features": write_elevation(folder / "files", *grid, seed)}
    collection = {"type": "FeatureCollection", "features": [make_item(product) for product in products]}
    (folder / "elevation.json").write_text(json.dumps(elevation, indent=1), encoding="utf-8")
    (folder / "items.json").write_text(json.dumps(collection, indent=1), encoding="utf-8")
    return folder


def _write_scene(files: Path, valley: Valley, overpass: Overpass) -> Product:
    numbers, scl, sun = valley.scene(overpass)
    product = Product(TILE, overpass.moment, "02.12", CRS, LEFT_M, TOP_M, numbers, scl, sun)
    write_files(files, product)
    return product


def _write_raster(path: Path, values: NDArray[np.uint8]) -> None:
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1, dtype="uint8",
        crs=CRS, transform=from_origin(LEFT_M, TOP_M, 10, 10), compress="DEFLATE",
    ) as target:  # fmt: skip
        target.write(values, 1)
