"""Small prediction files for tests of what reads them."""

import numpy as np
import rasterio
from allpa_engine.classify.prediction_file import BAND_NAMES, PredictionWriter, prediction_tags, read_prediction
from allpa_engine.core.legend import BUNDLED_LEGEND
from rasterio.transform import from_origin


class FakeScene:
    """What the tags of a prediction need of a scene."""

    def __init__(self, scene_id, tile, date):
        self.id, self.tile, self.date = scene_id, tile, date


def write_prediction(
    folder,
    classes,
    confidence=200,
    scl=4,
    *,
    date="2020-06-15",
    tile="18LYR",
    left=700_000,
    top=8_600_000,
    crs="EPSG:32718",
    probabilities=None,
    second=0,
    ndvi=0,
    moisture=0,
    earlier=False,
    block=256,
    facts=None,
    legend=BUNDLED_LEGEND,
):
    """Write `(y, x)` classes as a prediction; the other bands may be numbers or arrays.

    `earlier` writes a file as earlier versions did, without second class and indices.
    """
    classes = np.asarray(classes, np.uint8)
    layers = [classes] + [np.broadcast_to(np.uint8(value), classes.shape) for value in (confidence, scl)]
    if not earlier:
        layers += [np.broadcast_to(np.uint8(value), classes.shape) for value in (second, ndvi, moisture)]
    if probabilities is not None:
        layers += list(np.asarray(probabilities, np.uint8))
    number = len(list(folder.glob("*.tif")))
    scene = FakeScene(f"S2_{tile}_{date}_{number}", tile, date)
    path = folder / f"{scene.id}.tif"
    profile = {"driver": "GTiff", "dtype": "uint8", "tiled": True, "blockxsize": block, "blockysize": block}
    profile |= {"compress": "zstd", "zstd_level": 1, "interleave": "band", "count": len(layers)}
    profile |= {"crs": crs, "transform": from_origin(left, top, 10, 10)}
    with rasterio.open(path, "w", width=classes.shape[1], height=classes.shape[0], **profile) as target:
        tags = prediction_tags(scene, "f" * 64, facts or {"precision": "fp32"}, legend)
        writer = PredictionWriter(target, tags)
        writer.write(np.stack(layers).astype(np.uint8))
        target.update_tags(**tags, ALLPA_DIGEST=writer.hexdigest())
        for band, name in enumerate(BAND_NAMES[: len(layers)], start=1):
            target.set_band_description(band, name)
    return read_prediction(path)
