"""The algorithms with an engine that gives small, whole results: jobs, outputs, layers, errors, batch and models."""

import json
import threading
from pathlib import Path

import pytest

REGION = "CRS=EPSG:4326;POLYGON((-73 -14,-72.9 -14,-72.9 -13.9,-73 -13.9,-73 -14))"


@pytest.fixture
def engine(fake_engine):
    """The fake engine, by the name that tells what it stands for."""
    return fake_engine


def job_of(engine, number=-1):
    return json.loads(engine.runs[number]["job"])


def test_the_whole_job_gives_layers_files_numbers_and_the_table(run_algorithm, engine, tmp_path, feedback):
    folder = tmp_path / "Región uno"
    results = run_algorithm("landcovermap", {"GEOMETRY": REGION, "YEAR": 2020, "FOLDER": str(folder)})
    for name in ("LANDCOVER", "QUALITY", "AREAS", "REPORT", "PROVENANCE", "PICTURE", "SCENES_USED"):
        assert Path(results[name]).is_file(), name
    assert results["FOLDER"] == str(folder)
    assert (results["AREA_HA"], results["MAPPED_AREA_PERCENT"]) == (0.15, 86.7)
    assert (results["SCENE_COUNT"], results["FAILED_SCENES"]) == (5, 0)
    assert [row["code"] for row in json.loads(results["AREA_TABLE"])] == list(range(1, 11))
    assert any(f"-m allpa_engine run '{folder}/job.json'" in text for text in feedback.texts)


def test_the_job_holds_what_was_chosen_and_its_record_runs_again(run_algorithm, engine, tmp_path, allpa):
    from allpa.plugin.allpa_engine.core.job import read_job

    run_algorithm(
        "landcovermap",
        {
            "GEOMETRY": REGION,
            "START": "2020-04-01",
            "END": "2020-09-30",
            "FOLDER": str(tmp_path / "out"),
            "CATALOGUE_URL": "http://127.0.0.1:9/stac",
            "COLLECTION": "mine",
            "REGION_NAME": "Apurímac",
            "MAX_SCENES": 12,
            "CLEAR_OBSERVATIONS": 3,
            "MAX_CLOUD": 55.5,
            "MONTHS": ["9", "4"],
            "MONTH_BALANCE": True,
            "SOFT": True,
            "WEIGHTS": "3=1.5; 9=0.25",
            "WEIGHT_TABLE": str(tmp_path / "weights.json"),
            "SMOOTHING": 4,
            "MASK_DILATION": True,
            "CRS": "EPSG:32718",
            "CACHE": str(tmp_path / "cache"),
            "CACHE_LIMIT": 2.5,
            "FALLBACK_CATALOGUE": "earth_search",
            "DEVICE": "cpu",
            "THREADS": 2,
        },
    )
    job = read_job(tmp_path / "out" / "job.json")
    assert (job.start, job.end, job.region_name, job.catalogue, job.collection) == (
        "2020-04-01",
        "2020-09-30",
        "Apurímac",
        "http://127.0.0.1:9/stac",
        "mine",
    )
    assert (job.max_scenes, job.clear_observations, job.max_cloud_percent, job.months) == (12, 3, 55.5, (4, 9))
    assert (job.month_balance, job.soft, job.smoothing_px, job.mask_dilation) == (True, True, 4, True)
    assert job.weights == {3: 1.5, 9: 0.25}
    assert (job.crs, job.device, job.threads) == ("EPSG:32718", "cpu", 2)
    assert job.weight_table == str(tmp_path / "weights.json")
    assert (job.cache_folder, job.cache_limit_gb) == (str(tmp_path / "cache"), 2.5)
    assert job.fallback_catalogue == "earth_search"
    assert job.folder == str(tmp_path / "out")
    assert job == job.validate()
    assert job_of(engine) == json.loads((tmp_path / "out" / "job.json").read_text(encoding="utf-8"))


