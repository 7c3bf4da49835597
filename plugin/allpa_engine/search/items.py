"""From a catalogue's item to a scene: after this module, scenes of all catalogues are alike."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from shapely.errors import ShapelyError
from shapely.geometry import shape

from ..core.bands import ALL_BANDS, BAND_KEYS, SCL, THUMBNAIL, TRUE_COLOR_60M, WHOLE_FILE_SUFFIX
from ..core.catalogues import NO_SIGNING, S3_KEYS, Catalogue, match_asset_keys
from ..core.errors import SceneUnsupported
from ..core.geojson import is_finite_number
from ..core.messages import message
from ..core.scene import Asset, Scene
from ..core.urls import GS, HTTP, S3, is_local, kind_of, public_url, resolve_href, strip_secrets, suffix_of
from ..geo.mgrs_tiles import scene_footprint, tile_crs
from .product_id import read_product_id
from .radiometry import has_same_numbers, radiometry_from_metadata, read_offset_metadata
from .times import parse_time

MAX_ID_CHARS = 1000
_EPSG = re.compile(r"EPSG:\d+", re.ASCII)
_MULTIHASH = re.compile(r"(?:[0-9a-f]{2})+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
MALFORMED = (
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    IndexError,
    ArithmeticError,
    RecursionError,
    ShapelyError,
)


def scene_from_item(item: Mapping[str, Any], catalogue: Catalogue, bands: Sequence[str] = ()) -> Scene:
    """Make a scene of a STAC item.

    Parameters
    ----------
    item
        The item as parsed JSON, which may hold anything. Relative addresses start from its `self` link.
    catalogue
        Decides which assets are the bands, which metadata on the offset are trusted, and whether files are signed.
    bands
        Keys of the bands that the scene must have beside the six and SCL.

    Returns
    -------
    Scene
        With the assets of the six bands, SCL and whatever other bands the item has, and a footprint that meets its
        tile.

    Raises
    ------
    SceneUnsupported
        Where the item is not Sentinel-2 L2A, lacks a band, has conflicting or malformed fields, or leaves its
        radiometry open; the message says which.

    """
    identifier = item.get("id")
    if not isinstance(identifier, str) or not 0 < len(identifier.strip()) <= len(identifier) <= MAX_ID_CHARS:
        raise SceneUnsupported(message("An item has no id, or one that is not a text of usual length."))
    if _UNPRINTABLE.search(identifier):
        raise SceneUnsupported(message("The id of an item holds characters that cannot be printed."))
    try:
        scene = _scene(item, catalogue)
    except MALFORMED as error:
        raise SceneUnsupported(
            message("The item {id} is malformed.", id=identifier), f"{type(error).__name__}: {error}"[:300]
        ) from error
    missing = [key for key in bands if key not in scene.assets]
    if missing:
        raise SceneUnsupported(
            message("The item {id} lacks the bands {bands}.", id=identifier, bands=", ".join(missing))
        )
    return scene


def _scene(item: Mapping[str, Any], catalogue: Catalogue) -> Scene:
    properties = item.get("properties") or {}
    product_id = read_product_id(item)
    if product_id.level != "L2A":
        raise SceneUnsupported(
            message(
                "The item {id} is not Level-2A (it is {level}).",
                id=item.get("id"),
                level=product_id.level or "of unknown level",
            )
        )
    sensing_time = _sensed(item, properties)
    keys = _required_assets(item, catalogue)
    radiometry = radiometry_from_metadata(
        read_offset_metadata(item, keys, product_id.baseline, sensing_time.date(), catalogue.radiometry)
    )
    scene = Scene(
        id=str(item["id"]),
        catalogue=strip_secrets(catalogue.key),
        collection=str(item.get("collection") or catalogue.collection),
        tile=product_id.tile,
        sensing_time=sensing_time,
        platform=product_id.platform,
        baseline=product_id.baseline,
        relative_orbit=product_id.relative_orbit,
        datastrip_start=product_id.datastrip_start,
        datatake_start=product_id.datatake_start,
        generation_time=product_id.generation_time,
        footprint=_footprint(item),
        cloud_percent=_percent(properties.get("eo:cloud_cover")),
        nodata_percent=_nodata(properties),
        crs=_crs(item, properties, keys["B02"], product_id.tile),
        assets=_assets(item, keys, catalogue),
        radiometry=radiometry,
    )
    if not scene_footprint(scene).area > 0:
        raise SceneUnsupported(
            message("The item {id} has a footprint outside its tile {tile}.", id=scene.id, tile=scene.tile)
        )
    return scene


def _assets(item: Mapping[str, Any], keys: Mapping[str, str], catalogue: Catalogue) -> dict[str, Asset]:
    """The files of the six bands and SCL, which must be usable, and those of the other bands that are."""
    assets = {band: asset_of_item(item, keys[band], catalogue) for band in (*BAND_KEYS, SCL)}
    for band in ALL_BANDS:
        if band.key in keys and band.key not in assets:
            with suppress(SceneUnsupported, *MALFORMED):
                if not band.is_reflectance or has_same_numbers(item["assets"], keys[band.key], keys["B02"]):
                    assets[band.key] = asset_of_item(item, keys[band.key], catalogue)
    if suffix_of(assets["B04"].href) == WHOLE_FILE_SUFFIX:  # others have overviews, from which quick looks are made
        for name in (TRUE_COLOR_60M, THUMBNAIL):
            with suppress(KeyError, SceneUnsupported, *MALFORMED):
                assets[name] = asset_of_item(item, name, catalogue)
    return assets


def _required_assets(item: Mapping[str, Any], catalogue: Catalogue) -> Mapping[str, str]:
    present = item.get("assets") or {}
    keys = match_asset_keys(catalogue, present)
    if keys is None:
        required = (catalogue.assets[key] for key in (*BAND_KEYS, SCL) if key in catalogue.assets)
        missing = [name for name in required if name not in present]
        why = message("missing are {assets}", assets=", ".join(missing))
        if not missing:
            why = message("it has {assets}", assets=", ".join(sorted(present)[:12]) or "none")
        raise SceneUnsupported(
            message("The item {id} lacks assets for the six bands and SCL: {why}.", id=item.get("id"), why=why)
        )
    return keys


def _sensed(item: Mapping[str, Any], properties: Mapping[str, Any]) -> datetime:
    text = properties.get("datetime") or properties.get("start_datetime")
    try:
        return parse_time(str(text))
    except ValueError as error:
        raise SceneUnsupported(
            message("The item {id} has no readable time: {time!r}.", id=item.get("id"), time=text)
        ) from error


def _footprint(item: Mapping[str, Any]) -> dict[str, Any]:
    geometry = item.get("geometry")
    try:
        outline = shape(geometry or {})
        is_valid = outline.geom_type in ("Polygon", "MultiPolygon") and not outline.is_empty
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        is_valid = False
    if not is_valid or not isinstance(geometry, Mapping):
        raise SceneUnsupported(message("The item {id} has no footprint.", id=item.get("id")))
    return {"type": geometry["type"], "coordinates": geometry["coordinates"]}


def _percent(value: Any) -> float | None:  # noqa: ANN401 - whatever the catalogue writes
    """A share in percent; None where the value is none."""
    return float(value) if is_finite_number(value) and 0 <= value <= 100 else None


def _nodata(properties: Mapping[str, Any]) -> float | None:
    statistics = properties.get("statistics")
    for value in (
        properties.get("s2:nodata_pixel_percentage"),
        statistics.get("nodata") if isinstance(statistics, Mapping) else None,
    ):
        if _percent(value) is not None:
            return _percent(value)
    data_coverage = _percent(properties.get("data_coverage", properties.get("sentinel:data_coverage")))
    return None if data_coverage is None else round(100 - data_coverage, 6)


def _crs(item: Mapping[str, Any], properties: Mapping[str, Any], key: str, tile: str) -> str | None:
    """`EPSG:...` from the item or its first band; None where neither has one."""
    for source in (properties, item["assets"][key]):
        for code in (source.get("proj:code"), f"EPSG:{source.get('proj:epsg')}"):
            if _EPSG.fullmatch(str(code)):
                if code != tile_crs(tile):
                    raise SceneUnsupported(
                        message(
                            "The item {id} is in {code}, not in {crs}, the CRS of its tile {tile}.",
                            id=item.get("id"),
                            code=code,
                            crs=tile_crs(tile),
                            tile=tile,
                        )
                    )
                return str(code)
    return None


def asset_of_item(item: Mapping[str, Any], key: str, catalogue: Catalogue) -> Asset:
    """One file of an item: its absolute address, size and checksum where the item states them.

    Parameters
    ----------
    item : as parsed JSON; malformed ones raise one of the errors that `scene_from_item` turns into SceneUnsupported.
    key : of the asset.
    catalogue : decides whether files are signed.

    Raises
    ------
    SceneUnsupported : where the asset has no address, or that of a file of this machine from a catalogue elsewhere.

    """
    stac_asset = item["assets"][key]
    href = _href(item, key, stac_asset, catalogue)
    checksum = str(stac_asset.get("file:checksum") or "").lower()
    rows_columns = [_count(side) for side in stac_asset.get("proj:shape") or ()][:2]
    return Asset(
        href,
        _count(stac_asset.get("file:size")),
        checksum if _MULTIHASH.fullmatch(checksum) else None,
        (rows_columns[0], rows_columns[1]) if len(rows_columns) == 2 and all(rows_columns) else None,  # type: ignore[arg-type]
    )


def _href(item: Mapping[str, Any], key: str, stac_asset: Mapping[str, Any], catalogue: Catalogue) -> str:
    """The absolute address of an asset, by https where it lies in a bucket that needs no keys.

    Signatures that the catalogue's own service renews are cut off; any other query belongs to the address.
    """
    base = next((str(link.get("href") or "") for link in item.get("links") or [] if link.get("rel") == "self"), "")
    href = stac_asset.get("href")
    if not isinstance(href, str) or not href.strip():
        raise SceneUnsupported(message("The asset {asset} of item {id} has no URL.", id=item.get("id"), asset=key))
    href = resolve_href(href.strip(), base)
    if kind_of(href) in (S3, GS) and not (catalogue.signing == S3_KEYS and kind_of(href) == S3):
        href = _web_address(href, stac_asset.get("alternate"))
    if is_local(href) and base and not is_local(base):
        raise SceneUnsupported(
            message("The asset {asset} of item {id} is a file of this computer.", id=item.get("id"), asset=key)
        )
    return href if catalogue.signing == NO_SIGNING else strip_secrets(href)


def _web_address(href: str, alternates: object) -> str:
    """The https address of a file in a bucket: the item's alternate one, or the store's public one."""
    for alternate in alternates.values() if isinstance(alternates, Mapping) else ():
        other = alternate.get("href") if isinstance(alternate, Mapping) else None
        if isinstance(other, str) and kind_of(other) == HTTP:
            return other
    return public_url(href)


def _count(value: Any) -> int | None:  # noqa: ANN401 - whatever the catalogue writes
    """A number of bytes or pixels; None where the value is none."""
    return int(value) if is_finite_number(value) and 0 < value < 1e15 and value == int(value) else None
