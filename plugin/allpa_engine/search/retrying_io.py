"""Asking a catalogue over a network that fails: retries with back-off, and an end to it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from typing import Any

import requests
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO
from urllib3.exceptions import NewConnectionError

from ..core.errors import CatalogueUnreachable
from ..core.messages import message
from ..core.protocol import NullReporter
from ..core.retry import RetryPolicy, parse_retry_after

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 60.0
FIRST_ANSWER_TIMEOUT_S = 30.0
"""Before its first good answer a catalogue is not waited for any longer: there may be no network at all."""
MAX_CONNECT_ATTEMPTS = 3
"""Before its first good answer a catalogue that no connection leads to is tried so often, within a second or two."""
SEARCH_POLICY = RetryPolicy(pause_s=0.3, max_pause_s=20.0)
"""Pauses between requests; how long they are repeated follows `answer_timeout_s`."""
MIN_REPORTED_WAIT_S = 3.0
"""A longer wait is told to the user."""
BUSY_STATUSES = (408, 429, 503)
"""Answers after which the same request may succeed later."""
TOO_LARGE_STATUSES = frozenset({413, 500, 502})
"""Answers of services whose answer would be too big: a smaller page may succeed."""
TIMEOUT_STATUSES = frozenset({504})
"""Answers of services that ran out of time: a shorter period may succeed."""
MAX_ATTEMPTS_TOO_LARGE = 2
_POLL_S = 0.25
_CERTIFICATE_ERROR = "CERTIFICATE_VERIFY_FAILED"
_TIMEOUT_TEXT = "exceeded the maximum allowed time"


class ResponseTooLarge(APIError):
    """The service cannot answer this request, but may answer a smaller one."""

    def __init__(self, cause: str, status: int) -> None:
        super().__init__(cause)
        self.status_code = status


class RetryingStacApiIO(StacApiIO):
    """pystac-client's input and output with retries on everything that passes, until the patience is used up.

    Parameters
    ----------
    name : the catalogue's name, for the error's sentence.
    answer_timeout_s : seconds without any good answer after which the catalogue counts as unreachable.
    pulse : called before each request and while waiting; raises to stop (a user's cancel).
    told : called with a sentence before each long wait.
    sleep, clock : for tests.

    """

    def __init__(
        self,
        name: str,
        answer_timeout_s: float,
        check_cancelled: Callable[[], None] = lambda: None,
        log: Callable[[str], None] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(max_retries=None)
        self.name, self.answer_timeout_s = name, answer_timeout_s
        self._check_cancelled, self._log, self._sleep, self._clock = (
            check_cancelled,
            log or NullReporter().log,
            sleep,
            clock,
        )
        self.smaller_request_statuses: frozenset[int] = frozenset()
        """Statuses after which the caller can ask for less; after others the same request is tried again."""
        self._last_answer_at = clock()
        self._current_timeout_s = min(answer_timeout_s, FIRST_ANSWER_TIMEOUT_S)
        self._has_answered = False

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
        ResponseTooLarge : when a smaller request may succeed.
        pystac_client.exceptions.APIError : for answers that no retry changes (400, 401, 403, 404).
        CatalogueUnreachable : when nothing good came for `answer_timeout_s`.

        """
        attempts, cause = 0, ""
        while True:
            self._check_cancelled()
            self._check_deadline(cause)
            attempts += 1
            wait_s = 0.0
            try:
                response, text = self._send_once(href, (method or "GET").upper(), headers, parameters)
            except requests.RequestException as error:
                cause = _describe_error(error)
                if _is_connect_error(error):
                    self._handle_connect_error(attempts, cause)
            else:
                if 200 <= response.status_code < 300 and _is_json(text):
                    self._last_answer_at, self._current_timeout_s = self._clock(), self.answer_timeout_s
                    self._has_answered = True
                    return text
                cause = _describe_status(response.status_code, text)
                wait_s = parse_retry_after(response.headers.get("Retry-After", "")) or 0.0
                self._raise_if_final(response.status_code, text, attempts, cause)
            self._wait(max(wait_s, SEARCH_POLICY.pause_after(attempts)), cause)

    def _send_once(
        self, href: str, method: str, headers: dict[str, str] | None, parameters: dict[str, Any] | None
    ) -> tuple[requests.Response, str]:
        """One request, read to its end within the patience however slowly it drips."""
        payload: dict[str, Any] = {"json" if method == "POST" else "params": parameters or {}}
        timeout = (CONNECT_TIMEOUT_S, min(READ_TIMEOUT_S, max(1.0, self._remaining_s())))
        with self.session.request(method, href, headers=headers, timeout=timeout, stream=True, **payload) as response:
            parts: list[bytes] = []
            for part in response.iter_content(1 << 10):
                if parts and self._remaining_s() <= 0:
                    raise requests.Timeout("the answer came too slowly")
                parts.append(part)
                self._check_cancelled()
        return response, b"".join(parts).decode("utf-8", errors="replace")

    def _raise_if_final(self, status: int, text: str, attempts: int, cause: str) -> None:
        effective_status = 504 if _TIMEOUT_TEXT in text else status
        if effective_status in self.smaller_request_statuses and (
            effective_status in TIMEOUT_STATUSES or attempts >= MAX_ATTEMPTS_TOO_LARGE
        ):
            raise ResponseTooLarge(cause, effective_status)
        if (
            400 <= effective_status < 500
            and effective_status not in BUSY_STATUSES
            and effective_status not in TOO_LARGE_STATUSES
        ):
            final = APIError(cause)
            final.status_code = status
            raise final

    def _handle_connect_error(self, attempts: int, cause: str) -> None:
        """Without a way to the service there is little to wait for; one that answered before may be back soon."""
        if self._has_answered:
            self._current_timeout_s = min(self.answer_timeout_s, FIRST_ANSWER_TIMEOUT_S)
        elif attempts >= MAX_CONNECT_ATTEMPTS:
            raise CatalogueUnreachable(f"The catalogue {self.name} cannot be reached.", cause)

    def _remaining_s(self) -> float:
        return self._last_answer_at + self._current_timeout_s - self._clock()

    def _check_deadline(self, cause: str, wait_s: float = 0.0) -> None:
        if self._remaining_s() <= wait_s:
            raise CatalogueUnreachable(
                message(
                    "The catalogue {name} did not answer within {seconds:g} s.",
                    name=self.name,
                    seconds=self._current_timeout_s,
                ),
                cause[:300],
            )

    def _wait(self, wait_s: float, cause: str) -> None:
        self._check_deadline(cause, wait_s)
        if wait_s >= MIN_REPORTED_WAIT_S:
            self._log(f"Waiting {wait_s:.0f} s before the next request to {self.name}. {cause}")
        end = self._clock() + wait_s
        while (remaining_s := end - self._clock()) > 0:
            self._sleep(min(_POLL_S, remaining_s))
            self._check_cancelled()


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _describe_status(status: int, text: str) -> str:
    if 200 <= status < 300:
        return "Its answer was not JSON."
    return f"It answered {status}: {' '.join(text.split())[:200] or 'nothing'}."


def _is_connect_error(error: requests.RequestException) -> bool:
    """Whether no connection leads to the service: an unknown name, a closed port, a proxy or certificate in the way."""
    if isinstance(error, requests.exceptions.SSLError):
        return _CERTIFICATE_ERROR in str(error)
    return isinstance(error, requests.exceptions.ProxyError) or isinstance(_reason(error), NewConnectionError)


def _reason(error: requests.RequestException) -> object:
    """What made urllib3 fail."""
    return getattr(error.args[0], "reason", None) if error.args else None


def _describe_error(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.ProxyError):
        wants_login = " 407 " in str(error)
        return (
            "The proxy requires a user name and password."
            if wants_login
            else "The proxy cannot be reached, or refuses."
        )
    if isinstance(error, requests.exceptions.SSLError) and _CERTIFICATE_ERROR in str(error):
        return "Its certificate is not trusted; a proxy with a certificate of its own may stand between."
    reason = _reason(error)
    if isinstance(reason, NewConnectionError):
        unknown = isinstance(reason.__cause__, socket.gaierror)
        return (
            "Its host name could not be resolved; check the network connection."
            if unknown
            else "No connection to it can be made."
        )
    if isinstance(error, requests.Timeout):
        return "The request timed out."
    if isinstance(error, requests.ConnectionError):
        return "The connection failed or was interrupted."
    return type(error).__name__
