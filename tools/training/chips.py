"""The real chips: their index, their pixels, the teacher's labels that come with them, and who is held out.

A chip is split by its place, never by itself: two chips of one place always stand on the same side.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio

VALIDATION_SITES: frozenset[str] = frozenset(
    {
        "rsgislib_aberystwyth",
        "eotdl_boadella",
        "ssl4eo_T43RCP",
        "worldcereal_299083",
        "eob_auspilbara",
        "bigearthnet_S2A_MSIL2A",
        "terramind_433D_629L",
        "sen1floods11_Spain_7370579",
        "eurosat_AnnualCrop_1",
        "eurosat_Forest_2",
        "eurosat_Pasture_300",
        "hydro_patch_10",
        "eotdl_jaca_1",
        "eotdl_jaca_2",
        "eotdl_jaca_3",
        "eotdl_jaca_4",
    }
)
"""Held out whole: Wales, Catalonia, Punjab, Belgium, Pilbara, Ireland, Chile, southern Spain, Jaca, and four chips."""

CLOUDY_CHIPS: frozenset[str] = frozenset(
    {
        "eolearn_ref_0",
        "eotdl_boadella_2020-01-18",
        "eotdl_boadella_2020-01-23",
        "hydro_patch_1",
        "landcovernet_capstone_image2",
        "majortom_0U_199R_2022-07-06",
        "ssl4eo_0000200_2020-08-23_L1C",
        "worldcereal_639B424A_2018-05-01",
    }
)
"""Chips under clouds, inspected one by one: the teacher's labels there are wrong."""

CHIPS_WITHOUT_CROPS: frozenset[str] = frozenset(
    {"dsen2_T49JGM_2017-10-22", "sen12mscr_t5349", "sen12mscr_t5349_cloudy"}
)
"""Chips of land without any field, by location and appearance: red sand and scrub on the Exmouth Gulf, dry red ground.

The teacher calls parts of it crops; its second most probable class is used there.
"""

Pixels = npt.NDArray[np.uint16]
Labels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Chip:
    """One real chip."""

    name: str
    site: str
    level: str
    """`L1C` or `L2A`."""
    digital_numbers: Pixels
    """`(9, y, x)` reflectance x 10000 in the teacher's bands; 0 = no data."""
    soft: Labels
    """`(9, y, x)` the teacher's probabilities x 255; all 0 where there is no label."""

    @property
    def held_out(self) -> bool:
        """Whether the place is kept for validation."""
        return self.site in VALIDATION_SITES

    @property
    def is_cloudy(self) -> bool:
        """Whether clouds make the teacher's labels unusable."""
        return self.name in CLOUDY_CHIPS

    @property
    def has_no_crops(self) -> bool:
        """Whether nothing is grown there, whatever the teacher predicts."""
        return self.name in CHIPS_WITHOUT_CROPS


def read_raster(path: Path) -> npt.NDArray[np.uint16]:
    """All bands of a small raster, `(band, y, x)`, in the file's own type."""
    with rasterio.open(path) as source:
        pixels: npt.NDArray[np.uint16] = source.read()
    return pixels


def read_chips(data: Path) -> list[Chip]:
    """Every chip named in `data/chips/INDEX.csv`, in the order of the index."""
    folder = data / "chips"
    with (folder / "INDEX.csv").open(newline="") as index:
        rows = list(csv.DictReader(index))
    return [
        Chip(
            name=row["chip"],
            site=row["place"],
            level=row["level"],
            digital_numbers=read_raster(folder / f"{row['chip']}.tif"),
            soft=read_raster(folder / f"{row['chip']}_soft.tif").astype(np.uint8),
        )
        for row in rows
    ]
