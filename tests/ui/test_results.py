"""The numbers in the dock are those of the algorithm."""

import json

import pytest
from fake_algorithms import area_table


@pytest.fixture
def view(qgis_app):
    from allpa.ui.results.panel import ResultsView

    made = ResultsView()
    made.show()
    yield made
    made.close()
    made.deleteLater()


def shown(view):
    from qgis.PyQt.QtWidgets import QTableWidget

    table = view.findChild(QTableWidget, "allpaAreaTable")
    return [[table.item(line, column).text() for column in range(3)] for line in range(table.rowCount())]


def test_ten_classes_and_the_total_are_listed(view):
    view.show_results("Abancay 2020", {"AREA_TABLE": json.dumps(area_table())}, {})
    assert shown(view) == [
        ["Water", "10.00", "2.4"],
        ["Trees", "20.00", "4.9"],
        ["Grass", "30.00", "7.3"],
        ["Flooded vegetation", "0.00", "0.0"],
        ["Crops", "50.00", "12.2"],
        ["Scrub/shrub", "60.00", "14.6"],
        ["Built area", "70.00", "17.1"],
        ["Bare ground", "80.00", "19.5"],
        ["Snow/ice", "90.00", "22.0"],
        ["Clouds", "0.00", "0.0"],
        ["Total", "410.00", "100.0"],
    ]


def test_swatches_and_bars_have_the_colours_of_the_legend(view):
    from allpa.plugin.allpa_engine.core.legend import LEGEND
    from qgis.PyQt.QtWidgets import QApplication, QTableWidget, QWidget

    view.resize(320, 700)
    view.show_results("Abancay 2020", {"AREA_TABLE": json.dumps(area_table())}, {})
    table = view.findChild(QTableWidget, "allpaAreaTable")
    for line, land in enumerate(LEGEND):
        square = table.item(line, 0).icon().pixmap(28, 28).toImage()
        assert square.pixelColor(14, 14).name().upper() == land.color
    QApplication.processEvents()
    chart = view.findChild(QWidget, "allpaChart")
    picture = chart.grab().toImage()
    assert picture.size() == chart.size()
    rects = chart.bar_rects()
    assert [bar.label for bar in chart.bars()][:3] == ["Snow/ice", "Bare ground", "Built area"]
    for bar, rect in zip(chart.bars(), rects):
        middle = rect.center().toPoint()
        assert picture.pixelColor(middle).name().upper() == bar.color
    assert len(chart.bars()) == 8
    assert rects[0].width() / rects[-1].width() == pytest.approx(9, rel=0.15)


def test_rows_out_of_order_or_absent_are_put_right(qgis_app):
    from allpa.ui.results.panel import area_rows

    rows = [row for row in area_table() if row["code"] in (9, 1, None)]
    read = area_rows(json.dumps(rows[::-1]))
    assert [row.code for row in read] == [*range(1, 11), None]
    assert read[0].area_ha == 10
    assert read[8].area_ha == 90
    assert read[1].area_ha == 0
    assert read[-1].area_ha == 410


@pytest.mark.parametrize("text", ["no table", '{"code": 1}', '[{"code": 1}]', "[1]"])
def test_unreadable_table_is_an_error_with_words(qgis_app, text):
    from allpa.ui.results.panel import area_rows

    with pytest.raises(ValueError, match="cannot be read"):
        area_rows(text)


def test_table_is_copied_for_a_spreadsheet(view):
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtTest import QTest
    from qgis.PyQt.QtWidgets import QApplication, QTableWidget

    view.show_results("Abancay 2020", {"AREA_TABLE": json.dumps(area_table())}, {})
    table = view.findChild(QTableWidget, "allpaAreaTable")
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QApplication.clipboard().text().split("\n")
    assert lines[0] == "Class\tArea (ha)\t%"
    assert lines[1] == "Water\t10.00\t2.44"
    assert len(lines) == 12


def test_the_command_runs_where_it_is_pasted(qgis_app, monkeypatch):
    """With the program that works here, the profile of this QGIS and its engine, quoted for the shell."""
    import shlex
    import shutil

    from allpa.ui.results.command import command_line
    from qgis.core import QgsApplication

    monkeypatch.setenv("ALLPA_ENGINE_PYTHON", "/opt/my engine/python")
    parameters = {"FOLDER": "/home/ana/mis datos/2020's", "MONTHS": ["1", "2"], "YEAR": 2020, "SOFT": True}
    words = shlex.split(command_line("allpa:landcovermap", {**parameters, "REGION_NAME": "", "X": None}))
    profiles = QgsApplication.qgisSettingsDirPath().split("/profiles/")[0]
    assert words[:2] == [f"QGIS_CUSTOM_CONFIG_PATH={profiles}", "ALLPA_ENGINE_PYTHON=/opt/my engine/python"]
    assert words[2] == next(name for name in ("qgis_process.bin", "qgis_process") if shutil.which(name))
    assert words[3:] == [
        "run",
        "allpa:landcovermap",
        "--FOLDER=/home/ana/mis datos/2020's",
        "--MONTHS=1,2",
        "--YEAR=2020",
        "--SOFT=true",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.0"), (0.04, "< 0.1"), (0.05, "0.1"), (12.345, "12.3"), (100.0, "100.0")],
)
def test_small_shares_do_not_print_as_nothing(qgis_app, value, text):
    from allpa.ui.number_format import format_percent

    assert format_percent(value) == text
