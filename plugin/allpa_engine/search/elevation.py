"""The tiles of the Copernicus DEM GLO-30 over a region, from the catalogue of the scenes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from time import monotonic

from ..core.catalogues import ELEVATION_ASSET, Catalogue, find_catalogue
from ..core.errors import CatalogueUnreachable, SceneUnsupported
from ..core.messages import message
from ..core.protocol import Reporter
from ..core.scene import Asset
from ..core.urls import strip_secrets
from ..geo.region import Region
from .answer_cache import AnswerCache
from .api import TileOrBox, open_catalogue
from .items import MALFORMED, asset_of_item
from .paging import StacItem
from .retrying_io import RetryingIO
from .static_catalogue import Bounds, SearchExtent

ANSWER_TIMEOUT_S = 40.0
"""A catalogue that does not answer for so long has no elevation: the map is made without."""
SEARCH_TIME_S = 180.0
MARGIN_DEGREES = 0.02
"""Land around the region whose elevation is read too, some 2 km: slopes need neighbours."""
MAX_TILES = 400
_MAX_ID_CHARS = 100
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=timezone.utc), datetime(2100, 1, 1, tzinfo=timezone.utc)
"""The model is of no date in particular; catalogues give it that of its publication."""


@dataclass(frozen=True)
class ElevationTile:
    """One file of the model: about one degree of land."""

    id: str
    catalogue: str
    """Key or URL of the catalogue: it decides how files are signed."""
    asset: Asset
    bounds: Bounds
    """West, south, east, north, degrees."""


def elevation_bounds(region: Region) -> Bounds:
    """West, south, east and north of the land whose elevation a region needs, degrees."""
    west, south, east, north = region.bounds
    margin = MARGIN_DEGREES
    return west - 2 * margin, max(south - margin, -90.0), east + 2 * margin, min(north + margin, 90.0)


def search_elevation(
    region: Region, catalogue: str, reporter: Reporter, answers: AnswerCache | None = None
) -> tuple[ElevationTile, ...]:
    """Find the files of the elevation model over a region.

    Parameters
    ----------
    region : what is mapped.
    catalogue : key of the table of catalogues, or the URL of a STAC API or static catalogue.
    reporter : may stop the search.
    answers : of earlier searches; None asks the catalogue for everything.

    Returns
    -------
    The tiles in the order of their names; none where the catalogue has no such collection, or the region is at sea.

    Raises
    ------
    CatalogueUnreachable : where it does not answer.
    JobInvalid : where there is no such catalogue.

    """
    entry = find_catalogue(catalogue)
    collection = entry.elevation_collection
    if not collection:
        return ()
    bounds = elevation_bounds(region)
    io = RetryingIO(entry.name, ANSWER_TIMEOUT_S, lambda: reporter.progress("elevation", 0, 1), reporter.log, answers)
    io.end_s = monotonic() + SEARCH_TIME_S
    extent = SearchExtent([bounds], _FIRST, _LAST)
    source = open_catalogue(replace(entry, collection=collection), io, extent, reporter.log)
    tiles: dict[str, ElevationTile] = {}
    for item in source.items(TileOrBox(bbox=bounds), _FIRST, _LAST):
        tile = _tile_of_item(item, entry, collection)
        if tile is not None and _meet(tile.bounds, bounds):
            tiles.setdefault(tile.id, tile)
    if len(tiles) > MAX_TILES:
        raise CatalogueUnreachable(
            message("{name} has more than {count} elevation tiles for the region.", name=entry.name, count=MAX_TILES)
        )
    return tuple(tiles[name] for name in sorted(tiles))


def _tile_of_item(item: StacItem, catalogue: Catalogue, collection: str) -> ElevationTile | None:
    """The tile of an item; None where it is none of the model's or cannot be used."""
    try:
        if item.get("collection") not in (collection, None) or ELEVATION_ASSET not in item["assets"]:
            return None
        identifier = str(item["id"])
        if not identifier.isprintable() or not 0 < len(identifier) <= _MAX_ID_CHARS:
            return None
        numbers = [float(number) for number in item["bbox"]]
        middle = len(numbers) // 2
        bounds = numbers[0], numbers[1], numbers[middle], numbers[middle + 1]
        asset = asset_of_item(item, ELEVATION_ASSET, catalogue)
        return ElevationTile(identifier, strip_secrets(catalogue.key), asset, bounds)
    except (SceneUnsupported, *MALFORMED):
        return None


def _meet(one: Bounds, other: Bounds) -> bool:
    return one[0] < other[2] and one[2] > other[0] and one[1] < other[3] and one[3] > other[1]
