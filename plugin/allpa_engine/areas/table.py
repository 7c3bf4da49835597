"""The area table: class, pixels, hectares and percent, as in the Apurímac study, with the true area beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.legend import LEGEND, NO_DATA, LandClass
from ..geo.region import SQUARE_METRES_PER_HECTARE

TOTAL_CODE: None = None
"""Code of the total row: it is no class."""
_NAMES = {"en": ("No data", "Total"), "es": ("Sin datos", "Total")}
AREA_TOLERANCE = 0.001
"""Share of the region's area by which the table may miss it."""


@dataclass(frozen=True)
class AreaRow:
    """One class, the pixels without data, or the total."""

    code: int | None
    """Code of the legend, 0 for no data, None for the total."""
    name: str
    pixels: int
    area_ha: float
    """Pixels times the nominal area of a pixel; on a grid in degrees, which has none, the true area."""
    percent: float
    """Share of `area_ha` in the total of the classes; for no data, in classes and no data together."""
    ellipsoidal_ha: float
    """True area on the ellipsoid."""


@dataclass(frozen=True)
class AreaTable:
    """The areas of a map, or of the part of it that lies in a region."""

    rows: tuple[AreaRow, ...]
    """Every class of the legend in the order of the codes, those with no pixel too."""
    no_data: AreaRow
    """Pixels of the region that were never seen; they are not part of the total."""
    total: AreaRow
    """Sum of the classes."""
    resolution: float
    """Side of a pixel, in `unit`."""
    unit: str
    """`m`, or `°` for a grid in degrees."""
    region_ha: float
    """True area of the region, or of the raster where no region was given."""
    outside_map_ha: float
    """True area of the part of the region that lies outside the raster."""
    tolerance_ha: float
    """By how much classes, no data and outside together may differ from `region_ha`: pixels do not follow borders."""
    observed_ha: float
    """True area of the classes without Clouds: where land was seen."""
    region_name: str = ""
    language: str = "en"

    @property
    def difference_ha(self) -> float:
        """Classes + no data + outside - region, true areas."""
        return self.total.ellipsoidal_ha + self.no_data.ellipsoidal_ha + self.outside_map_ha - self.region_ha

    @property
    def is_within_tolerance(self) -> bool:
        """Whether the difference lies within the tolerance."""
        return abs(self.difference_ha) <= self.tolerance_ha

    @property
    def valid_area_percent(self) -> float:
        """Share of the region where land was seen, by true area."""
        return min(_percent(self.observed_ha, self.region_ha), 100.0)

    def to_records(self) -> list[dict[str, Any]]:
        """The classes and the total as JSON values, keys as the fields of `AreaRow`."""
        return [
            {
                "code": row.code,
                "name": row.name,
                "pixels": row.pixels,
                "area_ha": round(row.area_ha, 4),
                "percent": round(row.percent, 4),
                "ellipsoidal_ha": round(row.ellipsoidal_ha, 4),
            }
            for row in (*self.rows, self.total)
        ]


def area_rows(
    pixels: Mapping[int, int],
    ellipsoidal_m2: Mapping[int, float],
    nominal_pixel_m2: float | None,
    language: str = "en",
    legend: Sequence[LandClass] = LEGEND,
) -> tuple[tuple[AreaRow, ...], AreaRow, AreaRow]:
    """The class rows, the no-data row and the total row of counted pixels.

    `pixels` and `ellipsoidal_m2` (true area) go by code, and codes that are left out have none; `nominal_pixel_m2` is
    the nominal area of a pixel, None on a grid in degrees.
    """
    codes = [NO_DATA, *(land.code for land in legend)]
    true_ha = {code: ellipsoidal_m2.get(code, 0.0) / SQUARE_METRES_PER_HECTARE for code in codes}
    counts = {code: int(pixels.get(code, 0)) for code in codes}
    area_ha = {
        code: true_ha[code] if nominal_pixel_m2 is None else counts[code] * nominal_pixel_m2 / SQUARE_METRES_PER_HECTARE
        for code in codes
    }
    total_pixels = sum(counts[land.code] for land in legend)
    total_true_ha = sum(true_ha[land.code] for land in legend)
    total_ha = (
        total_true_ha if nominal_pixel_m2 is None else total_pixels * nominal_pixel_m2 / SQUARE_METRES_PER_HECTARE
    )
    no_data_name, total_name = _NAMES["es" if language.startswith("es") else "en"]

    def row(code: int, name: str, whole_ha: float) -> AreaRow:
        return AreaRow(code, name, counts[code], area_ha[code], _percent(area_ha[code], whole_ha), true_ha[code])

    rows = tuple(row(land.code, land.label(language), total_ha) for land in legend)
    no_data = row(NO_DATA, no_data_name, total_ha + area_ha[NO_DATA])
    total = AreaRow(TOTAL_CODE, total_name, total_pixels, total_ha, 100.0 if total_pixels else 0.0, total_true_ha)
    return rows, no_data, total


def _percent(part: float, whole: float) -> float:
    return 100.0 * part / whole if whole else 0.0
