"""The package tier checks the sources and the zip that is built from them."""

import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))


@pytest.fixture(scope="session")
def package(tmp_path_factory):
    """Path of a fresh zip."""
    from pack import write_zip

    return write_zip(tmp_path_factory.mktemp("package") / "allpa.zip")


@pytest.fixture(scope="session")
def unpacked(package, tmp_path_factory):
    """The plugin's folder as QGIS unpacks it."""
    folder = tmp_path_factory.mktemp("plugins")
    with ZipFile(package) as archive:
        archive.extractall(folder)
    return folder / "allpa"
