"""The page Learn: each step takes what the earlier ones made, and says when it is outdated."""

import json

import pytest
from dock_fixtures import wait_until
from qgis.core import QgsFeature, QgsGeometry, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QComboBox, QLabel, QPushButton, QTableWidget, QToolButton, QWidget


def label_layer(values=("Bosque", "Agua", "Bosque", "Puna seca", "Agua", "?"), field="uso"):
    layer = QgsVectorLayer(f"Point?crs=EPSG:32718&field=id:integer&field={field}:string", "puntos", "memory")
    for number, value in enumerate(values):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([number, value])
        feature.setGeometry(QgsGeometry.fromWkt(f"POINT({731_000 + 100 * number} 8485000)"))
        layer.dataProvider().addFeature(feature)
    return layer


@pytest.fixture
def learn(dock, project, tmp_path):
    pages = dock.findChild(QWidget, "allpaPages")
    pages.setCurrentWidget(pages.learn)
    pages.learn.set_folder(str(tmp_path / "mis clases"))
    return pages.learn


def state(learn, step):
    return learn.findChild(QLabel, f"allpaStepState_{step}").text()


def run(learn, name):
    page = learn.findChild(QWidget, f"allpaPage_{name}")
    wait_until(page.isVisible)
    page.findChild(QPushButton, f"allpaRun_{name}").click()
    wait_until(lambda: not page.busy)
    return page


def use_labels(learn, layer=None):
    layer = layer or label_layer()
    QgsProject.instance().addMapLayer(layer)
    learn.labels.set_layer(layer, "uso")
    table = learn.findChild(QTableWidget, "allpaLegendTable")
    (unknown,) = (row for row in range(table.rowCount()) if table.item(row, 0).text() == "?")
    table.item(unknown, 0).setCheckState(Qt.CheckState.Unchecked)
    learn.findChild(QPushButton, "allpaLabelsSave").click()


def draw_region(dock):
    from qgis.core import QgsCoordinateReferenceSystem, QgsRectangle

    region = QgsGeometry.fromRect(QgsRectangle(730_000, 8_480_000, 740_000, 8_490_000))
    dock.propose(region, QgsCoordinateReferenceSystem("EPSG:32718"), "Valle", 2020, "https://stac.example", "")


def test_the_legend_has_a_class_for_each_value_with_its_labels(learn):
    use_labels(learn)
    table = learn.findChild(QTableWidget, "allpaLegendTable")
    rows = {table.item(row, 0).text(): table.item(row, 2).text() for row in range(table.rowCount())}
    assert rows == {"Bosque": "2", "Agua": "2", "Puna seca": "1", "?": "1"}
    legend = json.loads((learn.workflow.folder / "legend.json").read_text(encoding="utf-8"))
    assert sorted(land["name"] for land in legend["classes"]) == ["Agua", "Bosque", "Puna seca"]
    assert state(learn, "labels").startswith("Done")


def test_labels_go_to_the_map_step_by_step(learn, dock, algorithms):
    use_labels(learn)
    assert state(learn, "training").startswith("Earlier steps")
    draw_region(dock)
    run(learn, "seasonalcomposite")
    composites = algorithms["allpa:seasonalcomposite"].last_parameters
    assert composites["REGION_NAME"] == "Valle"
    assert "Polygon" in composites["GEOMETRY"]
    run(learn, "trainingdata")
    given = algorithms["allpa:trainingdata"].last_parameters
    assert given["LABELS_FILE"].endswith("labels.gpkg")
    assert given["CLASS_FIELD"] == "uso"
    assert given["FEATURES"] == str(learn.workflow.folder / "images")
    assert {"Bosque=2", "?=0"} <= set(given["CLASSES"].splitlines())
    learn.findChild(QComboBox, "allpaModelKind").setCurrentIndex(1)
    run(learn, "trainforest")
    assert algorithms["allpa:trainforest"].last_parameters["KIND"] == "gradient_boosting"
    assert "on blocks that it did not see: 87.5\u00a0%" in learn.findChild(QLabel, "allpaModelText").text()
    run(learn, "classifyfeatures")
    given = algorithms["allpa:classifyfeatures"].last_parameters
    assert given["MODEL"] == str(learn.workflow.folder / "model_gradient_boosting")
    assert all(state(learn, step).startswith("Done") for step in ("labels", "images", "training", "model", "map"))
    names = [layer.name() for layer in QgsProject.instance().mapLayers().values()]
    assert any("Own classes" in name for name in names)


