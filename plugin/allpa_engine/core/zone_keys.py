"""The keys of a job that say what its zones are, how they are named, and by what their areas are summed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .job_keys import Json, Switch, Text, ValueKind, path_text, wrong_value
from .messages import message

MAX_SUM_FIELDS = 10
NAME_ATTRIBUTES = ("name", "nombre", "nombdist", "distrito", "nombprov", "provincia", "nombdep", "departamen")
"""Usual attributes with the name of a zone, in small letters, those of the smallest unit first."""
CODE_ATTRIBUTES = ("ubigeo", "iddist", "idprov", "iddpto", "codigo", "code")
"""Usual attributes with the code of a zone, in small letters."""


def usual_field(fields: Sequence[str], usual: Sequence[str]) -> str:
    """The first of some usual names that is an attribute; empty where none is.

    Parameters
    ----------
    fields : names of attributes.
    usual : names in small letters, such as `NAME_ATTRIBUTES`.

    Examples
    --------
    >>> usual_field(["UBIGEO", "PROVINCIA", "DISTRITO"], NAME_ATTRIBUTES)
    'DISTRITO'

    """
    own = {field.lower(): field for field in reversed(fields)}
    return next((own[name] for name in usual if name in own), "")


@dataclass(frozen=True)
class TextList(ValueKind):
    """A list of short texts, each once."""

    max_count: int

    def check(self, subject: str, value: Any) -> tuple[str, ...]:  # noqa: ANN401 - a value from outside
        """Check the texts; see `ValueKind.check`.

        Parameters
        ----------
        subject : what the value is, for the sentence of an error.
        value : a list of at most `max_count` texts, none of them empty.

        Returns
        -------
        The texts in their order, each once.

        Raises
        ------
        JobInvalid : for any other value.

        Examples
        --------
        >>> TextList("Fields.", 3).check("The key", ["PROVINCIA", "DEPARTAMENTO", "PROVINCIA"])
        ('PROVINCIA', 'DEPARTAMENTO')

        """
        if not isinstance(value, (list, tuple)) or len(value) > self.max_count:
            raise wrong_value(subject, value, message("a list of at most {max_count} texts", max_count=self.max_count))
        kind = Text("", min_length=1)
        return tuple(dict.fromkeys(kind.check(f"{subject}, item {number},", text) for number, text in enumerate(value)))

    def schema(self) -> Json:
        """An array of strings."""
        return {"type": "array", "items": Text("", min_length=1).schema(), "maxItems": self.max_count}


ZONES = path_text("GeoJSON layer of polygons; areas are tabulated for each of them too.")
ZONE_NAME = Text("Attribute with the name of a zone; empty takes 'name', or the zone's number.")
ZONE_CODE = Text("Attribute with the code of a zone, such as UBIGEO, by which zones of one name differ; may be empty.")
ZONE_SUMS = TextList(
    "Attributes by whose values the zones are summed too, such as province and department; an empty list means none.",
    MAX_SUM_FIELDS,
)
ZONE_MAPS = Switch("Whether each zone gets a map of its own too, cut out of the map and named by the zone.")
JOINT_TABLE = path_text("CSV table to which the map's areas are added as a row, for batches; empty for none.")
