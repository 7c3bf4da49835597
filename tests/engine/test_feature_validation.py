"""Validation of models of features by blocks, out of bag and on other data; importance, elimination, SHAP."""

import numpy as np
import pytest
from allpa_engine.core.forest_keys import FOREST
from allpa_engine.learn.estimators import train_model
from allpa_engine.learn.explanation import explain_trees
from allpa_engine.learn.feature_training import train_and_validate
from allpa_engine.learn.folds import group_folds
from allpa_engine.learn.importance import eliminate_features, permutation_importance
from allpa_engine.learn.validation import compare, train_folds, validation_rows
from own_classes import LEGEND, training_table

OPTIONS = {**FOREST.defaults, "trees": 15, "importance": False, "explain": False}


def test_figures_of_a_matrix_are_those_of_the_textbook():
    """Congalton and Green's example, 434 points; kappa as they print it."""
    counts = np.array([[65, 4, 22, 24], [6, 81, 5, 8], [0, 11, 85, 19], [4, 7, 3, 90]])
    predicted, labelled = (axis.repeat(counts.ravel()) for axis in np.indices((4, 4)).reshape(2, -1) + 1)
    found = compare("blocked", predicted, labelled, (1, 2, 3, 4))
    assert found.overall == pytest.approx(0.74, abs=0.005)
    assert found.kappa == pytest.approx(0.65, abs=0.005)
    assert [round(score.producers, 2) for score in found.classes] == [0.87, 0.79, 0.74, 0.64]
    assert [round(score.users, 2) for score in found.classes] == [0.57, 0.81, 0.74, 0.87]


def test_scikit_learn_counts_the_same_figures():
    from sklearn.metrics import cohen_kappa_score, f1_score

    random = np.random.default_rng(2)
    labelled, predicted = random.choice([1, 3, 21], 500), random.choice([1, 3, 21], 500)
    found = compare("blocked", predicted, labelled, (1, 3, 21))
    assert found.kappa == pytest.approx(cohen_kappa_score(labelled, predicted))
    assert found.mean_f1 == pytest.approx(f1_score(labelled, predicted, average="macro"))


def test_a_class_that_is_never_predicted_has_no_users_accuracy():
    found = compare("blocked", np.array([1, 1]), np.array([1, 3]), (1, 3))
    assert np.isnan(found.classes[1].users)
    assert found.classes[1].f1 == 0
    assert found.to_dict()["classes"][1]["users"] is None


def test_the_table_has_a_row_for_all_and_one_per_class():
    rows = validation_rows([compare("blocked", np.array([1, 3, 3]), np.array([1, 3, 1]), (1, 3))], LEGEND)
    assert [row[:3] for row in rows[1:]] == [["blocked", "", "all"], ["blocked", 1, "Laguna"], ["blocked", 3, "Ichu"]]
    assert rows[1][5] == pytest.approx(0.6667)


def random_blocks():
    """Labels that say nothing, but whose pixels repeat: what is learnt is only of use beside them."""
    table = training_table(rows=320, seed=8)
    table.features[:] = np.repeat(np.random.default_rng(1).normal(size=(80, 5)), 4, axis=0)
    return table


def test_blocks_show_what_single_pixels_hide():
    found = train_and_validate(random_blocks(), OPTIONS, threads=1)
    by_method = {validation.method: validation.overall for validation in found.validations}
    assert by_method["out_of_bag"] > 0.8
    assert by_method["blocked"] < 0.5
    assert "neighbours" in found.validations[1].notes[0]


def test_labels_of_one_block_are_learnt_without_validation():
    table = training_table(rows=200)
    table.blocks[:] = 0
    found = train_and_validate(table, OPTIONS, threads=1)
    assert [validation.method for validation in found.validations] == ["out_of_bag"]
    assert any("one block" in str(note) for note in found.notes)


def test_other_training_data_test_the_model():
    test = training_table(rows=120, seed=77)
    test.codes[:4] = 2  # a class that the model does not have
    found = train_and_validate(training_table(), OPTIONS, test=test, threads=1)
    independent = found.validations[-1]
    assert (independent.method, independent.rows) == ("independent", 116)
    assert "4" in independent.notes[0]
    assert independent.overall > 0.8


def test_the_useless_feature_is_left_out_first():
    table = training_table(rows=480)
    folds = group_folds(table.blocks, table.codes, 3, 1)
    found = eliminate_features(table, folds, {**OPTIONS, "keep_features": 3}, threads=1)
    assert "noise" not in found.kept
    assert len(found.kept) == 3
    assert [len(step.names) for step in found.steps] == [5, 4, 3, 2]
    assert found.steps[0].names[-1] == "noise"
    model = train_and_validate(table, {**OPTIONS, "keep_features": 3}, threads=1).trained.model
    assert model.features == found.kept


def test_a_shuffled_feature_of_use_is_missed_and_noise_is_not():
    table = training_table(rows=480)
    folds = group_folds(table.blocks, table.codes, 3, 1)
    found = permutation_importance(table, list(train_folds(table, folds, OPTIONS, 1)))
    loss = dict(zip(found.names, found.mean_loss.tolist(), strict=True))
    assert abs(loss["noise"]) < 0.03
    assert max(loss, key=loss.get) in ("spring_B08", "autumn_B11")
    assert max(loss.values()) > 0.1
    assert found.rows(["a", "b", "c", "d"])[1][0] == found.names[found.order[0]]


@pytest.mark.parametrize("kind", ["forest", "gradient_boosting"])
@pytest.mark.parametrize("codes", [(1, 3, 21, 22), (21, 22)])
def test_the_shap_values_of_a_row_add_up_to_its_prediction(kind, codes):
    table = training_table(noise=1.0)
    table = table.rows(np.isin(table.codes, codes))
    trained = train_model(table, {**OPTIONS, "kind": kind, "trees": 5}, threads=1)
    (found,) = explain_trees(trained, table, 24)
    assert found.values.shape == (24, 5, len(codes))
    assert found.largest_difference < 1e-6
    if kind == "forest":
        expected = trained.estimators[0].predict_proba(table.features[found.rows])
        assert np.allclose(found.values.sum(axis=1) + found.base, expected, atol=1e-9)
    assert found.names[found.order[-1]] in ("noise", "elevation", "spring_B04")


def test_rows_with_missing_features_are_not_explained():
    table = training_table(missing=0.2)
    trained = train_model(table, {**OPTIONS, "trees": 4}, threads=1)
    (found,) = explain_trees(trained, table, 20)
    assert np.isfinite(table.features[found.rows]).all()
    assert found.largest_difference < 1e-6
