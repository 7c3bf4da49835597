"""What every tier of tests shares: paths, and the marker for tests that need the project's own real data."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("ALLPA_SHARED", ROOT.parent / "shared"))


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
