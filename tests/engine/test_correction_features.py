"""Features at corrections: the same as of the whole scene, read again from the folder, and never of another network."""

import numpy as np
import pytest
from allpa_engine.classify.classify import classify_scene
from allpa_engine.classify.prediction_file import CLASS_BAND
from allpa_engine.classify.scene_reader import open_scene
from allpa_engine.core.errors import ModelInvalid
from allpa_engine.core.protocol import NullReporter
from allpa_engine.learn.correction_features import observe_corrections
from allpa_engine.learn.corrections import Corrections
from allpa_engine.learn.network_features import load_feature_network
from shapely import Point
from small_networks import fetched_scenes, small_network, whole_scene_features
from tile_maker import CRS, LEFT, TOP


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return small_network(tmp_path_factory.mktemp("model") / "small")


def corrections_at(rows, columns, codes=None):
    shapes = [Point(LEFT + 10 * column + 5, TOP - 10 * row - 5) for row, column in zip(rows, columns)]
    return Corrections(np.array(shapes, object), np.array(codes or [2] * len(shapes), np.uint8), CRS)


ROWS, COLUMNS = [0, 3, 100, 101, 239, 120], [0, 239, 57, 58, 239, 121]


def test_features_are_those_of_the_whole_scene_wherever_a_correction_lies(tmp_path, network):
    scenes, _ = fetched_scenes(tmp_path)
    found, _ = observe_corrections(corrections_at(ROWS, COLUMNS), scenes, network, tmp_path / "f", NullReporter())
    assert len(found) == 2 * len(ROWS)
    for number, fetched in enumerate(scenes):
        with open_scene(fetched.path) as scene:
            expected = whole_scene_features(network, scene)[:, ROWS, COLUMNS].T
            scl = scene.read().scl[ROWS, COLUMNS]
        mine = slice(number * len(ROWS), (number + 1) * len(ROWS))
        assert found.correction[mine].tolist() == list(range(len(ROWS)))
        np.testing.assert_allclose(found.features[mine], expected, atol=1e-4)
        np.testing.assert_array_equal(found.sky_is_clear[mine], ~np.isin(scl, (3, 8, 9, 10)))


def test_the_head_finds_the_classes_of_the_classified_scene_beside_gaps_too(tmp_path, network):
    (fetched,), _ = fetched_scenes(tmp_path, count=1, nodata_columns=50)
    rows, columns = [10, 80, 150, 30], [51, 49, 55, 20]
    found, _ = observe_corrections(corrections_at(rows, columns), [fetched], network, tmp_path / "f", NullReporter())
    assert found.correction.tolist() == [0, 2]  # the others have no data
    codes = np.array(network.head.classes)[network.head.logits(found.features).argmax(axis=1)]
    prediction = classify_scene(fetched, network.classifier, tmp_path / "p.tif", NullReporter(), soft=False)
    import rasterio

    with rasterio.open(prediction.path) as source:
        expected = source.read(CLASS_BAND)[[10, 150], [51, 55]]
    assert codes.tolist() == expected.tolist()


def test_features_that_are_known_are_not_computed_again(tmp_path, network, monkeypatch):
    scenes, _ = fetched_scenes(tmp_path, count=1)
    first, _ = observe_corrections(corrections_at(ROWS, COLUMNS), scenes, network, tmp_path / "f", NullReporter())
    chips = []
    original = type(network).features
    monkeypatch.setattr(type(network), "features", lambda self, chip: chips.append(1) or original(self, chip))
    again, _ = observe_corrections(
        corrections_at(ROWS[::-1], COLUMNS[::-1]), scenes, network, tmp_path / "f", NullReporter()
    )
    assert chips == []
    np.testing.assert_array_equal(again.features, first.features[::-1])
    observe_corrections(corrections_at([77], [9]), scenes, network, tmp_path / "f", NullReporter())
    assert len(chips) == 1


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 broken", b"no archive"])
def test_a_damaged_file_of_features_is_made_again(tmp_path, network, damage):
    scenes, _ = fetched_scenes(tmp_path, count=1)
    places = corrections_at([5], [7])
    first, _ = observe_corrections(places, scenes, network, tmp_path / "f", NullReporter())
    (file,) = (tmp_path / "f").glob("*.npz")
    file.write_bytes(damage)
    again, _ = observe_corrections(places, scenes, network, tmp_path / "f", NullReporter())
    np.testing.assert_array_equal(again.features, first.features)


def test_features_of_another_network_are_not_taken(tmp_path, network):
    scenes, _ = fetched_scenes(tmp_path, count=1)
    places = corrections_at([5], [7])
    first, _ = observe_corrections(places, scenes, network, tmp_path / "f", NullReporter())
    other = small_network(tmp_path / "other", seed=9)
    again, _ = observe_corrections(places, scenes, other, tmp_path / "f", NullReporter())
    assert np.abs(again.features - first.features).max() > 0.01


def test_the_background_lies_within_the_scenes_and_never_on_a_correction(tmp_path, network):
    scenes, _ = fetched_scenes(tmp_path, count=1)
    found, background = observe_corrections(
        corrections_at(ROWS, COLUMNS), scenes, network, tmp_path / "f", NullReporter()
    )
    assert len(background) > 50
    assert background.correction.min() >= 0
    assert len(set(background.correction.tolist())) == len(background)
    assert not (background.features[:, None] == found.features[None]).all(axis=2).any()


def test_a_model_that_is_no_network_is_refused(tmp_path):
    with pytest.raises(ModelInvalid):
        load_feature_network(tmp_path / "absent")