def test_an_edit_of_the_legend_makes_later_steps_outdated_and_keeps_them(learn, dock):
    use_labels(learn)
    draw_region(dock)
    run(learn, "seasonalcomposite")
    run(learn, "trainingdata")
    table = learn.findChild(QTableWidget, "allpaLegendTable")
    table.item(0, 0).setText("Laguna")
    learn.findChild(QPushButton, "allpaLabelsSave").click()
    assert state(learn, "training") == "Outdated: changed: Labels"
    assert state(learn, "images").startswith("Done")
    assert state(learn, "model").startswith("Ready")


def test_a_project_finds_its_work_folder_again(learn, dock, tmp_path, project):
    use_labels(learn)
    draw_region(dock)
    run(learn, "seasonalcomposite")
    project.write(str(tmp_path / "valle.qgz"))
    folder = learn.workflow.folder
    learn.set_folder(str(tmp_path / "another"))
    assert learn.workflow.result("labels") is None
    project.read(str(tmp_path / "valle.qgz"))
    assert learn.workflow.folder == folder
    assert state(learn, "images").startswith("Done")
    table = learn.findChild(QTableWidget, "allpaLegendTable")
    checked = {table.item(row, 0).text(): table.item(row, 0).checkState() for row in range(table.rowCount())}
    assert checked == {"Bosque": 2, "Agua": 2, "Puna seca": 2, "?": 0}


def test_a_failure_says_what_to_do_next_and_keeps_the_earlier_result(learn, dock, algorithms):
    use_labels(learn)
    draw_region(dock)
    run(learn, "seasonalcomposite")
    run(learn, "trainingdata")
    learn.findChild(QToolButton, "allpaStepToggle_training").setChecked(True)
    algorithms["allpa:trainingdata"].behaviour = "fail"
    page = run(learn, "trainingdata")
    wait_until(lambda: page.findChild(QLabel, "allpaFailure_trainingdataHeadline").isVisible())
    assert page.findChild(QLabel, "allpaFailure_trainingdataHeadline").text() == "Two points of a class."
    assert "Add labels" in page.findChild(QLabel, "allpaFailure_trainingdataNextStep").text()
    assert state(learn, "training").startswith("Done")


def test_a_run_goes_on_while_the_dock_is_hidden(learn, dock, algorithms):
    use_labels(learn)
    draw_region(dock)
    algorithms["allpa:seasonalcomposite"].behaviour = "wait"
    page = learn.findChild(QWidget, "allpaPage_seasonalcomposite")
    wait_until(page.isVisible)
    page.findChild(QPushButton, "allpaRun_seasonalcomposite").click()
    dock.hide()
    assert dock.busy
    algorithms["allpa:seasonalcomposite"].behaviour = "succeed"
    wait_until(lambda: not dock.busy)
    dock.show()
    assert state(learn, "images").startswith("Done")


def test_without_a_region_the_step_says_where_to_draw_it(learn):
    use_labels(learn)
    page = learn.findChild(QWidget, "allpaPage_seasonalcomposite")
    wait_until(page.isVisible)
    page.findChild(QPushButton, "allpaRun_seasonalcomposite").click()
    assert "page Map" in page.findChild(QLabel, "allpaFailure_seasonalcompositeHeadline").text()


def test_suspicious_labels_are_visited_one_after_the_other(learn, dock, canvas):
    use_labels(learn)
    draw_region(dock)
    run(learn, "seasonalcomposite")
    run(learn, "trainingdata")
    learn.findChild(QToolButton, "allpaStepToggle_training").setChecked(True)
    places = []
    for _ in range(3):
        learn.findChild(QToolButton, "allpaSuspiciousNext").click()
        places.append(round(canvas.extent().center().x(), -2))
    assert places == [731_000, 738_000, 731_000]
    assert learn.findChild(QLabel, "allpaSuspiciousText").text() == "1 of 2: Bosque → Agua"


@pytest.mark.parametrize(
    "content", ["not JSON", '{"format": "allpa-learn", "version": 9, "steps": {}}', "[]", '{"steps": 1}']
)
def test_a_work_file_that_is_none_is_named_and_left_alone(learn, tmp_path, content):
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "learn.json").write_text(content)
    learn.set_folder(str(folder))
    assert "cannot be read" in learn.findChild(QLabel, "allpaLearnProblem").text()
    assert (folder / "learn.json").read_text() == content
    use_labels(learn)
    assert (folder / "learn.json").read_text() == content


