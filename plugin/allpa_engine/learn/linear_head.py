"""The last layer of a network as a multinomial logistic regression, and refitting it to a few labelled observations.

The network's last hidden layer gives features z of a pixel; its head gives logits W z + b. A refit changes W and b
alone. It minimises the mean cross-entropy of the labelled observations plus a penalty on the distance from the present
head:

    sum of w_i * -log softmax(W z_i + b)[y_i]  +  strength / 2 * sum of (dW_kf * s_f)^2  +  ...  with sum of w_i = 1,

where s_f is the standard deviation of feature f over the observations, so that features of any range are treated
alike. The bias at the mean of the features is penalised ten times less. The problem is convex and is solved by Newton's
method; a strength of infinity leaves the head as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BIAS_PENALTY = 0.1
"""Penalty of a class's bias beside that of its weights: how frequent classes are may change more easily than what they
look like."""
MIN_DEVIATION = 1e-3
"""Least standard deviation of a feature that is divided by: constant features get no weight."""
_MAX_STEPS = 50
_TOLERANCE = 1e-8

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class LinearHead:
    """Weights of the last layer."""

    classes: tuple[int, ...]
    """Codes by channel."""
    weight: FloatArray
    """`(class, feature)`."""
    bias: FloatArray
    """`(class,)`."""

    def logits(self, features: NDArray[np.floating]) -> FloatArray:
        """`(..., feature)` -> `(..., class)`."""
        product: FloatArray = features.astype(np.float64) @ self.weight.T + self.bias
        return product

    def probabilities(self, features: NDArray[np.floating]) -> FloatArray:
        """Class probabilities, `(..., feature)` -> `(..., class)`; they sum to 1.

        Examples
        --------
        >>> head = LinearHead((3, 5), np.array([[1.0], [0.0]]), np.zeros(2))
        >>> head.probabilities(np.array([[0.0], [np.log(3.0)]])).tolist()
        [[0.5, 0.5], [0.75, 0.25]]

        """
        return softmax(self.logits(features))

    def channels(self, codes: NDArray[np.integer]) -> NDArray[np.intp]:
        """The channel of each code; all of them must be classes of the head."""
        order = np.argsort(self.classes)
        return np.asarray(order[np.searchsorted(np.asarray(self.classes)[order], codes)], np.intp)


def softmax(logits: FloatArray) -> FloatArray:
    """Probabilities of logits along the last axis."""
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: FloatArray = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return probabilities


def cross_entropy(head: LinearHead, features: NDArray[np.floating], codes: NDArray[np.integer]) -> FloatArray:
    """Minus the logarithm of the probability of each observation's own class, `(n,)` nats."""
    logits = head.logits(features)
    largest = logits.max(axis=1)
    total = np.log(np.exp(logits - largest[:, np.newaxis]).sum(axis=1)) + largest
    loss: FloatArray = total - logits[np.arange(len(logits)), head.channels(codes)]
    return loss


def with_new_classes(
    head: LinearHead, codes: NDArray[np.integer], features: NDArray[np.floating], weights: FloatArray
) -> LinearHead:
    """A head with a row for each class that it does not have yet.

    A new class begins as a copy of the class that the head sees most at its observations, which it will be separated
    from by the refit.

    Parameters
    ----------
    head : the present one.
    codes : `(n,)` class of each observation.
    features : `(n, feature)`.
    weights : `(n,)` of the observations, 0 or above.

    Returns
    -------
    The head; classes that are there keep their channels, new ones follow in the order of their codes.

    """
    probabilities = head.probabilities(features)
    new = sorted(set(np.unique(codes).tolist()) - set(head.classes))
    rows, biases = [head.weight], [head.bias]
    for code in new:
        mine = codes == code
        likest = int((probabilities[mine] * weights[mine, np.newaxis]).sum(axis=0).argmax())
        rows.append(head.weight[likest : likest + 1])
        biases.append(head.bias[likest : likest + 1])
    return LinearHead((*head.classes, *new), np.concatenate(rows), np.concatenate(biases))


