"""The scene list: a selection as a file that people, QGIS and other STAC tools can read.

A STAC ItemCollection with one item per candidate, selected or not. Fields that STAC does not define begin with
`allpa:`; the region, the notes of the search and the acquisition days are foreign members of the collection. URLs are
never signed.

A person may edit it: `allpa:chosen` decides what is fetched; a candidate with `allpa:choice` "by hand" that is not
chosen never replaces another one; `allpa:proposed` and `allpa:proposed_reason` hold what the automatic selection had
decided.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from shapely.geometry import MultiPolygon, shape

from .. import __version__
from ..core.atomic import write_json
from ..core.bands import BAND_KEYS, SCL
from ..core.catalogues import CATALOGUES
from ..core.errors import AllpaError, JobInvalid
from ..core.messages import message_from_json, messages_to_json
from ..core.scene import (
    BY_HAND,
    Asset,
    Candidate,
    Radiometry,
    Scene,
    Selection,
    TileYear,
)
from ..core.urls import strip_secrets, suffix_of
from ..geo.region import Region, region_from_geojson

STAC_VERSION = "1.1.0"
_SCENE_KEYS = ("catalogue", "tile", "baseline", "datastrip_start", "datatake_start", "generation_time")
_FORMAT = 1
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
            "allpa:format": _FORMAT,
            "allpa:version": __version__,
            "allpa:region": _to_lists(region.geojson),
            "allpa:region_name": region.name,
            "allpa:notes": list(selection.notes),
            "allpa:messages": messages_to_json(
                [*selection.notes, *(candidate.reason for candidate in selection.candidates)]
            ),
            "allpa:coverage": [asdict(tile_year) for tile_year in selection.coverage],
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
        values = json.loads(Path(path).read_text(encoding="utf-8"))
        if values.get("allpa:format") != _FORMAT:
            raise JobInvalid(
                f"{name} is not a scene list of Allpa.",
                next_step="Choose a file that the step 'search scenes' wrote.",
            )
        messages = values.get("allpa:messages", {})
        candidates = tuple(_candidate_from_item(item, messages) for item in values["features"])
        notes = tuple(message_from_json(str(note), messages) for note in values.get("allpa:notes", ()))
        region = region_from_geojson(values["allpa:region"], values.get("allpa:region_name", ""))
        coverage = tuple(_tile_year_from_json(entry) for entry in values.get("allpa:coverage", ()))
        return Selection(candidates, notes, coverage), region
    except AllpaError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise JobInvalid(f"The scene list {name} cannot be read.", f"{type(error).__name__}: {error}") from error


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
        **{f"allpa:{key}": getattr(scene, key) for key in _SCENE_KEYS},
        "allpa:offset": scene.radiometry.offset,
        "allpa:basis": scene.radiometry.basis,
        "allpa:pixel_test": scene.radiometry.pixel_test,
        "allpa:decided_offset": applied_radiometry.offset if applied_radiometry else None,
        "allpa:decided_basis": applied_radiometry.basis if applied_radiometry else None,
        "allpa:chosen": candidate.chosen,
        "allpa:reason": candidate.reason,
        "allpa:rank": candidate.rank,
        "allpa:clear_share": candidate.clear_share,
        "allpa:choice": BY_HAND if candidate.by_hand else None,
        "allpa:region_cloud_percent": candidate.region_cloud_percent,
        "allpa:fetch_bytes": candidate.fetch_bytes,
    }
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": [],
        "id": scene.id,
        "collection": scene.collection,
        "geometry": _to_lists(scene.footprint),
        "bbox": _bbox(scene.footprint),
        "properties": {key: value for key, value in properties.items() if value is not None},
        "links": [{"rel": "collection", "href": _collection_href(scene), "type": "application/json"}],
        "assets": {band: _asset_to_json(band, scene.assets[band]) for band in (*BAND_KEYS, SCL)},
    }


def _candidate_from_item(item: Mapping[str, Any], messages: Mapping[str, Any]) -> Candidate:
    facts = item["properties"]
    texts = {key: facts.get(f"allpa:{key}") for key in _SCENE_KEYS}
    orbit = facts.get("sat:relative_orbit")
    scene = Scene(
        id=str(item["id"]),
        collection=str(item["collection"]),
        sensing_time=datetime.fromisoformat(facts["datetime"].replace("Z", "+00:00")),
        platform=f"S{facts['platform'].removeprefix('sentinel-').upper()}",
        relative_orbit=None if orbit is None else int(orbit),
        footprint=item["geometry"],
        cloud_percent=facts.get("eo:cloud_cover"),
        nodata_percent=facts.get("s2:nodata_pixel_percentage"),
        crs=facts.get("proj:code"),
        assets={key: _asset_from_json(item["assets"][key]) for key in (*BAND_KEYS, SCL)},
        radiometry=Radiometry(int(facts["allpa:offset"]), facts["allpa:basis"], facts["allpa:pixel_test"]),
        catalogue=str(texts["catalogue"]),
        tile=str(texts["tile"]),
        baseline=texts["baseline"],
        datastrip_start=texts["datastrip_start"],
        datatake_start=texts["datatake_start"],
        generation_time=texts["generation_time"] or "",
    )
    return Candidate(
        scene,
        bool(facts["allpa:chosen"]),
        message_from_json(str(facts["allpa:reason"]), messages),
        float(facts["allpa:clear_share"]),
        int(facts["allpa:rank"]),
        facts.get("allpa:choice") == BY_HAND,
        facts.get("allpa:region_cloud_percent"),
        facts.get("allpa:fetch_bytes"),
    )


def _tile_year_from_json(values: Mapping[str, Any]) -> TileYear:
    gap = values["gap"]
    return TileYear(**{**values, "gap": tuple(gap) if gap else None})


def _asset_to_json(band: str, asset: Asset) -> dict[str, Any]:
    href = strip_secrets(asset.href)
    values = {
        "href": href,
        "title": band,
        "type": _MEDIA_TYPES.get(suffix_of(href)),
        "roles": ["data"],
        "file:size": asset.size,
        "file:checksum": asset.checksum,
        "proj:shape": list(asset.shape) if asset.shape else None,
    }
    return {key: value for key, value in values.items() if value is not None}


def _asset_from_json(values: Mapping[str, Any]) -> Asset:
    rows_columns = values.get("proj:shape")
    return Asset(
        str(values["href"]),
        values.get("file:size"),
        values.get("file:checksum"),
        (int(rows_columns[0]), int(rows_columns[1])) if rows_columns else None,
    )


def _collection_href(scene: Scene) -> str:
    known = CATALOGUES.get(scene.catalogue)
    root = strip_secrets(known.url if known else scene.catalogue)
    return f"{root.rstrip('/')}/collections/{scene.collection}"


def _bbox(footprint: Mapping[str, Any]) -> list[float]:
    """West, south, east, north; west is greater than east where a footprint is cut at the antimeridian (RFC 7946)."""
    outline = shape(dict(footprint))
    west, south, east, north = outline.bounds
    if east - west > 180 and isinstance(outline, MultiPolygon):
        west = min(part.bounds[0] for part in outline.geoms if part.bounds[0] >= 0)
        east = max(part.bounds[2] for part in outline.geoms if part.bounds[0] < 0)
    return [west, south, east, north]


def _to_lists(value: Any) -> Any:  # noqa: ANN401 - GeoJSON nests to different depths
    if isinstance(value, Mapping):
        return {key: _to_lists(member) for key, member in value.items()}
    return [_to_lists(member) for member in value] if isinstance(value, (list, tuple)) else value