def test_a_record_that_the_engine_wrote_is_left_to_it(run_algorithm, engine, tmp_path):
    (tmp_path / "job.json").write_text("the engine compares this with the next job", encoding="utf-8")
    run_algorithm("landcovermap", {"GEOMETRY": REGION, "YEAR": 2020, "FOLDER": str(tmp_path)})
    assert (tmp_path / "job.json").read_text(encoding="utf-8").startswith("the engine")


def test_defaults_are_those_of_the_job(run_algorithm, engine, tmp_path, allpa):
    from allpa.plugin.allpa_engine.core.job import Job, job_from_dict
    from allpa.plugin.allpa_engine.core.messages import NUMBER_FORMATS

    run_algorithm("landcovermap", {"GEOMETRY": REGION, "YEAR": 2019, "FOLDER": str(tmp_path / "out")})
    job = job_from_dict(job_of(engine))
    assert job.number_format in NUMBER_FORMATS  # QGIS's own
    days = {"start": "2019-01-01", "end": "2019-12-31"}
    assert job == Job(folder=job.folder, region=job.region, number_format=job.number_format, **days)


def test_an_explained_error_reaches_the_user_whole(run_algorithm, engine, tmp_path):
    from qgis.core import QgsProcessingException

    engine.set_behaviour("explained")
    with pytest.raises(QgsProcessingException, match=r"There are no scenes\.\nIt is the sea\.\nGo on\."):
        run_algorithm("landcovermap", {"GEOMETRY": REGION, "YEAR": 2020, "FOLDER": str(tmp_path)})
    assert (tmp_path / "job.json").exists()


def test_a_failed_run_leaves_no_process_object_behind(run_algorithm, engine, tmp_path):
    """One that another thread's garbage collector found later would take QGIS down."""
    import gc

    from qgis.core import QgsProcessingException
    from qgis.PyQt.QtCore import QProcess

    engine.set_behaviour("explained")
    gc.collect()
    before = sum(isinstance(thing, QProcess) for thing in gc.get_objects())
    with pytest.raises(QgsProcessingException):
        run_algorithm("landcovermap", {"GEOMETRY": REGION, "YEAR": 2020, "FOLDER": str(tmp_path)})
    assert sum(isinstance(thing, QProcess) for thing in gc.get_objects()) == before


def test_a_killed_engine_is_an_error_with_a_next_step(run_algorithm, engine, tmp_path):
    from qgis.core import QgsProcessingException

    engine.set_behaviour("killed")
    with pytest.raises(QgsProcessingException, match=r"(?s)memory.*run again to continue"):
        run_algorithm("landcovermap", {"GEOMETRY": REGION, "YEAR": 2020, "FOLDER": str(tmp_path)})


def test_without_an_engine_the_reason_and_the_next_step_are_reported(provider, monkeypatch, tmp_path, run_algorithm):
    monkeypatch.delenv("ALLPA_ENGINE_PYTHON", raising=False)
    able, reason = provider.algorithm("landcovermap").create().canExecute()
    assert not able
    assert "not installed" in reason
    assert "allpa:installengine" in reason
    status = run_algorithm("status", {})
    assert (status["READY"], status["STATE"]) == (False, "engine_missing")
    assert "allpa:installengine" in status["ACTION_REQUIRED"] + status["NEXT_ALGORITHMS"]


def test_a_broken_engine_is_reported_before_the_job_starts(run_algorithm, engine, tmp_path):
    from qgis.core import QgsProcessingException

    engine.set_behaviour("broken")
    with pytest.raises(QgsProcessingException, match="torch cannot be imported"):
        run_algorithm("landcovermap", {"GEOMETRY": REGION, "YEAR": 2020, "FOLDER": str(tmp_path)})
    assert engine.runs == []
    status = run_algorithm("status", {})
    assert (status["READY"], status["STATE"]) == (False, "engine_broken")


def test_status_gives_plain_values(run_algorithm, engine):
    status = run_algorithm("status", {})
    assert status["READY"] is True
    assert (status["STATE"], status["ACTION_REQUIRED"], status["DEVICE"]) == ("ready", "", "cpu")
    assert "allpa:landcovermap" in status["NEXT_ALGORITHMS"]
    assert status["ENGINE_PYTHON"] == str(engine.python)


