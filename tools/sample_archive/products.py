"""The archive's products: acquisitions of two years, their COG files and their STAC items."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from hashlib import sha256
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.shutil import copy
from rasterio.transform import from_origin

from .elevation_model import write_elevation
from .items import Product, make_item
from .landscape import WATER, make_landscape
from .next_year import WHOLE, Window, cut, one_year_later, window_of_town
from .random_fields import make_rng
from .reflectance import Surface, apply_optics
from .terrain import make_terrain
from .weather import Weather, apply_clouds, make_weather, scene_classification

SIZE = 1024
LEFT_M, TOP_M = 725_000, 8_492_240
"""Upper left corner in EPSG:32718, near Abancay; in the nominal square of 18LYK, 2 km of it also in 18LYL's margin."""
TILE, NEIGHBOUR = "18LYK", "18LYL"
NEIGHBOUR_BOTTOM_M = 8_490_220
"""Lower edge of 18LYL's 109.8 km square."""
OFFSET = 1000
"""Added to digital numbers from processing baseline 04.00 on."""
DN_STEP = 4
"""Digital numbers are rounded to this, well below the sensor's noise, so that the archive stays small."""
BANDS = ("B02", "B03", "B04", "B08", "B11", "B12")


@dataclass(frozen=True)
class Acquisition:
    """One overpass."""

    day: date
    clouds: float
    """Share of thick clouds."""
    cirrus_share: float = 0.0
    snow_line_m: float | None = None
    baselines: tuple[str, ...] = ("02.12",)
    """One product each; the same overpass processed twice is a duplicate in the catalogue."""
    swath_edge: float | None = None
    """Share of the columns that the swath reaches; the rest is no data."""
    neighbour: bool = False
    """The same datatake's product of the neighbouring tile is there, too."""
    scl_misses_cloud: bool = False
    scl_misses_shadow: bool = False

    @property
    def sun(self) -> tuple[float, float]:
        """Zenith and azimuth in degrees at the overpass (15:07 UTC, 13.7 degrees south), after the day of the year."""
        season = np.cos(2 * np.pi * (self.day.timetuple().tm_yday - 172) / 366)
        azimuth = 70 - 40 * np.sign(season) * abs(season) ** 0.5 if season > 0 else 70 + 35 * abs(season)
        return float(32 + 11 * season), float(azimuth)


YEAR = (
    Acquisition(date(2020, 1, 19), 0.50, 0.10),
    Acquisition(date(2020, 2, 18), 0.30, 0.15, neighbour=True),
    Acquisition(date(2020, 3, 19), 0.97),
    Acquisition(date(2020, 4, 13), 0.12),
    Acquisition(date(2020, 5, 8), 0.03, baselines=("02.12", "05.00"), neighbour=True),
    Acquisition(date(2020, 5, 28), 0.0),
    Acquisition(date(2020, 6, 22), 0.02, swath_edge=0.62),
    Acquisition(date(2020, 7, 12), 0.04, snow_line_m=4150),
    Acquisition(date(2020, 8, 6), 0.0, neighbour=True),
    Acquisition(date(2020, 9, 10), 0.14, 0.12, scl_misses_cloud=True),
    Acquisition(date(2020, 10, 10), 0.08, baselines=("05.00",)),
    Acquisition(date(2020, 11, 14), 0.24, scl_misses_shadow=True),
    Acquisition(date(2020, 12, 9), 0.88),
)
"""A year over the region: cloudy wet season, clear dry season. Two days are too cloudy to be of use."""
NEXT_YEAR = (
    Acquisition(date(2021, 4, 8), 0.10, baselines=("03.00",)),
    Acquisition(date(2021, 6, 17), 0.0, baselines=("03.00",)),
    Acquisition(date(2021, 8, 6), 0.02, baselines=("03.00",)),
    Acquisition(date(2021, 10, 15), 0.05, baselines=("03.00",)),
)
"""The year after, for changes: a few scenes of the land around the town (`next_year`)."""


