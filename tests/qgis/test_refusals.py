"""Bad input is refused before anything starts, with one clear sentence."""

import json
from pathlib import Path

import pytest

SQUARE = "POLYGON((-73 -14,-72.9 -14,-72.9 -13.9,-73 -13.9,-73 -14))"
GOOD = {"GEOMETRY": f"CRS=EPSG:4326;{SQUARE}", "YEAR": 2020, "FOLDER": "TEMPORARY_OUTPUT"}


def checked(provider, name, parameters):
    from qgis.core import QgsProcessingContext

    return provider.algorithm(name).create().checkParameterValues(parameters, QgsProcessingContext())


def test_good_values_are_accepted(provider):
    assert checked(provider, "landcovermap", GOOD) == (True, "")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"GEOMETRY": None}, "Set exactly one region"),
        ({"GEOMETRY": ""}, "None is set"),
        ({"EXTENT": "-73,-72.9,-14,-13.9 [EPSG:4326]"}, "Set are: EXTENT, GEOMETRY"),
        ({"GEOMETRY": "CRS=EPSG:4326;POLYGON((0 0,1 0,2 0,0 0))"}, "has no area"),
        ({"GEOMETRY": "CRS=EPSG:4326;POINT(0 0)"}, "not a polygon"),
        ({"GEOMETRY": "CRS=EPSG:4326;POLYGON EMPTY"}, "empty"),
        ({"GEOMETRY": "no geometry at all"}, "geometry cannot be read: no geometry at all"),
        ({"GEOMETRY": "POLYGON((500000 8400000,600000 8400000,600000 8500000,500000 8400000))"}, "CRS"),
        ({"START": "2020-09-30", "END": "2020-04-01"}, "ends before it starts"),
        ({"START": "2020-04-01"}, "both a start and an end date"),
        ({"START": "2020-13-45", "END": "2020-12-31"}, "START cannot be read"),
        ({"YEAR": 2014}, "YEAR cannot be used: 2014. It must be a whole number from 2015"),
        ({"YEAR": 2090}, "YEAR cannot be used: 2090"),
        ({"YEAR": "abc"}, "YEAR cannot be used: abc. It must be a whole number"),
        ({"YEAR": 2020.5}, "YEAR cannot be used: 2020.5"),
        ({"START": "2090-01-01", "END": "2090-12-31"}, "has not begun yet"),
        ({"THREADS": "many"}, "THREADS cannot be used: many. It must be a whole number from 0 to 256"),
        ({"CACHE_LIMIT": "1,5"}, "CACHE_LIMIT cannot be used: 1,5. It must be a number"),
        ({"MAX_SCENES": 500}, "MAX_SCENES cannot be used: 500. It must be a whole number from 1 to 400"),
        ({"MAX_CLOUD": "nan"}, "MAX_CLOUD cannot be used: nan. It must be a number from 0 to 100"),
        ({"SOFT": "perhaps"}, "SOFT cannot be used: perhaps. It must be true or false"),
        ({"MONTHS": "13"}, "MONTHS cannot be used: 13. It must be one of: January, February,"),
        ({"MONTHS": ["5", "13"]}, "MONTHS cannot be used: May, 13"),
        ({"DEVICE": "gpu"}, "DEVICE cannot be used: gpu. It must be one of: auto, cpu, cuda, mps"),
        ({"CATALOGUE": "nowhere"}, "CATALOGUE cannot be used: nowhere. It must be one of: planetary_computer"),
        ({"LANGUAGE": "fr"}, "LANGUAGE cannot be used: fr. It must be one of: auto, en, es"),
        ({"GEOMETRY": None, "EXTENT": "178,182,-18,-17 [EPSG:4326]"}, "crosses the 180th meridian"),
        ({"GEOMETRY": None, "EXTENT": "19000000,21000000,-2000000,-1900000 [EPSG:3857]"}, "crosses the 180th meridian"),
        ({"GEOMETRY": None, "EXTENT": "2900000,3500000,-2000000,-1900000 [EPSG:3832]"}, "crosses the 180th meridian"),
        ({"GEOMETRY": None, "EXTENT": "0,1,2"}, "extent cannot be read: 0,1,2"),
        ({"START": "2014-01-01", "END": "2015-01-01"}, "before Sentinel-2"),
        ({"WEIGHTS": "3:1.2"}, "weights cannot be read at '3:1.2'"),
        ({"WEIGHTS": "11=1"}, "weights cannot be read at '11=1'"),
        ({"WEIGHTS": "3=-1"}, "weights cannot be read at '3=-1'"),
        ({"WEIGHTS": "3=nan"}, "weights cannot be read"),
        ({"WEIGHTS": ";".join(f"{code}=0" for code in range(1, 11))}, "greater than zero"),
        ({"CATALOGUE_URL": "planetary"}, "neither a web address nor a file"),
        ({"MODEL": "/no/such/model.safetensors"}, "no model file or model folder"),
        ({"SCENES": "/no/such/list.json"}, "scene list does not exist"),
        ({"CRS": "EPSG:4326"}, "must be a projected one in metres"),
        ({"CRS": "EPSG:2229"}, "must be a projected one in metres"),
        ({"CRS": "USER:100001"}, "must be a projected one in metres"),
        ({"GEOMETRY": f"CRS=EPSG:999999;{SQUARE}"}, "CRS of the region is not known: EPSG:999999"),
        (
            {"GEOMETRY": None, "EXTENT": "-73,-72.9,-14,-13.9 [EPSG:999999]"},
            "CRS of the region is not known: EPSG:999999",
        ),
        ({"CATALOGUE_URL": "x" * 5000}, "neither a web address nor a file: xxx"),
        ({"REGION_NAME": "x" * 500}, "Region name (REGION_NAME) must have at most 300 characters"),
        ({"FOLDER": "/var/a\0b"}, "characters that this system does not allow"),
        ({"CRS": "EPSG:4978"}, "must be a projected one in metres"),
        ({"CRS": "bogus"}, "It is bogus"),
        ({"FOLDER": "/proc/allpa"}, "cannot be written"),
        ({"FOLDER": "/dev/null/allpa"}, "cannot be written"),
        ({"FOLDER": f"/var/{'a' * 300}"}, "cannot be"),
    ],
)
def test_each_wrong_value_is_named(provider, change, says):
    accepted, message = checked(provider, "landcovermap", {**GOOD, **change})
    assert not accepted
    assert says in message.replace("\n", " ")
    assert message[0].isupper()
    assert message.rstrip().endswith(".")


