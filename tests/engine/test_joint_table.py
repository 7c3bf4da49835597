"""The joint table of many runs: rows of processes that write at once are all there, and no lock stays."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest
from allpa_engine.areas import joint_table
from allpa_engine.areas.joint_table import add_to_joint_table
from allpa_engine.areas.table import AreaRow, AreaTable
from allpa_engine.core.errors import FolderInUse, FolderNotWritable
from allpa_engine.core.file_lock import LockHeld, hold_lock

PLUGIN = Path(__file__).resolve().parents[2] / "plugin"
ROWS = 50
WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[4])
from test_joint_table import add_to_joint_table, made_table
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    region = f"{sys.argv[2]} {number}"
    add_to_joint_table(Path(sys.argv[1]), made_table(number), region, "2020", Path(f"/maps/{region}.tif"))
"""


def made_table(pixels):
    def row(code):
        return AreaRow(code, f"class {code}", pixels, float(pixels), 50.0, float(pixels))

    return AreaTable((row(1), row(2)), row(0), row(-1), 10.0, "m", 1.0, 0.0, 1.0, 1.0)


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def writer(path, name):
    arguments = [str(path), name, str(ROWS), str(Path(__file__).parent)]
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, *arguments],
        env={**os.environ, "PYTHONPATH": str(PLUGIN)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_two_processes_write_fifty_rows_each_and_none_is_lost(tmp_path):
    path = tmp_path / "new" / "all.csv"
    writers = [writer(path, name) for name in ("west", "east")]
    for process in writers:
        assert process.stdout.readline() == "ready\n"
    for process in writers:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in writers:
        process.communicate(timeout=300)
        assert process.returncode == 0
    rows = rows_of(path)
    wanted = {f"{name} {number}": str(number) for name in ("west", "east") for number in range(ROWS)}
    assert {row["region"]: row["pixels"] for row in rows} == wanted
    assert len(rows) == 2 * ROWS
    assert [entry.name for entry in path.parent.iterdir()] == ["all.csv"]


def test_a_table_that_another_run_holds_is_waited_for_and_then_refused(tmp_path, monkeypatch):
    path, lock = tmp_path / "all.csv", tmp_path / ".all.csv.lock"
    monkeypatch.setattr(joint_table, "LOCK_TIMEOUT_S", 0.1)
    with hold_lock(lock), pytest.raises(FolderInUse, match=r"all\.csv"):
        add_to_joint_table(path, made_table(1), "x", "2020", tmp_path / "map.tif")
    assert not path.exists()
    add_to_joint_table(path, made_table(1), "x", "2020", tmp_path / "map.tif")
    assert len(rows_of(path)) == 1


def test_a_lock_has_one_holder_at_a_time(tmp_path):
    with hold_lock(tmp_path / "lock"), pytest.raises(LockHeld), hold_lock(tmp_path / "lock"):
        pass
    with hold_lock(tmp_path / "lock"):
        assert (tmp_path / "lock").exists()
    assert not (tmp_path / "lock").exists()


def test_a_place_that_cannot_hold_the_table_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderNotWritable):
        add_to_joint_table(tmp_path / "file" / "all.csv", made_table(1), "x", "2020", tmp_path / "map.tif")
