"""The legend: the ten land-cover classes, their codes, names, colours and default weights.

The one table of classes in the project. Renderers, colour tables, QML styles, tables, charts and help are made from it.
Codes and colours are those of the Esri / Impact Observatory 2020 map (Karra et al. 2021), so that maps can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass

from .messages import translatable, translate

NO_DATA = 0
"""Code of a pixel without a clear observation."""


def hex_to_rgb(color: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255, of `#RRGGBB`."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


@dataclass(frozen=True)
class LandClass:
    """One class of the legend."""

    code: int
    """Value in the rasters, 1 to 10; channel `code - 1` of the model."""
    name: str
    """English name, as printed in tables; `label` translates it."""
    color: str
    """`#RRGGBB`."""
    weight: float
    """Default weight of a vote for this class in the class-weighted mode; 0 never wins."""
    definition: str
    """One line on what belongs to the class."""

    @property
    def rgb(self) -> tuple[int, int, int]:
        """Red, green and blue, 0 to 255."""
        return hex_to_rgb(self.color)

    def label(self, language: str = "en") -> str:
        """Name in `language` (`en` or `es`; any other language falls back to English)."""
        return translate(self.name, language)


LEGEND: tuple[LandClass, ...] = (
    LandClass(
        1, "Water", "#1A5BAB", 1.0, translatable("Water present for most of the year: rivers, lakes, reservoirs, sea.")
    ),
    LandClass(
        2, "Trees", "#358221", 1.0, translatable("Closed stands of tall woody plants: forest, plantation, mangrove.")
    ),
    LandClass(
        3,
        "Grass",
        "#A7D282",
        1.2,
        translatable("Open land of homogeneous grasses with little or no taller vegetation."),
    ),
    LandClass(
        4,
        "Flooded vegetation",
        "#87D19E",
        1.2,
        translatable("Vegetation with water among it for much of the year: marsh, bofedal, paddy, flooded mangrove."),
    ),
    LandClass(
        5,
        "Crops",
        "#FFDB5C",
        1.1,
        translatable("Land planted by people and not at tree height: cereals, fallow plots."),
    ),
    LandClass(
        6,
        "Scrub/shrub",
        "#EECFA8",
        1.0,
        translatable("Mix of small plants, shrubs and exposed soil or rock; puna and savanna."),
    ),
    LandClass(7, "Built area", "#ED022A", 1.0, translatable("Settlements, roads, large homogeneous sealed surfaces.")),
    LandClass(
        8,
        "Bare ground",
        "#EDE9E4",
        0.9,
        translatable("Rock or soil with very little vegetation all year: desert, mines."),
    ),
    LandClass(9, "Snow/ice", "#F2FAFF", 0.6, translatable("Permanent snow or ice: glaciers, snow fields.")),
    LandClass(10, "Clouds", "#C8C8C8", 0.0, translatable("Covered by clouds on all dates.")),
)
"""The classes in the order of their codes."""

CLOUDS = 10
TREES = 2
GRASS = 3
CROPS = 5
SCRUB = 6
BUILT = 7
BARE = 8
SNOW = 9
WATER = 1
CLASS_COUNT = len(LEGEND)
CLASS_CODES: tuple[int, ...] = tuple(land_class.code for land_class in LEGEND)
CLASS_BY_CODE: dict[int, LandClass] = {land_class.code: land_class for land_class in LEGEND}
DEFAULT_WEIGHTS: dict[int, float] = {land_class.code: land_class.weight for land_class in LEGEND}
