"""A legend while it is made of the values of a field: classes that are renamed, merged, recoloured or left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...plugin.allpa_engine.core.errors import LegendInvalid
from ...plugin.allpa_engine.core.legend import MAX_OWN_CODE, LandClass, Legend
from ...plugin.allpa_engine.core.legend_proposal import propose_legend
from ...plugin.translation import tr


@dataclass(frozen=True)
class DraftClass:
    """A class, and the values of the field that are it."""

    land: LandClass
    values: tuple[str, ...]
    count: int
    """Labels with these values."""
    is_kept: bool = True
    """Whether it becomes a class; else its labels are left out."""


class LegendDraft:
    """The classes in the order in which they are shown.

    Parameters
    ----------
    rows : the classes, each value in one of them.

    """

    def __init__(self, rows: Sequence[DraftClass]) -> None:
        self.rows = tuple(rows)

    @classmethod
    def of_values(cls, counts: Mapping[str, int]) -> LegendDraft:
        """Propose a class for each value, in the colours of the bundled legend where it knows the name.

        Parameters
        ----------
        counts : labels by value.

        Returns
        -------
        The draft, by code.

        Raises
        ------
        TrainingInvalid : where there is no value, or there are too many for a legend.

        """
        proposal = propose_legend([value for value, count in counts.items() for _ in range(min(count, 3))])
        by_code: dict[int, list[str]] = {}
        for value in counts:
            by_code.setdefault(proposal.code_of(value), []).append(value)
        return cls(
            [
                DraftClass(land, tuple(by_code.get(land.code, ())), sum(counts[v] for v in by_code.get(land.code, ())))
                for land in proposal.legend
            ]
        )

    @classmethod
    def of_legend(
        cls, legend: Sequence[LandClass], classes: Mapping[str, int], counts: Mapping[str, int]
    ) -> LegendDraft:
        """The draft of a legend that was made before; values that it does not know become classes that are left out.

        Parameters
        ----------
        legend : the classes.
        classes : code by value; 0 is left out.
        counts : labels by value, as they are now.

        Returns
        -------
        The draft.

        """
        names = {land.label(language).casefold(): land.code for land in legend for language in ("en", "es")}
        codes = {value: classes.get(value, names.get(value.casefold(), 0)) for value in counts}
        rows = []
        for land in legend:
            values = tuple(value for value in counts if codes[value] == land.code)
            rows.append(DraftClass(land, values, sum(counts[value] for value in values)))
        unknown = [value for value in counts if codes[value] not in {land.code for land in legend}]
        if unknown:
            proposed = LegendDraft.of_values({value: counts[value] for value in unknown})
            taken = {land.code for land in legend}
            for row in proposed.rows:
                code = row.land.code if row.land.code not in taken else _free_code(taken)
                taken.add(code)
                rows.append(replace(row, land=replace(row.land, code=code), is_kept=False))
        return cls(rows)

    @property
    def kept(self) -> tuple[DraftClass, ...]:
        """The rows that become classes."""
        return tuple(row for row in self.rows if row.is_kept)

    def renamed(self, index: int, name: str) -> LegendDraft:
        """The draft with another name of a class; spaces at its ends are left out."""
        land = self.rows[index].land
        return self._with(index, replace(land, name=" ".join(name.split()), is_bundled=False))

    def recoloured(self, index: int, color: str) -> LegendDraft:
        """The draft with another colour (`#RRGGBB`) of a class."""
        return self._with(index, replace(self.rows[index].land, color=color.upper()))

    def recoded(self, index: int, code: int) -> LegendDraft:
        """The draft with another code of a class; the class that had this code gets the other one."""
        before = self.rows[index].land.code
        rows = [
            replace(row, land=replace(row.land, code=before)) if row.land.code == code else row for row in self.rows
        ]
        rows[index] = replace(self.rows[index], land=replace(self.rows[index].land, code=code))
        return LegendDraft(rows)

    def with_kept(self, index: int, is_kept: bool) -> LegendDraft:
        """The draft with a class taken in or left out."""
        rows = list(self.rows)
        rows[index] = replace(rows[index], is_kept=is_kept)
        return LegendDraft(rows)

    def merged(self, indices: Sequence[int]) -> LegendDraft:
        """The draft with several classes as one: it keeps name, colour and code of the one with most labels."""
        chosen = sorted(set(indices))
        if len(chosen) < 2:
            return self
        largest = max(chosen, key=lambda index: self.rows[index].count)
        rows = [self.rows[index] for index in chosen]
        merged = DraftClass(
            self.rows[largest].land,
            tuple(value for row in rows for value in row.values),
            sum(row.count for row in rows),
        )
        return LegendDraft(
            [merged if index == chosen[0] else row for index, row in enumerate(self.rows) if index not in chosen[1:]]
        )

    def legend(self) -> Legend:
        """The classes that are kept.

        Raises
        ------
        LegendInvalid : where fewer than two are kept, two have one name or code, or one has no name.

        """
        if len(self.kept) < 2:
            raise LegendInvalid(tr("A legend needs at least two classes."), "", tr("Take in at least two values."))
        return Legend(tuple(sorted((row.land for row in self.kept), key=lambda land: land.code)))

    def classes(self) -> dict[str, int]:
        """Code by value; 0 for values that are left out."""
        return {value: row.land.code if row.is_kept else 0 for row in self.rows for value in row.values}

    def _with(self, index: int, land: LandClass) -> LegendDraft:
        rows = list(self.rows)
        rows[index] = replace(rows[index], land=land)
        return LegendDraft(rows)


def _free_code(taken: set[int]) -> int:
    return next(code for code in range(1, MAX_OWN_CODE + 1) if code not in taken)
