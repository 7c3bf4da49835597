"""The engine for NVIDIA's GPUs: whether it can be had here, whether it computes, and the step back."""

from __future__ import annotations

import shutil
from pathlib import Path

from qgis.core import QgsProcessingFeedback

from ..translation import bytes_text, tr
from . import locks
from .environment_build import CPU, CUDA
from .installer_process import InstallationFailed, run_installer
from .installer_settings import installer_variables
from .interpreter import managed_engine_folder, venv_python

DRIVER = Path("/proc/driver/nvidia/version")
"""Exists where NVIDIA's driver runs."""
AVAILABLE, IN_USE = "available", "installed"
"""States of the GPU engine; empty where it cannot be had."""
_SIDE = 64
_CODE = (
    f"import torch; ones = torch.ones({_SIDE}, {_SIDE}, device='cuda'); "
    "print('GPU', torch.cuda.get_device_name(0), int((ones @ ones).sum().item()))"
)
"""Multiplies two matrices of ones on the GPU; the sum of the product is known."""


def build_of(target: Path) -> str:
    """Which PyTorch an installed engine has: `cpu`, `cuda`, or an empty text where there is no engine."""
    if not venv_python(target).exists():
        return ""
    return CUDA if any(target.glob("lib/python3*/site-packages/nvidia")) else CPU


def kept_engine(target: Path) -> Path:
    """Where the engine that computes on the processor stays while the GPU's is in use."""
    return target.with_name(f"{target.name}.cpu")


def gpu_lock() -> locks.EngineLock | None:
    """The list of the GPU engine for this system, None where there is none."""
    return locks.read_lock(locks.platform_name() + locks.CUDA_SUFFIX)


def gpu_state() -> str:
    """`AVAILABLE` where the step would be of use, `IN_USE` after it, else empty."""
    present = build_of(managed_engine_folder())
    if not DRIVER.exists():  # the build for GPUs may be there all the same, where the other could not be had
        return ""
    if present == CUDA:
        return IN_USE
    return AVAILABLE if present and gpu_lock() else ""


def gpu_sizes() -> tuple[str, str]:
    """What the GPU engine downloads and needs on disk, for people; empty texts where there is none."""
    lock = gpu_lock()
    if lock is None or not lock.floors:
        return "", ""
    python = max(lock.floors)
    return bytes_text(lock.download_bytes(python)), bytes_text(lock.unpacked_bytes(python))


def require_card() -> None:
    """Refuse a computer on which the GPU engine is of no use, before anything is downloaded.

    Raises
    ------
    InstallationFailed : where the system has no list for it, or NVIDIA's driver does not run.

    """
    if gpu_lock() is None:
        raise InstallationFailed(
            tr("The engine for NVIDIA GPUs does not exist for this system: {}.").format(locks.system_text()),
            "",
            tr("Keep the engine that computes on the processor, or use Linux on x86-64."),
        )
    if not DRIVER.exists():
        raise InstallationFailed(
            tr("No NVIDIA GPU was found on this computer, or its driver does not run."),
            "",
            tr("Install NVIDIA's driver and restart; until then maps are computed on the processor, as before."),
        )


def require_computing(python: Path, target: Path, feedback: QgsProcessingFeedback) -> None:
    """Let an engine multiply two matrices on the GPU.

    Parameters
    ----------
    python : the engine's interpreter.
    target : the engine's folder; its neighbour of this name is removed if QGIS dies meanwhile.
    feedback : gets the lines; its cancel ends the process.

    Raises
    ------
    InstallationFailed : where the GPU gives no result, or a wrong one.
    Cancelled

    """
    feedback.setProgressText(tr("Verifying the GPU"))
    refusal = InstallationFailed(
        tr("The engine cannot compute on the GPU of this computer."),
        "",
        tr("Update NVIDIA's driver, then install again. The engine that was there before is in use, as before."),
    )
    part = target.with_name(f"{target.name}.part-gpu")
    part.mkdir(parents=True, exist_ok=True)
    try:
        output = run_installer(python, [str(python), "-I", "-c", _CODE], part, feedback, installer_variables())
    except InstallationFailed as error:
        raise InstallationFailed(refusal.what, error.why, refusal.next_step) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    if not output.rstrip().endswith(f" {_SIDE**3}"):
        raise InstallationFailed(refusal.what, output.strip(), refusal.next_step)


def exchange(target: Path, kept: Path) -> None:
    """Put the kept engine into the place of the GPU's, which is removed.

    Raises
    ------
    OSError : where a folder cannot be renamed; the engine in place stays.

    """
    aside = target.with_name(f"{target.name}.part-gpu")
    target.rename(aside)
    try:
        kept.rename(target)
    except OSError:
        aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)
