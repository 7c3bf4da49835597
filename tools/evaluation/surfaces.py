"""Typical spectra of surfaces that users of mountains and dry land meet, with the classes that are right for each.

They are facts written down, not pixels of a map: six bands of surface reflectance x 10000 (B02, B03, B04, B08, B11,
B12), rounded, each with its derivation. Most of them were never part of a training. `median of` names the table of
labelled points or measured spectra of which a median was taken; `typical` stands for round values of the range that
is usual in the literature on the surface; `computed` for a product of the others.
"""

from __future__ import annotations

from dataclasses import dataclass

from allpa_engine.core.legend import CLASS_BY_CODE

WATER, TREES, GRASS, FLOODED, CROPS, SCRUB, BUILT, BARE, SNOW, CLOUDS = range(1, 11)

SKY_SHARE = (0.30, 0.20, 0.13, 0.075, 0.035, 0.025)
"""Light in deep shade as a share of that in the sun, in the six bands: skylight is blue, hardly any in the SWIR."""


@dataclass(frozen=True)
class Surface:
    """One kind of surface."""

    name: str
    spectrum: tuple[int, int, int, int, int, int]
    """Reflectance x 10000 in B02, B03, B04, B08, B11, B12."""
    right: tuple[int, ...]
    """Codes of the classes that are right."""
    source: str
    """Derivation of the spectrum."""

    @property
    def right_names(self) -> str:
        """The right classes in words."""
        return ", ".join(CLASS_BY_CODE[code].name for code in self.right)


def in_deep_shade(surface: Surface, right: tuple[int, ...]) -> Surface:
    """The surface lit by the sky alone, with the classes that are right then."""
    dark = [max(1, round(value * share)) for value, share in zip(surface.spectrum, SKY_SHARE, strict=True)]
    b02, b03, b04, b08, b11, b12 = dark
    spectrum = (b02, b03, b04, b08, b11, b12)
    return Surface(f"{surface.name}, deep shade", spectrum, right, f"computed: {surface.name} x share of skylight")


_LESOTHO = "median of two months of 2021 at highland points of Lesotho (1,400 to 3,300 m)"
_WOOD = Surface("dense wood", (240, 440, 240, 3220, 1470, 660), (TREES,), "median of green woods of eleven places")
_ROCK = Surface("rock", (1200, 1450, 1510, 1980, 2590, 2310), (BARE,), "median of debris around a glacier (L2A points)")
_SNOW = Surface("fresh snow", (8640, 8800, 8600, 7040, 150, 130), (SNOW,), "median of glacier points (L2A)")
_LAKE = Surface("clear lake", (450, 540, 410, 190, 80, 60), (WATER,), "median of clear water of eight places")

