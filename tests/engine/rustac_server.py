"""A real STAC API server on loopback, which knows boxes and periods but no filters."""

import json
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests


@contextmanager
def serve_items(items, folder):
    """Serve `items` from a file in `folder`; gives the URL, and skips the test where rustac is not installed."""
    same_environment = Path(sys.executable).with_name("rustac")
    program = str(same_environment) if same_environment.exists() else shutil.which("rustac")
    if program is None:
        pytest.skip("needs rustac (PyPI) for a real STAC server")
    file = folder / "items.json"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    running = subprocess.Popen(
        [program, "serve", str(file), "--create-collections", "--addr", address],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_ready(f"http://{address}", running)
        yield f"http://{address}"
    finally:
        running.terminate()
        running.wait(10)


def _wait_until_ready(url, running):
    for _ in range(300):
        assert running.poll() is None, "the server ended"
        try:
            requests.get(url, timeout=1).raise_for_status()
            return
        except requests.RequestException:
            time.sleep(0.1)
    pytest.fail("the server did not start")