def test_a_folder_with_scenes_gives_images_of_single_scenes(learn, tmp_path):
    run_folder = tmp_path / "run"
    (run_folder / "scenes").mkdir(parents=True)
    learn.images.combo.setCurrentIndex(1)
    learn.images.set_folder(str(run_folder))
    learn.findChild(QPushButton, "allpaImagesUse").click()
    assert "neither composites nor scenes" in learn.findChild(QLabel, "allpaImagesProblem").text()
    (run_folder / "scenes" / "a.tif").write_bytes(b"")
    learn.findChild(QPushButton, "allpaImagesUse").click()
    assert learn.workflow.path("images") == run_folder / "scenes"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (("Bosque",) * 4, "at least two classes"),
        (("",) * 4, "empty"),
        (tuple(f"punto {number}" for number in range(300)), "over 200"),
    ],
)
def test_labels_that_make_no_legend_are_explained(learn, values, sentence):
    layer = label_layer(values)
    QgsProject.instance().addMapLayer(layer)
    learn.labels.set_layer(layer, "uso")
    shown = learn.findChild(QLabel, "allpaLabelsNote").text() + learn.findChild(QLabel, "allpaLegendProblem").text()
    assert sentence in shown
    assert not learn.findChild(QPushButton, "allpaLabelsSave").isEnabled()


def test_missing_parts_are_offered_with_their_size_and_installed(learn, dock, algorithms):
    parts = learn.findChild(QWidget, "allpaParts_learn")
    wait_until(lambda: dock.engine.ready is not None)
    assert not parts.isVisible()
    algorithms["allpa:status"].parts = "missing"
    dock.engine.refresh()
    wait_until(parts.isVisible)
    button = parts.findChild(QPushButton, "allpaPartsInstall_learn")
    assert button.text() == "Install the parts for own classes"
    assert "222 MB are downloaded" in parts.findChild(QLabel, "allpaPartsText_learn").text()
    button.click()
    wait_until(lambda: not parts.isVisible())
    assert algorithms["allpa:installparts"].last_parameters == {"GROUP": "learn"}


def test_a_result_is_recorded_where_its_step_began(learn, dock, algorithms, tmp_path):
    use_labels(learn)
    draw_region(dock)
    first = learn.workflow.folder
    page = learn.findChild(QWidget, "allpaPage_seasonalcomposite")
    wait_until(page.isVisible)
    algorithms["allpa:seasonalcomposite"].behaviour = "wait"
    page.findChild(QPushButton, "allpaRun_seasonalcomposite").click()
    learn.set_folder(str(tmp_path / "another"))  # as by opening another project
    algorithms["allpa:seasonalcomposite"].behaviour = "succeed"
    wait_until(lambda: not page.busy)
    assert not (tmp_path / "another" / "learn.json").exists()
    learn.set_folder(str(first))
    assert state(learn, "images").startswith("Done")


def test_labels_that_change_during_a_run_make_its_result_outdated(learn, dock, algorithms):
    use_labels(learn)
    draw_region(dock)
    run(learn, "seasonalcomposite")
    page = learn.findChild(QWidget, "allpaPage_trainingdata")
    wait_until(page.isVisible)
    algorithms["allpa:trainingdata"].behaviour = "wait"
    page.findChild(QPushButton, "allpaRun_trainingdata").click()
    learn.findChild(QTableWidget, "allpaLegendTable").item(0, 0).setText("Laguna")
    learn.findChild(QPushButton, "allpaLabelsSave").click()
    algorithms["allpa:trainingdata"].behaviour = "succeed"
    wait_until(lambda: not page.busy)
    assert state(learn, "training") == "Outdated: changed: Labels"


def test_a_work_folder_that_cannot_be_made_is_named(learn, dock, tmp_path):
    (tmp_path / "file").write_text("no folder")
    learn.set_folder(str(tmp_path / "file" / "below"))
    messages = []
    learn.message.connect(lambda text, _level: messages.append(text))
    use_labels(learn)
    assert "cannot be written" in messages[-1]
    learn.set_folder("~no such user/clases")
    assert learn.workflow is None
    assert learn.findChild(QLabel, "allpaLearnProblem").text()


