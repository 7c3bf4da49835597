"""The training of a network: steps, averaged weights, validation on other blocks, early stopping, stop and resume.

Every draw depends on the seed and the step alone, and the checkpoint has all the rest, so that a training that was
stopped ends with the same weights as one that was not.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..classify.network_folder import Network
from ..classify.precision import cpu_has_bf16
from ..classify.unet import channels_last
from ..core.errors import Cancelled, TrainingInvalid
from ..core.messages import message
from ..core.protocol import Reporter
from .network_batches import Batch, BatchSource
from .network_checkpoint import TrainingState, load_checkpoint, save_checkpoint, update_average
from .network_chips import ChipFolder
from .network_loss import class_weights, sparse_cross_entropy
from .network_scores import Score, score_chips

STAGE, START_STAGE = "train_network", "start_network"
_AVERAGE_DECAY = 0.99
_GRADIENT_NORM = 1.0
_CHECKPOINT_EVERY_S = 60.0
FURTHER_RATE, NEW_RATE = 1e-4, 1e-3
"""Learning rates for a network that is trained further, which a higher one makes worse, and for one from nothing."""
_VALIDATION_PIXELS = 3_000_000
"""Pixels of the chips that are classified in each validation; the results at the end are those of all."""


@dataclass(frozen=True)
class TrainingOptions:
    """How long and how fast to learn."""

    steps: int = 600
    """The most; early stopping may end before."""
    batch_size: int = 8
    crop_px: int = 96
    learning_rate: float = 0.0
    """The largest; 0 takes `FURTHER_RATE` or `NEW_RATE` by the start, in `train_model_folder`."""
    warmup_share: float = 0.05
    """First part of the steps, over which the rate rises linearly."""
    decay_share: float = 0.5
    """Last part of the steps, over which it falls linearly to 0."""
    weight_decay: float = 1e-3
    validate_every: int = 50
    early_stopping_rounds: int = 5
    """Validations without a higher mean of overall accuracy and mean F1 after which the training stops."""
    augmentation: bool = True
    freeze_statistics: bool = True
    """Whether normalisation keeps the statistics of the network from which the training started."""
    seed: int = 1

    def rate(self, step: int) -> float:
        """Learning rate of a step: warm-up, plateau, linear decay.

        Examples
        --------
        >>> options = TrainingOptions(steps=100, learning_rate=1.0, warmup_share=0.1, decay_share=0.5)
        >>> [options.rate(step) for step in (0, 9, 30, 75, 99)]
        [0.1, 1.0, 1.0, 0.5, 0.02]

        """
        warmup, decay = max(1, round(self.steps * self.warmup_share)), max(1, round(self.steps * self.decay_share))
        return self.learning_rate * min(1.0, (step + 1) / warmup, max(0.0, (self.steps - step) / decay))

    def to_dict(self) -> dict[str, Any]:
        """Plain types, for the card."""
        return asdict(self)


@dataclass(frozen=True)
class Trained:
    """The end of a training."""

    network: Network
    """With the averaged weights of the best validation, in evaluation mode, on the CPU."""
    best_step: int
    steps: int
    """Steps that were done; fewer than wanted where the training stopped early."""
    elapsed_s: float
    curve: tuple[dict[str, float], ...]
    """Validations: step, learning rate, losses, overall accuracy, mean F1, and F1 by code."""


def train_network(
    network: Network,
    chips: ChipFolder,
    training: NDArray[np.intp],
    validation: NDArray[np.intp],
    options: TrainingOptions,
    device: torch.device,
    checkpoint: Path,
    fingerprint: str,
    reporter: Reporter,
    on_validation: Callable[[list[dict[str, float]]], None] = lambda _: None,
) -> Trained:
    """Train a network, from the checkpoint where there is one of the same training.

    Parameters
    ----------
    network : to start from; it is changed.
    chips : of the training folder.
    training, validation : positions of the chips to learn from, and of those that say when to stop.
    options : how long and how fast.
    device : where to compute.
    checkpoint : file for what is needed to go on after a stop.
    fingerprint : of chips, start and options; a checkpoint of another one is not used.
    reporter : gets the progress; where it raises Cancelled a checkpoint is written first.
    on_validation : gets the curve after each validation.

    Returns
    -------
    The best network and its curve.

    Raises
    ------
    Cancelled : from the reporter.
    TrainingInvalid : where the loss is no number any more.
    DiskFull, FolderNotWritable : where the checkpoint cannot be written.

    """
    state = _new_state(network, options, device)
    if load_checkpoint(checkpoint, state, fingerprint, device):
        reporter.log(message("The training goes on at step {step} of {steps}.", step=state.step, steps=options.steps))
    loop = _Loop(state, chips, training, validation, options, device, reporter)
    try:
        loop.run(lambda: save_checkpoint(checkpoint, state, fingerprint), on_validation)
    except Cancelled:
        save_checkpoint(checkpoint, state, fingerprint)
        raise
    state.average.load_state_dict(state.best)
    best = state.average.to("cpu").eval()
    return Trained(best, state.best_step, state.step, state.elapsed_s, tuple(state.curve))


def can_resume(network: Network, options: TrainingOptions, checkpoint: Path, fingerprint: str) -> bool:
    """Whether a training goes on from a checkpoint.

    Parameters
    ----------
    network : of the structure that is trained, of any weights; it stays as it is.
    options : of the training.
    checkpoint : file of a training that was stopped, if there was one.
    fingerprint : of chips, start and options.

    Returns
    -------
    True where `train_network` sets all weights from the file.

    """
    if not checkpoint.is_file():
        return False
    device = torch.device("cpu")
    return load_checkpoint(checkpoint, _new_state(copy.deepcopy(network), options, device), fingerprint, device)


def _new_state(network: Network, options: TrainingOptions, device: torch.device) -> TrainingState:
    model = channels_last(network, device).requires_grad_()
    optimiser = torch.optim.AdamW(model.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay)
    average = copy.deepcopy(model).eval().requires_grad_(requires_grad=False)
    return TrainingState(model, average, optimiser)


class _Loop:
    """The steps of a training."""

    def __init__(
        self,
        state: TrainingState,
        chips: ChipFolder,
        training: NDArray[np.intp],
        validation: NDArray[np.intp],
        options: TrainingOptions,
        device: torch.device,
        reporter: Reporter,
    ) -> None:
        self.state, self.chips, self.options, self.device, self.reporter = state, chips, options, device, reporter
        self.source = BatchSource(
            chips,
            training,
            crop_px=options.crop_px,
            batch_size=options.batch_size,
            seed=options.seed,
            augmentation=options.augmentation,
        )
        self.weights = class_weights(self.source.share)
        self.validation = _within_pixels(chips, validation, options.seed)
        self.half = _bf16_pays(state.model, device)

    def run(self, save: Callable[[], None], on_validation: Callable[[list[dict[str, float]]], None]) -> None:
        """Train until the last step, or until no validation is better for too long."""
        state, options = self.state, self.options
        started, saved = time.monotonic() - state.elapsed_s, time.monotonic()
        if self._lacks_validation():  # at the start, or where the training was stopped within one
            self._validate(on_validation)
        with ThreadPoolExecutor(max_workers=1) as prefetcher:
            upcoming = prefetcher.submit(self.source.batch, state.step)
            while state.step < options.steps and not self._is_settled():
                batch = upcoming.result()
                upcoming = prefetcher.submit(self.source.batch, state.step + 1)
                self._step(batch)
                state.elapsed_s = time.monotonic() - started
                is_validated = self._lacks_validation()
                if is_validated:
                    self._validate(on_validation)
                if is_validated or time.monotonic() - saved > _CHECKPOINT_EVERY_S:
                    save()
                    saved = time.monotonic()
                self.reporter.progress(STAGE, state.step, options.steps)
            upcoming.cancel()

    def _lacks_validation(self) -> bool:
        """Whether the present step is one of those that are validated, and has not been."""
        step, curve = self.state.step, self.state.curve
        is_due = step % self.options.validate_every == 0 or step == self.options.steps
        return is_due and not (curve and curve[-1]["step"] == step)

    def _step(self, batch: Batch) -> None:
        """One step of the optimiser."""
        state, options = self.state, self.options
        torch.manual_seed(options.seed + state.step)  # of layers that drop channels by chance
        _set_training(state.model, keep_statistics=options.freeze_statistics)
        for group in state.optimiser.param_groups:
            group["lr"] = options.rate(state.step)
        values = torch.from_numpy(batch.values).to(self.device, memory_format=torch.channels_last)
        channels = torch.from_numpy(batch.channels.astype(np.int64)).to(self.device)
        with torch.autocast(self.device.type, dtype=torch.bfloat16) if self.half else nullcontext():
            logits = state.model(values)
        loss = sparse_cross_entropy(logits, channels, self.weights.to(self.device))
        state.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # stub
        torch.nn.utils.clip_grad_norm_(state.model.parameters(), _GRADIENT_NORM)
        number = float(loss.detach())
        if not np.isfinite(number):
            raise TrainingInvalid(
                "The training went astray: its loss is no number any more.",
                message("This was step {step}.", step=state.step + 1),
                "Choose a lower learning rate.",
            )
        state.optimiser.step()
        state.step += 1
        state.loss_sum, state.loss_count = state.loss_sum + number, state.loss_count + 1
        update_average(state.average, state.model, state.step, _AVERAGE_DECAY)

    def _validate(self, on_validation: Callable[[list[dict[str, float]]], None]) -> None:
        """Score the averaged weights, and keep them where they are the best so far."""
        state = self.state
        score = score_chips(
            state.average, self.chips, self.validation, self.weights.numpy(), self.device, self._heartbeat
        )
        state.curve.append(self._row(score))
        state.loss_sum, state.loss_count = 0.0, 0
        if not state.best or score.quality > state.best_quality:
            state.best_quality, state.best_step = score.quality, state.step
            state.best = {name: value.detach().clone() for name, value in state.average.state_dict().items()}
        on_validation(state.curve)

    def _row(self, score: Score) -> dict[str, float]:
        state = self.state
        mean = state.loss_sum / state.loss_count if state.loss_count else float("nan")
        row = {
            "step": float(state.step),
            "elapsed_s": round(state.elapsed_s, 1),
            "learning_rate": self.options.rate(state.step),
            "training_loss": mean,
            "validation_loss": score.loss,
            "overall_accuracy": score.overall,
            "mean_f1": score.mean_f1,
        }
        return row | {f"f1_{code}": float(f1) for code, f1 in zip(self.chips.classes, score.f1)}

    def _heartbeat(self) -> None:
        self.reporter.progress(STAGE, self.state.step, self.options.steps)

    def _is_settled(self) -> bool:
        waited = self.state.step - self.state.best_step
        return waited >= self.options.early_stopping_rounds * self.options.validate_every


def _set_training(network: Network, *, keep_statistics: bool) -> None:
    """Training mode, but normalisation with the statistics that it has where these are kept."""
    network.train()
    if keep_statistics:
        for layer in network.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.eval()


def _bf16_pays(network: Network, device: torch.device) -> bool:
    """Whether the device multiplies matrices in bfloat16, and the network is made of such.

    Convolutions of single channels, as in MobileNet and EfficientNet, take four times as long in bfloat16 on a CPU.
    """
    if device.type == "cpu" and any(getattr(layer, "groups", 1) > 1 for layer in network.modules()):
        return False
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return device.type == "cpu" and cpu_has_bf16()


def _within_pixels(chips: ChipFolder, chosen: NDArray[np.intp], seed: int) -> NDArray[np.intp]:
    """As many of the chips, drawn by chance, as a validation may classify; one of each class at least."""
    order = np.random.default_rng(seed).permutation(chosen)
    sizes = np.array([chips.read(int(index)).channels.size for index in order])
    kept = np.cumsum(sizes) <= _VALIDATION_PIXELS
    first_of_class = (chips.counts[order] > 0).argmax(axis=0)
    kept[first_of_class] = True
    return np.sort(order[kept])
