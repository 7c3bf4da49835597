"""Model folders: what was written is read back, and what comes from outside is checked before it is used."""

import json
import pickle

import numpy as np
import pytest
from allpa_engine.classify.model_folder import (
    card_numbers,
    check_array,
    extend_card,
    read_model_folder,
    write_model_folder,
)
from allpa_engine.core.errors import ModelInvalid
from allpa_engine.core.legend import LandClass, Legend

LEGEND = Legend(
    (LandClass(3, "Ichu", "#A7D282"), LandClass(20, "Queñual", "#2A6F3B"), LandClass(7, "Laguna", "#0000FF"))
)
CARD = {"kind": "forest", "scope": "features", "features": ["spring_B08", "elevation"], "legend": LEGEND.to_dict()}
ARRAYS = {"tree.threshold": np.array([0.25, -1.5], np.float32), "tree.right": np.array([[2, 1]], np.int32)}


@pytest.fixture
def folder(tmp_path):
    write_model_folder(tmp_path / "model", CARD, ARRAYS)
    return tmp_path / "model"


def change_card(folder, **values):
    card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    (folder / "model.json").write_text(json.dumps({**card, **values}), encoding="utf-8")


def test_what_was_written_is_read_back(folder):
    model = read_model_folder(folder)
    assert (model.kind, model.scope, model.features) == ("forest", "features", ("spring_B08", "elevation"))
    assert [land.name for land in model.legend] == ["Ichu", "Laguna", "Queñual"]
    assert model.classes == (3, 7, 20)
    arrays = model.read_arrays()
    assert set(arrays) == set(ARRAYS)
    assert all(
        np.array_equal(arrays[name], ARRAYS[name]) and arrays[name].dtype == ARRAYS[name].dtype for name in ARRAYS
    )


def test_arrays_keep_their_shape_and_order(tmp_path):
    arrays = {"single": np.array(2.5), "turned": np.arange(6.0).reshape(2, 3).T, "none": np.zeros((0, 3))}
    found = write_model_folder(tmp_path / "model", CARD, arrays).read_arrays()
    assert {name: array.shape for name, array in found.items()} == {"single": (), "turned": (3, 2), "none": (0, 3)}
    assert np.array_equal(found["turned"], arrays["turned"])


def test_the_hash_follows_what_a_map_depends_on(folder, tmp_path):
    first = read_model_folder(folder).model_hash
    extend_card(folder, {"metrics": {"overall": 0.5}})
    assert read_model_folder(folder).model_hash == first
    for change in ({"features": ["elevation", "spring_B08"]}, {"scaling": {"mean": [0]}}):
        assert write_model_folder(tmp_path / "other", {**CARD, **change}, ARRAYS).model_hash != first
    assert write_model_folder(tmp_path / "other", CARD, {"a": np.ones(3)}).model_hash != first


def test_damaged_weights_are_found(folder):
    weights = folder / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelInvalid, match="hash"):
        read_model_folder(folder)


def test_a_pickle_is_never_unpickled(folder, tmp_path):
    from allpa_engine.core.file_hash import file_hash

    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("opened").touch, ())

    (folder / "weights.safetensors").write_bytes(pickle.dumps(Trap()))
    change_card(folder, sha256=file_hash(folder / "weights.safetensors"))
    with pytest.raises(ModelInvalid):
        read_model_folder(folder).read_arrays()
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize(
    "values",
    [
        {"format": "other"},
        {"version": 2},
        {"kind": "python"},
        {"kind": ["forest"]},
        {"scope": "year"},
        {"features": []},
        {"features": ["B02", "B02"]},
        {"features": ["a\nb"]},
        {"features": [3]},
        {"features": "B02"},
        {"legend": None},
        {"legend": {"classes": [{"code": 300, "name": "x", "color": "#000000"}]}},
        {"classes": [4]},
        {"classes": [True]},
        {"classes": []},
        {"classes": [3, 3]},
        {"weights": "../other.safetensors"},
        {"sha256": "0" * 64},
    ],
)
def test_a_card_that_cannot_be_used_is_refused(folder, values):
    change_card(folder, **values)
    with pytest.raises(ModelInvalid):
        read_model_folder(folder)


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 100_000, '{"format": "allpa-model"}'])
def test_a_card_that_is_none_is_refused(folder, content):
    (folder / "model.json").write_text(content)
    with pytest.raises(ModelInvalid):
        read_model_folder(folder)


def test_a_folder_without_a_card_is_no_model(tmp_path):
    with pytest.raises(ModelInvalid, match="not a model folder"):
        read_model_folder(tmp_path)


def test_arrays_are_checked_by_type_shape_and_numbers(tmp_path):
    good = np.zeros((2, 3), np.float32)
    assert check_array(good, "a", "float32", (None, 3), tmp_path) is good
    for array in (None, good.astype(np.float64), good[0], good[:, :2], np.full((2, 3), np.nan, np.float32)):
        with pytest.raises(ModelInvalid):
            check_array(array, "a", "float32", (None, 3), tmp_path)


def test_numbers_of_a_card_are_checked(tmp_path):
    assert card_numbers(tmp_path, [1, 2.5], "means", 2).tolist() == [1, 2.5]
    for values in ([1], [1, float("nan")], [1, True], ["1", 2], None, [1, 10**400]):
        with pytest.raises(ModelInvalid):
            card_numbers(tmp_path, values, "means", 2)
