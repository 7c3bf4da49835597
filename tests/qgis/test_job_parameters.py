"""A job of a file becomes parameters that make the same job, wherever its folder lies now."""

import json
from dataclasses import replace

import pytest
from random_jobs import job_by_algorithm, random_job


@pytest.fixture
def clean_settings(allpa):
    from qgis.core import QgsSettings

    QgsSettings().remove("allpa")
    yield
    QgsSettings().remove("allpa")


@pytest.mark.parametrize("seed", range(60))
def test_a_job_of_a_file_is_made_again_by_its_parameters(clean_settings, tmp_path, seed):
    from allpa.plugin import settings
    from allpa.plugin.allpa_engine.core.job import job_from_dict, job_to_dict
    from allpa.plugin.job_parameters import job_values

    if seed % 2:
        settings.CACHE_FOLDER.set_value(str(tmp_path / "cache of the options"))
        settings.THREADS.set_value(5)
        settings.CACHE_LIMIT.set_value(7)
        settings.CATALOGUE.set_value("earth_search")
    job = random_job(seed, tmp_path)
    read = job_from_dict(json.loads(json.dumps(job_to_dict(job))))
    values = job_values(read)
    assert values.left_out == ()
    json.dumps(values.parameters)
    again = job_by_algorithm(values.parameters, tmp_path)
    assert job_to_dict(replace(again, catalogue_hours=0.0, number_format="")) == job_to_dict(job)


def test_zones_are_parameters_and_what_no_parameter_says_is_named(clean_settings, tmp_path):
    from allpa.plugin.allpa_engine.core.job import Job
    from allpa.plugin.job_parameters import job_values

    job = Job(
        folder=str(tmp_path), start="2020-01-01", end="2020-12-31", zones="/z.geojson", zone_name="DISTRITO",
        zone_code="UBIGEO", zone_sums=("PROVINCIA", "DEPARTAMEN"), zone_maps=True, only_tiles="18LYL", overwrite=True,
    )  # fmt: skip
    values = job_values(job)
    assert values.left_out == ("only_tiles",)
    assert {name: value for name, value in values.parameters.items() if "ZONE" in name} == {
        "ZONES": "/z.geojson",
        "ZONE_FIELD": "DISTRITO",
        "ZONE_CODE": "UBIGEO",
        "ZONE_SUMS": ["PROVINCIA", "DEPARTAMEN"],
        "ZONE_MAPS": True,
    }
    assert "OVERWRITE" not in values.parameters


@pytest.mark.parametrize("before", ["/old/place", "/old/place/", "C:\\mapas\\2020"])
def test_paths_within_a_moved_folder_move_with_it(clean_settings, tmp_path, before):
    from allpa.plugin.allpa_engine.core.job import Job
    from allpa.plugin.job_parameters import moved_job, moved_path

    inside = before.rstrip("/\\") + ("\\" if "\\" in before else "/") + "list.json"
    job = Job(folder=before, scenes=inside, model="/old/placebo/model", tile_store="s3://bucket/place")
    moved = moved_job(job, tmp_path)
    assert (moved.folder, moved.scenes) == (str(tmp_path), str(tmp_path / "list.json"))
    assert (moved.model, moved.tile_store) == ("/old/placebo/model", "s3://bucket/place")
    assert moved_path("/old/place/z.gpkg|layername=a", "/old/place", tmp_path) == f"{tmp_path}/z.gpkg|layername=a"


def test_no_guard_can_be_chosen(clean_settings, tmp_path):
    """QGIS takes the default for an empty choice of several; the help says that none gives the plain vote."""
    from allpa.plugin.job_parameters import job_values

    values = job_values(random_job(1, tmp_path)).parameters
    for empty in ([], "", ()):
        assert job_by_algorithm({**values, "GUARDS": empty}, tmp_path).guards == ()
    values.pop("GUARDS", None)
    assert job_by_algorithm(values, tmp_path).guards == ("slope", "persistence")
