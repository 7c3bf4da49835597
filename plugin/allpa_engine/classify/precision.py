"""Which precision runs the network fastest here without changing the map; remembered per machine and model."""

from __future__ import annotations

import hashlib
import logging
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from ..core.atomic import write_json
from ..core.errors import AllpaError, JobInvalid
from ..core.json_input import read_json
from ..core.messages import message

Precision = str
"""`fp32`, `bf16` or `fp16`."""
PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16", "fp16")
Runner = Callable[[nn.Module, Tensor, Precision], Tensor]

MIN_AGREEMENT = 0.999
"""Share of pixels that must keep their class."""
MAX_DIFFERENCE = 0.02
"""In probability, at the pixel that differs most."""
_BANDS = 6
_CHIP_PIXELS = 512
_TRIAL_PIXELS = 64
_REPEATS = 3
_TYPICAL_SPECTRA = (
    (0.03, 0.04, 0.02, 0.01, 0.005, 0.004), (0.02, 0.04, 0.03, 0.28, 0.13, 0.06), (0.04, 0.08, 0.06, 0.36, 0.21, 0.11),
    (0.03, 0.05, 0.04, 0.18, 0.09, 0.05), (0.06, 0.09, 0.11, 0.27, 0.28, 0.19), (0.05, 0.07, 0.09, 0.21, 0.24, 0.16),
    (0.11, 0.13, 0.15, 0.22, 0.25, 0.21), (0.12, 0.17, 0.24, 0.30, 0.40, 0.34), (0.85, 0.83, 0.82, 0.78, 0.07, 0.06),
    (0.50, 0.47, 0.46, 0.50, 0.33, 0.27),
)  # fmt: skip
"""Round numbers for water, trees, grass, marsh, crops, scrub, town, bare ground, snow and cloud in the six bands."""
_LOG = logging.getLogger(__name__)


def choose_precision(
    network: nn.Module, device: torch.device, model_hash: str, run_network: Runner, band_count: int = _BANDS
) -> Precision:
    """The fastest precision that agrees with single precision, measured once per processor, PyTorch, threads and model.

    Parameters
    ----------
    network : in evaluation mode, on its device.
    device : of the network.
    model_hash : SHA-256 of the weights, by which the choice is remembered in the user's cache folder.
    run_network : gives the logits of a chip in a precision.
    band_count : of its input.

    Returns
    -------
    `fp32`, `bf16` or `fp16`.

    """
    options = reduced_precisions(device)
    if not options:
        return "fp32"
    key = _key(device, model_hash)
    found = _read_choices().get(key)
    if found in ("fp32", *options):
        return found
    chip = torch.from_numpy(benchmark_chip(band_count=band_count))[None].to(device, memory_format=torch.channels_last)
    chosen = fastest_precision(network, chip, options, run_network)
    _save_choice(key, chosen)
    return chosen


def check_precision(
    network: nn.Module, device: torch.device, precision: Precision, run_network: Runner, band_count: int = _BANDS
) -> None:
    """Refuse a precision in which the device cannot compute, by trying it on a small chip.

    Parameters
    ----------
    network : in evaluation mode, on its device.
    device : of the network.
    precision : as asked for.
    run_network : gives the logits of a chip in a precision.
    band_count : of its input.

    Raises
    ------
    JobInvalid : where there is no such precision, the device cannot compute in it, or numbers overflow.

    """
    if precision not in PRECISIONS:
        raise JobInvalid(
            message("There is no precision '{precision}'.", precision=precision),
            message("There are {precisions}.", precisions=", ".join(PRECISIONS)),
        )
    chip = torch.from_numpy(benchmark_chip(_TRIAL_PIXELS, band_count))[None].to(
        device, memory_format=torch.channels_last
    )
    try:
        with torch.inference_mode():
            logits = run_network(network, chip, precision)
    except (RuntimeError, NotImplementedError) as error:
        raise JobInvalid(
            message("The model cannot run in {precision} on {device}.", precision=precision, device=device),
            str(error).split("\n")[0],
            message("Choose the precision auto or fp32, or another device."),
        ) from error
    if not bool(torch.isfinite(logits).all()):
        raise JobInvalid(
            message("The model cannot run in {precision} on {device}.", precision=precision, device=device),
            message("Its numbers overflow."),
            message("Choose the precision auto or fp32."),
        )


