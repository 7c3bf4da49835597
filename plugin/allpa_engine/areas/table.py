"""The area table: class, pixels, hectares and percent, as in the Apurímac study, with the true area beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.legend import LEGEND, NO_DATA, LandClass
from ..core.messages import translatable, translate
from ..geo.pixel_area import percent_of
from ..geo.projection import SQUARE_METRES_PER_HECTARE

NO_DATA_NAME, TOTAL_NAME = translatable("No data"), translatable("Total")
AREA_TOLERANCE = 0.001
"""Share of the region's area by which the table may miss it."""


@dataclass(frozen=True)
class AreaRow:
    """One class, the pixels without data, or the total."""

    code: int | None
    """Code of the legend, 0 for no data, None for the total."""
    name: str
    """In the table's language."""
    pixels: int
    area_ha: float
    """Pixels times the nominal area of a pixel; where that is not the area on the ground (in degrees, in Web Mercator),
    the ellipsoidal area."""
    percent: float
    """Share of `area_ha` in the total of the classes; for no data, in classes and no data together."""
    ellipsoidal_ha: float
    """Area on the ellipsoid."""


@dataclass(frozen=True)
class AreaTable:
    """The areas of a map, or of the part of it that lies in a region."""

    rows: tuple[AreaRow, ...]
    """Every class of the legend in the order of the codes, those with no pixel too."""
    no_data: AreaRow
    """Pixels of the region without data; they are not part of the total."""
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
    """True area of the classes without Clouds: where land or water was observed."""
    region_name: str = ""
    language: str = "en"
    notes: tuple[str, ...] = ()
    """What a reader of the figures must know."""
    legend: Sequence[LandClass] = LEGEND

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
        """Share of the region where land or water was observed, by true area."""
        return min(percent_of(self.observed_ha, self.region_ha), 100.0)

    def to_records(self) -> list[dict[str, Any]]:
        """The classes and the total as JSON values, keys as the fields of `AreaRow`; own classes with `color`."""
        is_bundled = tuple(self.legend) == LEGEND
        colors = {} if is_bundled else {land_class.code: land_class.color for land_class in self.legend}
        return [
            {
                "code": row.code,
                "name": row.name,
                "pixels": row.pixels,
                "area_ha": round(row.area_ha, 4),
                "percent": round(row.percent, 4),
                "ellipsoidal_ha": round(row.ellipsoidal_ha, 4),
                **({"color": colors[row.code]} if row.code in colors else {}),
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

    Parameters
    ----------
    pixels : numbers of pixels by code; a code that is missing has none. Codes outside the legend do not count.
    ellipsoidal_m2 : area of these pixels on the ellipsoid by code, m².
    nominal_pixel_m2 : nominal area of a pixel, m²; None where pixels differ too much from it on the ground. Hectares
        are then those on the ellipsoid.
    language : of the class names, `en` or `es`.
    legend : the classes, one row each.

    Returns
    -------
    Rows of the classes in the legend's order, the row of code 0 (no data), and the row of the total without no data.
    The percents of classes are of this total, that of no data is of all pixels.

    Examples
    --------
    >>> rows, no_data, total = area_rows({1: 30, 2: 10, 0: 5}, {}, 100.0)
    >>> rows[0].name, rows[0].area_ha, rows[0].percent, no_data.area_ha, total.pixels
    ('Water', 0.3, 75.0, 0.05, 40)

    """
    codes = [NO_DATA, *(land_class.code for land_class in legend)]
    counts = {code: int(pixels.get(code, 0)) for code in codes}
    true_ha = {code: ellipsoidal_m2.get(code, 0.0) / SQUARE_METRES_PER_HECTARE for code in codes}

    def hectares(count: int, true: float) -> float:
        return true if nominal_pixel_m2 is None else count * nominal_pixel_m2 / SQUARE_METRES_PER_HECTARE

    total_pixels = sum(counts[land_class.code] for land_class in legend)
    total_true_ha = sum(true_ha[land_class.code] for land_class in legend)
    total_ha = hectares(total_pixels, total_true_ha)

    def row(code: int, name: str, base_ha: float) -> AreaRow:
        area_ha = hectares(counts[code], true_ha[code])
        return AreaRow(code, name, counts[code], area_ha, percent_of(area_ha, base_ha), true_ha[code])

    rows = tuple(row(land_class.code, land_class.label(language), total_ha) for land_class in legend)
    no_data_ha = hectares(counts[NO_DATA], true_ha[NO_DATA])
    no_data = row(NO_DATA, translate(NO_DATA_NAME, language), total_ha + no_data_ha)
    total = AreaRow(
        None, translate(TOTAL_NAME, language), total_pixels, total_ha, 100.0 if total_pixels else 0.0, total_true_ha
    )
    return rows, no_data, total
