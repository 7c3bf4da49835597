"""The kind of a job's key that holds some names of a few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .job_keys import Json, ValueKind, wrong_value
from .messages import message


@dataclass(frozen=True)
class Names(ValueKind):
    """A list of names, each of a few."""

    choices: tuple[str, ...]

    def check(self, subject: str, value: Any) -> tuple[str, ...]:  # noqa: ANN401 - a value from outside
        """Check the names; see `ValueKind.check`.

        Parameters
        ----------
        subject : what the value is, for the sentence of an error.
        value : a list of some of `choices`; an empty one means none.

        Returns
        -------
        The names in the order of `choices`, each once.

        Raises
        ------
        JobInvalid : for any other value.
        """
        known = ", ".join(self.choices)
        if not isinstance(value, (list, tuple)) or len(value) > 100:
            raise wrong_value(subject, value, message("a list of some of {known}", known=known))
        for name in value:
            if not isinstance(name, str) or name not in self.choices:
                raise wrong_value(subject, name, message("a list of some of {known}", known=known))
        return tuple(name for name in self.choices if name in value)

    def schema(self) -> Json:
        """An array of names."""
        return {"type": "array", "items": {"type": "string", "enum": list(self.choices)}, "maxItems": 100}