def test_an_engine_is_proved_once_and_not_before_every_job(run_algorithm, engine, tmp_path):
    for year in (2020, 2021):
        run_algorithm("landcovermap", {"GEOMETRY": REGION, "YEAR": year, "FOLDER": str(tmp_path / str(year))})
    assert sum("status" in start["argv"] for start in engine.starts) == 1


def test_each_step_runs_alone(run_algorithm, engine, tmp_path):
    found = run_algorithm("searchscenes", {"GEOMETRY": REGION, "YEAR": 2020, "OUTPUT": str(tmp_path / "list.json")})
    assert (found["CANDIDATES"], found["CHOSEN"]) == (7, 3)
    assert Path(found["OUTPUT"]) == tmp_path / "list.json"
    assert job_of(engine)["task"] == "search"

    predictions = tmp_path / "predictions"
    predictions.mkdir()
    classified = run_algorithm("classifyscenes", {"SCENES": found["OUTPUT"], "OUTPUT": str(predictions)})
    assert classified == {"OUTPUT": str(predictions), "SCENE_COUNT": 3, "FAILED_SCENES": 1}
    assert job_of(engine)["scenes"] == found["OUTPUT"]

    rasters = {"LANDCOVER": str(tmp_path / "map.tif"), "QUALITY": str(tmp_path / "quality.tif")}
    merged = run_algorithm("composite", {"PREDICTIONS": str(predictions), "MONTHS": ["6"], **rasters})
    assert merged == {**rasters, "VALID_PIXEL_PERCENT": 80.0}
    assert job_of(engine)["months"] == [6]
    assert job_of(engine)["region"] == {}

    table = run_algorithm("areatable", {"INPUT": merged["LANDCOVER"], "OUTPUT": str(tmp_path / "areas.csv")})
    assert table["AREA_HA"] == 0.1
    assert Path(table["OUTPUT"]).read_text(encoding="utf-8") == "code\n"
    assert job_of(engine)["landcover"] == merged["LANDCOVER"]
    assert json.loads((tmp_path / "areas.csv.job.json").read_text(encoding="utf-8"))["task"] == "areas"


@pytest.mark.parametrize("name", ["footprints.gpkg", "footprints.geojson", "footprints.shp"])
def test_footprints_are_written_where_they_are_asked_for(run_algorithm, engine, tmp_path, name):
    from qgis.core import QgsVectorLayer

    places = {"OUTPUT": str(tmp_path / "list.json"), "FOOTPRINTS": str(tmp_path / name)}
    found = run_algorithm("searchscenes", {"GEOMETRY": REGION, "YEAR": 2020, **places})
    layer = QgsVectorLayer(found["FOOTPRINTS"], "footprints")
    features = list(layer.getFeatures())
    assert len(features) == found["CANDIDATES"] == 7
    assert sum(bool(feature["chosen"]) for feature in features) == found["CHOSEN"]
    assert {feature["tile"] for feature in features} == {"18LYL"}
    assert features[0]["date"].toString("yyyy-MM-dd") == "2020-01-03"
    assert all(feature["reason"].startswith("chosen" if feature["chosen"] else "left") for feature in features)
    assert layer.crs().authid() == "EPSG:4326"


def test_footprints_are_loaded_with_their_style(run_algorithm, engine, tmp_path):
    from processing.gui.Postprocessing import handleAlgorithmResults
    from qgis.core import (
        QgsApplication,
        QgsProcessingContext,
        QgsProcessingFeedback,
        QgsProcessingOutputLayerDefinition,
        QgsProject,
    )

    project = QgsProject.instance()
    project.clear()
    context, feedback = QgsProcessingContext(), QgsProcessingFeedback(False)
    context.setProject(project)
    layer = QgsProcessingOutputLayerDefinition("memory:", project)
    parameters = {"GEOMETRY": REGION, "YEAR": 2020, "OUTPUT": str(tmp_path / "list.json"), "FOOTPRINTS": layer}
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("allpa:searchscenes")
    _, done = algorithm.run(parameters, context, feedback)
    assert done
    handleAlgorithmResults(algorithm, context, feedback, parameters=parameters)
    (loaded,) = project.mapLayers().values()
    assert loaded.featureCount() == 7
    assert [category.label() for category in loaded.renderer().categories()] == ["Not chosen", "Chosen"]
    project.clear()


