"""The scenes of a run as layers: each shows on its own day only, in its classes' colours, in the order of time."""

import datetime

import numpy as np
import pytest

SCENES = {
    "S2B_20200905_T18LYL": "2020-09-05",
    "S2A_20200412_T18LYL": "2020-04-12",
    "S2A_20200412_T18LYK": "2020-04-12",
    "S2B_20201231_T18LYL": "2020-12-31",
}


@pytest.fixture
def run_folder(qgis_app, tmp_path):
    """A run's folder with predictions of three bands, a raster that is none, a damaged file, and one half written."""
    from osgeo import gdal, osr

    folder = tmp_path / "Apurímac 2020" / "predictions"
    folder.mkdir(parents=True)
    crs = osr.SpatialReference()
    crs.ImportFromEPSG(32718)

    def write(name, tags):
        raster = gdal.GetDriverByName("GTiff").Create(str(folder / f"{name}.tif"), 11, 4, 3, gdal.GDT_Byte)
        raster.SetProjection(crs.ExportToWkt())
        raster.SetGeoTransform((700_000, 10, 0, 8_500_000, 0, -10))
        raster.SetMetadata(tags)
        raster.GetRasterBand(1).WriteArray(np.tile(np.arange(11, dtype=np.uint8), (4, 1)))
        raster.FlushCache()

    for scene, day in SCENES.items():
        tags = {"ALLPA_SCENE": scene, "ALLPA_DATE": day, "ALLPA_TILE": scene[-5:], "ALLPA_MODEL": "0" * 64}
        write(scene, tags)
    write("elevation", {})
    (folder / "damaged.tif").write_bytes(b"II*\0")
    (folder / ".S2A-1-0.part.tif").write_bytes(b"")
    return folder.parent


def drawn(layer, first, last):
    """How many different colours the canvas shows in a time frame; one where the layer is hidden."""
    from qgis.core import QgsDateTimeRange, QgsMapRendererSequentialJob, QgsMapSettings
    from qgis.PyQt.QtCore import QDate, QDateTime, QSize, Qt, QTime

    begin, end = (QDateTime(QDate(*day), QTime(0, 0), Qt.TimeSpec.UTC) for day in (first, last))
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(layer.extent())
    settings.setOutputSize(QSize(110, 40))
    settings.setIsTemporal(True)
    settings.setTemporalRange(QgsDateTimeRange(begin, end, True, False))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    return {image.pixelColor(5 + 10 * column, 20).name() for column in range(11)}


def test_the_canvas_shows_a_scene_in_the_frames_of_its_day_only(allpa, run_folder):
    from allpa.plugin.layers.predictions import add_predictions, find_predictions
    from qgis.core import QgsProject

    project = QgsProject()
    layers = {layer.name(): layer for layer in add_predictions(project, find_predictions(run_folder), "scenes")}
    scene = layers["2020-04-12 18LYL"]
    assert "#1a5bab" in drawn(scene, (2020, 4, 12), (2020, 4, 13))
    assert "#1a5bab" in drawn(scene, (2020, 4, 1), (2020, 5, 1))
    assert len(drawn(scene, (2020, 4, 13), (2020, 4, 14))) == 1
    assert len(drawn(scene, (2020, 4, 11), (2020, 4, 12))) == 1


def test_the_group_is_in_the_order_of_time_and_holds_predictions_only(allpa, run_folder):
    from allpa.plugin.layers.predictions import add_predictions, find_predictions
    from qgis.core import QgsProject

    project = QgsProject()
    for folder in (run_folder, run_folder / "predictions"):
        predictions = find_predictions(folder)
        assert [scene.day for scene in predictions] == sorted(map(datetime.date.fromisoformat, SCENES.values()))
    add_predictions(project, predictions, "scenes")
    group = project.layerTreeRoot().children()[0]
    names = [node.name() for node in group.findLayers()]
    assert names == ["2020-04-12 18LYK", "2020-04-12 18LYL", "2020-09-05 18LYL", "2020-12-31 18LYL"]
    metadata = group.findLayers()[2].layer().metadata()
    assert metadata.identifier() == "S2B_20200905_T18LYL"
    assert metadata.extent().temporalExtents()[0].begin().date().toString("yyyy-MM-dd") == "2020-09-05"
    span = project.timeSettings().temporalRange()
    assert (span.begin().date().toString("yyyy-MM-dd"), span.end().date().toString("yyyy-MM-dd")) == (
        "2020-04-12",
        "2021-01-01",
    )


