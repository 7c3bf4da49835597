"""The catalogues of Sentinel-2 L2A scenes: one table of addresses, asset names and radiometry.

A user may also name any STAC API or static catalogue by its URL; it gets a generic entry, whose asset names and
radiometry are recognised item by item.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .bands import ALL_BAND_KEYS, ALL_BANDS, BAND_KEYS, SCL
from .errors import JobInvalid
from .job_keys import shown
from .messages import message, translatable
from .urls import HTTP, kind_of, local_path, strip_secrets

ESA_ASSETS: dict[str, str] = {key: key for key in (*ALL_BAND_KEYS, SCL)}
"""Assets named as the bands are: Planetary Computer."""
COMMON_NAME_ASSETS: dict[str, str] = {
    "B01": "coastal",
    "B02": "blue",
    "B03": "green",
    "B04": "red",
    "B05": "rededge1",
    "B06": "rededge2",
    "B07": "rededge3",
    "B08": "nir",
    "B8A": "nir08",
    "B09": "nir09",
    "B11": "swir16",
    "B12": "swir22",
    "AOT": "aot",
    "WVP": "wvp",
    "SCL": "scl",
}
"""Assets named by colour: Earth Search and stactools. `nir08` is band 8A and `<name>-jp2` lies in a paid bucket.

AOT and WVP have 20 m pixels there, elsewhere 10 m.
"""
RESOLUTION_ASSETS: dict[str, str] = {
    **{band.key: f"{band.key}_{band.resolution_m}m" for band in ALL_BANDS},
    SCL: "SCL_20m",
}
"""Assets named by band and resolution: Copernicus Data Space."""
ASSET_SETS: tuple[Mapping[str, str], ...] = (RESOLUTION_ASSETS, ESA_ASSETS, COMMON_NAME_ASSETS)

BY_BASELINE = "baseline"
"""The digital numbers are the product's own: an offset of 1000 from processing baseline 04.00 on."""
BY_FLAG = "flag"
"""The offset may be removed already; a flag of the item says so, its raster offset does not."""
BY_RASTER_OFFSET = "raster_offset"
"""The raster offset of the assets is true."""
BY_ITEM_METADATA = "facts"
"""Unknown catalogue: the metadata of the item decide, and the pixels where the metadata do not suffice."""

ROOT_FILES = ("catalog.json", "collection.json")
"""Names of the root file of a static catalogue in its folder."""

ELEVATION_COLLECTION, ELEVATION_ASSET = "cop-dem-glo-30", "data"
"""Collection and asset of the Copernicus DEM GLO-30 where a catalogue has it."""

NO_SIGNING = "none"
SIGNED_BY_PLANETARY_COMPUTER = "planetary_computer"
S3_KEYS = "s3_keys"

TILE_AS_MGRS_TILE = "s2:mgrs_tile"
TILE_AS_MGRS_PARTS = "mgrs:utm_zone"
TILE_AS_GRID_CODE = "grid:code"
NO_TILE_QUERY = ""


@dataclass(frozen=True)
class Catalogue:
    """One catalogue, or one collection of it where collections follow different rules."""

    key: str
    """Key in the table, or the URL of a catalogue that the user named."""
    name: str
    url: str
    """Root of the STAC API, or a static catalogue's file."""
    collection: str
    """Collection of Sentinel-2 L2A; empty where it must be found."""
    assets: Mapping[str, str] = field(default_factory=dict)
    """Asset key per band key; empty where each item decides."""
    radiometry: str = BY_ITEM_METADATA
    """One of `BY_BASELINE`, `BY_FLAG`, `BY_RASTER_OFFSET`, `BY_ITEM_METADATA`."""
    signing: str = NO_SIGNING
    """How hrefs become readable: `NO_SIGNING`, `SIGNED_BY_PLANETARY_COMPUTER` or `S3_KEYS`."""
    tile_query: str = NO_TILE_QUERY
    """The item property that holds the tile, where the catalogue can filter by it."""
    page_size: int = 100
    """Items per page; big pages time out or exceed the limits of the services."""
    elevation_collection: str = ELEVATION_COLLECTION
    """Collection of the Copernicus DEM GLO-30; empty where the catalogue has none that is known."""
    note: str = ""
    """What a user should know before choosing it."""

    @property
    def supports_tile_query(self) -> bool:
        """Whether the catalogue can filter by tile."""
        return self.tile_query != NO_TILE_QUERY


_EARTH_SEARCH_URL = "https://earth-search.aws.element84.com/v1"

