"""Scene lists for tests on the side of QGIS: documents as the engine writes them, written without the engine."""

import json
from datetime import date, timedelta

BANDS = ("B02", "B03", "B04", "B08", "B11", "B12", "SCL")
SQUARE = [[-72.95, -13.75], [-72.75, -13.75], [-72.75, -13.6], [-72.95, -13.6], [-72.95, -13.75]]


def polygon(ring=SQUARE, west=0.0):
    """A GeoJSON polygon, shifted by degrees of longitude."""
    return {"type": "Polygon", "coordinates": [[[x + west, y] for x, y in ring]]}


def scene_item(number, chosen, *, day=date(2020, 1, 3), tile="18LYL", **properties):
    """One candidate; every fifth day from `day` on."""
    day = day + timedelta(days=5 * number)
    facts = {
        "datetime": f"{day.isoformat()}T15:07:31Z",
        "platform": f"sentinel-2{'ab'[number % 2]}",
        "constellation": "sentinel-2",
        "grid:code": f"MGRS-{tile}",
        "eo:cloud_cover": 10.0 * (number % 10),
        "sat:relative_orbit": 39,
        "proj:code": "EPSG:32718",
        "allpa:catalogue": "planetary_computer",
        "allpa:tile": tile,
        "allpa:generation_time": "",
        "allpa:offset": 0,
        "allpa:basis": "baseline 02.12",
        "allpa:pixel_test": "none",
        "allpa:chosen": chosen,
        "allpa:reason": "chosen: shows 90% of the region clear"
        if chosen
        else "left: enough clear observations without it",
        "allpa:rank": number + 1,
        "allpa:clear_share": 0.9 - 0.05 * (number % 10),
        "allpa:region_cloud_percent": 2.0 + number,
        "allpa:fetch_bytes": 4_000_000,
        **properties,
    }
    identifier = f"S2{'AB'[number % 2]}_{day:%Y%m%d}_T{tile}"
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [],
        "id": identifier,
        "collection": "sentinel-2-l2a",
        "geometry": polygon(west=0.05 * (number % 2)),
        "bbox": [-72.95, -13.75, -72.7, -13.6],
        "properties": {name: value for name, value in facts.items() if value is not None},
        "links": [],
        "assets": {band: {"href": f"https://files.test/{identifier}/{band}.tif", "roles": ["data"]} for band in BANDS},
    }


def scene_list(count=7, chosen=3, region=None, **items):
    """A list of `count` candidates of which the first `chosen` are chosen."""
    return {
        "type": "FeatureCollection",
        "features": [scene_item(number, number < chosen, **items) for number in range(count)],
        "allpa:format": 1,
        "allpa:version": "1.0.0",
        "allpa:region": region or polygon(),
        "allpa:region_name": "Valle",
        "allpa:notes": ["Tile 18LYL in 2020: 41 acquisition days.", "2 of 43 scenes have more than 80 % cloud."],
        "allpa:coverage": [
            {
                "tile": "18LYL",
                "year": 2020,
                "acquisition_days": 41,
                "expected_days": 73.2,
                "suspicious": True,
                "gap": ["2020-04-01", "2020-06-15"],
            }
        ],
    }


def write_scene_list(path, **facts):
    """Write such a list."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(scene_list(**facts)), encoding="utf-8")
    return path