@pytest.mark.parametrize("value", ["Bosque; alto", "Bosque\nalto", "Bosque = alto"])
def test_codes_of_any_value_reach_the_algorithm(allpa, value):
    from allpa.plugin.algorithms.trainingdata import parse_class_names
    from allpa.ui.learn.step_parameters import classes_parameter

    codes = {value: 7, "Agua": 0}
    assert parse_class_names(classes_parameter(codes)) == codes


def test_names_are_read_in_a_narrow_dock(learn):
    use_labels(learn)
    learn.labels.editor.resize(190, 400)
    table = learn.findChild(QTableWidget, "allpaLegendTable")
    assert table.columnWidth(0) > table.viewport().width() / 2
    assert sum(table.columnWidth(column) for column in range(3)) <= table.viewport().width()


def test_the_region_of_the_images_is_asked_for_once(learn):
    page = learn.findChild(QWidget, "allpaPage_seasonalcomposite")
    hidden = {"REGION", "EXTENT", "GEOMETRY", "CATALOGUE"}
    assert hidden <= page._hidden


def test_a_legend_of_a_file_gives_names_codes_and_colours_to_the_labels(learn, tmp_path):
    layer = label_layer(("bosq", "bofe", "bosq", "otro"))
    QgsProject.instance().addMapLayer(layer)
    learn.labels.set_layer(layer, "uso")
    (tmp_path / "leyenda.csv").write_text("código,nombre,color\n12,Bosq,#112233\n30,Bofe,#445566\n40,Puna,#778899\n")
    learn.labels.use_legend_file(str(tmp_path / "leyenda.csv"))
    table = learn.findChild(QTableWidget, "allpaLegendTable")
    shown = [[table.item(row, column).text() for column in range(3)] for row in range(table.rowCount())]
    assert shown[:3] == [["Bosq", "12", "2"], ["Bofe", "30", "1"], ["Puna", "40", "0"]]
    assert table.item(3, 0).checkState() == Qt.CheckState.Unchecked  # a value that the file does not know
    learn.findChild(QPushButton, "allpaLabelsSave").click()
    saved = json.loads(learn.workflow.legend_file.read_text(encoding="utf-8"))["classes"]
    assert [(land["code"], land["color"]) for land in saved] == [(12, "#112233"), (30, "#445566"), (40, "#778899")]


def test_a_file_that_is_no_legend_is_named_and_the_legend_stays(learn, tmp_path):
    layer = label_layer(("a", "b"))
    QgsProject.instance().addMapLayer(layer)
    learn.labels.set_layer(layer, "uso")
    before = learn.labels.editor.draft.legend()
    (tmp_path / "nada.qml").write_text("<qgis/>")
    learn.labels.use_legend_file(str(tmp_path / "nada.qml"))
    assert "nada.qml" in learn.findChild(QLabel, "allpaLabelsNote").text()
    assert learn.labels.editor.draft.legend() == before


@pytest.mark.parametrize(("shift", "names"), [(0, "autumn=3,4; winter=6,7; spring=10,11"), (10_000_000, "spring=3,4")])
def test_seasons_have_the_names_of_their_hemisphere(learn, dock, shift, names):
    from qgis.core import QgsCoordinateReferenceSystem, QgsRectangle

    crs = QgsCoordinateReferenceSystem("EPSG:32718" if not shift else "EPSG:32618")
    region = QgsGeometry.fromRect(QgsRectangle(730_000, 8_480_000 - shift * 0.8, 740_000, 8_490_000 - shift * 0.8))
    dock.propose(region, crs, "Valle", 2020, "https://stac.example", "")
    use_labels(learn)
    page = learn.findChild(QWidget, "allpaPage_seasonalcomposite")
    wait_until(page.isVisible)
    assert str(page.parameters()["SEASONS"]).startswith(names)


def test_a_running_step_says_so_in_its_head(learn, dock):
    use_labels(learn)
    draw_region(dock)
    page = learn.findChild(QWidget, "allpaPage_seasonalcomposite")
    wait_until(page.isVisible)
    page.findChild(QPushButton, "allpaRun_seasonalcomposite").click()
    assert state(learn, "images") == "Running"
    wait_until(lambda: not page.busy)
    assert state(learn, "images").startswith("Done")