def test_a_year_is_not_needed_where_the_days_are_given(provider):
    days = {"START": "2020-04-01", "END": "2020-09-30"}
    accepted, message = checked(provider, "landcovermap", {**GOOD, **days, "YEAR": None})
    assert accepted, message


@pytest.mark.parametrize("months", ["", [], None])
def test_no_month_means_all(provider, months):
    assert checked(provider, "landcovermap", {**GOOD, "MONTHS": months}) == (True, "")


def test_a_check_makes_no_folder(provider, tmp_path):
    folder = tmp_path / "not" / "yet"
    assert checked(provider, "landcovermap", {**GOOD, "FOLDER": str(folder)})[0]
    assert not (tmp_path / "not").exists()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_refused(provider, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    accepted, message = checked(provider, "landcovermap", {**GOOD, "FOLDER": str(file)})
    assert not accepted
    assert "cannot be written" in message


@pytest.mark.parametrize(
    ("name", "parameters", "says"),
    [
        ("searchscenes", {"YEAR": 2020, "OUTPUT": "TEMPORARY_OUTPUT"}, "Set exactly one region"),
        ("classifyscenes", {"SCENES": "/no/list.json", "OUTPUT": "TEMPORARY_OUTPUT"}, "scene list does not exist"),
        (
            "composite",
            {"PREDICTIONS": "/no/folder", "LANDCOVER": "TEMPORARY_OUTPUT", "QUALITY": "TEMPORARY_OUTPUT"},
            "folder of predictions does not exist",
        ),
        ("areatable", {"INPUT": "/no/map.tif", "OUTPUT": "TEMPORARY_OUTPUT"}, "map cannot be read"),
        (
            "areatable",
            {"INPUT": "/no/map.tif", "OUTPUT": "TEMPORARY_OUTPUT", "ZONES": "/no/zones.gpkg"},
            "zone layer cannot be read",
        ),
        (
            "landcoverchange",
            {"INPUTS": ["/no/2018.tif", "/no/2020.tif"], "FOLDER": "TEMPORARY_OUTPUT"},
            "map cannot be read",
        ),
        ("landcoverchange", {"INPUTS": [], "FOLDER": "TEMPORARY_OUTPUT"}, "At least two maps are needed"),
        ("loadpredictions", {"INPUT": "/no/folder"}, "folder of predictions does not exist"),
        ("installengine", {"BASE_PYTHON": "/no/python"}, "does not exist"),
    ],
)
def test_the_steps_refuse_too(provider, name, parameters, says):
    accepted, message = checked(provider, name, parameters)
    assert not accepted
    assert says in message


@pytest.fixture
def two_maps(qgis_app, tmp_path):
    """Two tiny rasters, named by their years."""
    from osgeo import gdal

    paths = [str(tmp_path / f"landcover_{year}.tif") for year in (2018, 2020)]
    for path in paths:
        gdal.GetDriverByName("GTiff").Create(path, 3, 2, 1, gdal.GDT_Byte).FlushCache()
    return {"INPUTS": paths, "FOLDER": "TEMPORARY_OUTPUT"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"PERIODS": "2018"}, "names of the periods cannot be used: 2018."),
        ({"PERIODS": "a/b;c"}, "names of the periods cannot be used"),
        ({"PERIODS": "wet;dry"}, "do not sort in the order of the maps"),
        ({"PERIODS": "2018;2018"}, "do not sort in the order of the maps"),
        ({"QUALITIES": 1}, "one quality raster for each map"),
        ({"INPUTS": 1}, "At least two maps are needed"),
        ({"CLASS": "Clouds"}, "CLASS cannot be used: Clouds"),
        ({"ALIGN": "bilinear"}, "ALIGN cannot be used: bilinear"),
        ({"FOLDER": "/proc/allpa"}, "cannot be written"),
    ],
)
def test_what_does_not_fit_the_maps_is_named(provider, two_maps, change, says):
    def given(value):
        return (two_maps["INPUTS"] * 2)[:value] if type(value) is int else value

    accepted, message = checked(provider, "landcoverchange", two_maps)
    assert accepted, message
    accepted, message = checked(
        provider, "landcoverchange", {**two_maps, **{name: given(value) for name, value in change.items()}}
    )
    assert not accepted
    assert says in message