def test_temporary_outputs_work(run_algorithm, engine, tmp_path):
    results = run_algorithm("landcovermap", {"GEOMETRY": REGION, "YEAR": 2020, "FOLDER": "TEMPORARY_OUTPUT"})
    table = run_algorithm("areatable", {"INPUT": results["LANDCOVER"], "OUTPUT": "TEMPORARY_OUTPUT"})
    assert Path(table["OUTPUT"]).is_file()
    merged = run_algorithm(
        "composite", {"PREDICTIONS": str(tmp_path), "LANDCOVER": "TEMPORARY_OUTPUT", "QUALITY": "TEMPORARY_OUTPUT"}
    )
    assert Path(merged["QUALITY"]).is_file()


def test_results_are_loaded_styled_and_in_a_group(run_algorithm, engine, tmp_path):
    from processing.gui.Postprocessing import handleAlgorithmResults
    from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback, QgsProject

    project = QgsProject.instance()
    project.clear()
    context = QgsProcessingContext()
    context.setProject(project)
    feedback = QgsProcessingFeedback(False)
    parameters = {"GEOMETRY": REGION, "YEAR": 2020, "FOLDER": str(tmp_path), "REGION_NAME": "Curahuasi"}
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("allpa:landcovermap")
    _, done = algorithm.run(parameters, context, feedback)
    assert done
    handleAlgorithmResults(algorithm, context, feedback, parameters=parameters)
    layers = {layer.name(): layer for layer in project.mapLayers().values()}
    assert set(layers) == {"Land cover Curahuasi 2020", "Quality Curahuasi 2020"}
    group = project.layerTreeRoot().findGroup("Curahuasi 2020")
    assert {node.name() for node in group.findLayers()} == set(layers)
    assert [(node.name(), node.itemVisibilityChecked()) for node in group.findLayers()] == [
        ("Land cover Curahuasi 2020", True),
        ("Quality Curahuasi 2020", False),
    ]
    classes = layers["Land cover Curahuasi 2020"].renderer().classes()
    assert [(entry.value, entry.color.name()) for entry in classes][:2] == [(1, "#1a5bab"), (2, "#358221")]
    assert [entry.label for entry in classes][-1] == "Clouds"
    project.clear()


def test_several_rows_of_a_batch_run_one_after_the_other(run_algorithm, engine, tmp_path):
    for year in (2018, 2019, 2020):
        results = run_algorithm("landcovermap", {"GEOMETRY": REGION, "YEAR": year, "FOLDER": str(tmp_path / str(year))})
        assert results["LANDCOVER"].endswith(f"landcover_{year}.tif")
    assert len({start["pid"] for start in engine.runs}) == 3


