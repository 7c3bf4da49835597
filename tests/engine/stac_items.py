"""Minimal STAC items shaped like each catalogue's, and scenes made of them, for the tests of search and selection."""

from datetime import datetime, timezone

from allpa_engine.core.bands import BAND_KEYS, SCL
from allpa_engine.core.catalogues import COMMON_NAME_ASSETS, ESA_ASSETS, RESOLUTION_ASSETS
from allpa_engine.core.scene import Asset, Radiometry, Scene
from pyproj import Transformer
from shapely.geometry import box, mapping

CENTRE = (-72.9, -13.5)
"""A place in tile 18LYL, where the made-up scenes lie."""
TILE = "18LYL"


def square(west=-73.0, south=-13.6, east=-72.8, north=-13.4):
    return tuples_to_lists(mapping(box(west, south, east, north)))


def planetary_computer_item(
    day="20200621",
    tile=TILE,
    baseline="02.12",
    geometry=None,
    cloud=5.0,
    generation_time=None,
    strip=None,
    **properties,
):
    """An item of Planetary Computer: ESA's band keys, no offset told."""
    generation_time = generation_time or f"{day}T200000"
    name = f"S2A_MSIL2A_{day}T150731_R139_T{tile}_{generation_time}"
    level = baseline and f"N{baseline}"
    facts = {
        "datetime": f"{day[:4]}-{day[4:6]}-{day[6:]}T15:07:31.024000Z",
        "platform": "Sentinel-2A",
        "s2:mgrs_tile": tile,
        "s2:processing_baseline": baseline,
        "s2:product_type": "S2MSI2A",
        "s2:datatake_id": f"GS2A_{day}T150731_025000_{level}",
        "s2:datastrip_id": f"S2A_OPER_MSI_L2A_DS_ESRI_{generation_time}_S{strip or day + 'T150730'}_{level}",
        "sat:relative_orbit": 139,
        "eo:cloud_cover": cloud,
        "s2:nodata_pixel_percentage": 0.0,
        "proj:epsg": 32718,
        **properties,
    }
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "collection": "sentinel-2-l2a",
        "geometry": geometry or square(),
        "bbox": [-73.0, -13.6, -72.8, -13.4],
        "links": [],
        "properties": {key: value for key, value in facts.items() if value is not None},
        "assets": {key: {"href": f"https://files.test/{name}/{asset}.tif"} for key, asset in ESA_ASSETS.items()},
    }


def earth_search_item(collection="sentinel-2-l2a", baseline="05.11", flag=None, offset=-0.1, day="20250731"):
    """An item of Earth Search: colours as keys, raster offsets, and in one collection a flag."""
    raster = {"scale": 0.0001, **({} if offset is None else {"offset": offset})}
    facts = {
        "datetime": f"{day[:4]}-{day[4:6]}-{day[6:]}T13:03:25.899000Z",
        "platform": "sentinel-2b",
        "grid:code": f"MGRS-{TILE}",
        "s2:processing_baseline": baseline,
        "earthsearch:boa_offset_applied": flag,
        "eo:cloud_cover": 10,
    }
    assets = {name: {"href": f"https://files.test/{name}.tif"} for name in COMMON_NAME_ASSETS.values()}
    for key in BAND_KEYS:
        assets[COMMON_NAME_ASSETS[key]]["raster:bands"] = [raster]
    return {
        "type": "Feature",
        "id": f"S2B_{TILE}_{day}_0_L2A",
        "collection": collection,
        "geometry": square(),
        "properties": {key: value for key, value in facts.items() if value is not None},
        "assets": assets,
    }


def data_space_item(baseline="05.00", offset=-0.1, day="20200322"):
    """An item of Copernicus Data Space: one key per resolution, CRS and offset with each asset."""
    name = f"S2B_MSIL2A_{day}T074609_N{baseline.replace('.', '')}_R135_T{TILE}_20230612T214223"
    assets = {}
    for key, asset in RESOLUTION_ASSETS.items():
        assets[asset] = {"href": f"s3://eodata/{name}/{asset}.jp2", "proj:code": "EPSG:32718"}
        if key != SCL:
            assets[asset] |= {"raster:scale": 0.0001, "raster:offset": offset}
    assets["AOT_10m"] = {"href": "s3://eodata/aot.jp2", "raster:scale": 0.001, "raster:offset": 0}
    return {
        "type": "Feature",
        "id": name,
        "collection": "sentinel-2-l2a",
        "geometry": square(),
        "properties": {
            "datetime": f"{day[:4]}-{day[4:6]}-{day[6:]}T07:46:09.024Z",
            "platform": "sentinel-2b",
            "grid:code": f"MGRS-{TILE}",
            "processing:version": baseline,
            "product:type": "S2MSI2A",
        },
        "assets": assets,
    }


def scene(number=0, cloud=5.0, footprint=None, day=None, tile=TILE, **facts):
    """A scene; `number` makes ids and days differ."""
    day = day or datetime.fromordinal(datetime(2020, 1, 3).toordinal() + 5 * number)
    sensing_time = day.replace(hour=15, tzinfo=timezone.utc)
    values = {
        "id": f"scene-{number:03d}-{tile}",
        "catalogue": "planetary_computer",
        "collection": "sentinel-2-l2a",
        "tile": tile,
        "sensing_time": sensing_time,
        "platform": "S2A",
        "baseline": "02.12",
        "relative_orbit": 139,
        "datastrip_start": f"{sensing_time:%Y%m%dT%H%M%S}",
        "datatake_start": f"{sensing_time:%Y%m%dT%H%M%S}",
        "generation_time": f"{sensing_time:%Y%m%dT%H%M%S}",
        "footprint": tuples_to_lists(footprint or square()),
        "cloud_percent": cloud,
        "nodata_percent": 0.0,
        "crs": "EPSG:32718",
        "assets": {key: Asset(f"https://files.test/{number}/{key}.tif") for key in (*BAND_KEYS, SCL)},
        "radiometry": Radiometry(0, "processing baseline 02.12, before 04.00"),
    }
    return Scene(**{**values, **facts})


def tuples_to_lists(geometry):
    def nested(value):
        return [nested(member) for member in value] if isinstance(value, (list, tuple)) else value

    return {"type": geometry["type"], "coordinates": nested(geometry["coordinates"])}


def tile_square_lonlat(tile_bounds, epsg):
    """A tile's extent as a longitude/latitude polygon of its four corners."""
    to_lonlat = Transformer.from_crs(epsg, "EPSG:4326", always_xy=True)
    left, bottom, right, top = tile_bounds
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    return {"type": "Polygon", "coordinates": [[list(to_lonlat.transform(*corner)) for corner in corners]]}