@pytest.mark.parametrize(
    ("names", "periods"),
    [
        (["landcover_2020", "landcover_2018"], ["2020", "2018"]),
        (["landcover_20200401-20200930", "landcover_2021"], ["20200401-20200930", "2021"]),
        (["a 2020 map", "another 2020 map"], ["1", "2"]),
        (["before", "after"], ["1", "2"]),
        (["S2_20200412T150721_18LYL", "x_2021"], ["1", "2"]),
        ([f"map {letter}" for letter in "abcdefghijk"], [f"{number:02d}" for number in range(1, 12)]),
    ],
)
def test_periods_are_read_off_the_names_of_files_or_counted(allpa, names, periods):
    from allpa.plugin.algorithms.comparing import periods_from_file_names

    assert periods_from_file_names([Path(f"/maps/{name}.tif") for name in names]) == periods


def test_a_refusal_also_stops_a_run_that_was_not_checked(provider, feedback, monkeypatch):
    from qgis.core import QgsProcessingContext, QgsProcessingException

    algorithm = provider.algorithm("landcovermap").create()
    swapped = {**GOOD, "START": "2020-09-30", "END": "2020-04-01"}
    with pytest.raises(QgsProcessingException, match="ends before it starts"):
        algorithm.run(swapped, QgsProcessingContext(), feedback, {}, False)


