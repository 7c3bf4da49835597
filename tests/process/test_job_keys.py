"""Every key of a job can be chosen in QGIS: the jobs that the algorithms write are compared with the job's own keys."""

import json
from contextlib import suppress
from dataclasses import MISSING, fields
from types import SimpleNamespace

import pytest
from small_maps import codes_of, write_finished_run, write_raster, write_zones

REGION = "CRS=EPSG:4326;POLYGON((-73 -14,-72.9 -14,-72.9 -13.9,-73 -13.9,-73 -14))"
OTHERWISE: set[str] = {"catalogue_hours", "decision_model_hash", "only_tiles"}
"""Keys that no parameter holds: a setting of QGIS, the hash that the run writes into the record of its job, and what
says from a terminal which tiles a computer maps."""
OF_SINGLE_STEPS = {"task", "outputs", "predictions", "landcover", "maps", "qualities", "align", "change_class"}
OF_SINGLE_STEPS |= {"design", "strata_raster", "sample", "samples", "agreement", "interpreter"}
OF_SINGLE_STEPS |= {"reference", "reference_options", "estimation", "quality"}
OF_SINGLE_STEPS |= {"training", "test_training", "forest_options", "export_options", "explain_options"}
OF_SINGLE_STEPS |= {"tile_folders"}
OF_SINGLE_STEPS |= {"bands", "seasons", "seasonal"}
OF_SINGLE_STEPS |= {"labels", "legend", "features", "training_options"}
OF_SINGLE_STEPS |= {"network_options"}
OF_SINGLE_STEPS |= {"corrections", "refit_options", "embedding_period"}
"""Keys that the main job leaves to its steps: what they read and compare, and where single files go."""


def merge_parameters(folder):
    """Other values than the defaults for the parameters of a composite."""
    merge = {"MONTH_BALANCE": True, "SOFT": True, "WEIGHTS": "3=1.5", "WEIGHT_TABLE": str(folder / "w.json")}
    merge |= {"SMOOTHING": 4, "MASK_DILATION": True, "CRS": "EPSG:32718", "MONTHS": ["5"]}
    merge |= {"GUARDS": ["shade"], "ELEVATION": str(write_raster(folder / "heights.tif", [codes_of(1)]))}
    return {**merge, "ANNUAL_DECISION": True, "DECISION_MODEL": str(folder / "d.json")}


def compute_parameters(folder):
    """Other values than the defaults for network, cache and device."""
    network = folder / "n.safetensors"
    network.write_text("")
    compute = {"MODEL": str(network), "CACHE": str(folder / "cache"), "CACHE_LIMIT": 1.5}
    return {**compute, "DEVICE": "cpu", "THREADS": 2, "PRECISION": "fp32", "BACKEND": "torch"}


def write_chip_list(folder):
    """Training data with chips, as far as QGIS looks at them."""
    (folder / "chips").mkdir(parents=True)
    (folder / "chips" / "chips.json").write_text("{}")
    return folder


def write_marked_folder(folder, file):
    """A folder with the file by which QGIS recognises what it holds."""
    folder.mkdir()
    (folder / file).write_text("{}")
    return str(folder)


def network_files(folder, language):
    """Other values than the defaults for exporting and explaining a network."""
    network = write_marked_folder(folder / "network", "model.json") + "/model.json"
    chips = write_chip_list(folder / "explained")
    return {
        "exportmodel": {
            "NETWORK": network, "TILE": 256, "FORMATS": ["onnx"], "FOLDER": str(folder / "export"), **language,
        },
        "explainmodel": {
            "NETWORK": network, "TRAINING": str(chips), "CHIPS": 3, "STEPS": 9, "FOLDER": str(folder / "e"), **language,
        },
    }  # fmt: skip


def training_parameters():
    """Other values than the defaults for how labels are sampled, balanced and checked."""
    numbers = {"POLYGON_PIXELS": 9, "CLASS_ROWS": 90, "CHIP_SIZE": 64, "CHIP_STRIDE": 32, "FOLDS": 4, "SEED": 3}
    numbers |= {"MIN_LABELLED": 0.1, "BLOCK_SIZE": 500, "MERGE_BELOW": 0.7}
    texts = {"INDICES": "NDVI", "FEATURE_NAMES": "B04, B08", "GROUP_FIELD": "farm", "X_FIELD": "x", "Y_FIELD": "y"}
    texts |= {"CRS": "EPSG:32718", "LAYER": "a", "ENCODING": "cp1252", "BALANCE": "down", "POLYGONS": "inner_point"}
    return {**numbers, **texts, "NEIGHBOURS": False, "CHECK_LABELS": False, "CSV": True}


