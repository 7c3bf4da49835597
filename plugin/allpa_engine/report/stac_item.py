"""Provenance: the STAC item beside the map, with all that is needed to make the map again."""

from __future__ import annotations

import math
import os
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from shapely.geometry import box, mapping

from ..areas.table import AreaTable
from ..core.atomic import write_json
from ..core.file_hash import file_hash
from ..core.legend import LEGEND, NO_DATA, LandClass
from ..core.products import LANDCOVER, QUALITY, band_description
from ..core.scene import Scene
from ..core.stac import STAC_VERSION, item_address
from ..geo.grid import Grid
from ..geo.pixel_area import central_pixel_m2
from ..geo.projection import WGS84, reprojected
from ..geo.region import Region
from .facts import ReportFacts

EXTENSIONS = (
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "https://stac-extensions.github.io/file/v2.1.0/schema.json",
    "https://stac-extensions.github.io/classification/v2.0.0/schema.json",
    "https://stac-extensions.github.io/processing/v1.2.0/schema.json",
)
_LICENCE = {
    "rel": "license",
    "href": "https://sentinel.esa.int/documents/247904/690755/Sentinel_Data_Legal_Notice",
    "title": "Legal notice on the use of Copernicus Sentinel data",
}
_SHA2_256 = "1220"
"""Multihash prefix: function 0x12 (SHA2-256), 0x20 bytes."""
_COG = "image/tiff; application=geotiff; profile=cloud-optimized"
_ASSETS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "landcover": ("Land cover", _COG, ("data",)),
    "plain_landcover": ("Land cover by the votes alone", _COG, ("data",)),
    "quality": ("Quality of the land cover", _COG, ("metadata", "data-mask")),
    "areas": ("Class areas", "text/csv", ("metadata",)),
    "areas_data": ("Class areas, for programs", "application/json", ("metadata",)),
    "report": ("Report", "text/html", ("metadata",)),
    "picture": ("Map picture", "image/png", ("overview",)),
    "scenes": ("Scenes, selected and not selected", "application/geo+json", ("metadata",)),
    "scene_list": ("Scene list, as given", "application/geo+json", ("metadata",)),
    "weight_table": ("Class weights, as given", "application/json", ("metadata",)),
    "model": ("Model, as given", "application/octet-stream", ("metadata",)),
    "decision_model": ("Model of the annual decision, as given", "application/json", ("metadata",)),
}
"""Title, media type and roles by the names of a run's result."""
_BUNDLED_LINEAGE = (
    "Six bands of each scene as surface reflectance, classified by a UNet, merged by a class-weighted mode."
)
_OWN_LINEAGE = (
    "Each scene as surface reflectance, classified by a model of own classes, merged by a class-weighted mode."
)
_COMPOSITES_LINEAGE = (
    "Seasonal composites of scenes as surface reflectance, classified pixel by pixel by a model of own classes."
)
_RASTERS = {"landcover": LANDCOVER, "plain_landcover": LANDCOVER, "quality": QUALITY}


