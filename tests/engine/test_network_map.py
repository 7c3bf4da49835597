"""Maps of seasonal features by a network: the same classes as one pass over all of the land gives."""

import json
from dataclasses import replace

import numpy as np
import pytest
import rasterio
import torch
from allpa_engine.classify.network_folder import read_network_folder, write_network_folder
from allpa_engine.classify.unet import Architecture, UNet
from allpa_engine.core.errors import FeaturesInvalid, ModelInvalid
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.geo.projection import reprojected
from allpa_engine.learn import network_map
from allpa_engine.raster.class_raster import open_class_raster
from allpa_engine.run.pipeline import run_job
from own_classes import CODES, GRID, LEGEND, feature_folder
from shapely.geometry import box, mapping

FEATURES = ("spring_B08", "autumn_B11", "spring_B04")
PLACES = (1, 2, 0)
"""Of these features in the test's folder."""
ODD = replace(GRID, left=700_010, top=8_500_030)
"""A grid whose first pixel is on no multiple of the network's stride."""


@pytest.fixture
def model(tmp_path):
    """Folder of a network whose classes vary from pixel to pixel."""
    torch.manual_seed(4)
    network = UNet(Architecture(6, (7, 8), (1, 1)), len(FEATURES), len(CODES)).eval()
    with torch.no_grad():
        network.input.mean.fill_(2.2)
        network.head.weight *= 8
    write_network_folder(tmp_path / "net", network, FEATURES, LEGEND, CODES, {}, scope="features")
    return tmp_path / "net"


def land(seed=2, shape=(GRID.height, GRID.width)):
    return np.random.default_rng(seed).choice(CODES, shape).astype(np.uint8)


def map_of(tmp_path, model, name="out", features="features", **values):
    job = Job(
        str(tmp_path / name), task="classify_features", model=str(model), features=str(tmp_path / features),
        start="2021-01-01", end="2021-12-31", device="cpu", precision="fp32", threads=1, **values,
    )  # fmt: skip
    result = run_job(job, NullReporter())
    with open_class_raster(result["landcover"]) as found:
        return result, found.read(), found.legend


def one_pass(model, values, grid):
    """Classes by one pass over `(feature, y, x)` with mirrored surroundings, in the stride's phase."""
    saved = read_network_folder(model)
    structure = saved.network.architecture
    values = np.where((np.isfinite(values) & (values > 0)).all(axis=0), values, 0).astype(np.float32)
    margin = -(-structure.margin // structure.stride) * structure.stride
    top, left = round(-grid.top / 10) % structure.stride, round(grid.left / 10) % structure.stride
    height, width = values.shape[1:]
    below, right = -(height + top) % structure.stride, -(width + left) % structure.stride
    surroundings = ((0, 0), (margin + top, margin + below), (margin + left, margin + right))
    with torch.inference_mode():
        logits = saved.network(torch.from_numpy(np.pad(values, surroundings, mode="reflect")[None]))[0].numpy()
    channels = logits.argmax(axis=0)[margin + top :, margin + left :][:height, :width]
    return np.where(values[0] > 0, np.array(saved.classes)[channels], 0)


def test_a_map_of_blocks_is_that_of_one_pass(model, tmp_path, monkeypatch):
    codes = land()
    codes[10:14, 20:30] = 0
    values = feature_folder(tmp_path / "features", codes, grid=ODD)[list(PLACES)]
    expected = one_pass(model, values, ODD)
    assert len(np.unique(expected)) >= 3
    for core in (512, 16):
        monkeypatch.setattr(network_map, "CORE_PX", core)
        result, found, legend = map_of(tmp_path, model, f"out{core}")
        assert (found == expected).mean() > 0.999, core  # sums of other order differ in their last digits
    assert [part.code for part in legend] == [part.code for part in LEGEND if part.code in CODES]
    assert result["classified"] == np.count_nonzero(expected)
    with rasterio.open(result["quality"]) as quality:
        confidence, agreement, observations, _, second = quality.read()
    assert np.array_equal(confidence == 0, found == 0)
    assert (agreement.max(), observations.max()) == (100, 1)
    assert set(np.unique(second)) <= {0, *CODES}
    assert not (second == found)[found > 0].any()


def test_no_seam_lies_where_the_folder_of_one_tile_ends(model, tmp_path, monkeypatch):
    monkeypatch.setattr(network_map, "CORE_PX", 24)
    codes = land()
    feature_folder(tmp_path / "whole", codes, grid=ODD)
    _, expected, _ = map_of(tmp_path, model, "of_one", "whole")
    with rasterio.open(tmp_path / "whole" / "features.tif") as source:
        values = source.read()
    for name, columns in (("a", slice(0, 33)), ("b", slice(29, 61))):
        grid = replace(ODD, left=ODD.left + 10 * columns.start, width=columns.stop - columns.start)
        feature_folder(tmp_path / "tiles" / name, codes[:, columns], grid=grid)
        with rasterio.open(tmp_path / "tiles" / name / "features.tif", "r+", IGNORE_COG_LAYOUT_BREAK="YES") as target:
            target.write(values[:, :, columns])
    _, found, _ = map_of(tmp_path, model, "of_tiles", "tiles")
    assert np.array_equal(found, expected)


def test_a_class_does_not_depend_on_the_border(model, tmp_path):
    feature_folder(tmp_path / "features", land(), grid=ODD)
    _, whole, _ = map_of(tmp_path, model, "whole")
    region = box(ODD.left + 100, ODD.top - 300, ODD.left + 400, ODD.top - 120)
    border = mapping(reprojected(region, ODD.crs, "EPSG:4326"))
    _, part, _ = map_of(tmp_path, model, "part", region=json.loads(json.dumps(border)))
    inside = np.zeros(whole.shape, bool)
    inside[12:30, 10:40] = True
    assert np.array_equal(part, np.where(inside, whole, 0))


def test_features_that_the_network_lacks_and_networks_of_scenes_are_refused(model, tmp_path):
    feature_folder(tmp_path / "features", land(), grid=ODD)
    saved = read_network_folder(model)
    write_network_folder(
        tmp_path / "other", saved.network, ("spring_B08", "winter_B11", "spring_B04"), LEGEND, CODES, {},
        scope="features",
    )  # fmt: skip
    with pytest.raises(FeaturesInvalid, match="winter_B11"):
        map_of(tmp_path, tmp_path / "other")
    write_network_folder(tmp_path / "scenes", saved.network, ("B08", "B11", "B04"), LEGEND, CODES, {}, scope="scene")
    with pytest.raises(ModelInvalid, match="single scenes"):
        map_of(tmp_path, tmp_path / "scenes")
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").glob("landcover*"))
