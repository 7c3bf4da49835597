"""Tiles on a Dask cluster: the bytes of a plain run, whatever is killed, cancelled or missing on the way."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from allpa_engine.core.errors import Cancelled, ClusterUnfit, ClusterUnreachable, PartsMissing
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run import dask_cluster, dask_tiles, tile_places
from allpa_engine.run.checks import check_cluster
from allpa_engine.run.dask_tiles import run_tiles_on_dask
from allpa_engine.run.tile_tasks import RECEIPT, known_result, run_tile
from bench.dask_processes import dask_processes
from s3_server import BUCKET, program, serve_s3
from sample_archive.small_tiles import small_job, small_tasks

COUNT = 3


class Listener(NullReporter):
    """Remembers what it hears; calls `act` once the tiles have begun."""

    def __init__(self, act=None):
        self.lines, self.shares, self._act = [], [], act

    def progress(self, stage, done, total):
        self.shares.append(done / total)
        if self._act is not None and done > 0.02:
            act, self._act = self._act, None
            act()

    def log(self, text, level="info"):
        self.lines.append(str(text))


def rasters(tasks):
    return {
        (task.tile, path.name): path.read_bytes() for task in tasks for path in sorted(Path(task.folder).glob("*.tif"))
    }


def receipts(tasks):
    return [task.tile for task in tasks if (Path(task.folder) / RECEIPT).exists()]


def wait_until(holds, limit_s=60):
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.fixture(autouse=True)
def progress_at_once(monkeypatch):
    """Progress after each result, so that `Listener` acts before the last one however fast tiles are."""
    monkeypatch.setattr(dask_tiles, "_PROGRESS_S", 0.0)


@pytest.fixture(scope="module")
def plain(catalogue, tmp_path_factory):
    """The rasters of a run in this process."""
    tasks = small_tasks(tmp_path_factory.mktemp("plain"), catalogue, COUNT)
    assert [run_tile(task, NullReporter()).state for task in tasks] == ["done"] * COUNT
    found = rasters(tasks)
    assert len(found) == 2 * COUNT
    return found


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with dask_processes(tmp_path_factory.mktemp("cluster")) as running:
        yield running


def run(tasks, address, listener=None, **options):
    return {r.tile: r for r in run_tiles_on_dask(tasks, listener or NullReporter(), address=address, **options)}


def test_two_workers_of_this_computer_make_the_same_bytes_and_report(plain, catalogue, tmp_path):
    tasks = small_tasks(tmp_path, catalogue, COUNT)
    listener = Listener()
    results = run(tasks, "local:2", listener)
    assert {result.state for result in results.values()} == {"done"}
    assert rasters(tasks) == plain
    assert listener.shares
    assert all(0 <= share <= 1 for share in listener.shares)
    assert [known_result(task).state for task in tasks] == ["known"] * COUNT


@pytest.mark.parametrize("lost", ["worker", "scheduler"])
def test_a_worker_or_scheduler_that_is_lost_costs_the_tiles_in_work_only(plain, catalogue, tmp_path, cluster, lost):
    tasks = small_tasks(tmp_path, catalogue, COUNT)
    kill = {"worker": lambda: cluster.kill_worker(0), "scheduler": cluster.kill_scheduler}[lost]
    listener = Listener(kill)
    results = run(tasks, cluster.address, listener)
    assert {result.state for result in results.values()} <= {"done", "known"}
    assert rasters(tasks) == plain
    assert any("connecting again" in line for line in listener.lines) == (lost == "scheduler")


def test_results_that_are_lost_with_their_workers_are_made_again_without_a_new_connection(
    plain, catalogue, tmp_path, cluster
):
    tasks = small_tasks(tmp_path, catalogue, COUNT)

    def kill_all():
        for number in range(len(cluster.workers)):
            wait_until(lambda: receipts(tasks))
            time.sleep(1)
            cluster.kill_worker(number)

        time.sleep(1)

    listener = Listener(kill_all)
    results = run(tasks, cluster.address, listener)
    assert {result.state for result in results.values()} <= {"done", "known"}
    assert rasters(tasks) == plain
    assert not [line for line in listener.lines if "connecting again" in line]


def test_a_cancel_ends_the_work_on_the_workers_and_the_next_run_goes_on(plain, catalogue, tmp_path, cluster):
    tasks = small_tasks(tmp_path, catalogue, COUNT)

    def cancel():
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        run(tasks, cluster.address, Listener(cancel))
    time.sleep(3)  # what was nearly done may still be finished
    finished = receipts(tasks)
    assert len(finished) < COUNT
    time.sleep(4)
    assert receipts(tasks) == finished  # nothing goes on behind the user's back
    results = run(tasks, cluster.address)
    assert {tile for tile, result in results.items() if result.state == "known"} == set(finished)
    assert rasters(tasks) == plain


def test_a_tile_that_cannot_be_made_stops_no_other(catalogue, tmp_path, cluster):
    tasks = small_tasks(tmp_path, catalogue, 2)
    broken = replace(tasks[0], job={**tasks[0].job, "scenes": str(tmp_path / "missing.json")})
    results = run([broken, tasks[1]], cluster.address)
    assert [results[task.tile].state for task in tasks] == ["failed", "done"]
    assert "missing.json" in results[broken.tile].message


def test_workers_with_another_model_too_little_memory_or_without_the_engine_are_refused(
    catalogue, tmp_path, cluster, monkeypatch
):
    tasks = small_tasks(tmp_path / "run", catalogue, 1)
    with pytest.raises(ClusterUnfit, match="enough memory"):
        run([replace(tasks[0], memory_mb=10**9)], cluster.address)
    with monkeypatch.context() as patch:
        patch.setattr("allpa_engine.run.dask_tiles.worker_facts", lambda model: {"version": "0.0.0", "model": "f" * 64})
        with pytest.raises(ClusterUnfit, match=r"0\.0\.0 here"):
            run(tasks, cluster.address)
    with (
        dask_processes(tmp_path / "bare", workers=1, path=None) as bare,
        pytest.raises(ClusterUnfit, match="not found there"),
    ):
        run(tasks, bare.address)
    assert receipts(tasks) == []


def test_a_folder_that_workers_do_not_see_is_refused(catalogue, tmp_path, cluster, monkeypatch):
    tasks = small_tasks(tmp_path, catalogue, 1)
    monkeypatch.setattr(dask_cluster, "sees_file", lambda path, content: False)
    with pytest.raises(ClusterUnfit, match="do not see the folder"):
        run(tasks, cluster.address)
    assert not list(tmp_path.rglob(".allpa-shared*"))


def test_a_scheduler_that_is_not_there_is_named(catalogue, tmp_path, monkeypatch):
    monkeypatch.setattr(dask_cluster, "CONNECT_S", 1.0)
    with pytest.raises(ClusterUnreachable, match=r"tcp://127\.0\.0\.1:9 cannot be reached"):
        run(small_tasks(tmp_path, catalogue, 1), "tcp://127.0.0.1:9")


def test_missing_packages_are_named_before_the_work(monkeypatch, tmp_path):
    from allpa_engine.core.job import Job

    monkeypatch.setattr(
        "allpa_engine.core.parts.find_spec", lambda name: None if name == "distributed" else os.__spec__
    )
    with pytest.raises(PartsMissing) as caught:
        check_cluster(Job(folder=str(tmp_path), dask="local:2"))
    assert "Missing: distributed" in caught.value.why
    assert "group 'cluster'" in caught.value.next_step


def test_workers_send_tiles_to_a_store_and_another_computer_goes_on_from_it(
    plain, catalogue, tmp_path, tmp_path_factory, cluster, monkeypatch
):
    if program() is None:
        pytest.skip("needs the S3 server of tests/requirements.in")
    with serve_s3(tmp_path_factory.mktemp("s3")) as server:
        config = f"[profile store]\naws_access_key_id = {server.key_id}\naws_secret_access_key = {server.key}\n"
        (tmp_path / "config").write_text(f"{config}endpoint_url = {server.url}\n")
        for name, value in (("AWS_CONFIG_FILE", str(tmp_path / "config")), ("ALLPA_STORE_PROFILE", "store")):
            monkeypatch.setenv(name, value)
        job = small_job(tmp_path, catalogue, dask="local:1", tile_store=f"s3://{BUCKET}/maps")
        tasks = small_tasks(tmp_path / "first", catalogue, COUNT)[:1]
        assert [r.state for r in tile_places.execute_for(job)(tasks, NullReporter())] == ["done"]
        assert rasters(tasks).items() <= plain.items()
        again = small_tasks(tmp_path / "second", catalogue, COUNT)[:1]
        assert [r.state for r in tile_places.execute_for(job)(again, NullReporter())] == ["known"]
        assert rasters(again) == rasters(tasks)
