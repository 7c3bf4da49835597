"""What the dock says of a region: its name, its area, and the tiles that it needs."""

from __future__ import annotations

from ...plugin.translation import tr
from ..number_format import format_decimals, format_hectares
from .region_geometry import RegionChoice

_TILES_NAMED = 4
_HECTARES_PER_KM2 = 100


def region_summary(region: RegionChoice) -> str:
    """Name and area of a region, and its tiles where they can be counted."""
    text = tr("{name}: {area}").format(name=region.name or tr("Region"), area=area_text(region.area_ha))
    count = len(region.tiles)
    if not count:
        return text
    tiles = tr("1 Sentinel-2 tile") if count == 1 else tr("{count} Sentinel-2 tiles").format(count=count)
    return f"{text}\n{tiles}: {', '.join(region.tiles)}" if count <= _TILES_NAMED else f"{text}\n{tiles}"


def area_text(area_ha: float) -> str:
    """Square kilometres, and hectares in brackets."""
    km2 = format_decimals(area_ha / _HECTARES_PER_KM2, 1 if area_ha < 100_000 else 0)
    return tr("{km2} km² ({hectares} ha)").format(km2=km2, hectares=format_hectares(area_ha))
