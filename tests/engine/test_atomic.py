"""A file is whole or absent, and what goes wrong with a disk is told in the user's words."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

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


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("ENOSPC", DiskFull, "disk is full"), ("EDQUOT", DiskFull, "quota"), ("EFBIG", DiskFull, "as large"),
        ("EACCES", FolderNotWritable, "no right"), ("EPERM", FolderNotWritable, "no right"),
        ("EROFS", FolderNotWritable, "only be read"), ("ENOENT", FolderNotWritable, "not exist"),
        ("ENOTDIR", FolderNotWritable, "is a file"), ("ENAMETOOLONG", FolderNotWritable, "too long"),
        ("EIO", FolderNotWritable, "damaged or disconnected"), ("ESTALE", FolderNotWritable, "network drive"),
        ("ELOOP", FolderNotWritable, "circle"), ("ENXIO", FolderNotWritable, "not connected"),
        ("ENODEV", FolderNotWritable, "not connected"), ("EBUSY", FolderNotWritable, "in use"),
        ("EINVAL", FolderNotWritable, "not allow"), ("EMFILE", FolderNotWritable, "Too many"),
    ],
)  # fmt: skip
def test_the_systems_errors_get_a_sentence_wherever_they_come_up(tmp_path, monkeypatch, name, error, words):
    number = getattr(errno, name)

    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    with pytest.raises(error, match=words), atomic.atomic_write(tmp_path / "map.tif"):
        fail()
    assert names(tmp_path) == []
    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", fail)
        with pytest.raises(error, match=words):
            atomic.check_free_space(tmp_path / "new", 1)
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", fail)
        with pytest.raises(error, match=words):
            atomic.write_json(tmp_path / "a.json", {})
    assert names(tmp_path) == []


def test_an_error_of_no_disk_passes_through(tmp_path):
    with pytest.raises(ConnectionError), atomic.atomic_write(tmp_path / "map.tif"):
        raise ConnectionResetError(errno.ECONNRESET, "reset")


@pytest.mark.parametrize("name", ["x" * 250 + ".json", "ñ" * 120 + ".json", "a\x01b.json"])
def test_a_long_name_leaves_room_for_the_file_aside(tmp_path, name):
    atomic.write_json(tmp_path / name, [1])
    assert names(tmp_path) == [name]


@pytest.mark.parametrize("path", ["x" * 300 + ".json", "file/below.json"])
def test_a_path_that_cannot_be_written_gets_a_sentence(tmp_path, path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderNotWritable):
        atomic.write_json(tmp_path / path, [1])


def test_a_folder_with_a_null_character_gets_a_sentence():
    with pytest.raises(FolderNotWritable):
        atomic.check_free_space("a\0b", 1)


def test_a_file_aside_is_never_written_through_a_planted_link(tmp_path, monkeypatch):
    """Whoever may write in the folder could lay a link where the file aside will be, if its name were known."""
    foreign = tmp_path / "foreign.txt"
    foreign.write_text("theirs")
    monkeypatch.setattr(os, "urandom", lambda count: b"\0" * count)
    (tmp_path / f".a-{os.getpid()}-{'00' * 8}.part.json").symlink_to(foreign)
    with pytest.raises(FolderNotWritable):
        atomic.write_json(tmp_path / "a.json", [1])
    assert foreign.read_text() == "theirs"
    assert not (tmp_path / "a.json").exists()


@pytest.mark.parametrize(
    ("free", "reason", "error"),
    [(0, "Write failed", DiskFull), (10**12, "No space left on device", DiskFull), (10**12, "odd", FolderNotWritable)],
)
def test_a_librarys_failed_write_is_explained_by_the_free_space(tmp_path, monkeypatch, free, reason, error):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 0, free))
    failure = atomic.write_failure(tmp_path / "map.tif", reason)
    assert isinstance(failure, error)
    assert str(tmp_path) in str(failure)


def test_the_bytes_needed_and_free_are_reported_in_units_that_fit(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 0, 8_400_000))
    with pytest.raises(DiskFull, match=r"8\.4 MB free .* about 10 MB"):
        atomic.check_free_space(tmp_path, 10_000_000)


def test_a_file_where_a_folder_should_be_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderNotWritable):
        atomic.check_free_space(tmp_path / "file" / "below", 1)


def test_a_full_disk_is_reported_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 0))
    with pytest.raises(DiskFull, match=r"There are 0 bytes free .* needs about 1 MB"):
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
