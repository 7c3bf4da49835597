"""Commands that the user pastes into a terminal."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence


def shell_command(words: Sequence[str], variables: Mapping[str, str]) -> str:
    """A command with environment variables, quoted for the system's shell: POSIX, or `cmd` on Windows.

    Parameters
    ----------
    words : the program and its arguments, not quoted.
    variables : environment variables of this command alone, by name, not quoted.

    Returns
    -------
    One line for a terminal.

    """
    if os.name == "nt":
        settings = [f'set "{name}={value}" && ' for name, value in variables.items()]
        return "".join(settings) + " ".join(f'"{word}"' if set(word) & set(" ()&;,=") else word for word in words)
    settings = [f"{name}={shlex.quote(value)} " for name, value in variables.items()]
    return "".join(settings) + shlex.join(words)