def season_parameters():
    """Other values than the defaults for seasons, statistics and which scenes and pixels count."""
    scenes = {"SELECTION": "as_map", "SEASON_CLOUD": 30, "SEASON_MIN_SCENES": 1, "SEASON_MAX_SCENES": 7}
    pixels = {"MASK_DILATION": False, "SNOW": "keep", "TERRAIN": False}
    return {"SEASONS": "seca=6,7", "BANDS": ["B04"], "STATISTICS": ["mean"], "PERCENTILES": "90", **scenes, **pixels}


def shared_values(tmp_path):
    """Other values than the defaults of parameters that several algorithms have."""
    period = {"START": "2020-04-01", "END": "2020-09-30", "MONTHS": ["5"]}
    search = {"CATALOGUE": "earth_search", "COLLECTION": "mine", "FALLBACK_CATALOGUE": "earth_search_l2a"}
    search |= {"MAX_SCENES": 7, "CLEAR_OBSERVATIONS": 3, "MAX_CLOUD": 40}
    merge, compute = merge_parameters(tmp_path), compute_parameters(tmp_path)
    language = {"LANGUAGE": "es"}
    (scenes := tmp_path / "scenes.json").write_text("{}")
    maps = [
        write_raster(tmp_path / f"{kind}_{year}.tif", [codes_of(1)]) for kind in ("m", "q") for year in (2018, 2020)
    ]
    zones = {"ZONES": write_zones(tmp_path / "zones.gpkg", {"norte": (50, 20, 200, 150)}), "ZONE_FIELD": "district"}
    zone_fields = {"ZONE_CODE": "district", "ZONE_SUMS": ["district"]}
    sample = write_raster(tmp_path / "sample.gpkg", [codes_of(1)])  # any file
    labelled = {"SAMPLE": sample, "AGREEMENT": "single", "INTERPRETER": "Ana"}
    region, name = {"GEOMETRY": REGION}, {"REGION_NAME": "Curahuasi"}
    output = {"OUTPUT": str(tmp_path / "output")}
    network = write_marked_folder(tmp_path / "own_network", "model.json")
    run = {"RUN_FOLDER": str(write_finished_run(tmp_path / "run")), "MODEL": network}
    rasters = {"LANDCOVER": str(tmp_path / "l.tif"), "QUALITY": str(tmp_path / "q.tif")}
    whole = {**region, **name, **period, **search, **merge, **compute, "FOLDER": str(tmp_path / "out")}
    return SimpleNamespace(
        folder=tmp_path, region=region, name=name, period=period, search=search, merge=merge, compute=compute,
        language=language, scenes=scenes, maps=maps, zones=zones, zone_fields=zone_fields,
        sample=sample, labelled=labelled, output=output,
        run=run, rasters=rasters, whole=whole,
    )  # fmt: skip


def map_values(v):
    """Maps, areas and change: other values by algorithm."""
    return {
        "landcovermap": {
            **v.whole, "SCENES": str(v.scenes), **v.zones, **v.zone_fields, **v.language, "OVERWRITE": True,
            "ZONE_MAPS": True, "JOINT_TABLE": str(v.folder / "all.csv"), "REGION_FIELD": "name",
            "TILES": "separately", "DASK": "local:2", "TILE_STORE": "s3://maps/tiles",
        },
        "searchscenes": {
            **v.region, **v.period, **v.search, "FOOTPRINTS": "memory:",
            "OUTPUT": str(v.folder / "found.json"),
        },
        "classifyscenes": {"SCENES": str(v.scenes), **v.compute, **v.output},
        "composite": {"PREDICTIONS": str(v.folder), **v.region, **v.merge, **v.rasters, **v.language},
        "jointiles": {
            "TILES": write_marked_folder(v.folder / "office", "tile.json"), "OVERWRITE": True, **v.language,
            "FOLDER": str(v.folder / "joined"),
        },
        "areatable": {
            "INPUT": v.maps[0], **v.region, **v.zones, **v.zone_fields, **v.language,
            "OUTPUT": str(v.folder / "areas.csv"),
        },
        "landcoverchange": {
            **v.region, **v.name, "REGION_FIELD": "name", "INPUTS": v.maps[:2], "QUALITIES": v.maps[2:],
            "ALIGN": "finest", "CLASS": "Trees", "CLASS_CODE": 200, "FOLDER": str(v.folder / "c"),
            **v.labelled, **v.language,
        },
    }  # fmt: skip


