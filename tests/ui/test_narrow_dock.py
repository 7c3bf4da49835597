"""What the dock shows where it is narrow: every page stays in reach, and nothing is cut that has no other place."""

from dock_fixtures import wait_until
from qgis.core import QgsApplication
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QApplication, QTabWidget, QToolButton


def shown_titles(pages):
    return [pages.tabText(index) for index in range(pages.count())]


def test_a_wide_dock_has_all_titles_and_a_narrow_one_that_of_the_open_page(dock):
    pages = dock.findChild(QTabWidget, "allpaPages")
    titles = ["Map", "Sample", "Labels", "Accuracy", "Learn"]
    pages.resize(600, 500)
    assert shown_titles(pages) == titles
    pages.resize(250, 500)
    assert shown_titles(pages) == ["Map", "", "", "", ""]
    pages.setCurrentIndex(3)
    assert shown_titles(pages) == ["", "", "", "Accuracy", ""]
    others = (0, 1, 2, 4)
    assert all(not pages.tabIcon(index).isNull() for index in others)
    assert [pages.tabToolTip(index) for index in range(5)] == titles
    pages.resize(600, 500)
    assert shown_titles(pages) == titles


def test_the_titles_fit_into_the_usual_width_in_a_dark_theme(dock):
    QgsApplication.setUITheme("Night Mapping")
    try:
        pages = dock.findChild(QTabWidget, "allpaPages")
        pages.resize(600, 500)
        QApplication.processEvents()
        bar = pages.tabBar()
        around = bar.sizeHint().width() - sum(map(bar.fontMetrics().horizontalAdvance, shown_titles(pages)))
        assert around <= 5 * 18
    finally:
        QgsApplication.setUITheme("default")


def test_buttons_of_results_are_icons_where_their_words_do_not_fit(qgis_app, allpa):
    from allpa.ui.buttons import IconsWhenNarrow

    buttons = [QToolButton() for _ in range(3)]
    for button, word in zip(buttons, ("Folder", "Report", "Command")):
        button.setText(word)
        button.setIcon(QgsApplication.getThemeIcon("mActionFileOpen.svg"))
        button.setMinimumWidth(30)
    row = IconsWhenNarrow(buttons, None)
    row.show()
    for width, style in (
        (500, Qt.ToolButtonStyle.ToolButtonTextBesideIcon),
        (150, Qt.ToolButtonStyle.ToolButtonIconOnly),
        (500, Qt.ToolButtonStyle.ToolButtonTextBesideIcon),
    ):
        row.resize(width, 40)
        wait_until(lambda style=style: {button.toolButtonStyle() for button in buttons} == {style})
    row.close()
    row.deleteLater()
