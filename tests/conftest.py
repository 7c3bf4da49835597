"""What every tier of tests shares: paths, and the marker for tests that need the project's own real data."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("ALLPA_SHARED", ROOT.parent / "shared"))
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]


@pytest.fixture(scope="session")
def root():
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def shared():
    """The folder of real data; its tests are skipped where it does not exist."""
    if not (SHARED / "data").is_dir():
        pytest.skip("needs the project's own real data")
    return SHARED


@pytest.fixture(scope="session")
def sample():
    """Folder of the simulated archive: `items.json`, `files/`, `truth.tif` (needs the engine's Python)."""
    from sample_archive import build_sample_archive

    return build_sample_archive(ROOT / "build/archive")


@pytest.fixture(scope="session")
def catalogue(sample):
    """The simulated archive behind a real STAC API; `.stac_url` is the catalogue of a job."""
    from sample_archive import serve_archive

    with serve_archive(sample) as running:
        yield running