def accuracy_values(v):
    """Samples and accuracy: other values by algorithm."""
    return {
        "accuracy": {
            "LANDCOVER": v.maps[0], "REGIONS": ["Norte", str(v.maps[1]), v.sample], **v.name, **v.labelled,
            **v.language, **v.zones, "QUALITY": v.maps[2], "ZONE_METHOD": "composite", "ZONES_ADD_UP": False,
            "OUTPUT": str(v.folder / "accuracy.csv"),
        },
        "accuracymorepoints": {
            "LANDCOVER": v.maps[0], **v.region, **v.zones, **v.labelled, **v.language, "STRATA_RASTER": v.maps[1],
            "QUALITY": v.maps[2], "TARGET": "Crops", "CLASS_CODE": 200, "TARGET_PERCENT": 10,
            "OUTPUT": str(v.folder / "more.gpkg"),
        },
        "accuracysample": {
            "LANDCOVER": v.maps[0], **v.region, **v.zones, **v.language, "METHOD": "stratified", "STRATA": "raster",
            "STRATA_RASTER": v.maps[1], "KIND": "change", "SIZE": 77, "STANDARD_ERROR": 0.02, "MIN_DISTANCE": 30,
            "EXPECTED_ACCURACY": "2=0.9", "ALLOCATION": "optimal", "MINIMUM_POINTS": 20, "OPTIMAL_CLASS": "Trees",
            "CLASS_CODE": 200, "OPTIMAL_FOR": "accuracy", "SEED": 9, "INTERPRETERS": "Ana; Luis", "OVERWRITE": True,
            "OUTPUT": str(v.folder / "sample.gpkg"),
        },
        "accuracyimport": {
            "LANDCOVER": v.maps[0], **v.zones, **v.language, "REFERENCE": str(v.scenes), "SAMPLE": v.zones["ZONES"],
            "CLASS_FIELD": "lc", "CLASSES": "bosque=2", "LAYER": "a", "X_FIELD": "x", "Y_FIELD": "y",
            "CRS": "EPSG:32718", "POLYGONS": "random_points", "POINTS_PER_POLYGON": 7, "IS_RANDOM": True,
            "INTERPRETER": "Ana", "SEED": 3, "OVERWRITE": True, "OUTPUT": str(v.folder / "imported.gpkg"),
        },
    }  # fmt: skip


def own_class_values(v):
    """Own classes: composites, training data and models of single pixels: other values by algorithm."""
    return {
        "seasonalcomposite": {
            **v.region, **v.name, **v.search, **v.language, **season_parameters(), "REGION_FIELD": "name",
            "START": v.period["START"], "END": v.period["END"], "SCENES": str(v.scenes),
            "FOLDER": str(v.folder / "seasons"),
            **{key: v.compute[key] for key in ("CACHE", "CACHE_LIMIT", "THREADS")},
            **{key: v.merge[key] for key in ("CRS", "ELEVATION")},
        },
        "trainingdata": {
            "LABELS": v.zones["ZONES"], "LABELS_FILE": str(v.scenes), "CLASS_FIELD": "lc",
            "CLASSES": "a=2; hielo=Nieve", "FEATURES": str(v.folder), "LEGEND": str(v.scenes),
            "FOLDER": str(v.folder / "training"), **v.language,
            **training_parameters(),
        },
        "trainforest": {
            "TRAINING": write_marked_folder(v.folder / "samples", "samples.json"), "KIND": "mlp", "TREES": 7,
            "TEST_TRAINING": write_marked_folder(v.folder / "test", "samples.json"), "KEEP_FEATURES": 5,
            "WEIGHTING": "none", "MAX_DEPTH": 9, "MIN_LEAF": 2, "SPLIT_FEATURES": 3, "LEARNING_RATE": 0.3,
            "LAYER_WIDTH": 20, "FOLDS": 4, "EXPLAIN_ROWS": 50, "SEED": 8, "HIERARCHY": True, "IMPORTANCE": False,
            "EXPLAIN": False, "LICENCE": "CC BY 4.0", "THREADS": 2, "FOLDER": str(v.folder / "model"), **v.language,
        },
        "classifyfeatures": {
            **v.region, **v.name, "START": "2020-04-01", "END": "2020-09-30", **v.zones, **v.zone_fields, **v.language,
            "THREADS": 2,
            "MODEL": write_marked_folder(v.folder / "forest", "model.json"), "OVERWRITE": True,
            "FEATURES": write_marked_folder(v.folder / "composites", "features.json"), "FOLDER": str(v.folder / "map"),
        },
    }  # fmt: skip


