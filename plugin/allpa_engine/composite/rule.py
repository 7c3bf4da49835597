"""The rule of a composite: whose votes count, how much, and what a class needs to win."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..core.atomic import write_json
from ..core.composite_keys import DEFAULT_MIN_SHARES, GUARDS, PERSISTENCE, SHADE, SLOPE
from ..core.errors import JobInvalid
from ..core.job import MAX_SMOOTHING_PX, MONTHS
from ..core.job_keys import Number, Text
from ..core.json_input import read_json
from ..core.legend import BUNDLED_LEGEND, MAX_OWN_CODE, ROLE_BUILT, ROLE_CLOUDS, ROLE_WATER, Legend
from ..core.messages import Message, message, text_of, translatable

WEIGHT_SCALE = 10_000
"""Weights are used as whole steps of the largest one, so that scores are exact integers and ties are true ties."""
PERMILLE = 1_000
"""Shares are used in permille."""

GUARDED_ROLES = {SLOPE: (ROLE_WATER, ROLE_BUILT), PERSISTENCE: (ROLE_CLOUDS,), SHADE: (ROLE_WATER,)}
"""What each guard is about: it works where the legend has a class of one of these roles."""


@dataclass(frozen=True)
class CompositeRule:
    """The class-weighted mode's options; the defaults are the annual map's.

    Examples
    --------
    >>> CompositeRule(months=(6, 7, 8)).to_tags()["MONTHS"]
    '6 7 8'
    """

    weights: Mapping[int, float] = field(default_factory=dict)
    """Vote weight per class code; codes left out take the legend's. 0 never wins. Used to 1/10,000 of the largest."""
    months: tuple[int, ...] = MONTHS
    """Months (1 to 12) whose scenes vote; the others are ignored."""
    month_balance: bool = False
    """Each month votes once, with the mean of its clear observations."""
    soft: bool = False
    """All the probabilities vote, not the winner's alone; needs predictions that hold them."""
    min_share: Mapping[int, float] | None = None
    """Share of the clear observations, per class code, that the class must exceed to win; codes left out need none.
    None takes `DEFAULT_MIN_SHARES` for the classes of these roles."""
    mask_dilation: bool = False
    """Dilate the scene classification's clouds and shadows before voting."""
    smoothing_px: int = 0
    """Patches smaller than this many pixels take the class around them; 0 leaves the map as voted.

    The quality layers stay those of the vote."""
    guards: tuple[str, ...] = ()
    """Names of the guards (`guards`) that are on, of `core.job.GUARDS`."""
    name: str = "default"
    """Name of the weight table, for the map's tags and the report."""
    legend: Legend = BUNDLED_LEGEND
    """The classes of the predictions; `for_legend` sets it."""

    @property
    def voting_weights(self) -> dict[int, float]:
        """The weight of each class that can win, by code; an observation of clouds is none of the land."""
        return {code: self.weights.get(code, self.legend.by_code[code].weight) for code in self.legend.land_codes}

    @property
    def min_shares(self) -> dict[int, float]:
        """The minimum shares by code."""
        if self.min_share is not None:
            return dict(self.min_share)
        return {code: share for role, share in DEFAULT_MIN_SHARES.items() if (code := self.legend.code_of(role))}

    def for_legend(self, legend: Legend) -> CompositeRule:
        """The rule for predictions of other classes, with the guards that are about a class of that legend."""
        guards = tuple(
            name for name in self.guards if any(legend.code_of(role) for role in GUARDED_ROLES.get(name, ()))
        )
        return replace(self, legend=legend, guards=guards)

    @property
    def integer_weights(self) -> tuple[int, ...]:
        """Whole weights in the order of `legend.land_codes`, the largest of them `WEIGHT_SCALE`.

        The ratio is rounded to nine digits first: otherwise weights scaled by a common factor could fall on two sides
        of a half step through their last binary digit.
        """
        weights = self.voting_weights.values()
        largest = max(weights)
        return tuple(round(round(weight / largest, 9) * WEIGHT_SCALE) for weight in weights)

    @property
    def min_shares_permille(self) -> tuple[int, ...]:
        """The minimum shares in permille, in the order of `legend.land_codes`; -1 where a class needs none."""
        shares = self.min_shares
        return tuple(round(shares[code] * PERMILLE) if code in shares else -1 for code in self.legend.land_codes)

    def to_tags(self) -> dict[str, str]:
        """The rule as the tags of a raster: enough to make the same composite again."""
        return {
            "WEIGHT_TABLE": self.name,
            "WEIGHTS": _format_by_code(self.voting_weights),
            "MIN_SHARES": _format_by_code(self.min_shares),
            "MONTHS": " ".join(str(month) for month in sorted(self.months)),
            "MONTH_BALANCE": str(self.month_balance).lower(),
            "FORM": "soft" if self.soft else "hard",
            "MASK_DILATION": str(self.mask_dilation).lower(),
            "SMOOTHING_PX": str(self.smoothing_px),
            **({"GUARDS": " ".join(sorted(self.guards))} if self.guards else {}),
        }

    def validate(self) -> CompositeRule:
        """Give the rule back if it can decide a map.

        Raises
        ------
        JobInvalid : with the option named.

        """
        for what, table in (
            (translatable("weights"), self.weights),
            (translatable("minimum shares"), self.min_shares),
        ):
            unknown = sorted(set(table) - set(self.legend.codes))
            if unknown:
                raise JobInvalid(
                    message("The class {what} name codes that do not exist: {codes}.", what=what, codes=str(unknown)),
                    message("Codes are {codes}.", codes=_listed(self.legend.codes)),
                )
        if any(not 0 <= weight < float("inf") for weight in self.weights.values()):
            raise JobInvalid("The class weights must be finite and not negative.")
        if not any(self.voting_weights.values()):
            raise JobInvalid("At least one class weight of land or water must be greater than zero.")
        if any(not 0 <= share < 1 for share in self.min_shares.values()):
            raise JobInvalid("Minimum shares must be at least 0 and less than 1.")
        if not self.months or any(month not in MONTHS for month in self.months):
            raise JobInvalid(
                "The months must be numbers from 1 to 12, at least one.",
                message("They are {months}.", months=str(list(self.months))),
            )
        unknown_guards = sorted(set(self.guards) - set(GUARDS))
        if unknown_guards:
            raise JobInvalid(
                message("There are no guards of the names {names}.", names=", ".join(unknown_guards)),
                message("Known are {names}.", names=", ".join(GUARDS)),
            )
        if not 0 <= self.smoothing_px <= MAX_SMOOTHING_PX:
            raise JobInvalid(
                message(
                    "The minimum patch size must be between 0 and {max_smoothing_px} pixels.",
                    max_smoothing_px=MAX_SMOOTHING_PX,
                )
            )
        return self


