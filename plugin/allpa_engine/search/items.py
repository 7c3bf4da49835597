"""From a catalogue's item to a scene: the one place where the catalogues' differences end."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from pystac.utils import str_to_datetime
from shapely.errors import ShapelyError
from shapely.geometry import shape

from ..core.bands import BAND_KEYS, SCL
from ..core.catalogues import NO_SIGNING, Catalogue, match_asset_keys
from ..core.errors import SceneUnsupported
from ..core.messages import message
from ..core.scene import Asset, Scene
from ..core.urls import resolve_href, strip_secrets
from ..geo.mgrs_tiles import scene_footprint, tile_crs
from .product_id import read_product_id
from .radiometry import radiometry_from_metadata, read_offset_metadata

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
            message("The item {id} is malformed.", id=item.get("id")), f"{type(error).__name__}: {error}"
        ) from error


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
        catalogue=catalogue.key,
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
        cloud_percent=_number(properties.get("eo:cloud_cover")),
        nodata_percent=_nodata(properties),
        crs=_crs(item, properties, keys["B02"], product_id.tile),
        assets={band: _asset(item, keys[band], catalogue) for band in (*BAND_KEYS, SCL)},
        radiometry=radiometry,
    )
    if not scene_footprint(scene).area > 0:
        raise SceneUnsupported(
            message("The item {id} has a footprint outside its tile {tile}.", id=scene.id, tile=scene.tile)
        )
    return scene


def _required_assets(item: Mapping[str, Any], catalogue: Catalogue) -> Mapping[str, str]:
    present = item.get("assets") or {}
    keys = match_asset_keys(catalogue, present)
    if keys is None:
        missing = [name for name in catalogue.assets.values() if name not in present]
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
        moment = str_to_datetime(str(text))
    except ValueError as error:
        raise SceneUnsupported(
            message("The item {id} has no readable time: {time!r}.", id=item.get("id"), time=text)
        ) from error
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)


def _footprint(item: Mapping[str, Any]) -> dict[str, Any]:
    geometry = item.get("geometry")
    try:
        outline = shape(geometry or {})
        is_valid = outline.geom_type in ("Polygon", "MultiPolygon") and not outline.is_empty
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        is_valid = False
    if not is_valid or not isinstance(geometry, Mapping):
        raise SceneUnsupported(message("The item {id} has no footprint.", id=item.get("id")))
    return {"type": geometry["type"], "coordinates": _nested_lists(geometry["coordinates"])}


def _nested_lists(values: Any) -> Any:  # noqa: ANN401 - GeoJSON nests its lists to different depths
    """Nested sequences as lists, so that a footprint equals itself after a round trip through JSON."""
    return [_nested_lists(value) for value in values] if isinstance(values, (list, tuple)) else values


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def _nodata(properties: Mapping[str, Any]) -> float | None:
    for value in (properties.get("s2:nodata_pixel_percentage"), (properties.get("statistics") or {}).get("nodata")):
        if _number(value) is not None:
            return _number(value)
    data_coverage = _number(properties.get("data_coverage", properties.get("sentinel:data_coverage")))
    return None if data_coverage is None else round(100 - data_coverage, 6)


def _crs(item: Mapping[str, Any], properties: Mapping[str, Any], key: str, tile: str) -> str | None:
    """`EPSG:...` from the item or its first band; None where neither tells."""
    for source in (properties, item["assets"][key]):
        for code in (source.get("proj:code"), f"EPSG:{source.get('proj:epsg')}"):
            if _EPSG.match(str(code)):
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


def _asset(item: Mapping[str, Any], key: str, catalogue: Catalogue) -> Asset:
    stac_asset = item["assets"][key]
    if not stac_asset.get("href"):
        raise SceneUnsupported(message("The asset {asset} of item {id} has no URL.", id=item.get("id"), asset=key))
    base = next((link.get("href", "") for link in item.get("links") or [] if link.get("rel") == "self"), "")
    href = resolve_href(str(stac_asset["href"]), str(base))
    if catalogue.signing != NO_SIGNING:
        href = strip_secrets(href)  # these files are signed anew when they are fetched
    size, checksum = stac_asset.get("file:size"), str(stac_asset.get("file:checksum") or "").lower()
    proj_shape = stac_asset.get("proj:shape")
    shape_px = (int(proj_shape[0]), int(proj_shape[1])) if proj_shape else None
    return Asset(href, int(size) if size else None, checksum if _MULTIHASH.match(checksum) else None, shape_px)
