"""Commands that the user pastes into a terminal."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence

BASH, POWERSHELL, CMD = "bash", "powershell", "cmd"
"""The shells for which commands are written; bash stands for all POSIX shells."""
_PLAIN_WORD = re.compile(r"[A-Za-z0-9_:./\\-]+\Z")


def system_shell() -> str:
    """The shell of this system: PowerShell on Windows, else bash."""
    return POWERSHELL if os.name == "nt" else BASH


def shell_command(words: Sequence[str], variables: Mapping[str, str], shell: str = "") -> str:
    """A command with environment variables, quoted for a shell.

    Parameters
    ----------
    words : the program and its arguments, not quoted.
    variables : environment variables by name, not quoted; those of bash are of this command alone.
    shell : `bash`, `powershell` or `cmd`; by default that of the system.

    Returns
    -------
    One line for a terminal.

    Examples
    --------
    >>> shell_command(["run it", "--NAME=Río's"], {"A": "b c"}, POWERSHELL)
    "$env:A='b c'; & 'run it' '--NAME=Río''s'"
    >>> shell_command(["run", "--NAME=San Juan"], {"A": "b"}, BASH)
    "A=b run '--NAME=San Juan'"

    """
    shell = shell or system_shell()
    if shell == POWERSHELL:
        settings = "".join(f"$env:{name}={_in_single_quotes(value)}; " for name, value in variables.items())
        quoted = [word if _PLAIN_WORD.match(word) else _in_single_quotes(word) for word in words]
        return settings + ("& " if quoted[0] != words[0] else "") + " ".join(quoted)
    if shell == CMD:
        settings = "".join(f'set "{name}={value}" && ' for name, value in variables.items())
        return settings + " ".join(f'"{word}"' if set(word) & set(" ()&;,=") else word for word in words)
    return "".join(f"{name}={shlex.quote(value)} " for name, value in variables.items()) + shlex.join(words)


def _in_single_quotes(word: str) -> str:
    """A word for PowerShell, which expands nothing between single quotes."""
    return "'" + word.replace("'", "''") + "'"
