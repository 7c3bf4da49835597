"""The objective: cross-entropy to soft targets, weighted by the class weights of `learn.network_loss`.

A pixel's weight is its target's mean of the class weights, so that the best answer stays the target.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def pixel_weights(target: Tensor, weight: Tensor, classes: Tensor) -> Tensor:
    """`(n, 10, y, x)` targets, `(n, y, x)` weights, `(10,)` class weights -> `(n, y, x)`; 0 = no label."""
    return weight * torch.einsum("ncyx,c->nyx", target, classes)


def weighted_cross_entropy(logits: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """Sum over pixels of weight x cross-entropy, nats; logits and target `(n, 10, y, x)`, weights `(n, y, x)`."""
    log_probabilities = functional.log_softmax(logits.float(), dim=1)
    return -((target * log_probabilities).sum(dim=1) * weights).sum()
