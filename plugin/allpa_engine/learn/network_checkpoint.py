"""Checkpoints of a training: all that it needs to go on after a stop, written aside and renamed."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path
from pickle import UnpicklingError  # nosec B403 - the error alone: what is read is weights and numbers
from typing import Any

import torch
from torch import Tensor

from ..classify.network_folder import Network
from ..core.atomic import atomic_write

CHECKPOINT_FILE = "checkpoint.pt"
_DAMAGE = (
    RuntimeError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, EOFError, UnpicklingError
)  # fmt: skip
"""What PyTorch raises for a file that is damaged or of something else."""
_NUMBERS = ("step", "best_quality", "best_step", "elapsed_s", "loss_sum", "loss_count")
_FASTEST = 10
"""The mean moves faster in the first steps: its share of the past is (1 + step) / (10 + step) at most."""


@dataclass
class TrainingState:
    """The changing state of a training."""

    model: Network
    average: Network
    """Exponential moving mean of the weights: what is validated and saved."""
    optimiser: torch.optim.Optimizer
    step: int = 0
    """Steps done."""
    best_quality: float = float("-inf")
    """Highest mean of overall accuracy and mean F1 on the validation blocks so far."""
    best_step: int = 0
    best: dict[str, Tensor] = field(default_factory=dict)
    """Averaged weights of that step."""
    elapsed_s: float = 0.0
    loss_sum: float = 0.0
    """Of the steps since the last validation."""
    loss_count: int = 0
    curve: list[dict[str, float]] = field(default_factory=list)
    """Validations so far."""


def save_checkpoint(path: Path, state: TrainingState, fingerprint: str) -> None:
    """Write the state; a kill in between leaves the checkpoint before.

    Parameters
    ----------
    path : of the file.
    state : of the training.
    fingerprint : of chips and options, which a training that goes on must have too.

    Raises
    ------
    DiskFull, FolderNotWritable : where it cannot be written.

    """
    values = {
        "fingerprint": fingerprint,
        "model": state.model.state_dict(),
        "average": state.average.state_dict(),
        "optimiser": state.optimiser.state_dict(),
        "best": state.best,
        "numbers": {name: getattr(state, name) for name in _NUMBERS},
        "curve": state.curve,
    }
    with atomic_write(path) as temporary_path:
        torch.save(values, temporary_path)


def load_checkpoint(path: Path, state: TrainingState, fingerprint: str, device: torch.device) -> bool:
    """Set the state to that of a file, of which numbers alone are read; no code is run.

    Parameters
    ----------
    path : of the file.
    state : is changed where the file fits.
    fingerprint : of chips and options.
    device : of the network.

    Returns
    -------
    Whether it was; not where the file is missing, damaged or of another training.

    """
    if not path.is_file():
        return False
    before = copy.deepcopy(state.model.state_dict())
    try:
        values: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        if values["fingerprint"] != fingerprint:
            return False
        numbers = {name: type(getattr(state, name))(values["numbers"][name]) for name in _NUMBERS}
        state.model.load_state_dict(values["model"])
        state.average.load_state_dict(values["average"])
        state.optimiser.load_state_dict(values["optimiser"])
        state.best = dict(values["best"])
        state.curve = [dict(row) for row in values["curve"]]
    except _DAMAGE:
        state.model.load_state_dict(before)
        state.average.load_state_dict(before)
        return False
    for name, value in numbers.items():
        setattr(state, name, value)
    return True


def update_average(average: Network, model: Network, step: int, decay: float) -> None:
    """Move the averaged weights towards the model's; faster in the first steps.

    Parameters
    ----------
    average : is changed.
    model : the network that learns.
    step : steps done, from 1.
    decay : share of the past that stays in one step.

    """
    rate = 1 - min(decay, (1 + step) / (_FASTEST + step))
    with torch.no_grad():
        current = model.state_dict()
        for name, value in average.state_dict().items():
            if value.dtype.is_floating_point:
                value.lerp_(current[name], rate)
            else:
                value.copy_(current[name])
