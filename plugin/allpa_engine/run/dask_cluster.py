"""The connection to a Dask scheduler: one that runs elsewhere, or one with workers of this computer."""

from __future__ import annotations

import logging
import os
import sys
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import dask
import psutil
from distributed import Client, LocalCluster, Security

from ..core.atomic import write_text
from ..core.cluster_keys import local_workers
from ..core.errors import ClusterUnfit, ClusterUnreachable
from ..core.messages import message, translatable
from ..core.protocol import Reporter
from .dask_worker import MEMORY, THREADS, sees_file, worker_facts
from .tile_tasks import TileTask

CONNECT_S = 20.0
"""Longest time until a scheduler answers."""
WORKER_WAIT_S = 60.0
"""Longest time until it has a worker."""
ALLOWED_FAILURES = 20
"""How many workers of this computer may be lost while they make one tile."""
_MEGABYTE = 1_000_000
_LOCAL_HOSTS = ("127.", "localhost", "[::1]")
_MODEL = translatable("SHA-256 of the model")


@contextmanager
def connect(address: str, tasks: Iterable[TileTask], reporter: Reporter) -> Iterator[Client]:
    """A client of the scheduler while the block lasts.

    Parameters
    ----------
    address : of the scheduler, with its scheme, or `local:N`.
    tasks : the tiles; a cluster of this computer is made so that each fits a worker.
    reporter : hears of what the user should know.

    Raises
    ------
    ClusterUnreachable : where there is no scheduler, or it has no worker after a while.

    """
    for name in ("distributed", "distributed.client"):  # a scheduler that is lost is reported here, without a traceback
        logging.getLogger(name).setLevel(logging.CRITICAL)
    count = local_workers(address)
    if count:
        with _local_cluster(count, max(task.memory_mb for task in tasks), reporter) as cluster:
            yield from _client(cluster, address, cluster.security)
        return
    host = address.split("://")[-1]
    if address.startswith("tcp://") and not host.startswith(_LOCAL_HOSTS):
        reporter.log(
            message(
                "The connection to {address} is not encrypted: all who reach the scheduler can run programs on its "
                "workers and on this computer. Use tls:// outside a network that you trust.",
                address=address,
            ),
            "warning",
        )
    yield from _client(address, address, None)


def _client(target: Any, address: str, security: Security | None) -> Iterator[Client]:  # noqa: ANN401 - cluster or text
    try:
        client = Client(target, timeout=CONNECT_S, security=security, set_as_default=False)
    except (OSError, TimeoutError, ValueError, TypeError, RuntimeError) as error:
        raise ClusterUnreachable(
            message("The Dask scheduler {address} cannot be reached.", address=address), str(error)[:500]
        ) from error
    try:
        try:
            client.wait_for_workers(1, timeout=WORKER_WAIT_S)
        except (OSError, TimeoutError) as error:
            raise ClusterUnreachable(
                message("The Dask scheduler {address} has no workers.", address=address), str(error)[:300]
            ) from error
        yield client
    finally:
        with suppress(OSError, RuntimeError, ValueError):  # the connection may be gone
            client.close(timeout=2)


@contextmanager
def _local_cluster(count: int, memory_mb: int, reporter: Reporter) -> Iterator[LocalCluster]:
    """A scheduler in this process and workers of this computer, as many as the memory has room for.

    The connections are encrypted: others who use this computer could else run programs in the user's name.
    """
    total_mb = psutil.virtual_memory().total // _MEGABYTE
    fitting = max(1, min(count, total_mb // max(memory_mb, 1)))
    if fitting < count:
        reporter.log(
            message("The memory has room for {fitting} workers, not {count}.", fitting=fitting, count=count), "warning"
        )
    threads = max(1, (os.cpu_count() or 1) // fitting)
    resources = {MEMORY: max(total_mb // fitting, memory_mb), THREADS: threads}
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": ALLOWED_FAILURES}),
        LocalCluster(
            n_workers=fitting,
            threads_per_worker=1,
            memory_limit=0,  # the tiles run in processes of their own, which Dask does not count
            resources=resources,
            host="127.0.0.1",
            protocol="tls",
            security=Security.temporary(),
            dashboard_address=None,
            silence_logs=logging.ERROR,
        ) as cluster,
    ):
        yield cluster


def worker_resources(client: Client) -> list[dict[str, float]]:
    """The resources of each worker."""
    return [dict(worker.get("resources") or {}) for worker in client.scheduler_info()["workers"].values()]


def check_workers(client: Client, model: str, facts: dict[str, str]) -> None:
    """Refuse workers that would make other maps, or that this client cannot talk to.

    Parameters
    ----------
    client : a connection.
    model : the job's model; empty for the bundled one.
    facts : what every worker must have, as `worker_facts` gives it here.

    Raises
    ------
    ClusterUnfit : with the workers that differ, and in what.

    """
    versions = client.get_versions()
    here = versions["client"]["packages"]["distributed"]
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    for name, member in {"scheduler": versions["scheduler"], **versions["workers"]}.items():
        packages = member["packages"]
        there = ".".join(str(packages.get("python", "")).split(".")[:2])
        _require_same(name, [("Python", python, there), ("distributed", here, packages.get("distributed"))])
    for name, found in client.run(worker_facts, model, on_error="return").items():
        if isinstance(found, OSError):
            continue  # it ended meanwhile
        if not isinstance(found, dict):  # it cannot import the engine
            found = {}
        pairs = [("Allpa", facts["version"], found.get("version"))]
        _require_same(name, [*pairs, (_MODEL, facts["model"][:16], str(found.get("model"))[:16])])


def _require_same(member: str, pairs: Iterable[tuple[str, str, Any]]) -> None:
    for what, here, there in pairs:
        if here != there:
            raise ClusterUnfit(
                message("{member} of the Dask cluster differs from this computer.", member=member),
                message(
                    "{what}: {there} there, {here} here.", what=what, there=there or message("not found"), here=here
                ),
            )


def check_folder(client: Client, folder: Path) -> None:
    """Refuse workers that do not see the folder of the run.

    Raises
    ------
    ClusterUnfit

    """
    content = uuid.uuid4().hex
    probe = folder / f".allpa-shared-{content[:12]}"
    try:
        write_text(probe, content)
        blind = sorted(name for name, sees in client.run(sees_file, str(probe), content).items() if not sees)
    finally:
        with suppress(OSError):
            probe.unlink()
    if blind:
        raise ClusterUnfit(
            message("Workers of the Dask cluster do not see the folder {folder}.", folder=str(folder)),
            message("It is {workers}.", workers=", ".join(blind[:3])),
            message("Choose a folder that all computers share, or give a store: the job's key tile_store."),
        )
