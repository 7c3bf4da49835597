"""Requests to a catalogue over an unreliable network: repeated with pauses, and bounded in time and size."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests

from ..core.errors import CatalogueUnreachable
from ..core.json_input import parse_json
from ..core.messages import message
from ..core.protocol import NullReporter
from ..core.retry import RETRY_STATUSES, RetryPolicy
from .answer_cache import AnswerCache
from .http_request import Answer, CatalogueRequest, RequestRefused, send_request
from .request_errors import describe_error, is_connect_error, is_final, is_socks

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 60.0
FIRST_ANSWER_TIMEOUT_S = 30.0
"""Time limit until the first valid answer of a catalogue: there may be no network at all."""
MAX_CONNECT_ATTEMPTS = 3
"""Connections that are tried before a catalogue that never answered counts as unreachable."""
SEARCH_POLICY = RetryPolicy(pause_s=0.3, max_pause_s=20.0)
"""Pauses between requests."""
MIN_REPORTED_WAIT_S = 3.0
"""Longer waits are logged."""
TOO_LARGE_STATUSES = frozenset({413, 500, 502})
"""Answers of services whose answer would be too large: a smaller page may succeed."""
TIMEOUT_STATUSES = frozenset({504})
"""Answers of services that ran out of time: a shorter period may succeed."""
MAX_ATTEMPTS_TOO_LARGE = 2
MAX_ATTEMPTS_NOT_JSON = 3
"""A catalogue that answered before may send a page of its gateway now and then."""
MAX_QUERY_BYTES = 400_000_000
"""Most bytes of JSON that one query (a tile or box and a month, or a static catalogue) may return."""
MAX_CONTAINERS = 3_000_000
"""Most lists and objects of one answer; an item has some hundred. In memory they take twenty times their text."""
_POLL_S = 0.25
_TIMEOUT_TEXT = "exceeded the maximum allowed time"
_NOT_SUPPORTED_STATUSES = frozenset({501, 505, 511})

Document = dict[str, Any]


class ResponseTooLarge(RequestRefused):
    """The service cannot answer this request, but may answer a smaller one."""


@dataclass
class RetryingIO:
    """Reads JSON documents of one catalogue, and repeats a request as long as it may succeed.

    Parameters
    ----------
    name
        The catalogue's name, for messages.
    answer_timeout_s
        Seconds without any valid answer after which the catalogue counts as unreachable.
    check_cancelled
        Called before each request and while waiting; raises to stop.
    log
        Called with a sentence before each long wait.
    answers
        Answers that were kept, and where valid ones are kept; None asks for everything.
    """

    name: str
    answer_timeout_s: float
    check_cancelled: Callable[[], None] = lambda: None
    log: Callable[[str], None] = NullReporter().log
    answers: AnswerCache | None = None

    def __post_init__(self) -> None:
        self.smaller_request_statuses: frozenset[int] = frozenset()
        """Statuses after which the caller can ask for less; after others the same request is repeated."""
        self.end_s = float("inf")
        """When all requests together have taken too long, by the monotonic clock."""
        self._query_bytes = 0
        self._query_requests: list[CatalogueRequest] = []
        self._last_answer_at = time.monotonic()
        self._current_timeout_s = min(self.answer_timeout_s, FIRST_ANSWER_TIMEOUT_S)
        self._has_answered = False
        self.session = _new_session()

    def begin_query(self) -> None:
        """Count the bytes of the answers from zero again."""
        self._query_bytes = 0
        self._query_requests = []

    def forget_query(self) -> None:
        """Keep none of the answers since `begin_query`: together they are not whole."""
        if self.answers is not None:
            for request in self._query_requests:
                self.answers.forget(request)

    def read(self, request: CatalogueRequest) -> tuple[Document, str]:
        """The JSON object that answers a request, and the address that it came from after redirects.

        Raises
        ------
        ResponseTooLarge
            Where a smaller request may succeed.
        RequestRefused
            For answers that no repetition changes (400, 401, 403, 404, not JSON).
        CatalogueUnreachable
            Where no valid answer came for `answer_timeout_s`, or all requests together are too large or take too long.

        """
        known = self._known_answer(request)
        if known is not None:
            return known
        attempts, cause = 0, ""
        while True:
            self.check_cancelled()
            self._check_deadline(cause)
            attempts += 1
            wait_s = 0.0
            try:
                answer = self._send_once(request)
            except (requests.RequestException, OSError, ValueError) as error:
                cause = describe_error(error)
                if is_socks(error) or not isinstance(error, (requests.RequestException, ValueError)):
                    raise CatalogueUnreachable(
                        message("The catalogue {name} cannot be reached.", name=self.name),
                        cause,
                        message("Correct the network settings: choose an HTTP proxy or none, and valid certificates."),
                    ) from error
                if is_final(error):
                    raise RequestRefused(cause) from error
                if is_connect_error(error):
                    self._handle_connect_error(attempts, cause)
            else:
                document = self._accept(answer, attempts)
                if document is not None:
                    if self.answers is not None:
                        self.answers.keep(request, answer.body, answer.url)
                    return document, answer.url
                cause = _describe_answer(answer)
                wait_s = answer.retry_after_s or 0.0
            self._wait(max(wait_s, SEARCH_POLICY.pause_after(attempts)), cause)

    def _known_answer(self, request: CatalogueRequest) -> tuple[Document, str] | None:
        """The document of an answer that was kept; None where there is none."""
        if self.answers is None:
            return None
        self.check_cancelled()
        self._query_requests.append(request)
        found = self.answers.find(request)
        document = None if found is None else _parse_object(found[0])
        return None if found is None or document is None else (document, found[1])

    def _accept(self, answer: Answer, attempts: int) -> Document | None:
        """The document of a valid answer; None where the request may be repeated."""
        if not 200 <= answer.status < 300:
            self._raise_if_final(answer, attempts)
            return None
        if answer.body.count(b"[") + answer.body.count(b"{") > MAX_CONTAINERS:
            raise RequestRefused(
                message("One of its answers has more than {count:,} lists and objects.", count=MAX_CONTAINERS)
            )
        document = _parse_object(answer.body)
        if document is None:
            if not self._has_answered or attempts >= MAX_ATTEMPTS_NOT_JSON:
                raise RequestRefused(
                    _describe_answer(answer),
                    next_step=message(
                        "Check the URL of the catalogue; if it is right, a login page of the network may be in the way."
                    ),
                )
            return None
        self._query_bytes += len(answer.body)
        if self._query_bytes > MAX_QUERY_BYTES:
            raise self.too_large(message("It sent more than {size:.0f} MB for one query.", size=MAX_QUERY_BYTES / 1e6))
        self._last_answer_at, self._current_timeout_s = time.monotonic(), self.answer_timeout_s
        self._has_answered = True
        return document

    def _send_once(self, request: CatalogueRequest) -> Answer:
        seconds = max(1.0, self._remaining_s())
        timeout_s = (CONNECT_TIMEOUT_S, min(READ_TIMEOUT_S, seconds))
        try:
            return send_request(self.session, request, timeout_s, seconds, self.check_cancelled)
        except requests.Timeout:
            self.session = _new_session()
            raise

    def _raise_if_final(self, answer: Answer, attempts: int) -> None:
        status = 504 if _TIMEOUT_TEXT in _text(answer.body) else answer.status
        cause = _describe_answer(answer)
        if status in self.smaller_request_statuses and (
            status in TIMEOUT_STATUSES or attempts >= MAX_ATTEMPTS_TOO_LARGE
        ):
            raise ResponseTooLarge(cause, status)
        if (status < 500 and status not in RETRY_STATUSES) or status in _NOT_SUPPORTED_STATUSES:
            raise RequestRefused(cause, status, _next_step(status))

    def _handle_connect_error(self, attempts: int, cause: str) -> None:
        """A catalogue that answered before may be back soon; of any other that is unlikely."""
        if self._has_answered:
            self._current_timeout_s = min(self.answer_timeout_s, FIRST_ANSWER_TIMEOUT_S)
        elif attempts >= MAX_CONNECT_ATTEMPTS:
            raise CatalogueUnreachable(message("The catalogue {name} cannot be reached.", name=self.name), cause)

    def _remaining_s(self) -> float:
        return min(self._last_answer_at + self._current_timeout_s, self.end_s) - time.monotonic()

    def _check_deadline(self, cause: str, wait_s: float = 0.0) -> None:
        if self.end_s - time.monotonic() <= 0:
            raise self.too_large(message("The search took too long."))
        if self._remaining_s() <= wait_s:
            raise CatalogueUnreachable(
                message(
                    "The catalogue {name} did not answer within {seconds:g} s.",
                    name=self.name,
                    seconds=self._current_timeout_s,
                ),
                cause[:300],
            )

    def too_large(self, why: str) -> CatalogueUnreachable:
        """The error of a search that exceeds a bound; `why` names it."""
        return CatalogueUnreachable(
            message("The search is too large for {name}.", name=self.name),
            why,
            message("Choose a smaller region, a shorter period or another catalogue."),
        )

    def _wait(self, wait_s: float, cause: str) -> None:
        self._check_deadline(cause, wait_s)
        if wait_s >= MIN_REPORTED_WAIT_S:
            self.log(
                message(
                    "Waiting {seconds:.0f} s before the next request to {name}. {cause}",
                    seconds=wait_s,
                    name=self.name,
                    cause=cause,
                )
            )
        end = time.monotonic() + wait_s
        while (remaining_s := end - time.monotonic()) > 0:
            time.sleep(min(_POLL_S, remaining_s))
            self.check_cancelled()


def _new_session() -> requests.Session:
    session = requests.Session()
    session.headers["Accept-Encoding"] = "gzip"
    return session


def _parse_object(body: bytes) -> Document | None:
    try:
        document = parse_json(body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _text(body: bytes) -> str:
    return " ".join(body[:1000].decode("utf-8", errors="replace").split())


def _next_step(status: int) -> str:
    """What to do about a final status; empty where a smaller search may be the answer."""
    if status in (401, 403):
        return message("Check the URL of the catalogue and the key that it needs, or choose another catalogue.")
    if 300 <= status < 400 or status in (404, 410):
        return message("Check the URL, or choose another catalogue.")
    return ""


def _describe_answer(answer: Answer) -> str:
    start = _text(answer.body)
    if 200 <= answer.status < 300:
        return message(
            'Its answer is not a JSON object: it is of type {type} and begins with "{start}".',
            type=answer.content_type[:60] or "unknown",
            start=start[:60],
        )
    return message("It answered {status}: {text}.", status=answer.status, text=start[:200] or "nothing")