def refit_head(
    head: LinearHead,
    features: NDArray[np.floating],
    codes: NDArray[np.integer],
    weights: FloatArray,
    strength: float,
    guess: LinearHead | None = None,
) -> LinearHead:
    """The head that fits labelled observations best while it stays near the present one.

    Parameters
    ----------
    head : the present head; all codes are classes of it (`with_new_classes`).
    features : `(n, feature)` of the last hidden layer.
    codes : `(n,)` class of each observation.
    weights : `(n,)`, not negative, not all 0; only their shares of the sum count.
    strength : above 0; how strongly the head is held. Infinity gives the present head.
    guess : a head of the same classes to begin the search from; it changes the time, not the result.

    Returns
    -------
    A head of the same classes.

    Raises
    ------
    ValueError : where nothing has a weight, or the strength is not above 0.

    """
    total = float(weights.sum())
    if not strength > 0 or not total > 0:
        raise ValueError("The strength and the sum of the weights must be above 0.")
    if np.isinf(strength):
        return head
    used = weights > 0
    share, values = weights[used] / total, features[used].astype(np.float64)
    mean = share @ values
    deviation = np.maximum(np.sqrt(share @ (values - mean) ** 2), MIN_DEVIATION)
    design = np.column_stack(((values - mean) / deviation, np.ones(len(values))))
    problem = _Problem(design, head.logits(values), head.channels(codes[used]), share, strength)
    first = np.zeros((len(head.classes), design.shape[1]))
    if guess is not None:
        difference = guess.weight - head.weight
        first = np.column_stack((difference * deviation, guess.bias - head.bias + difference @ mean))
    change = problem.solve(first)
    weight_change = change[:, :-1] / deviation
    return LinearHead(head.classes, head.weight + weight_change, head.bias + change[:, -1] - weight_change @ mean)


class _Problem:
    """The penalised regression in standardised features; its unknowns are the changes of the head, `(class, f + 1)`."""

    def __init__(
        self, design: FloatArray, offset: FloatArray, channels: NDArray[np.intp], share: FloatArray, strength: float
    ) -> None:
        self._design, self._offset, self._channels, self._share = design, offset, channels, share
        self._penalty = np.full(design.shape[1], strength)
        self._penalty[-1] *= BIAS_PENALTY
        self._rows = np.arange(len(design))

    def solve(self, change: FloatArray) -> FloatArray:
        """The minimum, by Newton steps from a first change on, halved until they improve."""
        value, probabilities = self._value(change)
        for _ in range(_MAX_STEPS):
            step = self._newton_step(change, probabilities)
            size = 1.0
            while True:
                tried = change - size * step
                new_value, new_probabilities = self._value(tried)
                if new_value <= value or size < _TOLERANCE:
                    break
                size /= 2
            gain = value - new_value
            if gain <= 0:
                break
            change, value, probabilities = tried, new_value, new_probabilities
            if gain < _TOLERANCE:
                break
        return change

    def _value(self, change: FloatArray) -> tuple[float, FloatArray]:
        logits = self._offset + self._design @ change.T
        logits -= logits.max(axis=1, keepdims=True)
        exponentials = np.exp(logits)
        sums = exponentials.sum(axis=1)
        loss = float(self._share @ (np.log(sums) - logits[self._rows, self._channels]))
        return loss + float((self._penalty * change**2).sum()) / 2, exponentials / sums[:, np.newaxis]

    def _newton_step(self, change: FloatArray, probabilities: FloatArray) -> FloatArray:
        count, size = change.shape
        residual = probabilities.copy()
        residual[self._rows, self._channels] -= 1
        gradient = (residual * self._share[:, np.newaxis]).T @ self._design + self._penalty * change
        spread = (probabilities * np.sqrt(self._share)[:, np.newaxis])[:, :, np.newaxis] * self._design[:, np.newaxis]
        spread = spread.reshape(len(spread), -1)
        matrix = -(spread.T @ spread)
        for one in range(count):
            factor = (probabilities[:, one] * self._share)[:, np.newaxis]
            own = slice(one * size, (one + 1) * size)
            matrix[own, own] += (self._design * factor).T @ self._design
        matrix[np.diag_indices_from(matrix)] += np.tile(self._penalty, count)
        step: FloatArray = np.linalg.solve(matrix, gradient.ravel()).reshape(count, size)
        return step
