"""A network of a few weights and scenes for it, for tests of what is built on a network's features."""

import numpy as np
import torch
from allpa_engine.classify.network_folder import write_network_folder
from allpa_engine.classify.unet import Architecture, UNet
from allpa_engine.core.bands import BAND_KEYS
from allpa_engine.core.legend import BUNDLED_LEGEND
from allpa_engine.core.protocol import NullReporter
from allpa_engine.fetch import fetch_selection
from allpa_engine.learn.network_features import load_feature_network
from tile_maker import make_scene, make_selection, random_layers, region_from_metres, write_layers

SMALL = Architecture(full_width=5, widths=(6, 7), depths=(1, 1))


def write_small_network(folder, seed=0):
    """A model folder of a network with random weights, whose classes vary from pixel to pixel."""
    torch.manual_seed(seed)
    network = UNet(SMALL).eval()
    with torch.no_grad():
        network.input.mean.fill_(2.5)
        network.head.weight *= 6
    write_network_folder(folder, network, BAND_KEYS, BUNDLED_LEGEND, BUNDLED_LEGEND.codes, {}, scope="scene")
    return folder


def small_network(folder, seed=0):
    """The same, loaded for its features."""
    torch.set_num_threads(1)
    return load_feature_network(write_small_network(folder, seed), "cpu", precision="fp32")


def fetched_scenes(folder, count=2, size=240, nodata_columns=0, metres=(0, 0, 2400, 2400), change=None):
    """Scenes as a run has them; `change` may edit the layers of each before they are written."""
    scenes = []
    for number in range(count):
        layers = random_layers(number, size, nodata_columns)
        if change is not None:
            change(number, layers)
        write_layers(folder / "archive" / f"scene{number}", layers)
        scenes.append(make_scene(str(folder / "archive"), f"scene{number}", day=number * 20, size=size))
    region = region_from_metres(*metres)
    found = list(fetch_selection(make_selection(scenes), region, folder / "scenes", reporter=NullReporter()))
    return sorted(found, key=lambda item: item.scene.id), region


def whole_scene_features(network, scene):
    """Features of all pixels of an open scene by one pass over it: mirrored outwards, for scenes without gaps."""
    reflectance = scene.read().reflectance
    stride, margin = network.classifier.stride, network.classifier.margin
    left, top = (round(value / 10) % stride for value in (scene.grid.left, -scene.grid.top))
    height, width = reflectance.shape[1:]
    before = margin + top, margin + left
    after = margin + (-(height + top)) % stride, margin + (-(width + left)) % stride
    padded = np.pad(reflectance, ((0, 0), (before[0], after[0]), (before[1], after[1])), mode="reflect")
    found = network.features(np.ascontiguousarray(padded))
    return found[:, before[0] : before[0] + height, before[1] : before[1] + width]
