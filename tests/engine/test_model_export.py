"""Exported networks give the classes of the network itself, prepared in the way of the program that reads them."""

import json

import numpy as np
import pytest
import torch
from allpa_engine.classify.inference import load_classifier
from allpa_engine.classify.unet import Architecture, UNet
from allpa_engine.core.errors import JobInvalid
from allpa_engine.core.legend import BUNDLED_LEGEND
from allpa_engine.learn.model_export import NetworkToExport, deepness_metadata, export_model

onnxruntime = pytest.importorskip("onnxruntime")
BANDS = ("B02", "B03", "B04", "B08", "B11", "B12")


class Deepness:
    """What the plugin does with a segmentation model: version 0.6 to 0.7, by its source, in its own order."""

    def __init__(self, path):
        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        (self.input,) = self.session.get_inputs()
        (self.output,) = self.session.get_outputs()
        self.metadata = {
            key: json.loads(text)
            for key, text in self.session.get_modelmeta().custom_metadata_map.items()
            if not key.startswith("allpa_")
        }

    def classes(self, tile):
        """Class by pixel, from 1, of a tile `(y, x, band)` as it lies in the raster."""
        tiles = np.float32(tile[None] * 1.0 / 255.0)
        mean = np.array(self.metadata["standardization_mean"], np.float32)
        deviation = np.array(self.metadata["standardization_std"], np.float32)
        batch = np.transpose((tiles - mean) / deviation, (0, 3, 1, 2))
        result = self.session.run(None, {self.input.name: batch})[0]
        result[result < self.metadata["seg_thresh"]] = 0
        return np.argmax(result, axis=1)[0] + 1


@pytest.fixture(scope="module")
def model():
    """A small network of random numbers, whose classes differ from pixel to pixel."""
    torch.manual_seed(3)
    network = UNet(Architecture(6, (8, 10), (1, 1))).eval()
    with torch.no_grad():
        network.input.mean += 1.8
        network.head.weight *= 6
    structure = network.architecture
    return NetworkToExport(
        network, BANDS, BUNDLED_LEGEND, BUNDLED_LEGEND.codes, structure.stride, structure.margin, "0" * 64, "CC BY 4.0"
    )


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("export")
    export_model(model, path, ("deepness", "onnx", "torchscript"), 128, "es")
    return path


def digital_numbers(side, seed=5):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(150, 4500, (side // 8, side // 8, len(BANDS)))
    numbers = np.repeat(np.repeat(coarse, 8, axis=0), 8, axis=1) + rng.integers(0, 200, (side, side, len(BANDS)))
    numbers[:7, :9] = 0
    return numbers.astype(np.uint16)


def own_classes(model, numbers):
    chip = np.ascontiguousarray(numbers.transpose(2, 0, 1)[None] / np.float32(10000), np.float32)
    with torch.no_grad():
        return model.network(torch.from_numpy(chip)).argmax(dim=1)[0].numpy() + 1


def test_deepness_gives_the_same_classes_on_the_same_chip(model, folder):
    numbers = digital_numbers(128)
    deepness, expected = Deepness(folder / "deepness.onnx"), own_classes(model, numbers)
    assert len(np.unique(expected)) >= 3
    assert (deepness.classes(numbers) == expected).mean() > 0.9995


def test_the_metadata_are_what_deepness_reads(model, folder):
    deepness = Deepness(folder / "deepness.onnx")
    assert deepness.input.shape == [1, 6, 128, 128]
    assert deepness.output.shape == [1, 10, 128, 128]
    metadata = deepness.metadata
    assert metadata["model_type"] == "Segmentor"
    assert metadata["class_names"] == {str(n): land.label("es") for n, land in enumerate(BUNDLED_LEGEND)}
    assert metadata["resolution"] == 1000
    half_overlap = (128 - round(128 * (1 - metadata["tiles_overlap"] / 100))) // 2
    assert half_overlap >= model.margin
    assert metadata["seg_thresh"] == metadata["seg_small_segment"] == 0


def test_plain_onnx_and_torchscript_take_reflectance_in_any_size(model, folder):
    stride = model.stride
    for side in (8 * stride, 11 * stride):
        numbers = digital_numbers(8 * 11 * stride)[:side, : side - stride]
        chips = np.ascontiguousarray(numbers.transpose(2, 0, 1)[None] / np.float32(10000), np.float32)
        chips = np.concatenate([chips, chips[:, :, ::-1]])
        session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
        (by_onnx,) = session.run(None, {"image": chips})
        script = torch.jit.load(str(folder / "model.pt"))
        with torch.no_grad():
            expected = torch.softmax(model.network(torch.from_numpy(chips)), dim=1).numpy()
            by_script = script(torch.from_numpy(chips)).numpy()
        np.testing.assert_allclose(by_onnx, expected, atol=1e-4)
        np.testing.assert_allclose(by_script, expected, atol=1e-4)


def test_the_facts_say_what_goes_in_and_comes_out(folder):
    facts = json.loads((folder / "export.json").read_text())
    assert facts["bands"] == list(BANDS)
    assert facts["channels"] == list(range(1, 11))
    assert facts["licence"] == "CC BY 4.0"
    assert set(facts["files"].values()) == {"deepness.onnx", "model.onnx", "model.pt"}


@pytest.mark.parametrize("tile", [130, 16])
def test_a_tile_that_does_not_suit_the_network_is_refused(model, tmp_path, tile):
    with pytest.raises(JobInvalid, match=r"do not suit the network"):
        export_model(model, tmp_path, ("deepness",), tile)
    assert list(tmp_path.iterdir()) == []


def test_the_bundled_network_leaves_deepness_its_margin():
    classifier = load_classifier(precision="fp32")
    model = NetworkToExport(
        classifier.torch_network.network,
        BANDS,
        BUNDLED_LEGEND,
        BUNDLED_LEGEND.codes,
        classifier.stride,
        classifier.margin,
        "0" * 64,
    )
    assert json.loads(deepness_metadata(model, 512)["tiles_overlap"]) == 25
