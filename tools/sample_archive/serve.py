"""Serve an archive: a real STAC API (`rustac serve`) and an HTTP server that honours range requests, on loopback."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from .elevation_model import ELEVATION_COLLECTION
from .items import COLLECTION

START_TIMEOUT_S = 30
TOOLS = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class ServedArchive:
    """An archive that is being served."""

    stac_url: str
    """Root of the STAC API; the catalogue URL of a job."""
    files_url: str
    """Root of the files."""
    folder: Path
    collection: str = COLLECTION


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


TITLES = {
    COLLECTION: ("Sentinel-2 Level-2A (simulated)", "Simulated Sentinel-2 L2A scenes for tests and demonstrations."),
    ELEVATION_COLLECTION: ("Copernicus DEM GLO-30 (simulated)", "Elevation of simulated land."),
}


def _collection(name: str) -> dict[str, Any]:
    title, description = TITLES[name]
    return {
        "type": "Collection", "id": name, "stac_version": "1.0.0", "title": title,
        "description": description, "license": "proprietary",
        "links": [], "extent": {
            "spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [["2015-06-27T10:25:31Z", None]]},
        },
    }  # fmt: skip


def _with_urls(items: dict[str, Any], root: str) -> dict[str, Any]:
    for feature in items["features"]:
        for asset in feature["assets"].values():
            asset["href"] = f"{root}/{asset['href']}"
    return items


def _find_rustac() -> str:
    same_environment = Path(sys.executable).with_name("rustac")
    found = str(same_environment) if same_environment.exists() else shutil.which("rustac")
    if not found:
        raise RuntimeError("rustac is not installed beside this Python; the test requirements name it")
    return found


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The STAC API server ended: {log.read_text(encoding='utf-8', errors='replace')[-800:]}")
        try:
            with urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"The STAC API server did not answer within {START_TIMEOUT_S} s")


@contextmanager
def serve_files(folder: Path, log: Path | None = None) -> Iterator[str]:
    """Serve a folder's files in a process of its own; gives the URL."""
    arguments = [sys.executable, "-m", "sample_archive.range_server", str(folder), *([str(log)] if log else [])]
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=TOOLS, text=True)
    assert process.stdout is not None  # it is a pipe
    try:
        yield process.stdout.readline().strip()
    finally:
        process.communicate(timeout=10)


@contextmanager
def serve_archive(folder: Path | str, log: Path | None = None) -> Iterator[ServedArchive]:
    """Serve the archive in `folder` as long as the context lasts; `log` takes a line per file request."""
    folder = Path(folder).resolve()
    with (
        serve_files(folder / "files", log) as files_url,
        tempfile.TemporaryDirectory(prefix="allpa-archive-") as temporary_folder,
    ):
        inputs = []
        for name, file in ((COLLECTION, "items.json"), (ELEVATION_COLLECTION, "elevation.json")):
            if not (folder / file).is_file():
                continue  # an archive without elevation
            items = _with_urls(json.loads((folder / file).read_text(encoding="utf-8")), files_url)
            for suffix, content in (("collection", _collection(name)), ("items", items)):
                inputs.append(Path(temporary_folder) / f"{name}_{suffix}.json")
                inputs[-1].write_text(json.dumps(content), encoding="utf-8")
        with _serve_stac(inputs, Path(temporary_folder) / "rustac.log") as stac_url:
            yield ServedArchive(stac_url, files_url, folder)


@contextmanager
def _serve_stac(inputs: list[Path], log: Path) -> Iterator[str]:
    address = f"127.0.0.1:{_free_port()}"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [_find_rustac(), "serve", "--addr", address, *map(str, inputs)],
            stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
        )  # fmt: skip
    try:
        _wait_until_ready(f"http://{address}/collections/{COLLECTION}", process, log)
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(10)