def test_two_jobs_at_once_in_one_folder_keep_their_own_values(provider, engine, tmp_path, monkeypatch):
    from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback

    monkeypatch.setenv("ALLPA_FAKE_STEP_S", "0.4")
    results = {}

    def work(year):
        algorithm = QgsApplication.processingRegistry().createAlgorithmById("allpa:landcovermap")
        parameters = {"GEOMETRY": REGION, "YEAR": year, "FOLDER": str(tmp_path)}
        results[year], _ = algorithm.run(parameters, QgsProcessingContext(), QgsProcessingFeedback(False))

    threads = [threading.Thread(target=work, args=(year,)) for year in (2019, 2020)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {year: Path(result["LANDCOVER"]).name for year, result in results.items()} == {
        2019: "landcover_2019.tif",
        2020: "landcover_2020.tif",
    }
    assert {json.loads(start["job"])["start"][:4] for start in engine.runs} == {"2019", "2020"}


def test_a_model_hands_the_map_on_to_the_table(provider, engine, tmp_path, feedback):
    import processing
    from qgis.core import (
        QgsProcessingModelAlgorithm,
        QgsProcessingModelChildAlgorithm,
        QgsProcessingModelChildParameterSource,
        QgsProcessingModelOutput,
        QgsProcessingModelParameter,
        QgsProcessingParameterGeometry,
    )

    source = QgsProcessingModelChildParameterSource
    model = QgsProcessingModelAlgorithm("map and table", "tests")
    model.addModelParameter(QgsProcessingParameterGeometry("region", "Region"), QgsProcessingModelParameter("region"))
    job = QgsProcessingModelChildAlgorithm("allpa:landcovermap")
    job.setChildId("job")
    job.addParameterSources("GEOMETRY", [source.fromModelParameter("region")])
    job.addParameterSources("YEAR", [source.fromStaticValue(2020)])
    job.addParameterSources("FOLDER", [source.fromStaticValue(str(tmp_path / "model"))])
    model.addChildAlgorithm(job)
    table = QgsProcessingModelChildAlgorithm("allpa:areatable")
    table.setChildId("table")
    table.addParameterSources("INPUT", [source.fromChildOutput("job", "LANDCOVER")])
    output = QgsProcessingModelOutput("areas", "areas")
    output.setChildId("table")
    output.setChildOutputName("OUTPUT")
    table.setModelOutputs({"areas": output})
    model.addChildAlgorithm(table)
    file = tmp_path / "chain.model3"
    assert model.toFile(str(file))

    read = QgsProcessingModelAlgorithm()
    assert read.fromFile(str(file))
    assert read.create({}) is not None
    (areas,) = read.destinationParameterDefinitions()  # `table:areas`, in newer versions of QGIS `areas`
    results = processing.run(read, {"region": REGION, areas.name(): str(tmp_path / "areas.csv")}, feedback=feedback)
    assert (tmp_path / "areas.csv").exists(), results
    assert job_of(engine)["landcover"].endswith("landcover_2020.tif")


def test_cancel_from_the_task_ends_the_engine_and_is_no_success(provider, engine, tmp_path):
    from qgis.core import (
        QgsApplication,
        QgsProcessingAlgRunnerTask,
        QgsProcessingContext,
        QgsProcessingFeedback,
        QgsProject,
    )
    from qgis.PyQt.QtCore import QEventLoop, QTimer

    engine.set_behaviour("hang")
    context, feedback = QgsProcessingContext(), QgsProcessingFeedback(False)
    context.setProject(QgsProject.instance())
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("allpa:landcovermap")
    parameters = {"GEOMETRY": REGION, "YEAR": 2020, "FOLDER": str(tmp_path)}
    task = QgsProcessingAlgRunnerTask(algorithm, parameters, context, feedback)
    ended, loop = [], QEventLoop()
    task.executed.connect(lambda successful, results: (ended.append(successful), loop.quit()))
    QgsApplication.taskManager().addTask(task)
    QTimer.singleShot(2000, task.cancel)
    QTimer.singleShot(20_000, loop.quit)
    loop.exec()
    assert ended == [False]
    assert not Path(f"/proc/{engine.runs[0]['pid']}").exists()


def test_a_cancel_is_no_failure_and_no_layer_is_missed(provider, engine, tmp_path, feedback):
    from qgis.core import QgsProcessingContext, QgsProject

    engine.set_behaviour("cancelled_and_goes_on")
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    (tmp_path / "predictions").mkdir()
    feedback.cancel()
    results, worked = provider.algorithm("composite").run(
        {"PREDICTIONS": str(tmp_path / "predictions"), "LANDCOVER": "TEMPORARY_OUTPUT", "QUALITY": "TEMPORARY_OUTPUT"},
        context,
        feedback,
    )
    assert (results, worked, feedback.errors) == ({}, True, [])
    assert feedback.texts[-1].splitlines()[0] == "The job was cancelled."
    assert context.layersToLoadOnCompletion() == {}
