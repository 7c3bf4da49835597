"""From a catalogue's item to a scene: the one place where the catalogues' differences end."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from pystac.utils import str_to_datetime
from shapely.errors import ShapelyError
from shapely.geometry import shape

from ..core.bands import BAND_KEYS, SCL
from ..core.catalogues import Catalogue, asset_keys
from ..core.errors import SceneUnsupported
from ..core.messages import said
from ..core.scene import Asset, Scene
from ..geo.mgrs_tiles import footprint_of, tile_crs
from .product_id import identity_of
from .radiometry import facts_of, radiometry_of

_EPSG = re.compile(r"^EPSG:(\d+)$")
_MULTIHASH = re.compile(r"^(?:[0-9a-f]{2})+$")


def scene_from_item(item: Mapping[str, Any], catalogue: Catalogue) -> Scene:
    """Make a scene of a STAC item (as a dictionary).

    Raises
    ------
    SceneUnsupported : where the item is not Sentinel-2 L2A, lacks a band, contradicts itself, or leaves its radiometry
        open; the message says which.

    """
    try:
        return _scene(item, catalogue)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ShapelyError) as error:
        raise SceneUnsupported(
            said("The item {id} is malformed.", id=item.get("id")), f"{type(error).__name__}: {error}"
        ) from error


def _scene(item: Mapping[str, Any], catalogue: Catalogue) -> Scene:
    facts = item.get("properties") or {}
    who = identity_of(item)
    if who.level != "L2A":
        raise SceneUnsupported(
            said(
                "The item {id} is not of Level-2A (it is {level}).",
                id=item.get("id"),
                level=who.level or "of unknown level",
            )
        )
    sensed = _sensed(item, facts)
    keys = _required_assets(item, catalogue)
    decided = radiometry_of(facts_of(item, keys, who.baseline, sensed.date(), catalogue.radiometry))
    scene = Scene(
        id=str(item["id"]),
        catalogue=catalogue.key,
        collection=str(item.get("collection") or catalogue.collection),
        tile=who.tile,
        sensed=sensed,
        platform=who.platform,
        baseline=who.baseline,
        relative_orbit=who.relative_orbit,
        datastrip_start=who.datastrip_start,
        datatake_start=who.datatake_start,
        generated=who.generated,
        footprint=_footprint(item),
        cloud_percent=_number(facts.get("eo:cloud_cover")),
        nodata_percent=_nodata(facts),
        crs=_crs(item, facts, keys["B02"], who.tile),
        assets={band: _asset(item, keys[band]) for band in (*BAND_KEYS, SCL)},
        radiometry=decided,
    )
    if not footprint_of(scene).area > 0:
        raise SceneUnsupported(
            said("The item {id} has a footprint outside its tile {tile}.", id=scene.id, tile=scene.tile)
        )
    return scene


def unsigned(href: str) -> str:
    """An href without its query, where signatures stand."""
    parts = urlsplit(href)
    return urlunsplit(parts._replace(query="", fragment="")) if parts.scheme in ("http", "https") else href


def _required_assets(item: Mapping[str, Any], catalogue: Catalogue) -> Mapping[str, str]:
    present = item.get("assets") or {}
    keys = asset_keys(catalogue, present)
    if keys is None:
        missing = [name for name in catalogue.assets.values() if name not in present]
        why = said("missing are {assets}", assets=", ".join(missing))
        if not missing:
            why = said("it has {assets}", assets=", ".join(sorted(present)[:12]) or "none")
        raise SceneUnsupported(
            said("The item {id} lacks assets for the six bands and SCL: {why}.", id=item.get("id"), why=why)
        )
    return keys


def _sensed(item: Mapping[str, Any], facts: Mapping[str, Any]) -> datetime:
    text = facts.get("datetime") or facts.get("start_datetime")
    try:
        moment = str_to_datetime(str(text))
    except ValueError as error:
        raise SceneUnsupported(
            said("The item {id} has no readable time: {time!r}.", id=item.get("id"), time=text)
        ) from error
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)


def _footprint(item: Mapping[str, Any]) -> dict[str, Any]:
    geometry = item.get("geometry")
    try:
        outline = shape(geometry or {})
        usable = outline.geom_type in ("Polygon", "MultiPolygon") and not outline.is_empty
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        usable = False
    if not usable or not isinstance(geometry, Mapping):
        raise SceneUnsupported(said("The item {id} has no footprint.", id=item.get("id")))
    return {"type": geometry["type"], "coordinates": _lists(geometry["coordinates"])}


def _lists(values: Any) -> Any:  # noqa: ANN401 - GeoJSON nests its lists to different depths
    """Nested sequences as lists, so that a footprint equals itself after a round trip through JSON."""
    return [_lists(value) for value in values] if isinstance(values, (list, tuple)) else values


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def _nodata(facts: Mapping[str, Any]) -> float | None:
    for value in (facts.get("s2:nodata_pixel_percentage"), (facts.get("statistics") or {}).get("nodata")):
        if _number(value) is not None:
            return _number(value)
    covered = _number(facts.get("data_coverage", facts.get("sentinel:data_coverage")))
    return None if covered is None else round(100 - covered, 6)


def _crs(item: Mapping[str, Any], facts: Mapping[str, Any], key: str, tile: str) -> str | None:
    """`EPSG:...` from the item or its first band; None where neither tells."""
    for holder in (facts, item["assets"][key]):
        for code in (holder.get("proj:code"), f"EPSG:{holder.get('proj:epsg')}"):
            if _EPSG.match(str(code)):
                if code != tile_crs(tile):
                    raise SceneUnsupported(
                        said(
                            "The item {id} is in {code}, not in {crs}, the CRS of its tile {tile}.",
                            id=item.get("id"),
                            code=code,
                            crs=tile_crs(tile),
                            tile=tile,
                        )
                    )
                return str(code)
    return None


def _asset(item: Mapping[str, Any], key: str) -> Asset:
    told = item["assets"][key]
    if not told.get("href"):
        raise SceneUnsupported(
            said("The item {id} has no address for its asset {asset}.", id=item.get("id"), asset=key)
        )
    base = next((link.get("href", "") for link in item.get("links") or [] if link.get("rel") == "self"), "")
    href = unsigned(urljoin(base, told["href"]) if base else str(told["href"]))
    size, checksum = told.get("file:size"), str(told.get("file:checksum") or "").lower()
    told_shape = told.get("proj:shape")
    shape_px = (int(told_shape[0]), int(told_shape[1])) if told_shape else None
    return Asset(href, int(size) if size else None, checksum if _MULTIHASH.match(checksum) else None, shape_px)