def test_every_parameter_has_a_plain_help_text(provider):
    for algorithm in provider.algorithms():
        for parameter in algorithm.parameterDefinitions():
            if ":" in parameter.name():
                continue  # an output of a model
            assert parameter.help(), f"{algorithm.id()} {parameter.name()}"
            assert "<" not in parameter.help()
            assert parameter.name() == parameter.name().upper()
        assert "<" not in algorithm.shortHelpString()
        assert algorithm.shortDescription().endswith(".")


def test_the_parameters_are_those_that_commands_and_models_use(provider):
    names = [definition.name() for definition in provider.algorithm("landcovermap").parameterDefinitions()]
    assert sorted(names) == sorted(
        [
            *("REGION", "EXTENT", "GEOMETRY", "YEAR", "START", "END", "CATALOGUE", "CATALOGUE_URL", "COLLECTION"),
            *(
                "FOLDER",
                "REGION_NAME",
                "MAX_SCENES",
                "CLEAR_OBSERVATIONS",
                "MAX_CLOUD",
                "MONTHS",
                "MONTH_BALANCE",
                "SOFT",
            ),
            *(
                "WEIGHTS",
                "WEIGHT_TABLE",
                "SMOOTHING",
                "MASK_DILATION",
                "GUARDS",
                "ELEVATION",
                "ANNUAL_DECISION",
                "DECISION_MODEL",
                "MODEL",
                "CRS",
                "CACHE",
                "CACHE_LIMIT",
                "FALLBACK_CATALOGUE",
                "AUTH",
                "DEVICE",
                "THREADS",
                "SCENES",
                "LANGUAGE",
                "OVERWRITE",
                "PRECISION",
                "BACKEND",
                "TILES",
                "DASK",
                "TILE_STORE",
                "DRY_RUN",
            ),
            *("ZONES", "ZONE_FIELD", "ZONE_CODE", "ZONE_SUMS", "ZONE_MAPS", "REGION_FIELD", "JOINT_TABLE"),
        ]
    )


def test_the_outputs_are_those_that_commands_and_models_use(provider):
    outputs = [definition.name() for definition in provider.algorithm("landcovermap").outputDefinitions()]
    assert sorted(outputs) == sorted(
        [
            *("LANDCOVER", "PLAIN_LANDCOVER", "QUALITY", "AREAS"),
            *("REPORT", "PROVENANCE", "PICTURE", "SCENES_USED", "FOLDER"),
            *("AREA_HA", "MAPPED_AREA_PERCENT", "SCENE_COUNT", "FAILED_SCENES", "AREA_TABLE"),
            *("ZONE_LAYER", "ZONE_TABLE", "ZONE_TABLE_LONG", "ZONE_TABLE_SUMS", "ZONE_COUNT", "ZONE_MAP_FOLDER"),
            *("PLAN", "PLAN_TILES", "PLAN_SCENES", "PLAN_FETCH_BYTES", "PLAN_DISK_BYTES", "PLAN_MEMORY_MB"),
            *("PLAN_MINUTES", "PLAN_CORE_HOURS", "PLAN_COVERED_PERCENT"),
        ]
    )


def test_enums_are_static_strings_so_that_commands_survive_new_entries(provider):
    for algorithm in provider.algorithms():
        for parameter in algorithm.parameterDefinitions():
            if parameter.type() == "enum":
                assert parameter.usesStaticStrings(), f"{algorithm.id()} {parameter.name()}"


def test_helps_name_no_path_of_this_machine(provider, root):
    for algorithm in provider.algorithms():
        assert str(root) not in algorithm.shortHelpString()
        assert str(Path.home()) not in algorithm.shortHelpString()


