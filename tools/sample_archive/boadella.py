"""The real Sentinel-2 series of Boadella reservoir (Catalonia) as an archive behind the same servers.

The series is not part of the project; it is wrapped where it lies on the machine. It has no scene classification:
every valid pixel is called unclassified (7), so that nothing but the classifier can see its clouds.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import rasterio

from .items import Product, make_item
from .products import write_files
from .weather import SCL_NO_DATA, SCL_UNCLASSIFIED

TILE = "31TDG"
ORBIT = 8
SUN = (30.0, 160.0)
"""Not recorded in the series; nothing reads it."""


def _read(path: Path) -> Product:
    with rasterio.open(path) as source:
        names = [str(name).upper() for name in source.descriptions]
        band_indexes = [_band_index(names, key) for key in ("B02", "B03", "B04", "B08", "B11", "B12")]
        bands = source.read(band_indexes)
        crs, left, top = source.crs.to_string(), source.transform.c, source.transform.f
    rows, columns = (side // 2 * 2 for side in bands.shape[1:])
    bands = bands[:, :rows, :columns]
    bands[:, (bands == 0).any(0)] = 0
    for band in bands[4:]:
        # Back to 20 m, which the series brought to 10 m.
        coarse = band.reshape(rows // 2, 2, columns // 2, 2).mean((1, 3))
        band[:] = np.where(band > 0, np.rint(np.repeat(np.repeat(coarse, 2, 0), 2, 1)), 0)
    valid = (bands[0] > 0)[::2, ::2]
    scl = np.where(valid, SCL_UNCLASSIFIED, SCL_NO_DATA).astype(np.uint8)
    sensing_time = datetime.strptime(path.stem, "%Y%m%d").replace(hour=10, minute=50, second=31, tzinfo=timezone.utc)
    return Product(TILE, sensing_time, "02.12", crs, left, top, bands, scl, SUN, ORBIT)


def _band_index(names: list[str], key: str) -> int:
    """1-based index of a band named `B02` or `B2`."""
    short_key = key.replace("B0", "B")
    return next(number for number, name in enumerate(names, 1) if name in (key, short_key))


def write_boadella_archive(series: Path, folder: Path) -> Path:
    """Write an archive like `write_archive` from the series in `series` into `folder`; gives the folder back."""
    products = [_read(path) for path in sorted(series.glob("[0-9]" * 8 + ".tif"))]
    for product in products:
        write_files(folder / "files", product)
    collection = {"type": "FeatureCollection", "features": [make_item(product) for product in products]}
    (folder / "items.json").write_text(json.dumps(collection, indent=1), encoding="utf-8")
    return folder
