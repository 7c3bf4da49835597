"""Networks in model folders: written and read, refused where damaged, and classifying scenes by their own bands."""

import json
import shutil

import numpy as np
import pytest
import rasterio
import torch
from allpa_engine.classify.classify import classify_scene
from allpa_engine.classify.inference import load_classifier
from allpa_engine.classify.network_folder import write_network_folder
from allpa_engine.classify.prediction_file import read_prediction
from allpa_engine.classify.torch_network import load_network
from allpa_engine.classify.unet import Architecture, UNet
from allpa_engine.core.errors import ModelInvalid, SceneUnreadable
from allpa_engine.core.legend import LandClass, Legend
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.scene import FetchedScene
from predictions import FakeScene
from rasterio.transform import from_origin
from training_chips import BOFEDAL, ICHU, LEGEND, QUENUAL

SMALL = Architecture(8, (12, 16), (1, 1))
BANDS = ("B08", "B05", "B02")


def band_difference_network(classes=2):
    """A network whose class is 0 where the first band is above the second, else 1."""
    network = UNet(SMALL, len(BANDS), classes).eval()
    with torch.no_grad():
        for value in network.parameters():
            value.zero_()
        network.full[0].weight[0, 0, 1, 1], network.full[0].weight[0, 1, 1, 1] = 1.0, -1.0
        network.full[1].weight[0] = 1.0
        join, up = network.up[-1].join, 16  # the finest join reads 8 upsampled and 8 skipped channels
        join[0].weight[0, 8, 1, 1], join[1].weight[0] = 1.0, 1.0
        network.head.weight[0, 0], network.head.bias[1] = 100.0, 0.1
    assert join[0].weight.shape[1] == up
    return network


def save(folder, network, legend=LEGEND, classes=(ICHU, QUENUAL), bands=BANDS):
    return write_network_folder(folder, network, bands, legend, classes, {"licence": "CC0-1.0"}, scope="scene")


def write_scene(path, numbers, names):
    with rasterio.open(
        path, "w", driver="GTiff", width=numbers.shape[2], height=numbers.shape[1], count=len(numbers), dtype="uint16",
        crs="EPSG:32718", transform=from_origin(699_960, 8_600_020, 10, 10),
    ) as target:  # fmt: skip
        target.write(numbers.astype(np.uint16))
        target.descriptions = names
        target.update_tags(ALLPA_SCENE=path.stem)
    return FetchedScene(FakeScene(path.stem, "18LYR", "2020-06-15"), path)


def simulated_scene(path, names=("B02", "B04", "B05", "B08", "B11", "SCL")):
    rng = np.random.default_rng(8)
    numbers = rng.integers(200, 6000, (len(names), 70, 83))
    numbers[-1] = 4
    numbers[:, 10:20, 30:40] = 0
    return numbers, write_scene(path, numbers, names)


def test_scenes_are_classified_by_bands_of_any_order_into_the_codes_of_the_legend(tmp_path):
    save(tmp_path / "model", band_difference_network())
    model = load_classifier(tmp_path / "model", "cpu", precision="fp32")
    assert (model.bands, model.legend.codes) == (BANDS, (ICHU, BOFEDAL, QUENUAL))
    numbers, scene = simulated_scene(tmp_path / "S2_X.tif")
    prediction = classify_scene(scene, model, tmp_path / "S2_X_p.tif", NullReporter(), soft=True)
    assert prediction.legend == LEGEND
    with rasterio.open(prediction.path) as source:
        layers = source.read()
        assert source.descriptions[6:] == ("probability of Ichu", "probability of Bofedal", "probability of Queñual")
    has_data = numbers[0] > 0
    expected = np.where(numbers[3] > numbers[2], ICHU, QUENUAL)
    assert (layers[0] == expected)[has_data].mean() > 0.99  # bands nearly alike are undecided
    assert not layers[:2][:, ~has_data].any()
    assert not layers[7].any()  # Bofedal, which the network does not know
    assert (layers[6].astype(int) + layers[8] >= 254)[has_data].all()
    again = classify_scene(scene, model, tmp_path / "S2_X_p.tif", NullReporter())
    assert again == read_prediction(tmp_path / "S2_X_p.tif")