@dataclass(frozen=True)
class Scene:
    """An acquisition as arrays."""

    bands: NDArray[np.uint16]
    """`(6, y, x)` digital numbers without offset, 0 = no data; B11 and B12 are constant over 2 x 2 pixels."""
    scl: NDArray[np.uint8]
    """`(y / 2, x / 2)`."""
    weather: Weather = field(repr=False)


def simulate(acquisition: Acquisition, surface: Surface, seed: int) -> Scene:
    """The scene of an overpass."""
    name = acquisition.day.isoformat()
    zenith, azimuth = acquisition.sun
    weather = make_weather(
        surface.landscape.terrain.height_m, name, seed, clouds=acquisition.clouds,
        cirrus_share=acquisition.cirrus_share, snow_line_m=acquisition.snow_line_m,
        zenith_deg=zenith, azimuth_deg=azimuth,
    )  # fmt: skip
    rng = make_rng(seed, f"sensor {name}")
    image = surface.image(acquisition.day.timetuple().tm_yday, zenith, azimuth, weather.snow)
    image = apply_optics(apply_clouds(image, weather, rng), rng)
    scl = scene_classification(
        image,
        weather,
        surface,
        scl_misses_cloud=acquisition.scl_misses_cloud,
        scl_misses_shadow=acquisition.scl_misses_shadow,
    )
    for band in image[4:]:
        rows, columns = band.shape
        coarse = band.reshape(rows // 2, 2, columns // 2, 2).mean((1, 3))
        band[:] = np.repeat(np.repeat(coarse, 2, 0), 2, 1)
    bands = (np.clip(np.rint(image / DN_STEP), 1, 15000 // DN_STEP) * DN_STEP).astype(np.uint16)
    if acquisition.swath_edge is not None:
        _cut_swath(bands, scl, acquisition.swath_edge)
    return Scene(bands, scl, weather)


def _cut_swath(bands: NDArray[np.uint16], scl: NDArray[np.uint8], share: float) -> None:
    """Empty what lies east of the swath's slanting edge, on whole 20 m pixels."""
    rows, columns = np.mgrid[0 : scl.shape[0], 0 : scl.shape[1]]
    outside = columns > share * scl.shape[1] - 0.2 * rows
    scl[outside] = 0
    bands[:, np.repeat(np.repeat(outside, 2, 0), 2, 1)] = 0


def build_sample_archive(folder: Path) -> Path:
    """The archive in `folder`, written now if it is missing or older than its code; safe to call from two processes."""
    code = sha256()
    for source in sorted(Path(__file__).parent.glob("*.*")):
        code.update(source.read_bytes())
    digest_file = folder / "made_by.txt"
    if digest_file.is_file() and digest_file.read_text(encoding="utf-8") == code.hexdigest():
        return folder
    for stale_folder in folder.parent.glob(f"{folder.name}.*.part"):
        if not Path(f"/proc/{stale_folder.name.split('.')[-2]}").exists():
            shutil.rmtree(stale_folder, ignore_errors=True)  # of a process that was killed
    temporary_path = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    write_archive(temporary_path)
    (temporary_path / "made_by.txt").write_text(code.hexdigest(), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        temporary_path.rename(folder)
    except OSError:
        # Another process was faster; the archive is the same.
        shutil.rmtree(temporary_path, ignore_errors=True)
    return folder


def write_archive(
    folder: Path,
    seed: int = 7,
    size: int = SIZE,
    year: tuple[Acquisition, ...] = YEAR,
    next_year: tuple[Acquisition, ...] = NEXT_YEAR,
) -> Path:
    """Write the archive into `folder`: `files/` to be served, `items.json` and `elevation.json` (hrefs relative to
    `files/`), `truth.tif`, and `truth_2021.tif` where the next year has acquisitions.

    Gives the folder back. The same seed gives the same pixels.
    """
    landscape = make_landscape(make_terrain(size, seed), seed)
    surface, later = Surface(landscape, seed), landscape.truth.copy()
    (folder / "files").mkdir(parents=True, exist_ok=True)
    products: list[Product] = []
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(_write_acquisition, folder / "files", acquisition, surface, seed) for acquisition in year]
        if next_year:
            window = window_of_town(landscape)
            changed = Surface(one_year_later(cut(landscape, window), seed), seed)
            later[window.slices] = changed.landscape.truth
            _write_truth(folder / "truth_2021.tif", later)
            jobs += [
                pool.submit(_write_acquisition, folder / "files", acquisition, changed, seed, window)
                for acquisition in next_year
            ]
        for job in jobs:
            products += job.result()
    _write_truth(folder / "truth.tif", landscape.truth)
    heights, water = landscape.terrain.height_m, landscape.truth == WATER
    elevation = {
        "type": "FeatureCollection",
        "features": write_elevation(folder / "files", "EPSG:32718", LEFT_M, TOP_M, heights, water, seed),
    }
    (folder / "elevation.json").write_text(json.dumps(elevation, indent=1), encoding="utf-8")
    collection = {"type": "FeatureCollection", "features": [make_item(product) for product in products]}
    (folder / "items.json").write_text(json.dumps(collection, indent=1), encoding="utf-8")
    return folder


def _write_acquisition(
    files: Path, acquisition: Acquisition, surface: Surface, seed: int, window: Window = WHOLE
) -> list[Product]:
    scene = simulate(acquisition, surface, seed)
    sensing_time = datetime(*acquisition.day.timetuple()[:3], 15, 7, 19, tzinfo=timezone.utc)
    products = []
    for baseline in acquisition.baselines:
        tiles = {TILE: scene.bands.shape[1]}
        if acquisition.neighbour and baseline == acquisition.baselines[0]:
            tiles[NEIGHBOUR] = (TOP_M - NEIGHBOUR_BOTTOM_M) // 10
        for tile, rows in tiles.items():
            product = Product(
                tile, sensing_time, baseline, "EPSG:32718", LEFT_M + 10 * window.column, TOP_M - 10 * window.row,
                scene.bands[:, :rows], scene.scl[: rows // 2], acquisition.sun,
            )  # fmt: skip
            write_files(files, product)
            products.append(product)
    return products


def write_files(files: Path, product: Product) -> None:
    """Write the seven COG files of a product below `files`."""
    offset = OFFSET if product.baseline >= "04.00" else 0
    for key, band in zip(BANDS, product.bands, strict=True):
        step = 2 if key in ("B11", "B12") else 1
        numbers = band[::step, ::step]
        numbers = np.where(numbers > 0, numbers + offset, 0).astype(np.uint16)
        _write_cog(files / product.asset_path(key), numbers, product, 10 * step, "average")
    _write_cog(files / product.asset_path("SCL"), product.scl, product, 20, "nearest")


def _write_cog(path: Path, numbers: NDArray[np.generic], product: Product, resolution_m: int, resampling: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {
        "driver": "GTiff", "width": numbers.shape[1], "height": numbers.shape[0], "count": 1,
        "dtype": numbers.dtype.name, "nodata": 0, "crs": product.crs,
        "transform": from_origin(product.left_m, product.top_m, resolution_m, resolution_m),
    }  # fmt: skip
    with rasterio.MemoryFile() as memory:
        with memory.open(**profile) as target:
            target.write(numbers, 1)
        with memory.open() as source:
            copy(
                source, path, driver="COG", compress="DEFLATE", level=6, predictor=2, blocksize=512,
                overview_resampling=resampling,
            )  # fmt: skip


def _write_truth(path: Path, truth: NDArray[np.uint8]) -> None:
    with rasterio.open(
        path, "w", driver="GTiff", width=truth.shape[1], height=truth.shape[0], count=1, dtype="uint8", nodata=0,
        crs="EPSG:32718", transform=from_origin(LEFT_M, TOP_M, 10, 10), compress="DEFLATE",
    ) as target:  # fmt: skip
        target.write(truth, 1)