def write_stac_item(path: str | os.PathLike[str], facts: ReportFacts, region: Region | None = None) -> None:
    """Write the STAC item of a map.

    It holds the sizes and hashes of the other files, so call it after they are written; those that do not exist are
    left out.

    Parameters
    ----------
    path : of the JSON file, written whole or not at all; its name without suffix is the item's id.
    facts : of the map, as for its report.
    region : the land that was mapped; None takes the outline of the map.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    write_json(path, build_stac_item(Path(path), facts, region))


def build_stac_item(path: Path, facts: ReportFacts, region: Region | None = None) -> dict[str, Any]:
    """The STAC item of a map as JSON values.

    Parameters
    ----------
    path : where the item will stand: hrefs are relative to it, and its name without suffix is the item's id.
    facts : of the map, as for its report; files that do not exist are left out.
    region : the land that was mapped; None takes the outline of the map.

    Returns
    -------
    A GeoJSON Feature in longitude and latitude.

    """
    grid = facts.image.grid
    geometry = region.geojson if region is not None else _footprint(grid)
    scenes = [candidate.scene for candidate in facts.used]
    paths_by_name = {**facts.paths, **facts.inputs}
    files = {name: Path(paths_by_name[name]) for name in _ASSETS if paths_by_name.get(name)}
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": list(EXTENSIONS),
        "id": path.stem,
        "geometry": geometry,
        "bbox": list(region.bounds) if region is not None else _bounds(geometry),
        "properties": _properties(facts, scenes, grid),
        "links": [*(_derived_from(scene) for scene in scenes), _LICENCE],
        "assets": {name: _asset(name, file, path, facts.table) for name, file in files.items() if file.is_file()},
    }


def _properties(facts: ReportFacts, scenes: Sequence[Scene], grid: Grid) -> dict[str, Any]:
    software = {key: value for key, value in facts.versions.items() if key != "model_hash"}
    return {
        "title": " ".join(part for part in (facts.region_name, "land cover", facts.period) if part),
        "description": _description(facts, len(scenes)),
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z"),
        **_times(facts.job, scenes),
        "gsd": round(math.sqrt(central_pixel_m2(grid)), 2),
        "proj:code": grid.crs if grid.crs.startswith("EPSG:") else None,
        **({} if grid.crs.startswith("EPSG:") else {"proj:wkt2": grid.crs}),
        "proj:shape": [grid.height, grid.width],
        "proj:transform": [grid.resolution, 0.0, grid.left, 0.0, -grid.resolution, grid.top],
        "proj:bbox": list(grid.bounds),
        "license": "other",
        "providers": [
            {"name": "European Union, Copernicus Sentinel-2", "roles": ["producer", "licensor"]},
        ],
        "processing:level": "L4",
        "processing:lineage": _lineage(facts),
        **({"processing:software": software} if software else {}),
        "allpa:job": dict(facts.job),
        "allpa:model_hash": facts.versions.get("model_hash", ""),
        "allpa:inference": dict(facts.inference),
        "allpa:scenes": [_scene_facts(scene) for scene in scenes],
        "allpa:failures": [asdict(failure) for failure in facts.failures],
        "allpa:composite": dict(facts.composite),
    }


def _is_of_composites(facts: ReportFacts) -> bool:
    return "seasons" in facts.composite


def _description(facts: ReportFacts, scene_count: int) -> str:
    method = f"class-weighted mode of {scene_count}"
    if _is_of_composites(facts):
        method = f"classified seasonal composites of {facts.composite['scene_count']}"
    return (
        f"Annual land cover of {_class_count(facts.table)}: {method} Sentinel-2 scenes. Contains modified Copernicus "
        "Sentinel data."
    )


def _lineage(facts: ReportFacts) -> str:
    if _is_of_composites(facts):
        return _COMPOSITES_LINEAGE
    return _BUNDLED_LINEAGE if tuple(facts.table.legend) == LEGEND else _OWN_LINEAGE


def _class_count(table: AreaTable) -> str:
    return "ten classes" if tuple(table.legend) == LEGEND else f"{len(table.legend)} classes of the user's own"


def _times(job: Mapping[str, Any], scenes: Sequence[Scene]) -> dict[str, str | None]:
    if job.get("start") and job.get("end"):
        first, last = f"{job['start']}T00:00:00Z", f"{job['end']}T23:59:59Z"
    elif scenes:
        sensing_times = sorted(scene.sensing_time.astimezone(timezone.utc) for scene in scenes)
        first, last = (moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (sensing_times[0], sensing_times[-1]))
    else:
        return {"datetime": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")}
    return {"datetime": None, "start_datetime": first, "end_datetime": last}


def _scene_facts(scene: Scene) -> dict[str, Any]:
    return {
        "id": scene.id,
        "catalogue": scene.catalogue,
        "collection": scene.collection,
        "tile": scene.tile,
        "datetime": scene.sensing_time.isoformat(),
        "platform": scene.platform,
        "baseline": scene.baseline,
        "cloud_percent": scene.cloud_percent,
        "offset": scene.radiometry.offset,
        "offset_basis": scene.radiometry.basis,
    }


def _derived_from(scene: Scene) -> dict[str, str]:
    return {
        "rel": "derived_from",
        "href": item_address(scene.catalogue, scene.collection, scene.id),
        "type": "application/geo+json",
        "title": scene.id,
    }


def _asset(name: str, file: Path, item: Path, table: AreaTable) -> dict[str, Any]:
    title, media_type, roles = _ASSETS[name]
    asset: dict[str, Any] = {
        "href": _relative_href(file, item.parent),
        "title": title,
        "type": media_type,
        "roles": list(roles),
        "file:size": file.stat().st_size,
        "file:checksum": _SHA2_256 + file_hash(file),
    }
    if name in _RASTERS:
        bands = [
            {"name": band.key, "description": band_description(band, table.legend)} for band in _RASTERS[name].bands
        ]
        asset |= {"data_type": "uint8", "nodata": NO_DATA, "bands": bands}
    if name == "landcover":
        asset["classification:classes"] = _classes(table)
    return asset


def _classes(table: AreaTable) -> list[dict[str, Any]]:
    counted = {row.code: row.pixels for row in table.rows}
    classes: list[dict[str, Any]] = [{"value": NO_DATA, "name": "no_data", "title": "No data", "nodata": True}]
    names = _class_names(table.legend)
    for land_class in table.legend:
        entry: dict[str, Any] = {
            "value": land_class.code,
            "name": names[land_class.code],
            "title": land_class.name,
            **({"description": land_class.definition} if land_class.definition else {}),
            "color_hint": land_class.color.lstrip("#").upper(),
        }
        if land_class.code in counted:
            entry["count"] = counted[land_class.code]
        classes.append(entry)
    return classes


def _class_names(legend: Sequence[LandClass]) -> dict[int, str]:
    """Names of the classes for programs by code: letters, digits and underscores alone, each once."""
    names: dict[int, str] = {}
    for land_class in legend:
        ascii_name = unicodedata.normalize("NFKD", land_class.name).encode("ascii", "ignore").decode("ascii")
        name = re.sub("[^0-9a-z_-]+", "_", ascii_name.lower()).strip("_")
        taken = not name or name == "no_data" or name in names.values()
        names[land_class.code] = f"class_{land_class.code}" if taken else name
    return names


def _relative_href(file: Path, folder: Path) -> str:
    try:
        relative = os.path.relpath(file, folder)
    except ValueError:  # another drive on Windows
        return Path(file).resolve().as_uri()
    href = Path(relative).as_posix()
    return href if href.startswith("..") else f"./{href}"


def _footprint(grid: Grid) -> dict[str, Any]:
    return dict(mapping(reprojected(box(*grid.bounds), grid.crs, WGS84)))


def _bounds(geometry: Mapping[str, Any]) -> list[float]:
    ring = geometry["coordinates"][0]
    longitudes, latitudes = [point[0] for point in ring], [point[1] for point in ring]
    return [min(longitudes), min(latitudes), max(longitudes), max(latitudes)]
