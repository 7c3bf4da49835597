"""Scenes that cannot be used: each fails alone, is named with its reason, and is replaced by the next best."""

from dataclasses import replace

import numpy as np
import pytest
from allpa_engine.core.errors import AllScenesFailed, DiskFull
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.scene import FailedScene, FetchedScene
from allpa_engine.fetch import fetch_selection
from allpa_engine.raster.resample import upsample_bilinear
from fault_server import FaultServer
from tile_maker import make_scene, make_selection, random_layers, region_from_metres, without_band, write_layers


def fetch(selection, region, folder, **options):
    return list(fetch_selection(selection, region, folder, reporter=NullReporter(), **options))


@pytest.fixture
def root(tmp_path):
    """An archive of one good scene."""
    write_layers(tmp_path / "archive" / "one", random_layers(1))
    return tmp_path / "archive"


def sick_scene(root, name, change):
    """A scene whose layers are changed before they are written."""
    layers = random_layers(9)
    change(layers)
    write_layers(root / name, layers)
    return make_scene(str(root), name)


def _all_65000(layers):
    for key in layers:
        if key != "SCL":
            layers[key][:] = 65000


def _no_classification(layers):
    layers["SCL"][:] = 0


def _no_data(layers):
    for values in layers.values():
        values[:] = 0


def _wrong_shape(layers):
    layers["B11"] = layers["B11"][:-3]


def _ten_metre_swir(layers):
    layers["B12"] = upsample_bilinear(layers["B12"])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_all_65000, "corrupt"),
        (_no_classification, "classification layer is empty"),
        (_no_data, "no valid pixel"),
        (_wrong_shape, "not on the same grid as the other bands"),
        (_ten_metre_swir, "not on the same grid as the other bands"),
    ],
)
def test_a_sick_scene_is_replaced_by_the_next_of_its_tile_and_named(root, tmp_path, change, reason):
    write_layers(root / "two", random_layers(2))
    sick = sick_scene(root, "sick", change)
    spare = [replace(make_scene(str(root), "two"), tile="18LZF"), make_scene(str(root), "one")]
    failure, fetched = fetch(make_selection([sick], spare), region_from_metres(400, 400, 900, 900), tmp_path / "out")
    assert isinstance(failure, FailedScene)
    assert (failure.scene_id, failure.replaced_by) == ("sick", "one")
    assert reason in failure.reason
    assert isinstance(fetched, FetchedScene)
    assert fetched.scene.id == "one"
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_a_file_of_another_size_or_origin_than_the_catalogue_says_is_refused(root, tmp_path):
    """A tile that was cut, or lies in another zone, would otherwise pass for the right one."""
    good = make_scene(str(root), "one")
    due = {key: replace(asset, shape=(240, 240) if key in ("B02", "B03", "B04", "B08") else (120, 120))
           for key, asset in good.assets.items()}  # fmt: skip
    cut = {**due, "B12": replace(due["B12"], shape=(5490, 5490))}
    elsewhere = replace(good, tile="19LBF")
    scenes = [replace(good, id="cut", assets=cut), replace(elsewhere, id="moved"), replace(good, assets=due)]
    outcomes = fetch(make_selection(scenes), region_from_metres(0, 0, 900, 900), tmp_path / "out")
    reasons = {outcome.scene_id: outcome.reason for outcome in outcomes if isinstance(outcome, FailedScene)}
    assert "120 x 120 pixels instead of 5490 x 5490" in reasons["cut"]
    assert "EPSG:32718, not EPSG:32719" in reasons["moved"]
    assert [outcome.scene.id for outcome in outcomes if isinstance(outcome, FetchedScene)] == ["one"]


@pytest.mark.parametrize("damage", ["missing file", "missing asset", "truncated", "noise", "flipped"])
@pytest.mark.parametrize("remote", [False, True])
def test_a_damaged_file_fails_alone(root, tmp_path, damage, remote):
    write_layers(root / "sick", random_layers(9, size=240))
    path = root / "sick" / "B08.tif"
    data = path.read_bytes()
    if damage == "missing file":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "noise":
        path.write_bytes(np.random.default_rng(0).bytes(5000))
    elif damage == "flipped":
        middle = len(data) // 2
        path.write_bytes(data[: middle - 20000] + bytes(40000) + data[middle + 20000 :])
    with FaultServer(root) as server:
        base = server.url if remote else str(root)
        sick = make_scene(base, "sick")
        if damage == "missing asset":
            sick = without_band(sick, "B08")
        outcomes = fetch(
            make_selection([sick, make_scene(base, "one")]), region_from_metres(0, 0, 2400, 2400), tmp_path / "out"
        )
    assert [type(outcome) for outcome in outcomes] == [FailedScene, FetchedScene]
    assert outcomes[0].replaced_by is None
    assert outcomes[1].scene.id == "one"


def test_scenes_come_in_the_selections_order_and_failures_take_substitutes_in_order(tmp_path):
    root = tmp_path / "archive"
    for number, name in enumerate(["a", "c", "e", "y", "z"]):
        write_layers(root / name, random_layers(number))
    chosen = [make_scene(str(root), name) for name in "abcde"]  # b and d do not exist
    spare = [make_scene(str(root), name) for name in "xyz"]  # neither does x
    outcomes = fetch(make_selection(chosen, spare), region_from_metres(0, 0, 500, 500), tmp_path / "out", workers=3)
    found = [
        (outcome.scene_id, outcome.replaced_by) if isinstance(outcome, FailedScene) else outcome.scene.id
        for outcome in outcomes
    ]
    assert found == ["a", ("b", "y"), ("x", "y"), "y", "c", ("d", "z"), "z", "e"]


def test_that_all_scenes_failed_is_reported_after_the_failures(tmp_path):
    scenes = make_selection([make_scene(str(tmp_path), "a"), make_scene(str(tmp_path), "b")])
    outcomes = fetch_selection(scenes, region_from_metres(0, 0, 500, 500), tmp_path / "out", reporter=NullReporter())
    seen = [next(outcomes), next(outcomes)]
    with pytest.raises(AllScenesFailed, match="None of the 2 scenes"):
        next(outcomes)
    assert [failure.scene_id for failure in seen] == ["a", "b"]


def test_a_scene_without_a_tile_or_away_from_the_region_fails_without_a_request(root, tmp_path):
    with FaultServer(root) as server:
        here, far = make_scene(server.url, "one"), make_scene(server.url, "one")
        scenes = [replace(here, id="nameless", tile="?"), replace(far, id="far", tile="50LYF", crs="EPSG:32750"), here]
        outcomes = fetch(make_selection(scenes), region_from_metres(0, 0, 900, 900), tmp_path / "out")
    reasons = {outcome.scene_id: outcome.reason for outcome in outcomes if isinstance(outcome, FailedScene)}
    assert "not the name" in reasons["nameless"]
    assert "does not cover the region" in reasons["far"]
    assert [outcome.scene.id for outcome in outcomes if isinstance(outcome, FetchedScene)] == ["one"]


@pytest.mark.parametrize("error", [DiskFull("The disk is full."), RuntimeError("a fault in the program")])
def test_what_is_not_one_scenes_fault_ends_the_run(root, tmp_path, monkeypatch, error):
    def fail(*args):
        raise error

    monkeypatch.setattr("allpa_engine.fetch.scheduler.write_scene_file", fail)
    monkeypatch.setattr("threading.excepthook", lambda args: None)
    with pytest.raises(type(error)):
        fetch(make_selection([make_scene(str(root), "one")] * 3), region_from_metres(0, 0, 900, 900), tmp_path / "out")
