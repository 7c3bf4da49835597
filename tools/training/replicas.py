"""Data-parallel gradients on CPU cores: each core works on its own part of the batch with its own copy of the network.

On small networks PyTorch's threads inside an operation wait for one another hundreds of times per step; copies meet
once per step, which matters most where other programs use the cores too.
"""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
from allpa_engine.classify.unet import UNet
from torch import Tensor

from .batches import Batch
from .loss import pixel_weights, weighted_cross_entropy
from .twin_views import CONSISTENCY_WEIGHT, Window, consistency_loss


@dataclass(frozen=True)
class _Part:
    """One core's part of a batch; the second windows belong to its first samples."""

    reflectance: Tensor
    target: Tensor
    weights: Tensor
    valid: Tensor
    twin_reflectance: Tensor | None = None
    twin_target: Tensor | None = None
    twin_weights: Tensor | None = None
    windows: tuple[tuple[Window, Window], ...] = ()
    consistency_weight: float = 0.0


class Replicas:
    """The network and its copies, one per core (one alone on a GPU).

    Parameters
    ----------
    model : the network that the optimiser changes. count : copies, itself included; sets PyTorch's threads to one
        when there are several. classes : `(10,)` class weights.
    """

    def __init__(self, model: UNet, count: int, classes: Tensor, *, half: bool) -> None:
        self.models = [model] + [copy.deepcopy(model) for _ in range(count - 1)]
        self.classes = classes
        self.half = half
        self.pool = ThreadPoolExecutor(max_workers=count)
        if count > 1:
            torch.set_num_threads(1)

    def gradients(self, batch: Batch) -> float:
        """Set the first network's gradients to those of the whole batch; returns the loss to the targets."""
        self._share_weights()
        weights = pixel_weights(batch.target, batch.weight, self.classes.cpu())
        total = weights.sum().clamp(min=1.0)
        count = len(self.models)
        twin_weights = pixel_weights(*batch.twins[1:3], self.classes.cpu()) if batch.twins else None
        if twin_weights is not None:
            total = total + twin_weights.sum()
        parts = [
            _Part(
                *(tensor[number::count] for tensor in (batch.reflectance, batch.target, weights / total, batch.valid)),
                *(tensor[number::count] for tensor in batch.twins[:2]),
                *(() if twin_weights is None else (twin_weights[number::count] / total,)),
                windows=batch.windows[number::count],
                consistency_weight=CONSISTENCY_WEIGHT / max(1, len(batch.windows)),
            )
            for number in range(count)
        ]
        losses = list(self.pool.map(self._part, self.models, parts))
        self._collect()
        return float(sum(losses))

    def _part(self, model: UNet, part: _Part) -> float:
        device = self.classes.device
        model.train()
        model.zero_grad(set_to_none=True)
        views = (
            part.reflectance if part.twin_reflectance is None else torch.cat([part.reflectance, part.twin_reflectance])
        )
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=self.half):
            logits = model(views.to(device, memory_format=torch.channels_last))
        own = logits[: len(part.reflectance)]
        loss = weighted_cross_entropy(own, part.target.to(device), part.weights.to(device))
        fit = float(loss.detach())
        if part.twin_target is not None and part.twin_weights is not None and len(part.windows):
            other = logits[len(part.reflectance) :]
            twin_loss = weighted_cross_entropy(other, part.twin_target.to(device), part.twin_weights.to(device))
            fit += float(twin_loss.detach())
            agreement = consistency_loss(own, other, part.valid.to(device), list(part.windows))
            loss = loss + twin_loss + part.consistency_weight * agreement
        loss.backward()  # type: ignore[no-untyped-call]  # PyTorch leaves it untyped
        return fit

    def _share_weights(self) -> None:
        first = self.models[0].state_dict()
        for other in self.models[1:]:
            with torch.no_grad():
                for name, value in other.state_dict().items():
                    value.copy_(first[name])

    def _collect(self) -> None:
        """Sum the gradients and average the running statistics, in a fixed order so that a step can be repeated."""
        others = self.models[1:]
        if not others:
            return
        for parameter, *copies in zip(*(model.parameters() for model in self.models)):
            for twin in copies:
                if parameter.grad is not None and twin.grad is not None:
                    parameter.grad.add_(twin.grad)
        with torch.no_grad():
            for buffer, *copies in zip(*(model.buffers() for model in self.models)):
                if buffer.dtype.is_floating_point:
                    buffer.copy_((buffer + sum(copies)) / len(self.models))
