"""Checkpoints: all that a training needs to go on after a kill, written aside and renamed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from allpa_engine.classify.unet import UNet
from allpa_engine.core.atomic import atomic_write
from torch import Tensor


@dataclass
class TrainingState:
    """The changing state of a training."""

    model: UNet
    average: UNet
    """Exponential moving average of the weights: what is evaluated and shipped."""
    optimiser: torch.optim.Optimizer
    step: int = 0
    """Steps done."""
    best_loss: float = float("inf")
    """Lowest validation loss so far."""
    best_step: int = 0
    elapsed_s: float = 0.0


def save_checkpoint(path: Path, training_state: TrainingState) -> None:
    """Write the state; a kill in between leaves the checkpoint before."""
    values = {
        "model": training_state.model.state_dict(),
        "average": training_state.average.state_dict(),
        "optimiser": training_state.optimiser.state_dict(),
        "step": training_state.step,
        "best_loss": float(training_state.best_loss),
        "best_step": training_state.best_step,
        "elapsed_s": training_state.elapsed_s,
    }
    with atomic_write(path) as temporary_path:
        torch.save(values, temporary_path)


def load_checkpoint(path: Path, training_state: TrainingState, device: torch.device) -> None:
    """Set the state to that of the file (tensors and numbers only; no code is run)."""
    state = torch.load(path, map_location=device, weights_only=True)
    training_state.model.load_state_dict(state["model"])
    training_state.average.load_state_dict(state["average"])
    training_state.optimiser.load_state_dict(state["optimiser"])
    training_state.step = int(state["step"])
    training_state.best_loss = float(state["best_loss"])
    training_state.best_step = int(state["best_step"])
    training_state.elapsed_s = float(state["elapsed_s"])


def update_average(average: UNet, model: UNet, step: int, decay: float) -> None:
    """Move the averaged weights towards the model's; faster in the first steps."""
    rate = 1 - min(decay, (1 + step) / (10 + step))
    with torch.no_grad():
        current: dict[str, Tensor] = model.state_dict()
        for name, value in average.state_dict().items():
            if value.dtype.is_floating_point:
                value.lerp_(current[name], rate)
            else:
                value.copy_(current[name])
