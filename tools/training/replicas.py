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

from .batches import Batch
from .loss import pixel_weights, weighted_cross_entropy


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
        """Set the first network's gradients to those of the whole batch; returns the loss."""
        self._share_weights()
        weights = pixel_weights(batch.target, batch.weight, self.classes.cpu())
        total = weights.sum().clamp(min=1.0)
        parts = [
            tuple(tensor[number :: len(self.models)] for tensor in (batch.reflectance, batch.target, weights / total))
            for number in range(len(self.models))
        ]
        losses = list(self.pool.map(self._part, self.models, *zip(*parts)))
        self._collect()
        return float(sum(losses))

    def _part(self, model: UNet, reflectance: Tensor, target: Tensor, weights: Tensor) -> float:
        device = self.classes.device
        model.train()
        model.zero_grad(set_to_none=True)
        chips = reflectance.to(device, memory_format=torch.channels_last)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=self.half):
            logits = model(chips)
        loss = weighted_cross_entropy(logits, target.to(device), weights.to(device))
        loss.backward()  # type: ignore[no-untyped-call]  # PyTorch leaves it untyped
        return float(loss.detach())

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