CATALOGUES: dict[str, Catalogue] = {
    catalogue.key: catalogue
    for catalogue in (
        Catalogue(
            "planetary_computer",
            "Microsoft Planetary Computer",
            "https://planetarycomputer.microsoft.com/api/stac/v1",
            "sentinel-2-l2a",
            ESA_ASSETS,
            BY_BASELINE,
            SIGNED_BY_PLANETARY_COMPUTER,
            TILE_AS_MGRS_TILE,
            note=translatable(
                "Complete from 2016 on; scenes before 2022 are mostly of processing baseline 02.12. Needs no account."
            ),
        ),
        Catalogue(
            "earth_search",
            "Earth Search, Collection 1",
            _EARTH_SEARCH_URL,
            "sentinel-2-c1-l2a",
            COMMON_NAME_ASSETS,
            BY_RASTER_OFFSET,
            NO_SIGNING,
            TILE_AS_MGRS_PARTS,
            note=translatable(
                "Reprocessed scenes with checksums; some tiles and years have large gaps. Needs no account."
            ),
        ),
        Catalogue(
            "earth_search_l2a",
            "Earth Search, L2A",
            _EARTH_SEARCH_URL,
            "sentinel-2-l2a",
            COMMON_NAME_ASSETS,
            BY_FLAG,
            NO_SIGNING,
            TILE_AS_MGRS_PARTS,
            note=translatable(
                "The older collection; the offset of some scenes must be derived from their pixels. Needs no account."
            ),
        ),
        Catalogue(
            "cdse",
            "Copernicus Data Space",
            "https://stac.dataspace.copernicus.eu/v1",
            "sentinel-2-l2a",
            RESOLUTION_ASSETS,
            BY_RASTER_OFFSET,
            S3_KEYS,
            TILE_AS_GRID_CODE,
            elevation_collection="",
            note=translatable("ESA's own archive, the most complete; JPEG 2000 files, slower to read. Needs S3 keys."),
        ),
    )
}


def find_catalogue(key_or_url: str, collection: str = "") -> Catalogue:
    """The entry of a catalogue.

    Parameters
    ----------
    key_or_url : key of the table, or the URL or file of a catalogue that the user names.
    collection : id of a collection; empty takes the catalogue's own. One that the table knows under the same URL has
        its own rules; of any other, each item decides.

    Returns
    -------
    The entry of the table; a new one for a catalogue or collection that is not in it.

    Raises
    ------
    JobInvalid : where the text is neither a key, a URL nor an existing file.

    Examples
    --------
    >>> find_catalogue("earth_search").collection
    'sentinel-2-c1-l2a'

    """
    named = key_or_url.strip().rstrip("/")
    known = CATALOGUES.get(named)
    if known is None and kind_of(named) != HTTP and not is_catalogue_path(named):
        raise JobInvalid(
            message("The catalogue {found} does not exist.", found=shown(key_or_url)),
            message("Known are {names}.", names=", ".join(CATALOGUES)),
            "Choose one of them, or give the URL of a STAC API or of a static STAC catalogue.",
        )
    url = known.url if known else named
    wanted = collection or (known.collection if known else "")
    same_url = [catalogue for catalogue in CATALOGUES.values() if catalogue.url == url]
    for catalogue in same_url:
        if catalogue.collection == wanted:
            return catalogue
    if same_url and not wanted:
        return same_url[0]
    if same_url:
        return replace(same_url[0], collection=wanted, assets={}, radiometry=BY_ITEM_METADATA)
    name = strip_secrets(named)
    return Catalogue(named, name, known.url if known else key_or_url.strip(), collection)


def is_catalogue_path(text: str) -> bool:
    """Whether a text names a file of this machine, or a folder with a catalogue; one that no path can be does not."""
    try:
        path = local_path(text)
        return path is not None and (path.is_file() or any((path / name).is_file() for name in ROOT_FILES))
    except (OSError, ValueError):
        return False


def signing_method(key_or_url: str) -> str:
    """How the files of a catalogue become readable; those of one that the table does not know need nothing."""
    named = key_or_url.strip().rstrip("/")
    return next((entry.signing for entry in CATALOGUES.values() if named in (entry.key, entry.url)), NO_SIGNING)


def needs_s3_keys(key_or_url: str) -> bool:
    """Whether the files of a catalogue can be read only with S3 keys."""
    return signing_method(key_or_url) == S3_KEYS


def tile_filters(catalogue: Catalogue, tile: str) -> tuple[dict[str, Any], ...]:
    """Property values that select a tile, as alternatives to be queried one after the other.

    Zones below 10 are written with and without the leading zero in grid codes, so both are queried.

    Parameters
    ----------
    catalogue : decides by which property tiles are queried.
    tile : name of five characters, such as `18LYL`.

    Returns
    -------
    Values by property name; empty where tiles cannot be queried.

    Examples
    --------
    >>> tile_filters(CATALOGUES["cdse"], "09ABC")
    ({'grid:code': 'MGRS-09ABC'}, {'grid:code': 'MGRS-9ABC'})

    """
    if catalogue.tile_query == TILE_AS_MGRS_TILE:
        return ({TILE_AS_MGRS_TILE: tile},)
    if catalogue.tile_query == TILE_AS_MGRS_PARTS:
        return ({"mgrs:utm_zone": int(tile[:2]), "mgrs:latitude_band": tile[2], "mgrs:grid_square": tile[3:]},)
    if catalogue.tile_query == TILE_AS_GRID_CODE:
        return tuple({TILE_AS_GRID_CODE: f"MGRS-{code}"} for code in dict.fromkeys((tile, tile.lstrip("0"))))
    return ()


def match_asset_keys(catalogue: Catalogue, present: Mapping[str, Any]) -> Mapping[str, str] | None:
    """Which of an item's assets are the bands and SCL, by exact key (never by common name).

    Parameters
    ----------
    catalogue : its own names are tried first, then the known sets in their order.
    present : the item's assets by key.

    Returns
    -------
    Asset key per band key, for the six bands, SCL and those of the other bands that the item has; None where no set has
    the six and SCL.

    """
    for names in (catalogue.assets, *ASSET_SETS):
        if names and all(names.get(key) in present for key in (*BAND_KEYS, SCL)):
            return {key: name for key, name in names.items() if name in present}
    return None
