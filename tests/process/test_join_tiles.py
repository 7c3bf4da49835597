"""Joining tiles from QGIS: which folders go to the engine, and what is refused before."""

import json

import pytest


def office(folder, name, *parts):
    (folder / name).joinpath(*parts).mkdir(parents=True)
    return folder / name


def test_the_folders_of_offices_are_joined_and_others_are_not(run_algorithm, fake_engine, tmp_path):
    fake_engine.set_behaviour("result")
    north, south = (office(tmp_path / "all", name, "tiles", tile) for name, tile in (("n", "18LYK"), ("s", "18LYL")))
    office(tmp_path / "all", "letters")
    tile = office(tmp_path / "all", "18LZK")
    (tile / "tile.json").write_text("{}")
    run_algorithm("jointiles", {"TILES": str(tmp_path / "all"), "FOLDER": str(tmp_path / "out"), "LANGUAGE": "es"})
    (path,) = (tmp_path / "out").glob("*job.json")
    job = json.loads(path.read_text())
    assert (job["task"], job["language"], job["overwrite"]) == ("join", "es", False)
    assert set(job["tile_folders"].values()) == {str(north), str(south), str(tile)}


def test_a_run_is_taken_as_it_is(run_algorithm, fake_engine, tmp_path):
    fake_engine.set_behaviour("result")
    run = office(tmp_path, "run", "tiles", "18LYK")
    run_algorithm("jointiles", {"TILES": str(run), "FOLDER": str(tmp_path / "out")})
    (path,) = (tmp_path / "out").glob("*job.json")
    assert list(json.loads(path.read_text())["tile_folders"].values()) == [str(run)]


def test_a_folder_without_tiles_is_refused_before_the_engine_starts(run_algorithm, fake_engine, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(Exception, match="holds no tiles"):
        run_algorithm("jointiles", {"TILES": str(tmp_path / "empty"), "FOLDER": str(tmp_path / "out")})
