"""The zip is one that the plugin repository takes."""

import re
from configparser import ConfigParser
from zipfile import ZipFile

import pytest

LARGEST_BYTES = 25_000_000


@pytest.fixture(scope="module")
def names(package):
    with ZipFile(package) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def metadata(unpacked):
    parser = ConfigParser(interpolation=None)
    parser.read(unpacked / "metadata.txt", encoding="utf-8")
    return dict(parser["general"])


def test_everything_lies_in_the_one_folder_that_comes_first(names):
    assert names[0] == "allpa/"
    assert all(name.startswith("allpa/") for name in names)
    assert len(set(names)) == len(names)


def test_what_the_plugin_needs_is_inside(names):
    for name in (
        "LICENSE", "metadata.txt", "__init__.py", "plugin/provider.py", "plugin/allpa_engine/__main__.py",
        "ui/dock.py", "resources/icons/allpa.svg", "resources/requirements/linux-x86_64.txt",
        "resources/models/allpa_unet.safetensors", "resources/models/allpa_unet.json",
        "resources/models/annual_decision.json", "resources/models/annual_decision.md",
        "plugin/allpa_engine/report/map.html",
        "resources/help/index.html", "resources/help/index_es.html",
        "plugin/allpa_engine/locale/es/LC_MESSAGES/allpa.mo",
        "resources/i18n/allpa_es.qm",
    ):  # fmt: skip
        assert f"allpa/{name}" in names


def test_what_developers_need_stays_outside(names):
    outside = re.compile(r"tests?/|docs/|Makefile|\.(pyc|pyo|so|dll|exe|sh|bat|in|part|qrc)$|__pycache__|/\.|\.\.|\\")
    assert [name for name in names if outside.search(name)] == []


def test_the_size_is_taken(package):
    assert package.stat().st_size < LARGEST_BYTES


def test_the_same_sources_give_the_same_zip(package, tmp_path):
    from pack import write_zip

    assert write_zip(tmp_path / "again.zip").read_bytes() == package.read_bytes()


def test_no_file_is_executable(package):
    with ZipFile(package) as archive:
        assert [i.filename for i in archive.infolist() if not i.is_dir() and (i.external_attr >> 16) & 0o111] == []


def test_the_licence_is_the_gpl(unpacked):
    text = (unpacked / "LICENSE").read_text(encoding="utf-8")
    assert "GNU GENERAL PUBLIC LICENSE" in text
    assert "Version 3, 29 June 2007" in text
    assert len(text) > 30_000


def test_metadata_has_what_the_repository_asks(metadata, root):
    for field in ("name", "description", "version", "qgisminimumversion", "author", "about", "icon", "tags"):
        assert metadata[field].strip(), field
    for field in ("email", "homepage", "tracker", "repository"):
        assert field in metadata, f"{field} is the publisher's to set, but has its line"
    assert metadata["qgisminimumversion"] == "3.22"
    assert metadata["qgismaximumversion"] == "4.99"
    assert metadata["hasprocessingprovider"] == "yes"
    assert "supportsqt6" not in metadata
    assert "plugin" not in metadata["name"].lower()
    assert "/" not in metadata["author"]
    assert "<" not in metadata["description"] + metadata["about"], "no HTML"
    assert "dependencies" in metadata["about"].lower()
    assert (root / metadata["icon"]).is_file()


def test_metadata_and_engine_have_one_version(metadata, root):
    text = (root / "plugin/allpa_engine/__init__.py").read_text(encoding="utf-8")
    assert re.search(r'__version__ = "(.+?)"', text).group(1) == metadata["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", metadata["version"])
