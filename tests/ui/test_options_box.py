"""The dock's options: what is chosen arrives as parameters, is filled in again, and weights are kept by name."""

import json

import pytest
from qgis.core import QgsCoordinateReferenceSystem
from qgis.gui import QgsCheckableComboBox, QgsFileWidget, QgsProjectionSelectionWidget
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QDialogButtonBox, QDoubleSpinBox, QLabel, QPushButton


@pytest.fixture
def box(canvas, clean_settings):
    from allpa.ui.options_box import OptionsBox

    made = OptionsBox()
    made.show()
    yield made
    made.deleteLater()


def child(parent, kind, name):
    found = parent.findChild(kind, f"allpa{name}")
    assert found is not None, name
    return found


def test_only_what_is_not_usual_is_a_parameter(box):
    assert set(box.parameters()) == {"MAX_SCENES", "CLEAR_OBSERVATIONS", "MAX_CLOUD", "MONTHS", "DEVICE"}
    assert box.summary() == "Defaults"


def test_every_option_arrives_and_is_filled_in_again(box, tmp_path):
    from allpa.ui.options_box import OptionsBox

    for name in ("Soft", "MonthBalance", "MaskDilation", "AnnualDecision"):
        child(box, QCheckBox, name).setChecked(True)
    child(box, QDoubleSpinBox, "Smoothing").setValue(25)
    child(box, QgsProjectionSelectionWidget, "MapCrs").setCrs(QgsCoordinateReferenceSystem("EPSG:32719"))
    child(box, QgsFileWidget, "Model").setFilePath(str(tmp_path))
    season = child(box, QComboBox, "Season")
    season.setCurrentIndex(1)
    season.activated.emit(1)
    values = box.parameters()
    assert values["MONTHS"] == ["5", "6", "7", "8", "9"]
    assert all(values[name] for name in ("SOFT", "MONTH_BALANCE", "MASK_DILATION", "ANNUAL_DECISION"))
    assert (values["SMOOTHING"], values["CRS"], values["MODEL"]) == (2500, "EPSG:32719", str(tmp_path))
    assert box.summary() == "Changed: months, votes, smoothing, CRS, own model"
    box.save_settings()
    assert OptionsBox().parameters() == values
    box.set_parameters({"MONTHS": ["1", "2", "12"]})
    assert set(box.parameters()) == {"MAX_SCENES", "CLEAR_OBSERVATIONS", "MAX_CLOUD", "MONTHS", "DEVICE"}
    assert season.currentText() == "December to February"
    json.dumps(values)


def test_the_season_follows_the_months(box):
    months = child(box, QgsCheckableComboBox, "Months")
    assert months.itemText(0) == "January"
    assert child(box, QComboBox, "Season").currentText() == "Whole year"
    months.setItemCheckState(0, Qt.CheckState.Unchecked)
    assert child(box, QComboBox, "Season").currentText() == "Chosen months"


def test_settings_that_cannot_be_read_are_the_defaults(clean_settings, canvas):
    from allpa.ui.options_box import OPTIONS, OptionsBox

    for text in ("{", "[]", '{"MAX_SCENES": "x"}', '{"WEIGHTS": "a=b"}'):
        OPTIONS.set_value(text)
        assert OptionsBox().summary() == "Defaults"


@pytest.fixture
def dialog(canvas, clean_settings):
    from allpa.plugin.allpa_engine.core.legend import LEGEND
    from allpa.plugin.weight_tables import WeightTable
    from allpa.ui.weights_dialog import WeightsDialog

    made = WeightsDialog(LEGEND, WeightTable({3: 1.7}))
    made.show()
    yield made
    made.deleteLater()


