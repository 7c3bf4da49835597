"""Data-parallel gradients on CPU cores: each core works on its own part of the batch with its own copy of the network.

On small networks PyTorch's threads inside an operation wait for one another hundreds of times per step; copies meet
once per step, which matters most where other programs use the cores too.
"""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor

import torch
from allpa_engine.classify.unet import UNet
from torch import Tensor

from .batches import Batch, Views
from .loss import pixel_weights, weighted_cross_entropy
from .twin_views import CONSISTENCY_WEIGHT, Window, consistency_loss


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
        views = [part for part in (batch.views, batch.twins) if part is not None]
        classes = self.classes.cpu()
        weights = [pixel_weights(part.target, part.weight, classes) for part in views]
        total = torch.stack([part.sum() for part in weights]).sum().clamp(min=1.0)
        weighted = [
            Views(part.reflectance, part.target, weight / total, part.valid) for part, weight in zip(views, weights)
        ]
        numbers, count = range(len(self.models)), len(self.models)
        parts = [[view.part(number, count) for view in weighted] for number in numbers]
        windows = [batch.windows[number::count] for number in numbers]
        agreement_weight = CONSISTENCY_WEIGHT / max(1, len(batch.windows))
        losses = list(self.pool.map(self._part, self.models, parts, windows, [agreement_weight] * count))
        self._collect()
        return float(sum(losses))

    def _part(
        self, model: UNet, parts: list[Views], windows: tuple[tuple[Window, Window], ...], agreement_weight: float
    ) -> float:
        """The gradients of one core's part; the second views belong to the first samples of the first ones."""
        device = self.classes.device
        model.train()
        model.zero_grad(set_to_none=True)
        chips = torch.cat([part.reflectance for part in parts]).to(device, memory_format=torch.channels_last)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=self.half):
            answers = model(chips).split([len(part.reflectance) for part in parts])
        loss = self.classes.new_zeros(())
        for part, logits in zip(parts, answers):
            loss = loss + weighted_cross_entropy(logits, part.target.to(device), part.weight.to(device))
        fit = float(loss.detach())
        if windows:
            loss = loss + agreement_weight * consistency_loss(
                answers[0], answers[1], parts[0].valid.to(device), windows
            )
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