@pytest.fixture
def folder_of_another_job(allpa, tmp_path):
    """A folder with the map of 2020 of another region and other months."""
    from allpa.plugin.allpa_engine.core.job import Job, job_to_dict

    folder = tmp_path / "maps"
    folder.mkdir()
    square = {"type": "Polygon", "coordinates": [[[1, 1], [2, 1], [2, 2], [1, 1]]]}
    job = Job(folder=str(folder), region=square, start="2020-01-01", end="2020-12-31", months=(5,), max_scenes=7)
    (folder / "landcover_2020.tif").write_bytes(b"a map")
    (folder / "record_2020.json").write_text(json.dumps({"made_by": job_to_dict(job)}), encoding="utf-8")
    return folder


def test_the_map_of_another_job_is_replaced_only_where_that_is_allowed(provider, folder_of_another_job):
    parameters = {**GOOD, "FOLDER": str(folder_of_another_job)}
    accepted, message = checked(provider, "landcovermap", parameters)
    assert not accepted
    assert message.splitlines()[:2] == [
        "The folder maps holds the 2020 map of another job.",
        "It differs in: Region, Maximum scenes per tile, Months (all if none selected).",
    ]
    assert "OVERWRITE" in message
    assert checked(provider, "landcovermap", {**parameters, "OVERWRITE": True}) == (True, "")
    assert checked(provider, "landcovermap", {**parameters, "YEAR": 2021}) == (True, "")


def test_a_map_without_a_record_is_not_replaced_either(provider, folder_of_another_job):
    (folder_of_another_job / "record_2020.json").write_text("{", encoding="utf-8")
    accepted, message = checked(provider, "landcovermap", {**GOOD, "FOLDER": str(folder_of_another_job)})
    assert not accepted
    assert "of which there is no record" in message


def test_the_look_for_another_map_refuses_a_folder_that_no_system_allows(provider):
    from allpa.plugin.allpa_engine.core.errors import AllpaError
    from qgis.core import QgsProcessingContext

    algorithm = provider.algorithm("landcovermap").create()
    with pytest.raises(AllpaError, match="too long"):
        algorithm.differences_from_map({**GOOD, "FOLDER": f"/var/{'a' * 300}"}, QgsProcessingContext())


@pytest.mark.parametrize("months", ["5, 6", " 5,6 ", ["5", "6"], [5, 6.0], "mayo; JUNIO", ["May", "jun"]])
def test_months_may_be_written_by_number_or_name(provider, months):
    assert checked(provider, "landcovermap", {**GOOD, "MONTHS": months}) == (True, "")


@pytest.mark.parametrize(("name", "says"), [("", "is a folder"), (f"{'n' * 245}.csv", "too long")])
def test_an_output_file_that_cannot_be_written_is_refused_before_the_run(provider, tmp_path, name, says):
    parameters = {**GOOD, "OUTPUT": str(tmp_path / name)}
    accepted, text = checked(provider, "searchscenes", parameters)
    assert not accepted
    assert says in text


@pytest.mark.parametrize(("layer", "accepted"), [("/proc/zones.gpkg", False), ("memory:zones", True), ("ogr:x", True)])
def test_a_layer_of_zones_that_cannot_be_written_is_refused_before_the_run(provider, tmp_path, layer, accepted):
    from osgeo import gdal

    landcover, zones = tmp_path / "map.tif", tmp_path / "zones.geojson"
    gdal.GetDriverByName("GTiff").Create(str(landcover), 2, 2).FlushCache()
    zones.write_text('{"type": "FeatureCollection", "features": []}')
    outputs = {"OUTPUT": str(tmp_path / "areas.csv"), "ZONE_LAYER": layer}
    answer, text = checked(provider, "areatable", {"INPUT": str(landcover), "ZONES": str(zones), **outputs})
    assert answer == accepted, text
    assert accepted or "/proc cannot be written" in text
