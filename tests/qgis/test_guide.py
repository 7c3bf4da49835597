"""The guide opens without a network at the part that is asked for, and all that it links to is there."""

import re

import pytest
from qgis.PyQt.QtCore import QUrl


@pytest.fixture(params=["index.html", "index_es.html"])
def page(request, allpa):
    from allpa.plugin.resources import HELP_FOLDER

    return HELP_FOLDER / request.param


def anchors(text):
    return re.findall(r' id="(\w+)"', text)


def test_every_algorithm_has_its_part_in_both_languages(provider, page):
    text = page.read_text(encoding="utf-8")
    for algorithm in provider.algorithms():
        url = QUrl(algorithm.helpUrl())
        assert url.isLocalFile()
        assert url.fragment() == algorithm.name()
        assert f'<tr id="{algorithm.name()}">' in text
    assert len(anchors(text)) == len(set(anchors(text)))


def test_links_and_pictures_are_there(page):
    text = page.read_text(encoding="utf-8")
    pictures = re.findall(r'<img src="([^"]+)" alt="[^"]+"', text)
    assert len(pictures) == 5
    assert [name for name in pictures if not (page.parent / name).is_file()] == []
    links = re.findall(r'href="#(\w+)"', text)
    assert len(links) > 10
    assert set(links) <= set(anchors(text))
    assert "http" not in text


def test_each_section_of_the_dock_opens_its_part(page):
    from allpa.ui.map_page import _ANCHORS

    assert set(_ANCHORS.values()) <= set(anchors(page.read_text(encoding="utf-8")))
