"""Models of a pixel's features: what they say is what scikit-learn says, from plain arrays that are checked."""

import json
import warnings

import numpy as np
import pytest
from allpa_engine.classify.feature_model import load_feature_model
from allpa_engine.classify.model_folder import read_model_folder, write_model_folder
from allpa_engine.classify.tree_arrays import add_by_numpy
from allpa_engine.core.errors import ModelInvalid, TrainingInvalid
from allpa_engine.core.forest_keys import FOREST
from allpa_engine.learn.estimators import train_model
from allpa_engine.learn.feature_training import save_feature_training, train_and_validate
from allpa_engine.learn.tree_conversion import round_down
from allpa_engine.learn.validation import predict
from hypothesis import given, settings
from hypothesis import strategies as st
from own_classes import CODES, features_of, training_table

OPTIONS = {**FOREST.defaults, "trees": 12, "importance": False, "explain": False}
KINDS = ("forest", "gradient_boosting", "mlp")


def options(**values):
    return {**OPTIONS, **values}


def new_land(rows=301, seed=9, missing=0.0):
    random = np.random.default_rng(seed)
    features = features_of(random.choice(CODES, rows), random, noise=1.0)
    features[random.random(features.shape) < missing] = np.nan
    return features


@pytest.fixture(autouse=True)
def _no_warnings_of_short_training():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_read_from_its_folder_predicts_as_scikit_learn_does(kind, tmp_path):
    table = training_table()
    found = train_and_validate(table, options(kind=kind), threads=1)
    save_feature_training(tmp_path / "model", found, options(kind=kind))
    model, folder = load_feature_model(tmp_path / "model")
    features = new_land()
    estimator = found.trained.estimators[0]
    inputs = features
    if kind == "mlp":
        mean, deviation = table.features.astype(float).mean(axis=0), table.features.astype(float).std(axis=0)
        inputs = ((features - mean) / deviation).astype(np.float32)
    expected = estimator.predict_proba(inputs)
    probabilities = model.probabilities(np.ascontiguousarray(features.T))
    assert np.array_equal(np.array(folder.classes)[model.best(probabilities)], estimator.predict(inputs))
    assert np.abs(probabilities - expected.T).max() < 2e-6
    assert folder.classes == CODES


@pytest.mark.parametrize("kind", ["forest", "gradient_boosting"])
def test_missing_features_go_the_way_that_scikit_learn_sends_them(kind):
    trained = train_model(training_table(missing=0.15), options(kind=kind, min_leaf=3), threads=1)
    features = new_land(missing=0.3)
    assert np.isnan(features).any()
    assert np.array_equal(predict(trained, features), trained.estimators[0].predict(features))


def test_a_perceptron_takes_the_mean_for_a_missing_feature():
    table = training_table()
    trained = train_model(table, options(kind="mlp"), threads=1)
    features = new_land(rows=20)
    filled = features.copy()
    features[:, 2] = np.nan
    filled[:, 2] = table.features[:, 2].astype(float).mean()
    assert np.allclose(
        trained.model.probabilities(features.T.copy()), trained.model.probabilities(filled.T.copy()), atol=1e-5
    )


def test_the_compiled_trees_and_those_in_numpy_give_the_same_sums():
    trained = train_model(training_table(missing=0.1), options(trees=7), threads=1)
    trees = trained.model.branches[0].part.trees
    for rows, missing in ((517, 0.2), (4_099, 0.0), (3, 0.5)):
        features = np.ascontiguousarray(new_land(rows=rows, missing=missing).T)
        compiled, plain = np.zeros((rows, 4)), np.zeros((rows, 4))
        trees.add_to(compiled, features)
        add_by_numpy(trees, plain, features)
        assert np.array_equal(compiled, plain)


def test_the_same_seed_trains_the_same_model(tmp_path):
    hashes = {
        save_feature_training(
            tmp_path / str(number), train_and_validate(training_table(), options(seed=seed), threads=1), options()
        ).card["sha256"]
        for number, seed in enumerate((4, 4, 5))
    }
    assert len(hashes) == 2


def test_below_a_parent_class_the_map_of_the_parents_is_that_of_the_first_model():
    table = training_table(noise=1.2)
    flat = options(hierarchy=True)
    trained = train_model(table, flat, threads=1)
    assert trained.model.classes == CODES
    assert [branch["parent"] for branch in trained.model.structure()] == [0, 2]
    features = new_land(rows=400)
    first, second = trained.estimators
    groups = first.predict(features)
    expected = np.where(groups == 2, second.predict(features), groups)
    assert np.array_equal(predict(trained, features), expected)
    probabilities = trained.model.probabilities(features.T.copy())
    assert np.allclose(probabilities.sum(axis=0), 1, atol=1e-5)
    in_forest = first.predict_proba(features)[:, list(first.classes_).index(2)]
    assert np.allclose(probabilities[2] + probabilities[3], in_forest, atol=1e-6)


