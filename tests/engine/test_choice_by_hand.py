"""What a person ticks is what is fetched, and what a person left never comes back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from allpa_engine.core.errors import JobInvalid
from allpa_engine.core.job import Job, job_to_dict
from allpa_engine.core.protocol import NullReporter
from allpa_engine.core.scene import BY_HAND, FailedScene, Selection
from allpa_engine.fetch import fetch_selection
from allpa_engine.geo.region import Region
from allpa_engine.run.pipeline import run_job
from allpa_engine.select import SelectionRule, choose_next_acquisitions, select_scenes
from allpa_engine.select.scene_list import read_scene_list, write_scene_list
from hypothesis import given, settings
from hypothesis import strategies as st
from scene_lists import write_scene_list as write_made_up_list
from shapely.geometry import box, mapping
from stac_items import scene
from tile_maker import make_scene, make_selection, random_layers, region_from_metres, write_layers

REGION = Region(box(-72.95, -13.55, -72.85, -13.45))
SMALL = box(-72.876, -13.690, -72.862, -13.676)
"""About 1.5 km x 1.5 km of the archive's land."""


class Listener(NullReporter):
    """Remembers what a run says."""

    def __init__(self):
        self.texts = []

    def log(self, text, level="info"):
        self.texts.append(text)


def by_hand(selection, decisions):
    """The selection after a person's decisions: chosen or not, by id."""
    touched = (
        replace(candidate, chosen=decisions[candidate.scene.id], by_hand=True)
        if candidate.scene.id in decisions
        else candidate
        for candidate in selection.candidates
    )
    return replace(selection, candidates=tuple(touched))


def test_a_scene_left_by_hand_takes_no_failed_ones_place(tmp_path):
    root = tmp_path / "archive"
    for number, name in enumerate(["a", "x", "y"]):
        write_layers(root / name, random_layers(number))
    chosen = [make_scene(str(root), name) for name in ("a", "missing")]
    spare = [make_scene(str(root), name) for name in ("x", "y")]
    selection = by_hand(make_selection(chosen, spare), {"x": False})
    outcomes = list(
        fetch_selection(selection, region_from_metres(0, 0, 500, 500), tmp_path / "out", reporter=NullReporter())
    )
    outcome = [
        (outcome.scene_id, outcome.replaced_by) if isinstance(outcome, FailedScene) else outcome.scene.id
        for outcome in outcomes
    ]
    assert outcome == ["a", ("missing", "y"), "y"]
    nothing_else = by_hand(selection, {"y": False})
    outcomes = list(
        fetch_selection(nothing_else, region_from_metres(0, 0, 500, 500), tmp_path / "two", reporter=NullReporter())
    )
    outcome = [
        (outcome.scene_id, outcome.replaced_by) if isinstance(outcome, FailedScene) else outcome.scene.id
        for outcome in outcomes
    ]
    assert outcome == ["a", ("missing", None)]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.booleans(), min_size=8, max_size=8), st.lists(st.booleans(), min_size=8, max_size=8))
def test_scenes_added_for_want_of_observations_leave_what_a_person_decided(touched, decided):
    selection = select_scenes([scene(n, 10) for n in range(8)], REGION, SelectionRule(3, 9))
    ids = [candidate.scene.id for candidate in selection.candidates]
    decisions = {name: chosen for name, hand, chosen in zip(ids, touched, decided, strict=True) if hand}
    more = choose_next_acquisitions(by_hand(selection, decisions), "18LYL", 100)
    chosen = {chosen_scene.id for chosen_scene in more.chosen}
    assert chosen == {name for name in ids if decisions.get(name, True)}


def test_the_lists_of_the_tests_of_qgis_are_lists_of_the_engine(tmp_path):
    path = write_made_up_list(tmp_path / "made up.json", count=5, chosen=2)
    values = json.loads(path.read_text())
    values["features"][0]["properties"] |= {"allpa:chosen": False, "allpa:choice": BY_HAND}
    path.write_text(json.dumps(values))
    selection, region = read_scene_list(path)
    assert [candidate.chosen for candidate in selection.candidates] == [False, True, False, False, False]
    assert [candidate.by_hand for candidate in selection.candidates] == [True, False, False, False, False]
    assert selection.coverage[0].gap == ("2020-04-01", "2020-06-15")
    write_scene_list(selection, region, tmp_path / "again.json")
    again = json.loads((tmp_path / "again.json").read_text())
    assert {key: again["features"][1][key] for key in ("id", "properties")} == {
        key: values["features"][1][key] for key in ("id", "properties")
    }
    assert again["allpa:coverage"] == values["allpa:coverage"]


