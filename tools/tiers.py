"""Run tiers of tests, each with the Python it needs: `python tools/tiers.py engine qgis ui process package`.

`coverage` is the engine's tier with a count of the lines and branches that its tests run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SYSTEM_PYTHON = "/usr/bin/python3"
QGIS_TIERS = ("qgis", "ui", "process")
"""Tiers that run in the Python of QGIS; the others run in the engine's."""
ENGINE_TESTS = ("tests/engine", "--doctest-modules", "plugin/allpa_engine")
"""The engine's tier: its tests, and the examples in its docstrings."""
ARGUMENTS = {
    "engine": ENGINE_TESTS,
    "coverage": (*ENGINE_TESTS, "--cov", "--cov-report=term", "--cov-report=html:build/coverage"),
}


def run_tier(tier: str) -> int:
    """Run one tier and give pytest's exit code."""
    python = SYSTEM_PYTHON if tier in QGIS_TIERS else sys.executable
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "ALLPA_TEST_ENGINE": sys.executable}
    environment.pop("PYTHONPATH", None)
    environment.update(OMP_NUM_THREADS="2", PYTHONDONTWRITEBYTECODE="1")
    options = ["-q", "-ra", "-p", "no:cacheprovider", "--durations=5"]
    return subprocess.run(
        [python, "-m", "pytest", *options, *ARGUMENTS.get(tier, (f"tests/{tier}",))],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
    ).returncode


def main() -> int:
    """Run the tiers asked for, all of them even after a failure; the exit code is 1 where one failed."""
    results = []
    for tier in sys.argv[1:]:
        print(f"\n===== {tier} tests", flush=True)
        started = time.monotonic()
        code = run_tier(tier)
        results.append((tier, code, time.monotonic() - started))
    print("\n===== all tiers")
    for tier, code, seconds in results:
        print(f"{tier:10} {'passed' if code == 0 else f'FAILED (exit code {code})'}  {seconds:.0f} s")
    return int(any(code for _, code, _ in results))


if __name__ == "__main__":
    sys.exit(main())
