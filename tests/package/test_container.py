"""The recipes for containers, Kubernetes and Slurm: linted, valid, true to the names that the engine reads."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "plugin"))
from allpa_engine.core.cluster_keys import DASK

RECIPES = ("Containerfile", "kubernetes.yaml", "slurm.sh")


@pytest.fixture
def folder(root):
    return root / "tools/container"


def lint(name, *arguments):
    """Run a linter of tests/requirements.in; gives what it says."""
    program = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if program is None:
        pytest.skip(f"needs {name}")
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)


def test_the_container_recipe_has_no_fault(folder):
    done = lint("hadolint", folder / "Containerfile")
    assert (done.returncode, done.stdout) == (0, "")


def test_the_slurm_script_has_no_fault(folder):
    done = lint("shellcheck", folder / "slurm.sh")
    assert (done.returncode, done.stdout) == (0, "")


def test_the_manifests_are_what_kubernetes_takes(folder):
    done = lint("kubernetes-validate", "--strict", folder / "kubernetes.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    kinds = re.findall(r"^kind: (\w+)$", (folder / "kubernetes.yaml").read_text(), re.MULTILINE)
    assert done.stdout.count("passed") == len(kinds)


def test_a_manifest_with_a_misspelt_key_is_found(folder, tmp_path):
    text = (folder / "kubernetes.yaml").read_text().replace("replicas: 9", "replica: 9")
    (tmp_path / "wrong.yaml").write_text(text)
    assert lint("kubernetes-validate", "--strict", tmp_path / "wrong.yaml").returncode != 0


def test_what_the_recipe_copies_exists_and_is_not_left_out(root, folder):
    copied = re.findall(r"^COPY (?!--from)(\S+) ", (folder / "Containerfile").read_text(), re.MULTILINE)
    let_through = (folder / "Containerfile.dockerignore").read_text().splitlines()
    assert copied == ["resources/requirements", "plugin/allpa_engine", "resources/models"]
    for path in copied:
        assert (root / path).is_dir()
        assert f"!{path}" in let_through


@pytest.mark.parametrize("name", ["kubernetes.yaml", "slurm.sh"])
def test_resources_and_addresses_are_those_that_the_engine_reads(root, folder, name):
    text = (folder / name).read_text()
    worker = (root / "plugin/allpa_engine/run/dask_worker.py").read_text()
    for resource in re.findall(r"(allpa_\w+)=", text):
        assert f'"{resource}"' in worker
    for address in re.findall(r'"(tls://[^"]+)"', text):
        assert DASK.check("address", address.replace("$(hostname)", "node").replace("$port", "20001"))


def test_the_recipes_are_not_in_the_zip(root):
    sys.path.insert(0, str(root / "tools"))
    from pack import list_shipped_files

    assert not {Path(name).name for name in list_shipped_files()} & set(RECIPES)


def test_only_certificates_open_the_scheduler(folder):
    for name in ("kubernetes.yaml", "slurm.sh"):
        text = (folder / name).read_text()
        assert re.search(r"REQUIRE_ENCRYPTION[:=] ?\"?true", text)
        assert "tcp://" not in text
        assert "BEGIN" not in text  # no key was pasted
