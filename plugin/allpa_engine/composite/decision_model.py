"""The model of the annual decision: which of two classes the year of a pixel speaks for, and where it may say so.

For each pair of classes the file holds a logistic regression on the year's statistics x: features are centred and
scaled, z = (x - mean) / scale, and

    evidence = c_0 + sum c_i z_i + sum over i <= j of c_ij z_i z_j + w ln((S_a + 1) / (S_b + 1))

where S are the classes' mean confidences over the clear observations times the file's number of dates: the network's
errors at a place repeat themselves, so thirty dates do not weigh more than six. Above 0 speaks for the first
class. A pixel is left as the votes decided where any of these holds: fewer clear observations than the file demands; a
year unlike those the model has learnt from (Mahalanobis distance of z beyond the file's limit); a place outside the
pair's zones. The file is JSON; nothing in it is run.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.errors import ModelInvalid
from ..core.file_hash import file_hash
from ..core.json_input import read_json
from ..core.legend import BUNDLED_LEGEND
from ..core.messages import message, text_of
from .year_statistics import PERCENTILES, IndexStatistics, index_statistics

FORMAT, FORMAT_VERSION = "allpa-annual-decision", 1
MODEL_NAME = "annual_decision.json"
FEATURES = (
    *(f"ndvi_p{percentile}" for percentile in PERCENTILES),
    *(f"ndmi_p{percentile}" for percentile in PERCENTILES),
    "ndvi_amplitude",
    "ndmi_amplitude",
    "ndvi_deviation",
    "ndmi_deviation",
)
"""Names of the statistics that a model may use."""
_MAX_BYTES = 1_000_000
_MAX_PAIRS, _MAX_ZONES = 10, 200

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Zone:
    """A part of the world in which a pair may be decided: a box in longitude and latitude."""

    name: str
    west: float
    south: float
    east: float
    north: float

    def contains(self, longitude: FloatArray, latitude: FloatArray) -> NDArray[np.bool_]:
        """Which points lie in the zone, degrees in arrays of one shape."""
        inside: NDArray[np.bool_] = (longitude >= self.west) & (longitude < self.east)
        return inside & (latitude >= self.south) & (latitude < self.north)


@dataclass(frozen=True)
class PairModel:
    """How the year separates two classes."""

    classes: tuple[int, int]
    """Codes; evidence above 0 speaks for the first."""
    mean: FloatArray
    scale: FloatArray
    """`(f,)` of the features."""
    coefficients: FloatArray
    """`(1 + f + f(f + 1)/2,)`: constant, features, products in the order of `quadratic_terms`."""
    vote_weight: float
    """Weight of the logarithm of the votes' ratio."""
    vote_dates: float
    """Dates as which the votes of a pixel count, however many there are."""
    precision: FloatArray
    """`(f, f)` inverse covariance of the scaled features among the years that were learnt from."""
    max_distance: float
    """Mahalanobis distance beyond which a year is unlike those."""
    zones: tuple[Zone, ...]

    def evidence(self, features: FloatArray, score_ratio: FloatArray) -> FloatArray:
        """Log-odds of the first class against the second.

        Parameters
        ----------
        features : `(n, f)` statistics of the year.
        score_ratio : `(n,)` natural logarithm of the ratio of the votes.

        Returns
        -------
        `(n,)`; above 0 for the first class.

        """
        scaled = self._scaled(features)
        linear = self.coefficients[1 : 1 + len(scaled)]
        rows, columns = np.triu_indices(len(scaled))
        products = np.zeros((len(scaled), len(scaled)))
        products[rows, columns] = self.coefficients[1 + len(scaled) :]
        out: FloatArray = _quadratic_form(scaled, products, linear) + self.vote_weight * score_ratio
        out += self.coefficients[0]
        return out

    def is_familiar(self, features: FloatArray) -> NDArray[np.bool_]:
        """Which years `(n, f)` are like those that were learnt from."""
        scaled = self._scaled(features)
        squared = _quadratic_form(scaled, self.precision, np.zeros(len(scaled)))
        return np.asarray(squared <= self.max_distance**2)

    def _scaled(self, features: FloatArray) -> FloatArray:
        """Centred and scaled features, `(f, n)`."""
        return np.ascontiguousarray(((features - self.mean) / self.scale).T)

    def is_in_zone(self, longitude: FloatArray, latitude: FloatArray) -> NDArray[np.bool_]:
        """Which points lie in any of the zones."""
        inside = np.zeros(longitude.shape, bool)
        for zone in self.zones:
            inside |= zone.contains(longitude, latitude)
        return inside