def test_the_indices_of_a_prediction_need_not_be_read_by_the_model(tmp_path):
    save(tmp_path / "model", band_difference_network())
    model = load_classifier(tmp_path / "model", "cpu", precision="fp32")
    numbers, scene = simulated_scene(tmp_path / "S2_X.tif")
    layers = rasterio.open(classify_scene(scene, model, tmp_path / "p.tif", NullReporter()).path).read()
    red, nir = numbers[1].astype(float), numbers[3].astype(float)
    has_data = red > 0
    ndvi = (nir - red)[has_data] / (nir + red)[has_data]
    np.testing.assert_allclose((layers[4][has_data].astype(float) - 128) / 127, ndvi, atol=0.0041)
    _, without = simulated_scene(tmp_path / "S2_Y.tif", ("B02", "B05", "B08", "SCL"))
    assert not rasterio.open(classify_scene(without, model, tmp_path / "q.tif", NullReporter()).path).read()[4:6].any()


def test_a_scene_without_a_band_of_the_model_is_refused(tmp_path):
    save(tmp_path / "model", band_difference_network())
    _, scene = simulated_scene(tmp_path / "S2_X.tif", ("B02", "B04", "B08", "SCL"))
    model = load_classifier(tmp_path / "model", "cpu", precision="fp32")
    with pytest.raises(SceneUnreadable, match="B05"):
        classify_scene(scene, model, tmp_path / "p.tif", NullReporter())


def edit_card(folder, **changes):
    card = json.loads((folder / "model.json").read_text())
    card.update(changes)
    (folder / "model.json").write_text(json.dumps(card))


ARCHITECTURE = SMALL.to_dict()


@pytest.mark.parametrize(
    "changes",
    [
        {"structure": None},
        {"structure": ARCHITECTURE | {"full_width": 10**9}},
        {"structure": ARCHITECTURE | {"widths": [12, 18]}},
        {"structure": ARCHITECTURE | {"code": "import os"}},
        {"kind": "forest"},
        {"kind": "encoder"},
        {"kind": "encoder", "structure": {"encoder": "resnet18", "decoder_channels": [8] * 5, "margin": 10**6}},
        {"features": ["B08", "B05"]},
        {"classes": [11, 23, 40]},
        {"classes": [11, 99]},
    ],
)
def test_a_card_that_is_not_that_of_the_weights_is_refused(tmp_path, changes):
    save(tmp_path / "model", band_difference_network())
    edit_card(tmp_path / "model", **changes)
    with pytest.raises(ModelInvalid):
        load_network(tmp_path / "model")


def test_damaged_and_foreign_folders_are_refused(tmp_path):
    with pytest.raises(ModelInvalid):
        load_network(tmp_path / "nothing")
    save(tmp_path / "model", band_difference_network())
    weights = tmp_path / "model" / "weights.safetensors"
    shutil.copy(weights, tmp_path / "copy")
    weights.write_bytes(weights.read_bytes()[:-4])
    with pytest.raises(ModelInvalid):
        load_network(tmp_path / "model")
    network = band_difference_network()
    with torch.no_grad():
        network.head.weight[0, 0] = float("nan")
    save(tmp_path / "nan", network)
    with pytest.raises(ModelInvalid, match="not finite"):
        load_network(tmp_path / "nan")


def test_another_legend_is_another_model(tmp_path):
    network = band_difference_network()
    first = save(tmp_path / "one", network)
    other = Legend(tuple(LandClass(land.code + 1, land.name, land.color) for land in LEGEND))
    second = save(tmp_path / "two", network, other, (ICHU + 1, QUENUAL + 1))
    assert first.model_hash != second.model_hash
    assert load_classifier(tmp_path / "one", "cpu", precision="fp32").model_hash == first.model_hash


def test_encoders_are_rebuilt_from_their_names_and_others_refused(tmp_path):
    if not _has_encoders():
        pytest.skip("segmentation_models_pytorch is not installed")
    from allpa_engine.classify.encoder_network import EncoderNetwork, EncoderStructure, check_encoder

    torch.manual_seed(1)
    network = EncoderNetwork(EncoderStructure("mobilenet_v2"), len(BANDS), 2).eval()
    save(tmp_path / "model", network)
    found = load_network(tmp_path / "model")
    values = torch.rand(1, len(BANDS), 64, 96)
    with torch.inference_mode():
        assert torch.equal(found.network(values), network(values))
    assert (found.network.architecture.stride, found.network.architecture.margin) == (32, 96)
    for name in ("resnet19", "../weights", "tu-hf_hub:someone/something", "tu-local-dir:/tmp", ""):
        with pytest.raises(ModelInvalid, match="no encoder"):
            check_encoder(name)
    edit_card(tmp_path / "model", structure=network.architecture.to_dict() | {"encoder": "resnet18"})
    with pytest.raises(ModelInvalid, match="does not contain"):
        load_network(tmp_path / "model")


def _has_encoders():
    from allpa_engine.classify.encoder_network import encoder_names
    from allpa_engine.core.errors import PartsMissing

    try:
        return bool(encoder_names())
    except PartsMissing:
        return False
