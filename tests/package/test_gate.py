"""The gate refuses what the plugin repository refuses."""

import shutil
from zipfile import ZipFile

import gate
import pytest


def test_the_zip_and_its_metadata_pass(package, unpacked):
    assert gate.check_structure(package) == []
    assert gate.check_metadata(unpacked) == []


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("allpa/__pycache__/a.pyc", "forbidden name"),
        ("allpa/.git/config", "forbidden name"),
        ("allpa/../other.py", "forbidden name"),
        ("allpa/tool.exe", "forbidden name"),
        ("readme.txt", "outside allpa/"),
    ],
)
def test_a_file_that_is_refused_at_the_upload_is_named(package, tmp_path, name, says):
    changed = shutil.copy(package, tmp_path / "changed.zip")
    with ZipFile(changed, "a") as archive:
        archive.writestr(name, "")
    assert [fault for fault in gate.check_structure(changed) if says in fault and name in fault]


def test_a_zip_without_licence_or_with_another_first_entry_is_refused(tmp_path):
    with ZipFile(tmp_path / "changed.zip", "w") as archive:
        archive.writestr("my-plugin/metadata.txt", "[general]\n")
    faults = gate.check_structure(tmp_path / "changed.zip")
    assert "missing: LICENSE" in faults
    assert any("the first entry" in fault for fault in faults)


@pytest.mark.parametrize(
    ("line", "changed", "says"),
    [
        ("qgisMaximumVersion=4.99\n", "", "qgisMaximumVersion"),
        ("author=Allpa contributors", "author=A/B", "slash"),
        ("name=Allpa\n", "name=Allpa Plugin\n", "repeats 'plugin'"),
        ("icon=resources/icons/allpa.svg", "icon=gone.svg", "icon"),
        ("version=0.1.0", "version=next", "version"),
        ("description=", "other=", "description is empty"),
    ],
)
def test_metadata_that_is_refused_is_named(unpacked, tmp_path, line, changed, says):
    text = (unpacked / "metadata.txt").read_text(encoding="utf-8")
    assert line in text
    shutil.copytree(unpacked / "resources/icons", tmp_path / "resources/icons")
    (tmp_path / "metadata.txt").write_text(text.replace(line, changed, 1), encoding="utf-8")
    if "description" in says:
        (tmp_path / "metadata.txt").write_text(text.replace(line, changed, 1) + "description=\n", encoding="utf-8")
    assert any(says in fault for fault in gate.check_metadata(tmp_path))


def test_a_secret_and_unsafe_code_are_found(tmp_path):
    (tmp_path / "unsafe.py").write_text("import pickle\nPASSWORD = 'x'\npickle.loads(b'')\n", encoding="utf-8")
    faults = gate.scan(tmp_path)
    assert any("B301" in fault for fault in faults)
    (tmp_path / "unsafe.py").write_text("def broken(:\n", encoding="utf-8")
    assert any("invalid" in fault.lower() or "E9" in fault for fault in gate.scan(tmp_path))
