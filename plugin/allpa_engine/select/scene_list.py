"""The scene list: a selection as a file that people, QGIS and other STAC tools can read.

A STAC ItemCollection with one item per candidate, selected or not. Fields that STAC does not define begin with
`allpa:`; the region, the notes of the search and the acquisition days are foreign members of the collection. URLs are
never signed.

A person may edit it: `allpa:chosen` decides what is fetched; a candidate with `allpa:choice` "by hand" that is not
chosen never replaces another one; `allpa:proposed` and `allpa:proposed_reason` hold what the automatic selection had
decided.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from shapely.errors import ShapelyError
from shapely.geometry import MultiPolygon, shape

from .. import __version__
from ..core import scene_list_keys as keys
from ..core.atomic import write_json
from ..core.bands import ALL_BAND_KEYS, BAND_KEYS, REFLECTANCE_SCALE, SCL, THUMBNAIL, TRUE_COLOR_60M
from ..core.errors import JobInvalid, SceneUnsupported
from ..core.geojson import check_polygon
from ..core.json_input import read_json
from ..core.messages import message, message_from_json, messages_to_json, text_of
from ..core.scene import (
    BY_HAND,
    Asset,
    Candidate,
    Radiometry,
    Scene,
    Selection,
    TileYear,
)
from ..core.stac import STAC_VERSION, collection_address
from ..core.urls import strip_secrets, suffix_of
from ..geo.mgrs_tiles import scene_footprint, tile_crs
from ..geo.region import Region, region_from_geojson
from ..search.times import parse_time
from .list_fields import ListFields

_ROLES = {TRUE_COLOR_60M: "visual", THUMBNAIL: "thumbnail"}
_LAYERS = (*ALL_BAND_KEYS, SCL, TRUE_COLOR_60M, THUMBNAIL)
_ROUNDING = 1e-9
"""Earlier versions wrote shares of 1 that rounding had made larger by less than this."""
"""Of a scene; the six bands and SCL must be there, lists of earlier versions have no others."""
_MEDIA_TYPES = {
    ".tif": "image/tiff; application=geotiff",
    ".tiff": "image/tiff; application=geotiff",
    ".jp2": "image/jp2",
}


def write_scene_list(
    selection: Selection,
    region: Region,
    path: str | os.PathLike[str],
    applied_radiometry: Mapping[str, Radiometry] | None = None,
) -> None:
    """Write a selection, whole or not at all; `read_scene_list` gives the same selection and region back.

    Parameters
    ----------
    selection, region
        What `read_scene_list` gives back.
    path
        The file to write.
    applied_radiometry
        By scene id, the offsets that were removed when the scenes were read. They are written for the record and not
        read back: the offset is decided again from the catalogue's metadata when the list is used.

    """
    write_json(
        path,
        {
            "type": "FeatureCollection",
            "features": [
                _item_from_candidate(candidate, (applied_radiometry or {}).get(candidate.scene.id))
                for candidate in selection.candidates
            ],
            keys.FORMAT: keys.FORMAT_VERSION,
            keys.VERSION: __version__,
            keys.REGION: region.geojson,
            keys.REGION_NAME: region.name,
            keys.NOTES: list(selection.notes),
            keys.MESSAGES: messages_to_json(
                [*selection.notes, *selection.warnings, *(candidate.reason for candidate in selection.candidates)]
            ),
            keys.WARNINGS: list(selection.warnings),
            keys.COVERAGE: [asdict(tile_year) for tile_year in selection.coverage],
            keys.COVERED_SHARE: selection.covered_share,
            keys.GAP: selection.gap,
            keys.SIGNED: selection.signed or any(map(_has_signed_urls, selection.candidates)),
        },
    )


def read_scene_list(path: str | os.PathLike[str]) -> tuple[Selection, Region]:
    """Read a scene list, written by Allpa or edited.

    Returns
    -------
    selection : Selection
        The candidates marked `allpa:chosen` are those to be fetched.
    region : Region
        The region that was searched.

    Raises
    ------
    JobInvalid
        Where the file is missing or is not a scene list of Allpa.

    """
    name = Path(path).name
    try:
        values = read_json(path)
    except ValueError as error:
        raise JobInvalid(message("The scene list {name} cannot be read.", name=name), text_of(error)) from error
    if not isinstance(values, Mapping) or values.get(keys.FORMAT) != keys.FORMAT_VERSION:
        raise JobInvalid(
            message("{name} is not a scene list of Allpa.", name=name),
            next_step="Choose a file that the step 'search scenes' wrote.",
        )
    fields = ListFields(values, message("The scene list {name}", name=name))
    messages = values.get(keys.MESSAGES)
    messages = messages if isinstance(messages, Mapping) else {}
    candidates = tuple(
        _candidate_from_item(
            ListFields(item, message("Scene {number} of {name}", number=number, name=name)), item, messages
        )
        for number, item in enumerate(fields.values("features"), start=1)
    )
    _check_unique([candidate.scene.id for candidate in candidates], name)
    fields.object(keys.REGION)
    region = region_from_geojson(values[keys.REGION], fields.optional_text(keys.REGION_NAME) or "")
    gap = values.get(keys.GAP)
    if gap is not None:
        check_polygon(gap, message("The gap in {name}", name=name))
    selection = Selection(
        candidates,
        tuple(message_from_json(note, messages) for note in fields.texts(keys.NOTES)),
        tuple(
            _tile_year_from_json(
                ListFields(entry, message("Entry {number} of 'allpa:coverage' in {name}", number=number, name=name))
            )
            for number, entry in enumerate(fields.values(keys.COVERAGE), start=1)
        ),
        tuple(message_from_json(note, messages) for note in fields.texts(keys.WARNINGS)),
        fields.optional_number(keys.COVERED_SHARE, 0, 1),
        gap,
        keys.SIGNED in values and fields.flag(keys.SIGNED),
    )
    return selection, region


def _has_signed_urls(candidate: Candidate) -> bool:
    return any(strip_secrets(asset.href) != asset.href for asset in candidate.scene.assets.values())


def _check_unique(identifiers: list[str], name: str) -> None:
    twice = next((identifier for identifier, count in Counter(identifiers).items() if count > 1), None)
    if twice is not None:
        raise JobInvalid(message("The scene list {name} has the scene {twice} more than once.", name=name, twice=twice))


def _item_from_candidate(candidate: Candidate, applied_radiometry: Radiometry | None) -> dict[str, Any]:
    scene = candidate.scene
    properties = {
        "datetime": scene.sensing_time.isoformat().replace("+00:00", "Z"),
        "platform": f"sentinel-{scene.platform[1:].lower()}",
        "constellation": "sentinel-2",
        "grid:code": f"MGRS-{scene.tile}",
        "eo:cloud_cover": scene.cloud_percent,
        "s2:nodata_pixel_percentage": scene.nodata_percent,
        "sat:relative_orbit": scene.relative_orbit,
        "proj:code": scene.crs,
        keys.CATALOGUE: scene.catalogue,
        keys.TILE: scene.tile,
        keys.BASELINE: scene.baseline,
        keys.DATASTRIP_START: scene.datastrip_start,
        keys.DATATAKE_START: scene.datatake_start,
        keys.GENERATION_TIME: scene.generation_time,
        keys.OFFSET: scene.radiometry.offset,
        keys.BASIS: scene.radiometry.basis,
        keys.PIXEL_TEST: scene.radiometry.pixel_test,
        keys.DECIDED_OFFSET: applied_radiometry.offset if applied_radiometry else None,
        keys.DECIDED_BASIS: applied_radiometry.basis if applied_radiometry else None,
        keys.CHOSEN: candidate.chosen,
        keys.REASON: candidate.reason,
        keys.RANK: candidate.rank,
        keys.CLEAR_SHARE: candidate.clear_share,
        keys.CHOICE: BY_HAND if candidate.by_hand else None,
        keys.REGION_CLOUD_PERCENT: candidate.region_cloud_percent,
        keys.FETCH_BYTES: candidate.fetch_bytes,
    }
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": [],
        "id": scene.id,
        "collection": scene.collection,
        "geometry": scene.footprint,
        "bbox": _bbox(scene.footprint),
        "properties": {key: value for key, value in properties.items() if value is not None},
        "links": [
            {
                "rel": "collection",
                "href": collection_address(scene.catalogue, scene.collection),
                "type": "application/json",
            }
        ],
        "assets": {band: _asset_to_json(band, scene.assets[band]) for band in _LAYERS if band in scene.assets},
    }


def _candidate_from_item(fields: ListFields, item: Mapping[str, Any], messages: Mapping[str, Any]) -> Candidate:
    facts, assets = fields.object("properties"), fields.object("assets")
    tile = facts.text(keys.TILE, r"\d\d[A-Z]{3}")
    try:
        crs = tile_crs(tile)
        sensing_time = parse_time(facts.text("datetime"))
    except (SceneUnsupported, ValueError) as error:
        raise JobInvalid(message("{where} cannot be used.", where=fields.where), text_of(error)) from error
    scene = Scene(
        id=fields.name("id"),
        collection=fields.text("collection"),
        sensing_time=sensing_time,
        platform=f"S{facts.text('platform', 'sentinel-2[a-d]')[-2:].upper()}",
        relative_orbit=facts.optional_whole("sat:relative_orbit", 1, 143),
        footprint=item.get("geometry") or {},
        cloud_percent=facts.optional_number("eo:cloud_cover", 0, 100),
        nodata_percent=facts.optional_number("s2:nodata_pixel_percentage", 0, 100),
        crs=facts.optional_text("proj:code", crs),
        assets={
            band: _asset_from_json(assets.object(band))
            for band in _LAYERS
            if band in (*BAND_KEYS, SCL) or band in item["assets"]
        },
        radiometry=Radiometry(
            facts.whole(keys.OFFSET, 0, REFLECTANCE_SCALE),
            facts.text(keys.BASIS),
            facts.choice(keys.PIXEL_TEST, ("none", "confirm", "require")),
        ),
        catalogue=facts.text(keys.CATALOGUE),
        tile=tile,
        baseline=facts.optional_text(keys.BASELINE, r"\d\d\.\d\d"),
        datastrip_start=facts.optional_text(keys.DATASTRIP_START, r"\d{8}T\d{6}"),
        datatake_start=facts.optional_text(keys.DATATAKE_START, r"\d{8}T\d{6}"),
        generation_time=facts.optional_text(keys.GENERATION_TIME) or "",
    )
    _check_footprint(scene, fields.where)
    return Candidate(
        scene,
        facts.flag(keys.CHOSEN),
        message_from_json(facts.text(keys.REASON), messages),
        min(facts.number(keys.CLEAR_SHARE, 0, 1 + _ROUNDING), 1),
        facts.whole(keys.RANK, 1, 1_000_000),
        facts.optional_text(keys.CHOICE) == BY_HAND,
        facts.optional_number(keys.REGION_CLOUD_PERCENT, 0, 100),
        facts.optional_whole(keys.FETCH_BYTES, 0, 10**15),
    )


def _check_footprint(scene: Scene, where: str) -> None:
    """Refuse a footprint that is not a polygon or cannot be projected; it may lie outside the scene's tile."""
    try:
        outline = shape(dict(scene.footprint))
        scene_footprint(scene)
        is_polygon = outline.geom_type in ("Polygon", "MultiPolygon") and 0 < outline.area < math.inf
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError, IndexError, ArithmeticError, RecursionError):
        is_polygon = False
    if not is_polygon:
        raise JobInvalid(message("The geometry of {where!l} is not a polygon.", where=where))


