"""Texts that leave this computer in a report of a fault: without secrets, the home folder and the user's name.

What may be a secret is cut out, at the price of harmless words: a report is read by strangers.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote

from .urls import hide_secrets

HIDDEN = "***"
_NAME = (
    r"[\w.-]*(?:signature|token|secret|pass|pwd|credential|api[-_]?key|access[-_]?key|private[-_]?key|subscription"
    r"|session|cookie|authcfg|authorization|login)[\w.-]*|[\w-]*auth|sig|jwt|sas|keys?"
)
_QUOTED = r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'"
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN [^-\n]*-----.*?(?:-----END [^-\n]*-----|\Z)", re.DOTALL), HIDDEN),
    (re.compile(rf"(?i)(<(?:{_NAME})(?:\s[^<>]*)?>)[^<]*"), rf"\1{HIDDEN}"),
    (re.compile(rf"(?i)(?<![\w.-])((?:\\?[\"'])?(?:{_NAME})(?:\\?[\"'])?\s*[:=]\s*)(?:{_QUOTED}|.*)"), rf"\1{HIDDEN}"),
    (re.compile(rf"(?i)(--(?:{_NAME})[ =])\s*(?:{_QUOTED}|\S+)"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic|digest)\s+[\w+/=.~-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"\beyJ[\w-]{10,}(?:\.[\w-]*)*"), HIDDEN),
    (re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{12,}|\bAIza[\w-]{30,}"), HIDDEN),
    (re.compile(r"\b(?:gh[pousr]_|github_pat_|glpat-|xox[abps]-|sk-|hf_|pypi-)[\w-]{16,}"), HIDDEN),
    (re.compile(r"\b[0-9a-fA-F]{32,}\b"), HIDDEN),
    (re.compile(r"(?<![\w+/-])(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])(?=[\w+/-]*\d)[A-Za-z\d][\w+/-]{23,}={0,2}"), HIDDEN),
)
"""Blocks of keys, elements, pairs of name and value, options, headers, and the forms that tokens have."""
_MIN_CHARS = 3
"""A shorter secret would cut the report to pieces."""


def redact(text: str, home: str = "", user: str = "", secrets: Iterable[str] = ()) -> str:
    """A text without secrets and without the names that tell whose computer it is.

    Parameters
    ----------
    text : of any length, several lines too.
    home : the user's home folder, which becomes `~`.
    user : the user's name, which becomes `USER` where it is a part of a path.
    secrets : values that are known to be secret, such as a proxy's password.

    Returns
    -------
    The text; what was cut out is `***`.

    Examples
    --------
    >>> redact("GET https://example.org/B02.tif?sig=abc from /home/ana/maps", "/home/ana")
    'GET https://example.org/B02.tif from ~/maps'
    >>> redact("Authorization: Bearer " + "abc" * 9)
    'Authorization: ***'

    """
    for secret in sorted(set(secrets), key=len, reverse=True):
        for form in _forms(secret):
            text = text.replace(form, HIDDEN)
    text = hide_secrets(text)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return _without_names(text, home, user)


def _forms(secret: str) -> list[str]:
    """A secret as it is, and as addresses, JSON and headers write it."""
    if len(secret) < _MIN_CHARS:
        return []
    forms = {secret, quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]}
    forms.add(b64encode(secret.encode()).decode().rstrip("="))
    return sorted(forms, key=len, reverse=True)


def _without_names(text: str, home: str, user: str) -> str:
    home = home.rstrip("/\\")
    if len(home) > 1:
        forms = {home, home.replace("\\", "\\\\"), home.replace("\\", "/"), quote(home.replace("\\", "/"), safe="/:")}
        any_form = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
        text = re.sub(rf"(?i)(?:{any_form})(?![\w.-])", "~", text)
    if len(user) > 1:
        names = "|".join(re.escape(form) for form in (user, quote(user)))
        text = re.sub(rf"(?i)(?<=[\\/])(?:{names})(?![\w.-])", "USER", text)
    return text
