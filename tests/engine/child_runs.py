"""Runs of fetching in processes of their own, to be killed."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

RUN_SERVER_CODE = """
import os, sys
sys.path[:0] = [{plugin!r}, {tests!r}]
from pathlib import Path
from allpa_engine.core.retry import RetryPolicy
from allpa_engine.fetch import fetch_selection
from allpa_engine.core.protocol import NullReporter
from tile_maker import region_from_metres, make_scene, make_selection
region, retry_policy = region_from_metres(*{region!r}), RetryPolicy(read_timeout_s=15)
selection = make_selection([make_scene({base!r}, name, size={size!r}) for name in {names!r}])
folder, workers = Path({folder!r}), {workers!r}
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        options = dict(reporter=NullReporter(), workers=workers, retry_policy=retry_policy)
        list(fetch_selection(selection, region, folder, **options))
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes as POSIX has them")


@contextmanager
def run_server(base, folder, names, region=(300, 300, 1500, 900), size=240, workers=3):
    """A process that begins a run in a child of its own at each line, and tells the child's id and its end."""
    here = Path(__file__).parent
    facts = {"base": str(base), "names": names, "folder": str(folder), "region": region, "size": size}
    code = RUN_SERVER_CODE.format(plugin=str(here.parents[1] / "plugin"), tests=str(here), workers=workers, **facts)
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait(60)
        process.stdout.close()


def begin_run(process):
    """Begin a run; gives the id of its process."""
    process.stdin.write(b"go\n")
    process.stdin.flush()
    return int(process.stdout.readline())