def reduced_precisions(device: torch.device) -> tuple[Precision, ...]:
    """What is worth measuring: sixteen bits on GPUs, and on CPUs that have them (others emulate, ten times slower)."""
    if device.type == "cuda":
        return ("fp16", "bf16") if torch.cuda.is_bf16_supported() else ("fp16",)
    return ("bf16",) if device.type == "cpu" and cpu_has_bf16() else ()


def cpu_has_bf16() -> bool:
    """Whether the CPU multiplies matrices in bfloat16 (AMX or AVX-512 BF16), as far as Linux tells."""
    flags = Path("/proc/cpuinfo")
    if not flags.is_file():
        return False
    words = set(flags.read_text(encoding="utf-8", errors="replace").split())
    return bool(words & {"amx_bf16", "avx512_bf16"})


def fastest_precision(
    network: nn.Module,
    chip: Tensor,
    options: tuple[Precision, ...],
    run_network: Runner,
    clock: Callable[[], float] = time.perf_counter,
) -> Precision:
    """Measure `fp32` and the options on one chip.

    Parameters
    ----------
    network : in evaluation mode, on the chip's device.
    chip : `(1, band, y, x)` float32 surface reflectance 0..1.
    options : precisions to compare with `fp32`.
    run_network : gives the logits of a chip in a precision.
    clock : time in seconds.

    Returns
    -------
    The fastest of those whose classes agree with `fp32` on `MIN_AGREEMENT` of the pixels and whose probabilities differ
    by `MAX_DIFFERENCE` at most; `fp32` where none of them is faster.

    """
    with torch.inference_mode():
        reference, best_s = _measure(network, chip, "fp32", run_network, clock)
        best = "fp32"
        for option in options:
            probabilities, duration_s = _measure(network, chip, option, run_network, clock)
            agreement = float((probabilities.argmax(1) == reference.argmax(1)).float().mean())
            difference = float((probabilities - reference).abs().max())
            _LOG.info("%s: %.3f s, agreement %.5f, largest difference %.4f", option, duration_s, agreement, difference)
            if duration_s < best_s and agreement >= MIN_AGREEMENT and difference <= MAX_DIFFERENCE:
                best, best_s = option, duration_s
    return best


def _measure(
    network: nn.Module, chip: Tensor, precision: Precision, run_network: Runner, clock: Callable[[], float]
) -> tuple[Tensor, float]:
    """Probabilities, and the shortest time of three after a warm-up."""
    times = []
    probabilities = torch.softmax(run_network(network, chip, precision), dim=1).cpu()
    for _ in range(_REPEATS):
        started = clock()
        probabilities = torch.softmax(run_network(network, chip, precision), dim=1).cpu()
        times.append(clock() - started)
    return probabilities, min(times)


def benchmark_chip(size: int = _CHIP_PIXELS, band_count: int = _BANDS) -> npt.NDArray[np.float32]:
    """`(band, y, x)` reflectance of parcels in typical spectra, lit unevenly and noisy, as a real chip would be.

    Networks of other bands than the six get these again and again, in turn.
    """
    rng = np.random.default_rng(0)
    spectra = np.array(_TYPICAL_SPECTRA, np.float32)[:, np.arange(band_count) % _BANDS]
    parcels = rng.integers(0, len(spectra), (size // 16, size // 16))
    reflectance = spectra[np.kron(parcels, np.ones((16, 16), np.int64))].transpose(2, 0, 1)
    light = 1 + 0.2 * np.sin(np.arange(size) / 9)[None, :, None] * np.cos(np.arange(size) / 13)[None, None, :]
    chip = reflectance * light * (1 + rng.normal(0, 0.06, reflectance.shape))
    clipped: npt.NDArray[np.float32] = np.clip(chip, 1e-4, 1.5).astype(np.float32)
    return clipped


def _key(device: torch.device, model_hash: str) -> str:
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else _cpu_name()
    text = "|".join((name, torch.__version__, str(torch.get_num_threads()), model_hash))
    return hashlib.sha256(text.encode()).hexdigest()


def _cpu_name() -> str:
    flags = Path("/proc/cpuinfo")
    if flags.is_file():
        for line in flags.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _choices_file() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or str(Path.home() / ".cache")
    return Path(base) / "allpa" / "precision.json"


def _read_choices() -> dict[str, str]:
    try:
        stored = read_json(_choices_file())
    except ValueError:
        return {}
    return stored if isinstance(stored, dict) else {}


def _save_choice(key: str, chosen: Precision) -> None:
    try:
        write_json(_choices_file(), {**_read_choices(), key: chosen})
    except (OSError, AllpaError) as error:
        _LOG.info("the choice of precision is not remembered: %s", error)