@dataclass(frozen=True)
class DecisionModel:
    """A model file."""

    name: str
    features: tuple[str, ...]
    """Of `FEATURES`, in the order of the coefficients."""
    min_observations: int
    """Clear observations that a pixel needs."""
    pairs: tuple[PairModel, ...]
    sha256: str
    """Of the file, hex."""

    def statistics(self, index: str, codes: NDArray[np.uint8]) -> IndexStatistics:
        """What the features need of an index, `ndvi` or `ndmi`, as `year_statistics.index_statistics` computes it."""
        needed = [name.partition("_")[2] for name in self.features if name.startswith(index)]
        percentiles = [value for value in PERCENTILES if f"p{value}" in needed]
        percentiles = list(PERCENTILES) if "amplitude" in needed else percentiles
        return index_statistics(codes, percentiles, deviation="deviation" in needed)

    def select_features(self, ndvi: IndexStatistics, ndmi: IndexStatistics) -> FloatArray:
        """The features `(n, f)` of n pixels."""
        return np.stack([feature_values(name, ndvi, ndmi) for name in self.features], axis=1)


def feature_values(name: str, ndvi: IndexStatistics, ndmi: IndexStatistics) -> FloatArray:
    """One of `FEATURES` of n pixels, `(n,)`."""
    index, _, statistic = name.partition("_")
    statistics = ndvi if index == "ndvi" else ndmi
    if statistic == "amplitude":
        return statistics.amplitude
    if statistic == "deviation":
        return statistics.deviation
    values: FloatArray = statistics.percentiles[PERCENTILES.index(int(statistic[1:]))]
    return values


def _quadratic_form(values: FloatArray, products: FloatArray, linear: FloatArray) -> FloatArray:
    """Sum over i of v_i (b_i + sum over j of a_ij v_j), for the n columns of `(f, n)` values.

    In one order for every pixel: matrix routines may add in another order at the end of an array.
    """
    total = np.zeros(values.shape[1])
    for row, value in enumerate(values):
        factor = np.full(value.shape, linear[row])
        for column in np.flatnonzero(products[row]):
            factor += products[row, column] * values[column]
        total += value * factor
    return total


def quadratic_terms(scaled: FloatArray) -> FloatArray:
    """Constant, features and all their products of two.

    Parameters
    ----------
    scaled : `(n, f)`.

    Returns
    -------
    `(n, 1 + f + f(f + 1)/2)`.

    Examples
    --------
    >>> quadratic_terms(np.array([[2.0, 3.0]])).tolist()
    [[1.0, 2.0, 3.0, 4.0, 6.0, 9.0]]

    """
    first, second = np.triu_indices(scaled.shape[1])
    return np.concatenate([np.ones((len(scaled), 1)), scaled, scaled[:, first] * scaled[:, second]], axis=1)