def test_one_class_alone_cannot_be_learnt():
    table = training_table()
    with pytest.raises(TrainingInvalid, match="one class only"):
        train_model(table.rows(table.codes == 21), options(), threads=1)


@given(st.floats(allow_nan=False, allow_infinity=False, width=64), st.floats(allow_nan=False, width=32))
@settings(max_examples=300, deadline=None)
def test_a_rounded_threshold_sends_every_number_the_same_way(threshold, value):
    limit = float(np.finfo(np.float32).max)
    threshold = min(max(threshold, -limit), limit)
    if np.isfinite(value):
        assert (np.float32(value) <= round_down(np.array([threshold]))[0]) == (value <= threshold)


def broken(folder, changes, card=None):
    """The model with other arrays and other values on its card, with the right hash."""
    model = read_model_folder(folder)
    arrays = {**model.read_arrays(), **changes}
    values = {**model.card, **(card or {})}
    return write_model_folder(folder, values, {name: array for name, array in arrays.items() if array is not None})


@pytest.fixture(scope="module")
def forest_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forest") / "model"
    found = train_and_validate(training_table(rows=200), {**OPTIONS, "trees": 3}, threads=1)
    save_feature_training(folder, found, {**OPTIONS, "trees": 3})
    return folder


def change_node(name, change):
    def changed(arrays):
        array = arrays[f"below_0.tree.{name}"].copy()
        change(array, np.flatnonzero(arrays["below_0.tree.feature"] >= 0)[0])
        return {f"below_0.tree.{name}": array}

    return changed


@pytest.mark.parametrize(
    "change",
    [
        change_node("right", lambda array, inner: array.__setitem__(inner, 0)),  # a circle
        change_node("right", lambda array, inner: array.__setitem__(inner, -5)),
        change_node("right", lambda array, inner: array.__setitem__(inner, 1 << 30)),
        change_node("right", lambda array, inner: array.__setitem__(inner, array[inner] + 1)),  # two parents
        change_node("right", lambda array, _: array.__setitem__(-1, 1_000)),  # a leaf without values
        change_node("feature", lambda array, inner: array.__setitem__(inner, 99)),
        change_node("feature", lambda array, inner: array.__setitem__(inner, -2)),
        change_node("feature", lambda array, _: array.__setitem__(-1, 0)),  # a last node with children
        change_node("threshold", lambda array, inner: array.__setitem__(inner, np.nan)),
        change_node("output", lambda array, _: array.__setitem__(0, 1)),
        change_node("start", lambda array, _: array.__setitem__(0, 1)),
        change_node("start", lambda array, _: array.__setitem__(-1, 1 << 40)),
        change_node("values", lambda array, _: array.__setitem__((0, 0), np.inf)),
        lambda arrays: {"below_0.tree.right": arrays["below_0.tree.right"][:-1]},
        lambda arrays: {"below_0.tree.right": arrays["below_0.tree.right"].astype(np.int64)},
        lambda arrays: {"below_0.tree.values": arrays["below_0.tree.values"][:, :2].copy()},
        lambda _: {"below_0.tree.start": None},
        lambda _: {"below_0.tree.start": np.zeros(1, np.int64)},
    ],
)
def test_trees_that_lead_nowhere_are_refused(forest_folder, tmp_path, change):
    folder = tmp_path / "model"
    source = read_model_folder(forest_folder)
    write_model_folder(folder, source.card, source.read_arrays())
    broken(folder, change(source.read_arrays()))
    with pytest.raises(ModelInvalid):
        load_feature_model(folder)


@pytest.mark.parametrize(
    "structure",
    [
        [],
        [{"parent": 0, "classes": [1, 3]}],
        [{"parent": 9, "classes": [1, 3, 21, 22]}],
        [{"parent": 0, "classes": [1, 3, 2]}, {"parent": 2, "classes": [2, 21, 22]}],
        [{"parent": 0, "classes": [1, 3, 21, 22]}, {"parent": 0, "classes": [2]}],
        "flat",
        [["parent"]],
    ],
)
def test_a_hierarchy_that_is_none_is_refused(forest_folder, tmp_path, structure):
    source = read_model_folder(forest_folder)
    folder = write_model_folder(tmp_path / "model", {**source.card, "structure": structure}, source.read_arrays()).path
    with pytest.raises(ModelInvalid):
        load_feature_model(folder)


def test_the_card_holds_data_figures_and_licence(tmp_path):
    values = options(licence="CC BY 4.0")
    save_feature_training(tmp_path / "model", train_and_validate(training_table(), values, threads=1), values)
    card = json.loads((tmp_path / "model" / "model.json").read_text(encoding="utf-8"))
    assert card["licence"] == "CC BY 4.0"
    assert card["training"]["rows"] == 400
    assert sum(card["training"]["rows_by_class"].values()) == 400
    assert set(card["metrics"]) == {"blocked", "out_of_bag"}
    assert card["metrics"]["blocked"]["overall"] > 0.8
