"""The training loop: steps, averaged weights, validation, log, checkpoints, early stopping."""

from __future__ import annotations

import copy
import csv
import logging
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from allpa_engine.classify.model_file import ModelFile
from allpa_engine.classify.precision import cpu_has_bf16
from allpa_engine.classify.unet import Architecture, UNet, channels_last
from allpa_engine.core.errors import ModelInvalid

from .batches import Batch, BatchSource
from .calibration import uncalibrate
from .checkpoint import Progress, load_checkpoint, save_checkpoint, update_average
from .chips import Chip
from .objective import class_weights
from .replicas import Replicas
from .validation import Agreement, agreement

_LOG = logging.getLogger(__name__)
_BEFORE_PEOPLE = "before_people.pt"
_LOG_FIELDS = (
    "step", "megapixels", "elapsed_s", "learning_rate", "train_loss", "loss", "overall", "sure",
    "f1_water", "f1_trees", "f1_grass", "f1_flooded", "f1_crops", "f1_scrub", "f1_built", "f1_bare", "f1_snow",
)  # fmt: skip


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn."""

    steps: int = 15000
    batch_size: int = 16
    learning_rate: float = 2e-3
    warmup_steps: int = 200
    decay_share: float = 0.4
    """Last part of the steps, over which the rate falls linearly, to nothing unless people are heard before."""
    people_from: int = 12000
    """Step from which on people's labels are heard: late, so that trainings that leave some out share the rest."""
    people_rate: float = 1.2e-3
    """Learning rate from there on: what is new is learnt at a rate of its own."""
    people_decay_steps: int = 750
    """Last steps, over which that rate falls linearly to nothing."""
    weight_decay: float = 1e-3
    average_decay: float = 0.999
    validate_every: int = 500
    checkpoint_every: int = 250
    patience: int = 20
    """Validations without a lower loss after which the training stops."""

    def rate(self, step: int) -> float:
        """Learning rate of a step: warm-up, plateau, linear decay; where people are heard a plateau and decay anew."""
        if step >= self.people_from:
            return self.people_rate * min(1.0, max(0.0, (self.steps - step) / self.people_decay_steps))
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        decay_steps = max(1, int(self.steps * self.decay_share))
        return self.learning_rate * min(1.0, max(0.0, (self.steps - step) / decay_steps))