def network_values(v):
    """Networks: taught further, explained, exported: other values by algorithm."""
    return {
        "trainnetwork": {
            "TRAINING": str(write_chip_list(v.folder / "chips")), "START": "model", "ENCODER": "",
            "START_MODEL": write_marked_folder(v.folder / "start", "model.json"), "PRETRAINED": True,
            "FEATURES": "B02 B03", "AUGMENTATION": False, "OVERWRITE": True, "STEPS": 5, "BATCH_SIZE": 3,
            "CROP_PX": 48, "LEARNING_RATE": 0.01, "VALIDATE_EVERY": 2,
            "EARLY_STOPPING_ROUNDS": 3, "SEED": 8, "DEVICE": "cpu", "THREADS": 2,
            "FOLDER": str(v.folder / "network"), **v.language,
        },
        "refitnetwork": {
            **v.run, "CORRECTIONS": v.zones["ZONES"], "CLASS_FIELD": "district", "LEGEND": str(v.scenes), "STRENGTH": 2,
            "BLOCK_SIZE": 500, "FOLDER": str(v.folder / "teaching"),
        },
        "mapwithmodel": {**v.run, "FOLDER": str(v.folder / "again")},
        "embeddings": {**v.run, "PERIOD": "month", "FOLDER": str(v.folder / "embeddings")},
        **network_files(v.folder, v.language),
    }  # fmt: skip


@pytest.fixture
def given(tmp_path):
    """For each algorithm that runs a job, another value than the default for each of its parameters."""
    values = shared_values(tmp_path)
    return {
        **map_values(values), **accuracy_values(values), **own_class_values(values), **network_values(values),
    }  # fmt: skip


@pytest.fixture
def chosen(given, run_algorithm, fake_engine):
    """For each algorithm, the keys of its job that its parameters changed."""
    from allpa.plugin.allpa_engine.core.job import Job
    from qgis.core import QgsProcessingException

    made = {}
    for name, parameters in given.items():
        with suppress(QgsProcessingException, OSError):  # the fake engine writes no tables of zones
            run_algorithm(name, parameters)
        assert len(fake_engine.runs) > len(made), f"{name} was refused"
        job = json.loads(fake_engine.runs[-1]["job"])
        plain = json.loads(json.dumps(_defaults(Job)))
        made[name] = {key for key in job if key not in plain or job[key] != plain[key]}
        assert made[name] - {"folder"}, name
    return made


def _defaults(kind):
    from allpa.plugin.allpa_engine.core.job import job_to_dict

    needed = {entry.name: "" for entry in fields(kind) if entry.default is MISSING and entry.default_factory is MISSING}
    return job_to_dict(kind(**needed))


def test_every_key_of_a_job_is_a_parameter_of_an_algorithm(chosen):
    from allpa.plugin.allpa_engine.core.job import Job

    keys = {entry.name for entry in fields(Job)}
    assert keys - set.union(*chosen.values()) == OTHERWISE


def test_the_main_job_offers_every_key_that_is_not_of_a_single_step(chosen):
    from allpa.plugin.allpa_engine.core.job import Job

    keys = {entry.name for entry in fields(Job)}
    # Here the results are in another language than QGIS, whose number format is not theirs.
    assert keys - chosen["landcovermap"] == OTHERWISE | OF_SINGLE_STEPS | {"number_format"}


def test_every_parameter_was_given_here(given, provider):
    """Where an algorithm gets a parameter, this test learns of it."""
    other_ways = {"REGION", "EXTENT", "YEAR", "CATALOGUE_URL", "AUTH", "ZONE_LAYER", "PERIODS", "DRY_RUN"}
    for name, parameters in given.items():
        declared = {definition.name() for definition in provider.algorithm(name).parameterDefinitions()}
        assert declared - other_ways == set(parameters), name
