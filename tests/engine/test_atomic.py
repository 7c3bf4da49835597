"""A file is whole or absent, and what goes wrong with a disk is told in the user's words."""

import errno
import os
import shutil
import subprocess
import sys

import pytest
from allpa_engine.core import atomic
from allpa_engine.core.errors import DiskFull, FolderNotWritable


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_failed_write_leaves_the_old_file_and_nothing_aside(tmp_path):
    path = tmp_path / "map.tif"
    path.write_text("old")

    def fail():
        with atomic.atomic_write(path) as temporary_path:
            temporary_path.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["map.tif"]


def test_a_write_replaces_the_old_file_at_the_end(tmp_path):
    path = tmp_path / "new folder" / "ñandú.json"
    atomic.write_json(path, {"a": 1})
    with atomic.atomic_write(path) as temporary_path:
        temporary_path.write_text("[]")
        assert path.read_text() != "[]"
        assert temporary_path.suffix == ".json"
    assert path.read_text() == "[]"
    assert names(path.parent) == ["ñandú.json"]


def test_what_drivers_lay_beside_a_file_goes_with_it(tmp_path):
    def lay(temporary_path):
        temporary_path.write_text("plain")
        for end in (".ovr", ".ovr.ovr", ".aux.xml"):
            temporary_path.with_name(temporary_path.name + end).write_text("beside")

    with atomic.temporary_file(tmp_path / "map [1].tif") as temporary_path:
        lay(temporary_path)
        assert len(names(tmp_path)) == 4
    assert names(tmp_path) == []
    with atomic.temporary_file(tmp_path / "map [1].tif") as temporary_path:
        lay(temporary_path)
        atomic.remove_temporary_files()
        assert names(tmp_path) == []
    with atomic.atomic_write(tmp_path / "map [1].tif") as temporary_path:
        lay(temporary_path)
    assert names(tmp_path) == ["map [1].tif"]


@pytest.mark.parametrize(("number", "error"), [(errno.ENOSPC, DiskFull), (errno.EACCES, FolderNotWritable)])
def test_the_systems_errors_are_explained(tmp_path, number, error):
    with pytest.raises(error, match=r"map\.tif|folder"), atomic.atomic_write(tmp_path / "map.tif"):
        raise OSError(number, os.strerror(number))
    assert names(tmp_path) == []


def test_a_file_where_a_folder_should_be_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderNotWritable):
        atomic.check_free_space(tmp_path / "file" / "below", 1)


def test_a_full_disk_is_told_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 0))
    with pytest.raises(DiskFull, match=r"0\.0 GB free"):
        atomic.check_free_space(tmp_path, 10**6)
    assert names(tmp_path) == []


def test_discard_in_flight_removes_what_is_aside(tmp_path):
    with atomic.atomic_write(tmp_path / "a.txt") as temporary_path:
        temporary_path.write_text("half")
        atomic.remove_temporary_files()
        assert not temporary_path.exists()
        temporary_path.write_text("whole")
    assert (tmp_path / "a.txt").read_text() == "whole"


def test_the_leavings_of_a_dead_run_are_swept_and_those_of_a_living_one_stay(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / f".map-{gone.pid}-0123abcd.part.tif").write_text("half")
    (tmp_path / "map.part.tif").write_text("a user's file")
    with atomic.atomic_write(tmp_path / "other.tif") as temporary_path:
        temporary_path.write_text("in flight")
        atomic.remove_stale_temporary_files(tmp_path)
        assert names(tmp_path) == sorted([temporary_path.name, "map.part.tif"])
