"""Maps of single tiles joined: the same pixels as a composite of all predictions, and what is refused."""

import numpy as np
import pytest
import rasterio
from allpa_engine.composite import CompositeRule, compose
from allpa_engine.composite.join import TileMap, join_maps
from allpa_engine.composite.write_map import MapFiles
from allpa_engine.core.errors import RasterInvalid
from allpa_engine.geo.mgrs_tiles import tile_bounds
from allpa_engine.geo.region import region_from_geojson
from predictions import write_prediction
from pyproj import Transformer
from shapely.geometry import Polygon, mapping
from shapely.ops import transform

SIZE = 400
LEFT, TOP = tile_bounds("18LZL")[0] + 2000, tile_bounds("18LYL")[3] - 5000


@pytest.fixture
def predictions(tmp_path):
    """Three scenes of each of two tiles that overlap by 180 columns, with clouds here and there."""
    rng = np.random.default_rng(11)
    made = []
    for tile, left, top in (("18LYL", LEFT, TOP), ("18LZL", LEFT + 2170, TOP + 330)):
        for month in (2, 5, 8):
            classes = rng.choice(np.array([0, 1, 2, 3, 10], np.uint8), (SIZE, SIZE))
            scl = rng.choice(np.array([4, 9], np.uint8), (SIZE, SIZE))
            confidence = rng.integers(80, 256, (SIZE, SIZE)).astype(np.uint8)
            made.append(
                write_prediction(
                    tmp_path, classes, confidence, scl, date=f"2020-{month:02d}-03", tile=tile, left=left, top=top
                )
            )
    return made


@pytest.fixture
def region():
    corners = [(LEFT + 333, TOP - 111), (LEFT + 5555, TOP + 222), (LEFT + 5111, TOP - 3333), (LEFT + 1234, TOP - 3777)]
    to_degrees = Transformer.from_crs("EPSG:32718", "EPSG:4326", always_xy=True).transform
    return region_from_geojson(mapping(transform(to_degrees, Polygon(corners))), "Slope")


def single_maps(predictions, region, folder, crs="EPSG:32718", **options):
    maps = []
    for tile in ("18LYL", "18LZL"):
        own = [item for item in predictions if item.tile == tile]
        files = MapFiles(folder / f"{tile}.tif", folder / f"{tile}_quality.tif")
        compose(
            own, region, CompositeRule(), landcover=files.landcover, quality=files.quality, crs=crs, threads=2,
            cut_to_predictions=True, **options,
        )  # fmt: skip
        maps.append(TileMap(tile, files, tuple(item.date for item in own), (own[0].model_hash,)))
    return maps


def read(path):
    with rasterio.open(path) as source:
        return source.read(), source.transform, source.tags()


@pytest.mark.parametrize("crs", ["EPSG:32718", "EPSG:32719"])
@pytest.mark.parametrize("smoothing_px", [1, 5])
def test_joined_maps_are_the_composite_of_all(predictions, region, tmp_path, crs, smoothing_px):
    rule = CompositeRule(smoothing_px=smoothing_px)
    expected = MapFiles(tmp_path / "all.tif", tmp_path / "all_quality.tif")
    options = {"crs": crs, "threads": 2}
    whole = compose(predictions, region, rule, landcover=expected.landcover, quality=expected.quality, **options)
    joined = MapFiles(tmp_path / "joined.tif", tmp_path / "joined_quality.tif")
    summary = join_maps(reversed(single_maps(predictions, region, tmp_path, crs)), region, rule, joined, **options)
    for ours, theirs in ((joined.landcover, expected.landcover), (joined.quality, expected.quality)):
        values, at, tags = read(ours)
        right, right_at, right_tags = read(theirs)
        np.testing.assert_array_equal(values, right)
        assert (at, tags) == (right_at, right_tags)
    assert values.any()
    assert summary.guards == {}, "the pixels that guards changed are not known"
    for fact in ("pixels", "tile_pixels", "scene_count", "dates", "observation_count", "width", "height"):
        assert getattr(summary, fact) == getattr(whole, fact), fact


def test_map_on_another_grid_is_refused(predictions, region, tmp_path):
    west, east = single_maps(predictions, region, tmp_path)
    joined = MapFiles(tmp_path / "joined.tif", tmp_path / "joined_quality.tif")
    with rasterio.open(east.files.landcover, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as source:
        source.transform = source.transform @ rasterio.Affine.translation(0.5, 0)
    with pytest.raises(RasterInvalid, match="18LZL"):
        join_maps([west, east], region, CompositeRule(), joined, crs="EPSG:32718")
    assert not joined.landcover.exists()