def bf16_is_fast(device: torch.device) -> bool:
    """Whether sixteen-bit floats pay: on GPUs since Ampere, and on CPUs that multiply them."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return device.type == "cpu" and cpu_has_bf16()


def fresh(architecture: Architecture, source: BatchSource) -> UNet:
    """A network of random weights with its input normalisation measured."""
    torch.manual_seed(source.seed)
    model = UNet(architecture)
    mean, deviation = source.band_statistics()
    model.input.mean.copy_(torch.from_numpy(mean).view(1, -1, 1, 1))
    model.input.scale.copy_(1 / torch.from_numpy(deviation).view(1, -1, 1, 1))
    return model


def trained_before(files: list[ModelFile]) -> UNet:
    """The network of a model file, to be trained on, or the mean of several; their calibration is taken out again.

    The files must come of one training: weights on the way to one minimum may be averaged (Izmailov et al. 2018).
    Raises ModelInvalid when they are not of one architecture.
    """
    if len({file.network.architecture for file in files}) > 1:
        raise ModelInvalid("The model files to start from are not of one architecture, so that they have no mean.")
    for file in files:
        uncalibrate(file.network, file.card.get("training", {}))
    states = [file.network.state_dict() for file in files]
    network = files[0].network
    network.load_state_dict(
        {
            name: torch.stack([state[name] for state in states]).mean(dim=0) if value.is_floating_point() else value
            for name, value in states[0].items()
        }
    )
    return network.requires_grad_()


def start(network: UNet, schedule: Schedule, device: torch.device) -> Progress:
    """A network that is to be trained, with its averaged twin and the optimiser."""
    model = channels_last(network, device)
    optimiser = torch.optim.AdamW(model.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay)
    average = copy.deepcopy(model).eval().requires_grad_(requires_grad=False)
    return Progress(model, average, optimiser)


def train(
    progress: Progress,
    source: BatchSource,
    validation_chips: list[Chip],
    schedule: Schedule,
    folder: Path,
    stop: threading.Event | None = None,
) -> Progress:
    """Train up to `schedule.steps`, from the checkpoint in `folder` where there is one.

    Writes `checkpoint.pt`, `best.pt` (lowest validation loss), `before_people.pt` and `log.csv` into `folder`. `stop`
    ends the training after the step in hand, with a checkpoint.
    """
    device = next(progress.model.parameters()).device
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.is_file():
        load_checkpoint(checkpoint, progress, device)
        _LOG.info("resumed at step %d", progress.step)
    count = torch.get_num_threads() if device.type == "cpu" else 1
    classes = class_weights(source.class_share()).to(device)
    replicas = Replicas(progress.model, min(count, schedule.batch_size), classes, half=bf16_is_fast(device))
    started, losses = time.monotonic() - progress.elapsed_s, []

    def draw(step: int) -> Batch:
        return source.batch(step, with_people=step >= schedule.people_from)

    with ThreadPoolExecutor(max_workers=1) as ahead:
        coming = ahead.submit(draw, progress.step)
        while progress.step < schedule.steps and not (stop and stop.is_set()):
            batch = coming.result()
            coming = ahead.submit(draw, progress.step + 1)
            losses.append(_step(progress, batch, replicas, schedule))
            progress.elapsed_s = time.monotonic() - started
            if progress.step % schedule.validate_every == 0 or progress.step == schedule.steps:
                score = agreement(progress.average, validation_chips, device)
                _record(folder, progress, schedule, sum(losses) / len(losses), score)
                losses = []
                if _out_of_patience(folder, progress, score, schedule):
                    break
            if progress.step % schedule.checkpoint_every == 0:
                save_checkpoint(checkpoint, progress)
            if progress.step == schedule.people_from:
                save_checkpoint(folder / _BEFORE_PEOPLE, progress)
    save_checkpoint(checkpoint, progress)
    return progress


def _step(progress: Progress, batch: Batch, replicas: Replicas, schedule: Schedule) -> float:
    """One step of the optimiser; returns the loss."""
    for group in progress.optimiser.param_groups:
        group["lr"] = schedule.rate(progress.step)
    loss = replicas.gradients(batch)
    torch.nn.utils.clip_grad_norm_(progress.model.parameters(), 1.0)
    progress.optimiser.step()
    progress.step += 1
    update_average(progress.average, progress.model, progress.step, schedule.average_decay)
    return loss


def _out_of_patience(folder: Path, progress: Progress, score: Agreement, schedule: Schedule) -> bool:
    """Keep the best weights; true when the loss has not fallen for too long."""
    if score.loss < progress.best_loss:
        progress.best_loss, progress.best_step = score.loss, progress.step
        save_checkpoint(folder / "best.pt", progress)
    return progress.step - progress.best_step >= schedule.patience * schedule.validate_every


def _record(folder: Path, progress: Progress, schedule: Schedule, train_loss: float, score: Agreement) -> None:
    """One line in the log, on screen and in the CSV."""
    left_s = progress.elapsed_s / progress.step * (schedule.steps - progress.step)
    _LOG.info(
        "step %d of %d, loss %.4f, held out: loss %.4f agreement %.3f sure %.3f; about %.0f min left",
        progress.step, schedule.steps, train_loss, score.loss, score.overall, score.sure, left_s / 60,
    )  # fmt: skip
    path = folder / "log.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = not path.is_file()
    megapixels = progress.step * schedule.batch_size * 128**2 / 1e6
    row = (
        progress.step, f"{megapixels:.1f}", f"{progress.elapsed_s:.0f}", f"{schedule.rate(progress.step):.2e}",
        f"{train_loss:.4f}", f"{score.loss:.4f}", f"{score.overall:.4f}", f"{score.sure:.4f}",
        *(f"{value:.3f}" for value in score.f1),
    )  # fmt: skip
    with path.open("a", newline="") as stream:
        writer = csv.writer(stream)
        if fresh:
            writer.writerow(_LOG_FIELDS)
        writer.writerow(row)


def branch_off(trunk: Path, folder: Path) -> None:
    """Let the training of `folder` go on from where that of `trunk` began to hear people, unless it has begun.

    Up to there the two are the same, whomever they hear later. Raises FileNotFoundError when `trunk` did not get there.
    """
    if not (folder / "checkpoint.pt").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(trunk / _BEFORE_PEOPLE, folder / "checkpoint.pt")


def restore_best(progress: Progress, folder: Path) -> None:
    """Set the state to that of the lowest validation loss; a training of no steps keeps what it started from."""
    if (folder / "best.pt").is_file():
        load_checkpoint(folder / "best.pt", progress, next(progress.model.parameters()).device)
