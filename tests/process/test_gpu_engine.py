"""The engine for GPUs is a second step: verified on the GPU before it is used, and left again without a network."""

import os
import shutil
from pathlib import Path

import pytest
from engine_folder import make_wheel, write_lock

UV = shutil.which("uv", path=f"{Path(os.environ.get('ALLPA_TEST_ENGINE', '.')).parent}:{os.environ['PATH']}")
pytestmark = pytest.mark.skipif(not UV, reason="needs uv, which `make test` installs")
TORCH = """
class _Values:
    def __matmul__(self, other): return self
    def sum(self): return self
    def item(self): return {sum}
def ones(*size, device): return _Values()
class cuda:
    @staticmethod
    def get_device_name(number):
        {name}
"""
"""A stand-in of PyTorch whose GPU gives a sum."""


@pytest.fixture
def gpu(places, monkeypatch, tmp_path):
    """A computer with NVIDIA's driver, and lists for both builds; `set_torch` makes the GPU build's PyTorch."""
    from allpa.plugin.worker import gpu as module

    def own_uv(build):
        build._configure_uv(f"global.find-links='{places.wheels}'\nglobal.no-index='true'\n")
        return Path(UV)

    def set_torch(total=64**3, name="return 'Fake GPU'"):
        torch = make_wheel(places.wheels, "torch", "2.0", {"torch.py": TORCH.format(sum=total, name=name)})
        write_lock(cuda_lock, torch, make_wheel(places.wheels, "nvidia", files={"nvidia/__init__.py": ""}))

    monkeypatch.setattr(places.build.Build, "_install_uv", own_uv)
    monkeypatch.setattr(places.build, "probe", lambda engine, feedback: None)
    monkeypatch.setattr(module, "DRIVER", tmp_path / "driver")
    (tmp_path / "driver").touch()
    cuda_lock = places.lock_file.with_name(f"{places.locks.platform_name()}-cuda.txt")
    write_lock(places.lock_file, make_wheel(places.wheels, "small"))
    set_torch()
    module.set_torch = set_torch
    places.gpu = module
    return places


def packages(places):
    """Names of the modules in the engine that is in use."""
    target = places.interpreter.managed_engine_folder()
    return {path.name for path in target.glob("lib/python3*/site-packages/*") if path.suffix in ("", ".py")}


def test_the_cpu_build_comes_first_even_with_a_gpu_and_the_step_is_offered(gpu, feedback):
    assert gpu.gpu.gpu_state() == ""
    gpu.installation.install_engine(feedback)
    assert "small.py" in packages(gpu)
    assert gpu.gpu.gpu_state() == "available"
    assert all(gpu.gpu.gpu_sizes())


def test_a_gpu_that_computes_is_used_and_left_again_without_packages(gpu, feedback):
    gpu.installation.install_engine(feedback)
    python = gpu.installation.install_engine(feedback, pytorch_build="cuda")
    assert {"torch.py", "nvidia"} <= packages(gpu)
    assert gpu.gpu.gpu_state() == "installed"
    assert gpu.installation.install_engine(feedback) == python  # a repair keeps the build
    assert "nvidia" in packages(gpu)
    shutil.rmtree(gpu.wheels)
    gpu.installation.install_engine(feedback, pytorch_build="cpu")
    assert "small.py" in packages(gpu)
    assert "nvidia" not in packages(gpu)
    assert gpu.gpu.gpu_state() == "available"
    folders = [path for path in gpu.interpreter.managed_engine_folder().parent.iterdir() if path.is_dir()]
    assert folders == [gpu.interpreter.managed_engine_folder()]


@pytest.mark.parametrize(
    "torch", [{"name": "raise RuntimeError('Found no NVIDIA driver on your system')"}, {"total": 7}]
)
def test_a_gpu_that_does_not_compute_leaves_everything_as_it_was(gpu, feedback, torch):
    gpu.gpu.set_torch(**torch)
    gpu.installation.install_engine(feedback)
    with pytest.raises(gpu.installation.InstallationFailed, match="cannot compute on the GPU") as caught:
        gpu.installation.install_engine(feedback, pytorch_build="cuda")
    assert "Found no NVIDIA driver" in caught.value.why or caught.value.why.endswith(" 7")
    assert "as before" in caught.value.next_step
    assert "small.py" in packages(gpu)
    assert "nvidia" not in packages(gpu)


def test_without_a_card_nothing_is_downloaded(gpu, feedback, tmp_path, monkeypatch):
    (tmp_path / "driver").unlink()
    monkeypatch.setattr(gpu.build, "run_installer", lambda *arguments: pytest.fail("something was started"))
    with pytest.raises(gpu.installation.InstallationFailed, match="No NVIDIA GPU was found"):
        gpu.installation.install_engine(feedback, pytorch_build="cuda")


def test_a_system_without_a_gpu_build_is_named(gpu, feedback, monkeypatch):
    monkeypatch.setattr(gpu.locks, "platform_name", lambda: "windows-x86_64")
    with pytest.raises(gpu.installation.InstallationFailed, match="does not exist for this system"):
        gpu.installation.install_engine(feedback, pytorch_build="cuda")