def test_weights_are_kept_by_name_and_fill_in_the_parameter(box, dialog):
    assert dialog.table().weights == {3: 1.7}
    child(dialog, QDoubleSpinBox, "Weight9").setValue(0)
    dialog.save_as("  Puna /  seca ñ ")
    assert dialog.table_name == "Puna / seca ñ"
    box.set_parameters({"WEIGHTS": "3=1.7;9=0"})
    assert box.parameters()["WEIGHTS"] == "3=1.7;9=0"
    assert child(box, QLabel, "WeightsText").text() == "Puna / seca ñ"
    child(dialog, QPushButton, "WeightsRemove").click()
    box.set_parameters({"WEIGHTS": "3=1.7;9=0"})
    assert child(box, QLabel, "WeightsText").text() == "changed: 3, 9"


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_exported_weights_are_imported_again(dialog, tmp_path, ending):
    child(dialog, QDoubleSpinBox, "Weight5").setValue(2.25)
    weights = dialog.table().weights
    dialog.export_file(tmp_path / f"pesos.{ending}")
    child(dialog, QDialogButtonBox, "WeightsButtons").button(QDialogButtonBox.StandardButton.RestoreDefaults).click()
    assert dialog.table().is_usual
    dialog.import_file(tmp_path / f"pesos.{ending}")
    assert dialog.table().weights == weights


@pytest.mark.parametrize(
    "text",
    [
        "código;clase;peso\n3;Pasto;1,5\n9;Nieve;0,5\n",
        "3,1.5\n9,0.5",
        "code\tweight\n3\t1.5\n\n9\t0.5\n",
        "\ufeff3;1.5\r\n9;.5",
    ],
)
def test_tables_of_spreadsheets_are_read(dialog, tmp_path, text):
    (tmp_path / "pesos.csv").write_text(text, encoding="utf-8")
    dialog.import_file(tmp_path / "pesos.csv")
    assert dialog.table().weights == {3: 1.5, 9: 0.5}
    assert child(dialog, QLabel, "WeightsProblem").text() == ""


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.csv", "", "cannot be used"),
        ("a.csv", "hello", "cannot be used"),
        ("a.csv", "99;1", "codes 99"),
        ("a.csv", "3;-1", "codes 3"),
        ("a.csv", "3;x", "cannot be read"),
        ("a.csv", "3;nan", "codes 3"),
        ("a.json", "{}", "cannot be read"),
        ("a.json", '{"classes": [{"code": 3}]}', "cannot be read"),
        ("missing.csv", None, "cannot be read"),
    ],
)
def test_files_that_are_no_weights_are_refused(dialog, tmp_path, name, text, says):
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    dialog.import_file(tmp_path / name)
    assert says in child(dialog, QLabel, "WeightsProblem").text()
    assert dialog.table().weights == {3: 1.7}


def test_the_classes_are_those_of_the_own_model(box, tmp_path):
    from allpa.plugin.allpa_engine.core.legend import LEGEND
    from allpa.plugin.weight_tables import model_legend

    assert model_legend(str(tmp_path)) == LEGEND
    classes = [{"code": 12, "name": "Ichu", "color": "#aabbcc"}, {"code": 15, "name": "Bofedal", "color": "#00ff00"}]
    (tmp_path / "model.json").write_text(json.dumps({"legend": {"classes": classes}}), encoding="utf-8")
    assert [land.code for land in model_legend(str(tmp_path))] == [12, 15]
    box.set_parameters({"WEIGHTS": "3=2;12=2"})
    child(box, QgsFileWidget, "Model").setFilePath(str(tmp_path))
    assert box.parameters()["WEIGHTS"] == "12=2"


def test_the_editor_gives_its_weights_when_it_is_accepted(box):
    from allpa.ui.weights_dialog import WeightsDialog

    child(box, QPushButton, "WeightsEdit").click()
    dialog = box.findChild(WeightsDialog)
    child(dialog, QDoubleSpinBox, "Weight5").setValue(0.5)
    dialog.reject()
    assert "WEIGHTS" not in box.parameters()
    child(box, QPushButton, "WeightsEdit").click()
    dialog = next(one for one in box.findChildren(WeightsDialog) if one.isVisible())
    child(dialog, QDoubleSpinBox, "Weight5").setValue(0.5)
    dialog.accept()
    assert box.parameters()["WEIGHTS"] == "5=0.5"