def _tile_year_from_json(fields: ListFields) -> TileYear:
    gap = list(fields.texts("gap"))
    return TileYear(
        fields.text("tile"),
        fields.whole("year", 2015, 2200),
        fields.whole("acquisition_days", 0, 366),
        fields.number("expected_days", 0, 1000),
        fields.flag("suspicious"),
        (gap[0], gap[1]) if len(gap) == 2 else None,
    )


def _asset_to_json(band: str, asset: Asset) -> dict[str, Any]:
    href = strip_secrets(asset.href)
    values = {
        "href": href,
        "title": band,
        "type": _MEDIA_TYPES.get(suffix_of(href)),
        "roles": [_ROLES.get(band, "data")],
        "file:size": asset.size,
        "file:checksum": asset.checksum,
        "proj:shape": list(asset.shape) if asset.shape else None,
    }
    return {key: value for key, value in values.items() if value is not None}


def _asset_from_json(fields: ListFields) -> Asset:
    rows_columns = fields.values("proj:shape")
    if rows_columns and not (
        len(rows_columns) == 2 and all(isinstance(side, int) and 0 < side < 10**6 for side in rows_columns)
    ):
        raise JobInvalid(
            message("{where} has a wrong 'proj:shape': two numbers of pixels are needed.", where=fields.where)
        )
    return Asset(
        fields.name("href", 8000),
        fields.optional_whole("file:size", 1, 10**15),
        fields.optional_text("file:checksum", r"(?:[0-9a-f]{2})+"),
        (rows_columns[0], rows_columns[1]) if rows_columns else None,
    )


def _bbox(footprint: Mapping[str, Any]) -> list[float]:
    """West, south, east, north; west is greater than east where a footprint is cut at the antimeridian (RFC 7946)."""
    outline = shape(dict(footprint))
    west, south, east, north = outline.bounds
    if east - west > 180 and isinstance(outline, MultiPolygon):
        west = min(part.bounds[0] for part in outline.geoms if part.bounds[0] >= 0)
        east = max(part.bounds[2] for part in outline.geoms if part.bounds[0] < 0)
    return [west, south, east, north]
