"""One figure reads the same in dock, log, job and report, in the number format of QGIS or the one that replaces it."""

import json
from pathlib import Path

import pytest

WRITTEN = {
    "en_US": ("1,234.5", "1,716.50", "12.3"),
    "es_PE": ("1,234.5", "1,716.50", "12.3"),
    "es_ES": ("1.234,5", "1.716,50", "12,3"),
    "es_BO": ("1.234,5", "1.716,50", "12,3"),
    "fr_FR": ("1 234,5", "1\u202f716,50", "12,3"),
    "de_CH": ("1'234.5", "1\u2019716.50", "12.3"),
}
ROWS = [
    {"code": 2, "name": "Trees", "pixels": 171650, "area_ha": 1716.5, "percent": 12.345, "ellipsoidal_ha": 1716.5},
    {"code": None, "name": "Total", "pixels": 171650, "area_ha": 1716.5, "percent": 100.0, "ellipsoidal_ha": 1716.5},
]


@pytest.fixture
def number_locale():
    """Sets what QGIS has from its options: its own locale, or the one that overrides it, with or without groups."""
    from qgis.PyQt.QtCore import QLocale

    def choose(name, has_groups=True):
        locale = QLocale(name)
        if not has_groups:
            locale.setNumberOptions(locale.numberOptions() | QLocale.NumberOption.OmitGroupSeparator)
        QLocale.setDefault(locale)

    return choose


def outlets():
    """The same area, 1,716.5 ha, wherever the interface shows it, and the format that its jobs carry."""
    from allpa.plugin.algorithms.base import build_job
    from allpa.plugin.allpa_engine.core.messages import message
    from allpa.plugin.translation import engine_text
    from allpa.plugin.worker.progress import progress_text
    from allpa.ui.number_format import format_decimals, format_hectares
    from allpa.ui.region.region_summary import area_text
    from allpa.ui.results.panel import AreaTableWidget, area_rows

    table = AreaTableWidget()
    table.show_rows(area_rows(json.dumps(ROWS)))
    line = next(line for line in range(table.rowCount()) if table.item(line, 0).text() == "Trees")
    job = build_job("areas", Path("/nowhere/run"))
    shown = {
        "dock table": table.item(line, 1).text(),
        "sum of the dock": table.item(table.rowCount() - 1, 1).text(),
        "hectares": format_hectares(1716.5),
        "decimals": format_decimals(1716.5, 2),
        "log": engine_text(message("{area_ha:,.2f} ha", area_ha=1716.5)).removesuffix(" ha"),
        "region": area_text(1716.5).partition("(")[2].partition(" ha")[0],
    }
    progress = progress_text({"stage": "areas", "done": 1716.5, "total": 2000})
    return shown, table.item(line, 2).text(), job, progress, table.as_text()


@pytest.mark.parametrize("name", WRITTEN)
def test_one_figure_reads_the_same_everywhere(qgis_app, number_locale, name):
    number_locale(name)
    number_format, area, share = WRITTEN[name]
    shown, percent, job, progress, copied = outlets()
    assert shown == dict.fromkeys(shown, area)
    assert percent == share
    assert job.number_format == number_format
    assert area[:-1] in progress  # one decimal
    assert f"Trees\t1716{area[-3]}50\t12{share[-2]}3" in copied  # as a spreadsheet of the same locale reads it


def test_without_signs_between_thousands_nothing_has_them(qgis_app, number_locale):
    """QGIS leaves them out unless `locale/showGroupSeparator` is set."""
    number_locale("es_ES", has_groups=False)
    shown, _, job, _, _ = outlets()
    assert shown == dict.fromkeys(shown, "1716,50")
    assert job.number_format == "1234,5"


def test_numbers_that_no_format_has_are_written_as_usual_in_the_language(qgis_app, number_locale):
    number_locale("ar_EG")
    shown, _, job, _, _ = outlets()
    assert len(set(shown.values())) == 1
    assert job.number_format == ""
