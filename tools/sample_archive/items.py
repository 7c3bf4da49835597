"""STAC items of the archive, shaped like Planetary Computer's `sentinel-2-l2a` items."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import rasterio.features
from numpy.typing import NDArray
from rasterio.transform import from_origin
from rasterio.warp import transform_geom
from shapely.geometry import mapping, shape
from shapely.ops import unary_union

COLLECTION = "sentinel-2-l2a"
ORBIT = 11
COMMON_NAMES = {"B02": "blue", "B03": "green", "B04": "red", "B08": "nir", "B11": "swir16", "B12": "swir22"}
CENTRES_UM = {"B02": 0.49, "B03": 0.56, "B04": 0.665, "B08": 0.842, "B11": 1.61, "B12": 2.19}
EXTENSIONS = ("eo/v1.0.0", "sat/v1.0.0", "projection/v1.0.0")
SHARES = {
    "s2:dark_features_percentage": (2,), "s2:cloud_shadow_percentage": (3,), "s2:vegetation_percentage": (4,),
    "s2:not_vegetated_percentage": (5,), "s2:water_percentage": (6,), "s2:unclassified_percentage": (7,),
    "s2:medium_proba_clouds_percentage": (8,), "s2:high_proba_clouds_percentage": (9,),
    "s2:thin_cirrus_percentage": (10,), "s2:snow_ice_percentage": (11,), "eo:cloud_cover": (8, 9, 10),
}  # fmt: skip
"""Percentages of the valid pixels, by the codes of the scene classification."""


@dataclass(frozen=True)
class Product:
    """A granule as its producer would deliver it."""

    tile: str
    sensing_time: datetime
    baseline: str
    crs: str
    left_m: float
    top_m: float
    bands: NDArray[np.uint16]
    """`(6, y, x)` at 10 m, 0 = no data, without offset."""
    scl: NDArray[np.uint8]
    """`(y / 2, x / 2)`."""
    sun: tuple[float, float]
    """Zenith and azimuth in degrees."""
    orbit: int = ORBIT

    @property
    def platform(self) -> str:
        """`S2A` or `S2B`: the two observe the same land in turn, every five days."""
        return "S2A" if self.sensing_time.toordinal() // 5 % 2 else "S2B"

    @property
    def generation_time(self) -> datetime:
        """Processed months later, reprocessed years later."""
        return self.sensing_time + timedelta(
            days=1100 if self.baseline >= "04.00" else 90, hours=9, minutes=int(self.tile, 36) % 50
        )

    @property
    def id(self) -> str:
        """Like `S2A_MSIL2A_20200611T080611_R078_T35MNM_20200826T230619`."""
        begin = f"{self.platform}_MSIL2A_{_stamp(self.sensing_time)}"
        return f"{begin}_R{self.orbit:03}_T{self.tile}_{_stamp(self.generation_time)}"

    def asset_path(self, key: str) -> str:
        """Path of an asset below the archive's files."""
        metres = 10 if key in ("B02", "B03", "B04", "B08") else 20
        zone, band, square = self.tile[:2], self.tile[2], self.tile[3:]
        name = f"T{self.tile}_{_stamp(self.sensing_time)}_{key}_{metres}m.tif"
        return f"{zone}/{band}/{square}/{self.sensing_time:%Y/%m/%d}/{self.id}.SAFE/R{metres}m/{name}"


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%S}"


def footprint(product: Product) -> dict[str, Any]:
    """GeoJSON polygon of the valid data, longitude/latitude, simplified by 40 m."""
    valid = (product.scl > 0).astype(np.uint8)
    transform = from_origin(product.left_m, product.top_m, 20, 20)
    parts = [shape(geometry) for geometry, value in rasterio.features.shapes(valid, valid > 0, transform=transform)]
    outline = max(getattr(unary_union(parts), "geoms", [unary_union(parts)]), key=lambda part: part.area)
    geometry: dict[str, Any] = transform_geom(product.crs, "EPSG:4326", mapping(outline.simplify(40)), precision=8)
    return geometry