def bundled_decision_path() -> Path:
    """Path of the model that comes with Allpa: inside the installed package, or in the plugin's resources."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "models" / MODEL_NAME
    return installed if installed.is_file() else package.parents[1] / "resources" / "models" / MODEL_NAME


def read_decision_model(path: str | Path | None = None, expected_hash: str = "") -> DecisionModel:
    """Read a model of the annual decision.

    Parameters
    ----------
    path : of the file; None or empty takes the bundled one.
    expected_hash : SHA-256 that the file must have; empty for any.

    Raises
    ------
    ModelInvalid : where it is missing, damaged, of another kind, or not the one that is expected.

    """
    file = Path(path) if path else bundled_decision_path()
    if not file.is_file():
        raise ModelInvalid(message("There is no model of the annual decision at {file}.", file=file))
    try:
        values = read_json(file, _MAX_BYTES)
        digest = file_hash(file)
    except (ValueError, OSError) as error:
        raise ModelInvalid(
            message("{name} cannot be read as a model of the annual decision.", name=file.name), text_of(error)
        ) from error
    if expected_hash and digest != expected_hash:
        raise ModelInvalid(
            message("{name} is not the model of the annual decision that the job names.", name=file.name),
            message(
                "Its hash is {digest}, the job's is {expected_hash}.",
                digest=digest[:12],
                expected_hash=expected_hash[:12],
            ),
            "Give the file of that model, or remove the job's key 'decision_model_hash'.",
        )
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise ModelInvalid(message("{name} is not a model of the annual decision.", name=file.name))
    if values.get("format_version") != FORMAT_VERSION:
        raise ModelInvalid(message("{name} was written for another version of Allpa.", name=file.name))
    try:
        return _parse_model(values, digest)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ModelInvalid(
            message("{name} is not a whole model of the annual decision.", name=file.name), text_of(error)
        ) from error


def _parse_model(values: Mapping[str, Any], digest: str) -> DecisionModel:
    """The model of a file's values; KeyError, TypeError or ValueError where one is missing or cannot be used."""
    features = tuple(str(name) for name in values["features"])
    if not features or len(set(features)) != len(features) or set(features) - set(FEATURES):
        raise ValueError(message("Its features are {names}.", names=", ".join(features)[:200]))
    pairs = values["pairs"]
    if not isinstance(pairs, list) or not 1 <= len(pairs) <= _MAX_PAIRS:
        raise ValueError(message("It must have 1 to {max_pairs} pairs of classes.", max_pairs=_MAX_PAIRS))
    min_observations = values["min_observations"]
    if type(min_observations) is not int or not 1 <= min_observations <= 400:
        raise ValueError(message("Its smallest number of observations must be from 1 to 400."))
    parsed = tuple(_parse_pair(pair, len(features)) for pair in pairs)
    name = values["name"]
    if not isinstance(name, str) or not name.isprintable():
        raise ValueError(message("Its name must be text without control characters."))
    return DecisionModel(name[:100], features, min_observations, parsed, digest)


def _parse_pair(values: Mapping[str, Any], feature_count: int) -> PairModel:
    classes = tuple(values["classes"])
    if (
        len(classes) != 2
        or classes[0] == classes[1]
        or any(type(c) is not int or c not in BUNDLED_LEGEND.land_codes for c in classes)
    ):
        raise ValueError(message("A pair of classes is {classes}.", classes=repr(classes)[:50]))
    zones = values["zones"]
    if not isinstance(zones, list) or len(zones) > _MAX_ZONES:
        raise ValueError(message("A pair may have {max_zones} zones at most.", max_zones=_MAX_ZONES))
    terms = 1 + feature_count + feature_count * (feature_count + 1) // 2
    pair = PairModel(
        classes=(classes[0], classes[1]),
        mean=_numbers(values["mean"], (feature_count,)),
        scale=_numbers(values["scale"], (feature_count,)),
        coefficients=_numbers(values["coefficients"], (terms,)),
        vote_weight=float(_numbers(values["vote_weight"], ())),
        vote_dates=float(_numbers(values["vote_dates"], ())),
        precision=_numbers(values["precision"], (feature_count, feature_count)),
        max_distance=float(_numbers(values["max_distance"], ())),
        zones=tuple(_parse_zone(zone) for zone in zones),
    )
    if not (pair.scale > 0).all() or pair.max_distance <= 0 or pair.vote_weight < 0 or pair.vote_dates <= 0:
        raise ValueError(
            message("Scales, distance and dates must be greater than 0, the weight of the votes not negative.")
        )
    return pair


def _parse_zone(values: Mapping[str, Any]) -> Zone:
    west, south, east, north = (float(_numbers(values[side], ())) for side in ("west", "south", "east", "north"))
    if not (-180 <= west < east <= 180.001 and -90 <= south < north <= 90.001):
        raise ValueError(
            message(
                "A zone is not a box in longitude and latitude: {west}, {south}, {east}, {north}.",
                west=west,
                south=south,
                east=east,
                north=north,
            )
        )
    return Zone(str(values["name"])[:100], west, south, east, north)


def _numbers(value: object, shape: tuple[int, ...]) -> FloatArray:
    """Finite numbers of a JSON value, of this shape."""
    array = np.array(value)
    if array.dtype.kind not in "if" or array.shape != shape:
        raise ValueError(
            message(
                "Numbers of shape {expected} are expected, not of {found}.", expected=str(shape), found=str(array.shape)
            )
        )
    numbers = array.astype(np.float64)
    if not all(math.isfinite(number) for number in numbers.ravel()):
        raise ValueError(message("It contains numbers that are not finite."))
    return numbers
