"""Model files: what is written is read back, and nothing else is."""

import json

import numpy as np
import pytest
import torch
from allpa_engine.classify.model_file import load_model, save_model
from allpa_engine.classify.network_weights import card_path
from allpa_engine.classify.unet import Architecture, UNet
from allpa_engine.core.errors import ModelInvalid
from allpa_engine.core.file_hash import file_hash
from safetensors.torch import load_file, save_file


@pytest.fixture
def model(tmp_path):
    torch.manual_seed(1)
    path = tmp_path / "model.safetensors"
    save_model(path, UNet(Architecture(8, (16, 32), (1, 1))), {"name": "small"})
    return path


def rewritten(path, tensors=None, **changes):
    """Save the file again with other tensors or another card, and without the card beside it."""
    from safetensors import safe_open

    with safe_open(path, framework="pt") as stream:
        card = json.loads(stream.metadata()["card"])
    save_file(tensors or load_file(path), path, metadata={"card": json.dumps({**card, **changes})})
    card_path(path).unlink(missing_ok=True)


def test_what_is_written_is_read_back(model):
    read = load_model(model)
    assert read.card["name"] == "small"
    assert read.sha256 == file_hash(model)
    assert json.loads(card_path(model).read_text())["digest"] == f"sha256:{read.sha256}"
    assert read.network.architecture == Architecture(8, (16, 32), (1, 1))
    torch.manual_seed(1)
    original = UNet(Architecture(8, (16, 32), (1, 1))).eval()
    chip = torch.rand(1, 6, 32, 32)
    with torch.inference_mode():
        difference = (original(chip) - read.network(chip)).abs().max()
    assert difference < 0.02


def test_weights_are_stored_in_half_precision(model):
    kinds = {name: tensor.dtype for name, tensor in load_file(model).items()}
    assert kinds["head.weight"] == torch.float16
    assert kinds["input.mean"] == torch.float32


def test_a_card_from_before_cells_means_one_pixel_each(tmp_path):
    path, architecture = tmp_path / "old.safetensors", Architecture(8, (16, 32), (1, 1), cell=1)
    save_model(path, UNet(architecture), {})
    old = {name: value for name, value in architecture.to_dict().items() if name != "cell"}
    rewritten(path, architecture=old)
    assert load_model(path).network.architecture == architecture


def test_a_missing_file_is_explained(tmp_path):
    with pytest.raises(ModelInvalid, match="no model file"):
        load_model(tmp_path / "absent.safetensors")


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x80\x02}q\x00.", b"\xff" * 64])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "other.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelInvalid):
        load_model(path)


def test_a_cut_or_altered_file_is_refused(model):
    whole = model.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:-1], whole[:-4] + b"\x00\x11\x22\x33"):
        model.write_bytes(damaged)
        with pytest.raises(ModelInvalid):
            load_model(model)


def test_a_file_for_other_bands_or_another_format_is_refused(model):
    rewritten(model, bands=["B04", "B03", "B02", "B08", "B11", "B12"])
    with pytest.raises(ModelInvalid, match="other bands"):
        load_model(model)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "something else"},
        {"format_version": 99},
        {"architecture": {"full_width": 8, "widths": [16, 64], "depths": [1, 1]}},
        {"architecture": {"full_width": "wide"}},
        {"architecture": None},
        {"classes": {"1": "Water"}},
    ],
)
def test_a_card_that_does_not_fit_is_refused(model, changes):
    rewritten(model, **changes)
    with pytest.raises(ModelInvalid):
        load_model(model)


def test_weights_that_are_not_finite_are_refused(model):
    tensors = load_file(model)
    tensors["head.bias"][3] = np.nan
    rewritten(model, tensors)
    with pytest.raises(ModelInvalid, match="not finite"):
        load_model(model)


WRONG_ARCHITECTURES = [
    {"depths": [100_000, 1]}, {"depths": [1, 0]}, {"depths": [1, -1]}, {"depths": [1]}, {"depths": 1},
    {"depths": 10**30}, {"depths": [1.5, 1]}, {"depths": ["1", "1"]}, {"depths": [True, 1]}, {"depths": [[1], [1]]},
    {"depths": []}, {"widths": [10**9, 32]}, {"widths": [16] * 1000, "depths": [1] * 1000}, {"widths": "16"},
    {"widths": None}, {"widths": [1024] * 6, "depths": [8] * 6}, {"full_width": 0}, {"full_width": 1e9},
    {"full_width": 10**9}, {"full_width": "8"}, {"full_width": None}, {"cell": 0}, {"cell": 10**6}, {"cell": "2"},
    {"cell": None}, {"levels": 3},
]  # fmt: skip


@pytest.mark.parametrize("changes", WRONG_ARCHITECTURES, ids=str)
def test_impossible_numbers_on_the_card_are_refused_before_a_network_is_built(model, changes, monkeypatch):
    monkeypatch.setattr(UNet, "load_state_dict", lambda *_: pytest.fail("a network was built"))
    rewritten(model, architecture={"full_width": 8, "widths": [16, 32], "depths": [1, 1], "cell": 1, **changes})
    with pytest.raises(ModelInvalid, match=r"model\.safetensors"):
        load_model(model)


@pytest.mark.parametrize("architecture", [None, [], "unet", 7, {}, {"widths": [16, 32]}])
def test_a_card_without_an_architecture_is_refused(model, architecture):
    rewritten(model, architecture=architecture)
    with pytest.raises(ModelInvalid, match="does not describe a network"):
        load_model(model)


@pytest.mark.parametrize("changes", [{"classes": 10}, {"classes": None}, {"classes": ["1"]}, {"bands": 6}])
def test_wrong_classes_or_bands_on_the_card_are_refused(model, changes):
    rewritten(model, **changes)
    with pytest.raises(ModelInvalid, match="other bands or classes"):
        load_model(model)