def test_a_project_s_own_time_span_is_kept(allpa, run_folder):
    from allpa.plugin.layers.predictions import add_predictions, day_range, find_predictions
    from qgis.core import QgsProject

    project = QgsProject()
    own = day_range(datetime.date(1999, 5, 6))
    project.timeSettings().setTemporalRange(own)
    add_predictions(project, find_predictions(run_folder), "scenes")
    assert project.timeSettings().temporalRange() == own


def test_the_toolbox_loads_them_as_a_group(run_algorithm, provider, run_folder):
    from processing.gui.Postprocessing import handleAlgorithmResults
    from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback, QgsProject

    project = QgsProject.instance()
    project.clear()
    context, feedback = QgsProcessingContext(), QgsProcessingFeedback(False)
    context.setProject(project)
    parameters = {"INPUT": str(run_folder)}
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("allpa:loadpredictions")
    results, done = algorithm.run(parameters, context, feedback)
    assert done, feedback.textLog()
    assert (results["SCENE_COUNT"], results["FIRST_DAY"], results["LAST_DAY"]) == (4, "2020-04-12", "2020-12-31")
    handleAlgorithmResults(algorithm, context, feedback, parameters=parameters)
    (group,) = project.layerTreeRoot().children()
    assert group.name() == "Scenes of Apurímac 2020"
    layers = [node.layer() for node in group.findLayers()]
    assert [layer.name() for layer in layers] == [
        "2020-04-12 18LYK",
        "2020-04-12 18LYL",
        "2020-09-05 18LYL",
        "2020-12-31 18LYL",
    ]
    assert all(layer.temporalProperties().isActive() for layer in layers)
    assert len({layer.temporalProperties().fixedTemporalRange().begin().toString() for layer in layers}) == 3
    project.clear()


def test_a_layer_definition_brings_the_group_into_another_project(run_algorithm, run_folder, tmp_path):
    from qgis.core import QgsLayerDefinition, QgsProject

    results = run_algorithm("loadpredictions", {"INPUT": str(run_folder), "DEFINITION": str(run_folder / "scenes.qlr")})
    moved = run_folder.rename(tmp_path / "moved")
    text = (moved / "scenes.qlr").read_text(encoding="utf-8")
    assert str(run_folder) not in text  # paths are relative: the folder may be moved
    assert results["DEFINITION"] == str(run_folder / "scenes.qlr")
    project = QgsProject()
    read, reason = QgsLayerDefinition.loadLayerDefinition(str(moved / "scenes.qlr"), project, project.layerTreeRoot())
    assert read, reason
    layers = list(project.mapLayers().values())
    assert len(layers) == 4
    assert all(layer.isValid() for layer in layers)
    (last,) = project.mapLayersByName("2020-12-31 18LYL")
    assert "#1a5bab" in drawn(last, (2020, 12, 31), (2021, 1, 1))
    assert len(drawn(last, (2020, 12, 30), (2020, 12, 31))) == 1
    assert len(drawn(last, (2021, 1, 1), (2021, 1, 2))) == 1


@pytest.mark.parametrize("where", ["nothing here", "missing"])
def test_a_folder_without_predictions_is_reported(run_algorithm, tmp_path, where):
    from qgis.core import QgsProcessingException

    (tmp_path / "nothing here").mkdir()
    with pytest.raises(QgsProcessingException, match=r"no predictions in|does not exist|Incorrect parameter"):
        run_algorithm("loadpredictions", {"INPUT": str(tmp_path / where)})
