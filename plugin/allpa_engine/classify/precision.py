"""Which back end and precision run a network fastest without changing the map; remembered per machine and model."""

from __future__ import annotations

import hashlib
import logging
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..core.atomic import write_json
from ..core.errors import AllpaError, JobInvalid
from ..core.json_input import read_json
from ..core.messages import message
from .back_end import BackEnd

Precision = str
"""`fp32`, `bf16`, `fp16` or `int8`."""
PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16", "fp16", "int8")

MIN_AGREEMENT = 0.999
"""Share of pixels that must keep their class."""
MAX_DIFFERENCE = 0.02
"""In probability, at the pixel that differs most."""
_BANDS = 6
_CHIP_PIXELS = 512
_REPEATS = 3
_TYPICAL_SPECTRA = (
    (0.03, 0.04, 0.02, 0.01, 0.005, 0.004), (0.02, 0.04, 0.03, 0.28, 0.13, 0.06), (0.04, 0.08, 0.06, 0.36, 0.21, 0.11),
    (0.03, 0.05, 0.04, 0.18, 0.09, 0.05), (0.06, 0.09, 0.11, 0.27, 0.28, 0.19), (0.05, 0.07, 0.09, 0.21, 0.24, 0.16),
    (0.11, 0.13, 0.15, 0.22, 0.25, 0.21), (0.12, 0.17, 0.24, 0.30, 0.40, 0.34), (0.85, 0.83, 0.82, 0.78, 0.07, 0.06),
    (0.50, 0.47, 0.46, 0.50, 0.33, 0.27),
)  # fmt: skip
"""Round numbers for water, trees, grass, marsh, crops, scrub, town, bare ground, snow and cloud in the six bands."""
_LOG = logging.getLogger(__name__)


def check_name(precision: Precision) -> None:
    """Refuse a precision that there is not; raises JobInvalid."""
    if precision not in PRECISIONS:
        raise JobInvalid(
            message("There is no precision '{precision}'.", precision=precision),
            message("There are {precisions}.", precisions=", ".join(PRECISIONS)),
        )


def choose_back_end(
    key: str, builders: Mapping[str, Callable[[], BackEnd | None]], numbers_per_unit: Sequence[float]
) -> BackEnd:
    """The fastest back end that gives the same map as the first, measured once; the choice is remembered.

    Parameters
    ----------
    key : `choice_key` of the machine and the model.
    builders : what makes each, by `option_name`: the reference, in single precision, and what may be faster. One that
        cannot be used here gives None.
    numbers_per_unit : of each band of the input.

    Returns
    -------
    One of them.

    """
    names = list(builders)
    remembered = _read_choices().get(key, "") if len(names) > 1 else names[0]
    if remembered in builders:
        known = builders[remembered]()
        if known is not None:
            return known
    back_ends = [back_end for name in names if (back_end := builders[name]()) is not None]
    if len(back_ends) == 1:
        return back_ends[0]
    scales = np.array(numbers_per_unit, np.float32).reshape(-1, 1, 1)
    chip = np.rint(benchmark_chip(band_count=len(scales)) * scales).astype(np.uint16)
    chosen = fastest_back_end(back_ends, chip, scales)
    _save_choice(key, option_name(chosen))
    return chosen


def option_name(back_end: BackEnd) -> str:
    """A back end with its precision, as choices are remembered."""
    return f"{back_end.name} {back_end.precision}"


def fastest_back_end(
    back_ends: Sequence[BackEnd],
    numbers: npt.NDArray[np.uint16],
    scales: npt.NDArray[np.float32],
    clock: Callable[[], float] = time.perf_counter,
) -> BackEnd:
    """Measure back ends on one chip, in turns.

    Parameters
    ----------
    back_ends : the reference first.
    numbers : `(band, y, x)` as stored.
    scales : `(band, 1, 1)` stored numbers per unit.
    clock : time in seconds.

    Returns
    -------
    The fastest of those whose classes agree with the reference on `MIN_AGREEMENT` of the pixels and whose probabilities
    differ by `MAX_DIFFERENCE` at most; the reference where none of them is faster.

    """
    reflectance = (numbers.astype(np.float32) / scales)[np.newaxis]
    reference = back_ends[0].probabilities(reflectance)[0]
    same_map = [back_ends[0]]
    for back_end in back_ends[1:]:
        found = back_end.probabilities(reflectance)[0]
        agreement = float((found.argmax(axis=0) == reference.argmax(axis=0)).mean())
        difference = float(np.abs(found - reference).max())
        _LOG.info("%s: agreement %.5f, largest difference %.5f", option_name(back_end), agreement, difference)
        if agreement >= MIN_AGREEMENT and difference <= MAX_DIFFERENCE:
            same_map.append(back_end)
    times = [float("inf")] * len(same_map)
    for turn in range(_REPEATS + 1):  # the first is a warm-up
        for place, back_end in enumerate(same_map):
            started = clock()
            back_end.start(numbers, slice(None), slice(None), soft=False)()
            if turn:
                times[place] = min(times[place], clock() - started)
    for back_end, duration_s in zip(same_map, times, strict=True):
        _LOG.info("%s: %.3f s", option_name(back_end), duration_s)
    return same_map[times.index(min(times))]


def cpu_has_bf16() -> bool:
    """Whether the CPU multiplies matrices in bfloat16 (AMX or AVX-512 BF16), as far as Linux tells."""
    return bool(_cpu_flags() & {"amx_bf16", "avx512_bf16"})


def cpu_has_int8() -> bool:
    """Whether the CPU adds products of bytes without overflow (AVX-512 VNNI, AVX VNNI or AMX).

    Other systems than Linux do not tell it; there processors of the x86 kind are tried.
    """
    flags = _cpu_flags()
    if flags or platform.system() == "Linux":
        return bool(flags & {"avx512_vnni", "avx_vnni", "amx_int8"})
    return platform.machine().lower() in ("x86_64", "amd64")


def _cpu_flags() -> set[str]:
    """Words of Linux's description of the processor; none elsewhere."""
    flags = Path("/proc/cpuinfo")
    return set(flags.read_text(encoding="utf-8", errors="replace").split()) if flags.is_file() else set()


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


def choice_key(model_hash: str, machine: str, versions: Sequence[str], threads: int, asked: str) -> str:
    """Under which a choice is remembered: it holds for one processor or GPU, the libraries, the threads and the model.

    Parameters
    ----------
    model_hash : SHA-256 of the weights.
    machine : name of the processor or GPU.
    versions : of the libraries that were compared.
    threads : of the processor.
    asked : what the job asks for.

    Returns
    -------
    A hexadecimal text.

    """
    return hashlib.sha256("|".join((machine, *versions, str(threads), model_hash, asked)).encode()).hexdigest()


def cpu_name() -> str:
    """The processor as the system names it."""
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