def _listed(codes: Sequence[int]) -> Message:
    """Codes in words: `1 to 10` where none is missing, else the first ones."""
    if len(codes) > 2 and codes[-1] - codes[0] == len(codes) - 1:
        return message("{first} to {last}", first=codes[0], last=codes[-1])
    listed = ", ".join(map(str, codes[:20])) + (" ..." if len(codes) > 20 else "")
    return message("{codes}", codes=listed)


_CODE = Number("", 1, MAX_OWN_CODE, is_whole=True)
_WEIGHT = Number("", 0, 1_000_000)
_SHARE = Number("", 0, 1)
_NAME = Text("", 100)


def _format_by_code(values: Mapping[int, float]) -> str:
    return ";".join(f"{code}={value:g}" for code, value in sorted(values.items()))


def write_weight_table(rule: CompositeRule, path: str | os.PathLike[str]) -> None:
    """Save the rule's weights and minimum shares as JSON with the classes' names, for editing by hand.

    Parameters
    ----------
    rule : its other options are not saved.
    path : of the file, written whole or not at all.

    Raises
    ------
    DiskFull, FolderNotWritable : where the file cannot be written.

    """
    rows = [
        {
            "code": code,
            "name": rule.legend.by_code[code].name,
            "weight": weight,
            "min_share": rule.min_shares.get(code),
        }
        for code, weight in rule.voting_weights.items()
    ]
    write_json(path, {"name": rule.name, "classes": rows})


def read_weight_table(path: str | os.PathLike[str], legend: Legend = BUNDLED_LEGEND) -> CompositeRule:
    """Read a table that `write_weight_table` saved, as a rule with the other options at their defaults.

    Parameters
    ----------
    path : of the JSON file; may come from anywhere.
    legend : the classes that the table is for.

    Raises
    ------
    JobInvalid : where the file cannot be read or its values cannot be used.

    """
    subject = message("The weight table {name}", name=Path(path).name)
    try:
        table = read_json(path)
    except ValueError as error:
        raise JobInvalid(message("{subject} cannot be read.", subject=subject), text_of(error)) from error
    rows = table.get("classes") if isinstance(table, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise JobInvalid(message("{subject} cannot be read.", subject=subject), "It has no list of classes.")
    weights: dict[int, float] = {}
    shares: dict[int, float] = {}
    for row in rows:
        code = int(_CODE.check(f"{subject}: a code", row.get("code")))
        if code not in legend.by_code:
            raise JobInvalid(
                message("{subject}: there is no class of the code {code}.", subject=subject, code=code),
                message("Codes are {codes}.", codes=_listed(legend.codes)),
            )
        if code in weights:
            raise JobInvalid(message("{subject} has class {code} twice.", subject=subject, code=code))
        weights[code] = _WEIGHT.check(
            message("{subject}: the weight of class {code}", subject=subject, code=code), row.get("weight")
        )
        if row.get("min_share") is not None:
            shares[code] = _SHARE.check(
                message("{subject}: the minimum share of class {code}", subject=subject, code=code), row["min_share"]
            )
    name = _NAME.check(message("{subject}: its name", subject=subject), table.get("name", Path(path).stem[:100]))
    return CompositeRule(weights=weights, min_share=shares, name=name, legend=legend).validate()
