"""Asking a catalogue over a network that fails: retries with back-off, and an end to it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import numpy as np
import requests
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO
from urllib3.exceptions import NewConnectionError

from ..core.errors import CatalogueUnreachable
from ..core.messages import said
from ..core.protocol import Silent

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 60.0
FIRST_ANSWER_S = 30.0
"""Before its first good answer a catalogue is not waited for any longer: there may be no network at all."""
TRIES_WITHOUT_A_WAY = 3
"""Before its first good answer a catalogue that no connection leads to is tried so often, within a second or two."""
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 20.0
LONG_WAIT_S = 3.0
"""A longer wait is told to the user."""
BUSY = (408, 429, 503)
"""Answers after which the same request may succeed later."""
TOO_BIG = frozenset({413, 500, 502})
"""Answers of services whose answer would be too big: a smaller page may succeed."""
TOO_SLOW = frozenset({504})
"""Answers of services that ran out of time: a shorter period may succeed."""
TRIES_WHEN_TOO_BIG = 2
_SLICE_S = 0.25
_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
_SLOW_TEXT = "exceeded the maximum allowed time"


class AskedTooMuch(APIError):
    """The service cannot answer this request, but may answer a smaller one."""

    def __init__(self, cause: str, status: int) -> None:
        super().__init__(cause)
        self.status_code = status


class PatientIO(StacApiIO):
    """pystac-client's input and output with retries on everything that passes, until the patience is used up.

    Parameters
    ----------
    name : the catalogue's name, for the error's sentence.
    patience_s : seconds without any good answer after which the catalogue counts as unreachable.
    pulse : called before each request and while waiting; raises to stop (a user's cancel).
    told : called with a sentence before each long wait.
    sleep, clock : for tests.

    """

    def __init__(
        self,
        name: str,
        patience_s: float,
        pulse: Callable[[], None] = lambda: None,
        told: Callable[[str], None] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(max_retries=None)
        self.name, self.patience_s = name, patience_s
        self._pulse, self._told, self._sleep, self._clock = pulse, told or Silent().log, sleep, clock
        self.ask_less_on: frozenset[int] = frozenset()
        """Statuses after which the caller can ask for less; after others the same request is tried again."""
        self._last_answer_at = clock()
        self._current_patience_s = min(patience_s, FIRST_ANSWER_S)
        self._has_answered = False
        self._jitter = np.random.default_rng()

    def request(
        self,
        href: str,
        method: str | None = None,
        headers: dict[str, str] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> str:
        """The body of the answer, which is JSON.

        Raises
        ------
        AskedTooMuch : when a smaller request may succeed.
        pystac_client.exceptions.APIError : for answers that no retry changes (400, 401, 403, 404).
        CatalogueUnreachable : when nothing good came for `patience_s`.

        """
        tries, cause = 0, ""
        while True:
            self._pulse()
            self._check_patience(cause)
            tries += 1
            wait_s = 0.0
            try:
                reply, text = self._once(href, (method or "GET").upper(), headers, parameters)
            except requests.RequestException as error:
                cause = _in_words(error)
                if _has_no_way(error):
                    self._give_up_soon(tries, cause)
            else:
                if 200 <= reply.status_code < 300 and _is_json(text):
                    self._last_answer_at, self._current_patience_s = self._clock(), self.patience_s
                    self._has_answered = True
                    return text
                cause = _status_in_words(reply.status_code, text)
                wait_s = _retry_after_s(reply)
                self._raise_if_final(reply.status_code, text, tries, cause)
            self._wait(max(wait_s, self._back_off_s(tries)), cause)

    def _once(
        self, href: str, method: str, headers: dict[str, str] | None, parameters: dict[str, Any] | None
    ) -> tuple[requests.Response, str]:
        """One request, read to its end within the patience however slowly it drips."""
        payload: dict[str, Any] = {"json" if method == "POST" else "params": parameters or {}}
        timeout = (CONNECT_TIMEOUT_S, min(READ_TIMEOUT_S, max(1.0, self._left_s())))
        with self.session.request(method, href, headers=headers, timeout=timeout, stream=True, **payload) as reply:
            parts: list[bytes] = []
            for part in reply.iter_content(1 << 10):
                if parts and self._left_s() <= 0:
                    raise requests.Timeout("the answer came too slowly")
                parts.append(part)
                self._pulse()
        return reply, b"".join(parts).decode("utf-8", errors="replace")

    def _raise_if_final(self, status: int, text: str, tries: int, cause: str) -> None:
        meant = 504 if _SLOW_TEXT in text else status
        if meant in self.ask_less_on and (meant in TOO_SLOW or tries >= TRIES_WHEN_TOO_BIG):
            raise AskedTooMuch(cause, meant)
        if 400 <= meant < 500 and meant not in BUSY and meant not in TOO_BIG:
            final = APIError(cause)
            final.status_code = status
            raise final

    def _give_up_soon(self, tries: int, cause: str) -> None:
        """Without a way to the service there is little to wait for; one that answered before may be back soon."""
        if self._has_answered:
            self._current_patience_s = min(self.patience_s, FIRST_ANSWER_S)
        elif tries >= TRIES_WITHOUT_A_WAY:
            raise CatalogueUnreachable(f"The catalogue {self.name} cannot be reached.", cause)

    def _left_s(self) -> float:
        return self._last_answer_at + self._current_patience_s - self._clock()

    def _check_patience(self, cause: str, wait_s: float = 0.0) -> None:
        if self._left_s() <= wait_s:
            raise CatalogueUnreachable(
                said(
                    "The catalogue {name} did not answer within {seconds:g} s.",
                    name=self.name,
                    seconds=self._current_patience_s,
                ),
                cause[:300],
            )

    def _back_off_s(self, tries: int) -> float:
        longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(tries - 1, 10))
        return float(longest * self._jitter.uniform(0.5, 1.0))

    def _wait(self, wait_s: float, cause: str) -> None:
        self._check_patience(cause, wait_s)
        if wait_s >= LONG_WAIT_S:
            self._told(f"Waiting {wait_s:.0f} s for {self.name}. {cause}")
        end = self._clock() + wait_s
        while (left := end - self._clock()) > 0:
            self._sleep(min(_SLICE_S, left))
            self._pulse()


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _retry_after_s(reply: requests.Response) -> float:
    """Seconds asked for by `Retry-After`, which is a number or a date; 0 where there is none."""
    told = reply.headers.get("Retry-After", "").strip()
    if told.isdigit():
        return float(told)
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except (ValueError, TypeError):
        return 0.0


def _status_in_words(status: int, text: str) -> str:
    if 200 <= status < 300:
        return "Its answer was not JSON."
    return f"It answered {status}: {' '.join(text.split())[:200] or 'nothing'}."


def _has_no_way(error: requests.RequestException) -> bool:
    """Whether no connection leads to the service: an unknown name, a closed port, a proxy or certificate in the way."""
    if isinstance(error, requests.exceptions.SSLError):
        return _UNTRUSTED in str(error)
    return isinstance(error, requests.exceptions.ProxyError) or isinstance(_reason(error), NewConnectionError)


def _reason(error: requests.RequestException) -> object:
    """What made urllib3 fail."""
    return getattr(error.args[0], "reason", None) if error.args else None


def _in_words(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.ProxyError):
        wants_login = " 407 " in str(error)
        return (
            "The proxy asks for a user and a password." if wants_login else "The proxy cannot be reached, or refuses."
        )
    if isinstance(error, requests.exceptions.SSLError) and _UNTRUSTED in str(error):
        return "Its certificate is not trusted; a proxy with a certificate of its own may stand between."
    reason = _reason(error)
    if isinstance(reason, NewConnectionError):
        unknown = isinstance(reason.__cause__, socket.gaierror)
        return "Its name is not known: there may be no network." if unknown else "No connection to it can be made."
    if isinstance(error, requests.Timeout):
        return "The request timed out."
    if isinstance(error, requests.ConnectionError):
        return "No connection could be made or it broke."
    return type(error).__name__