SURFACES: tuple[Surface, ...] = (
    Surface("bofedal, green", (350, 660, 480, 2870, 1780, 960), (FLOODED, GRASS), f"{_LESOTHO}: wetland, January"),
    Surface("bofedal, drying", (430, 660, 970, 2180, 2710, 1770), (FLOODED, GRASS), f"{_LESOTHO}: wetland, May"),
    Surface("ichu, green", (480, 770, 740, 2290, 2090, 1350), (GRASS, SCRUB), f"{_LESOTHO}: grass, January"),
    Surface("ichu, dry", (640, 860, 1130, 1780, 2520, 1940), (GRASS, SCRUB), f"{_LESOTHO}: grass, September"),
    Surface("tola", (380, 610, 790, 1720, 2070, 1460), (SCRUB,), f"{_LESOTHO}: scrub, May"),
    Surface("tola, sparse", (800, 1080, 1350, 1950, 2700, 2150), (SCRUB, BARE), "computed: half tola, half bare soil"),
    Surface(
        "quinoa, in flower", (450, 750, 700, 3000, 2200, 1300), (CROPS,), "typical: two thirds cover over pale soil"
    ),
    Surface("quinoa, ripe", (800, 1100, 1500, 2300, 3000, 2300), (CROPS,), "typical: stubble and pale soil"),
    Surface("dry puna", (1050, 1350, 1700, 2250, 2950, 2500), (BARE, SCRUB), "computed: a third ichu, two thirds soil"),
    Surface("salt, dry crust", (5000, 5600, 5900, 6100, 4200, 3200), (BARE,), "typical of halite crusts"),
    Surface("salt, moist", (4200, 4700, 4900, 4600, 1600, 900), (BARE, WATER), "typical: water in the crust absorbs"),
    Surface("firn", (5300, 5310, 4990, 3660, 90, 90), (SNOW,), "median of firn (L2A points)"),
    Surface("bare glacier ice", (3060, 3150, 2930, 1990, 120, 110), (SNOW,), "median of ice (L2A points)"),
    Surface("old ice", (5000, 5000, 4800, 4000, 1000, 700), (SNOW,), "typical: coarse, with some dust"),
    Surface("dirty ice", (3500, 3500, 3400, 2800, 1200, 900), (SNOW, BARE), "typical: ice under thin debris"),
    Surface("white plastic", (4500, 4700, 4600, 5000, 4000, 3200), (BUILT, CROPS), "typical of greenhouse film"),
    Surface("metal roofs, bright", (3600, 3800, 3900, 4100, 4300, 4000), (BUILT,), "typical of zinc sheet"),
    Surface("metal roofs", (1930, 2220, 2000, 1970, 2700, 2500), (BUILT,), "median of 18 measured roofs"),
    Surface("tiles, red", (560, 900, 1960, 2490, 5390, 5780), (BUILT, BARE), "median of 18 measured roofs"),
    Surface("lava", (500, 550, 600, 700, 850, 800), (BARE,), "typical of fresh basalt"),
    Surface("burnt scrub", (480, 550, 640, 1000, 1650, 1600), (BARE, SCRUB), "typical: char, ash and soil"),
    Surface("char", (450, 540, 670, 760, 1850, 2070), (BARE, SCRUB), "median of 21 measured"),
    Surface("scree, pale", (1800, 2100, 2350, 2750, 3250, 3050), (BARE,), "typical of dry light rock in the sun"),
    Surface("moraine", (1160, 1310, 1300, 1400, 1890, 1810), (BARE,), "median of glacier debris (L2A points)"),
    Surface("red soil", (600, 900, 1800, 2800, 4000, 3600), (BARE,), "typical of iron-rich soils"),
    Surface("dry soil", (1200, 1830, 2800, 3580, 4790, 4260), (BARE,), "median of 4,185 measured soils"),
    Surface("sand", (1950, 2440, 2780, 3000, 3780, 3750), (BARE,), "median of 39 measured sands"),
    Surface("dry litter", (610, 900, 1350, 2290, 3360, 2290), (SCRUB, GRASS, BARE), "median of 35 measured"),
    Surface("bright broadleaf wood", (250, 550, 280, 4400, 1850, 800), (TREES,), "typical of fresh leaves in May"),
    Surface("polylepis", (280, 470, 440, 1850, 1450, 850), (TREES, SCRUB), "typical of open dark woods"),
    Surface("meadow", (420, 820, 510, 4260, 2430, 1260), (GRASS,), "median of green grass of six places"),
    Surface("green crop", (440, 730, 520, 4100, 1970, 1120), (CROPS,), "median of green crops of six places"),
    _WOOD,
    _ROCK,
    _SNOW,
    _LAKE,
    in_deep_shade(_WOOD, (TREES, SCRUB)),
    in_deep_shade(_ROCK, (BARE,)),
    in_deep_shade(_SNOW, (SNOW,)),
    in_deep_shade(_LAKE, (WATER,)),
    Surface("snow in shade", (2730, 2100, 1560, 1610, 100, 110), (SNOW,), "median of shaded snow (L2A points)"),
    Surface(
        "cloud, semi-opaque", (3000, 3000, 3000, 3700, 3500, 2600), (CLOUDS,), "typical: 0.30 visible, 0.35 at 1.6 um"
    ),
    Surface("cloud, thick", (6640, 6100, 5830, 6580, 2930, 2780), (CLOUDS,), "median of thick clouds of two places"),
)