def _asset(product: Product, key: str) -> dict[str, Any]:
    step = 1 if key in ("B02", "B03", "B04", "B08") else 2
    height, width = (side // step for side in product.bands.shape[1:])
    metres = 10 * step
    asset = {
        "gsd": metres,
        "href": product.asset_path(key),
        "type": "image/tiff; application=geotiff; profile=cloud-optimized",
        "roles": ["data"],
        # spelled as Planetary Computer spells it
        "title": "Scene classfication map (SCL)" if key == "SCL" else f"{key} - {metres}m",
        "proj:bbox": [product.left_m, product.top_m - height * metres, product.left_m + width * metres, product.top_m],
        "proj:shape": [height, width],
        "proj:transform": [metres, 0.0, product.left_m, 0.0, -metres, product.top_m],
    }
    if key in COMMON_NAMES:
        band = {"name": key, "common_name": COMMON_NAMES[key], "center_wavelength": CENTRES_UM[key]}
        asset["eo:bands"] = [band]
    return asset


def _percentages(product: Product) -> dict[str, float]:
    valid = product.scl[product.scl > 0]
    shares = {name: round(float(np.isin(valid, codes).mean() * 100), 6) for name, codes in SHARES.items()}
    return {**shares, "s2:nodata_pixel_percentage": round(float((product.scl == 0).mean() * 100), 6)}


def make_item(product: Product) -> dict[str, Any]:
    """The product's STAC item; hrefs are relative to the archive's files."""
    geometry = footprint(product)
    bounds = shape(geometry).bounds
    sensing_time, generation_time, level = product.sensing_time, product.generation_time, f"N{product.baseline}"
    sensed, generated = _stamp(sensing_time), _stamp(generation_time)
    safe = (
        f"{product.platform}_MSIL2A_{_stamp(sensing_time)}_{level.replace('.', '')}_R{product.orbit:03}_T{product.tile}"
    )
    absolute_orbit = f"{23000 + sensing_time.toordinal() % 5000:06}"
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [f"https://stac-extensions.github.io/{name}/schema.json" for name in EXTENSIONS],
        "id": product.id,
        "collection": COLLECTION,
        "bbox": list(bounds),
        "geometry": geometry,
        "links": [],
        "properties": {
            "datetime": f"{sensing_time:%Y-%m-%dT%H:%M:%S}.024000Z",
            "platform": {"S2A": "Sentinel-2A", "S2B": "Sentinel-2B"}[product.platform],
            "constellation": "Sentinel 2",
            "instruments": ["msi"],
            "proj:epsg": int(product.crs.removeprefix("EPSG:")),
            "sat:orbit_state": "descending",
            "sat:relative_orbit": product.orbit,
            "s2:mgrs_tile": product.tile,
            "s2:processing_baseline": product.baseline,
            "s2:product_type": "S2MSI2A",
            "s2:product_uri": f"{safe}_{_stamp(generation_time)}.SAFE",
            "s2:generation_time": f"{generation_time:%Y-%m-%dT%H:%M:%S}.406Z",
            "s2:datatake_id": f"G{product.platform}_{_stamp(sensing_time)}_{absolute_orbit}_{level}",
            "s2:datatake_type": "INS-NOBS",
            "s2:datastrip_id": f"{product.platform}_OPER_MSI_L2A_DS_SIMU_{generated}_S{sensed}_{level}",
            "s2:granule_id": f"{product.platform}_OPER_MSI_L2A_TL_SIMU_{generated}_T{product.tile}_{level}",
            "s2:mean_solar_zenith": round(product.sun[0], 6),
            "s2:mean_solar_azimuth": round(product.sun[1], 6),
            **_percentages(product),
        },
        "assets": {key: _asset(product, key) for key in (*COMMON_NAMES, "SCL")},
    }
