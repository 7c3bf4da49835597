"""uv itself accepts each list: every platform and Python that is served gets files that exist, of the listed hashes."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lock import REQUIREMENTS, TARGETS

UV = shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
CASES = [(target, python) for target in TARGETS for python in ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")]


def dry_run(requirements, target, python, folder):
    """What uv says when it is asked what it would install; tests without a network end here."""
    command = [UV, "pip", "install", "--dry-run", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command += ["--python-platform", target.uv_platform, "--python-version", python, "--target", str(folder)]
    environment = {**os.environ, "MACOSX_DEPLOYMENT_TARGET": target.floors.get(python, "12.0"), "UV_HTTP_RETRIES": "1"}
    done = subprocess.run([*command, "-r", str(requirements)], env=environment, capture_output=True, text=True)
    if re.search(r"dns error|error sending request|connect|timed out", done.stderr, re.IGNORECASE):
        pytest.skip("the package index cannot be reached")
    return done


@pytest.mark.skipif(not UV, reason="needs uv, which `make test` installs")
@pytest.mark.parametrize(("target", "python"), CASES, ids=[f"{target.name}-{python}" for target, python in CASES])
def test_uv_finds_each_file_of_a_list(target, python, tmp_path):
    text = (REQUIREMENTS / f"{target.name}.txt").read_text(encoding="utf-8")
    served = f"# python {python} floor" in text
    assert served == (python in target.floors)
    if not served:
        return  # another Python is taken or downloaded
    # PyTorch's own index alone has its CPU build for Linux
    lines = [line for line in text.splitlines() if "+cpu" not in line]
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = dry_run(requirements, target, python, tmp_path / "target")
    assert done.returncode == 0, done.stderr[-2000:]
    names = [line for line in lines if "==" in line and (" ; " not in line or f"'{python}'" in line.split("--hash")[0])]
    assert len(re.findall(r"^ \+ ", done.stderr, re.MULTILINE)) == len(names)


@pytest.mark.skipif(not UV, reason="needs uv, which `make test` installs")
@pytest.mark.parametrize("target", TARGETS, ids=[target.name for target in TARGETS])
def test_the_installer_itself_runs_on_python_3_9_too(target, tmp_path):
    done = dry_run(REQUIREMENTS / "uv.txt", target, "3.9", tmp_path / "target")
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(re.findall(r"^ \+ uv==", done.stderr, re.MULTILINE)) == 1