def job_in(folder, catalogue, **changes):
    values = {
        "folder": str(folder),
        "region": mapping(SMALL),
        "start": "2020-01-01",
        "end": "2020-12-31",
        "catalogue": catalogue.stac_url,
        "collection": catalogue.collection,
        "threads": 1,
        "max_scenes": 3,
    }
    return Job(**(values | changes))


@pytest.fixture(scope="module")
def searched(catalogue, tmp_path_factory):
    """A list of the archive's scenes over the small region, as the search wrote it."""
    folder = tmp_path_factory.mktemp("search")
    return Path(run_job(job_in(folder, catalogue, task="search"), NullReporter())["scenes"])


def edited(path, folder, decide):
    """A copy of a list in which a person chose what `decide` says of each candidate."""
    selection, region = read_scene_list(path)
    target = folder / "edited.json"
    write_scene_list(by_hand(selection, {c.scene.id: decide(c) for c in selection.candidates}), region, target)
    return target


def test_the_list_tells_clouds_bytes_and_coverage(searched):
    selection, _ = read_scene_list(searched)
    assert all(0 <= candidate.region_cloud_percent <= 100 for candidate in selection.candidates)
    window_side_px = 160 + 2 * 64
    assert all(0 < candidate.fetch_bytes < window_side_px**2 * 10 for candidate in selection.candidates)
    days = {tile_year.tile: tile_year.acquisition_days for tile_year in selection.coverage}
    assert set(days) >= {candidate.scene.tile for candidate in selection.candidates}
    assert all(tile_year.year == 2020 for tile_year in selection.coverage)


def test_exactly_what_was_ticked_is_classified(searched, catalogue, tmp_path):
    selection, _ = read_scene_list(searched)
    useful = [candidate for candidate in selection.candidates if candidate.clear_share > 0.5]
    wanted = {candidate.scene.id for candidate in useful[1::2]}
    assert wanted
    assert wanted != {chosen_scene.id for chosen_scene in selection.chosen}
    path = edited(searched, tmp_path, lambda candidate: candidate.scene.id in wanted)
    before, listener = path.read_bytes(), Listener()
    made = run_job(
        job_in(tmp_path / "job", catalogue, scenes=str(path), task="classify", clear_observations=30), listener
    )
    assert made["scene_count"] == len(wanted)
    assert {path.stem for path in Path(made["predictions"]).iterdir()} == wanted
    assert len(list((tmp_path / "job" / "scenes").glob("S2*.tif"))) == len(wanted)
    assert path.read_bytes() == before
    assert any("no scene is added" in text for text in listener.texts)


def test_a_list_without_a_tick_is_refused(searched, catalogue, tmp_path):
    path = edited(searched, tmp_path, lambda candidate: False)
    with pytest.raises(JobInvalid, match=r"No scene is selected in edited\.json"):
        run_job(job_in(tmp_path / "job", catalogue, scenes=str(path), task="fetch"), NullReporter())


def test_a_list_of_another_region_is_refused_and_one_around_it_is_not(searched, catalogue, tmp_path):
    west, south, east, north = SMALL.bounds
    beside = mapping(box(west + 0.007, south, east + 0.007, north))
    with pytest.raises(JobInvalid, match="another region"):
        run_job(job_in(tmp_path, catalogue, scenes=str(searched), region=beside, task="fetch"), NullReporter())
    inside = mapping(box(west + 0.004, south + 0.004, east, north))
    made = run_job(job_in(tmp_path, catalogue, scenes=str(searched), region=inside, task="fetch"), NullReporter())
    assert made["fetched"] == len(read_scene_list(searched)[0].chosen)


def test_a_job_without_a_list_does_not_take_the_list_of_an_earlier_search_for_its_own(searched, catalogue, tmp_path):
    """The folder's own list is of another search; a job with a given list came between."""
    own = tmp_path / "scenes_2020.json"
    selection, region = read_scene_list(searched)
    write_scene_list(Selection(selection.candidates[:1]), region, own)
    given = job_in(tmp_path, catalogue, scenes=str(searched))
    (tmp_path / "job.json").write_text(json.dumps(job_to_dict(given)))
    found = run_job(job_in(tmp_path, catalogue, task="search"), NullReporter())
    assert found["candidates"] == len(selection.candidates)
