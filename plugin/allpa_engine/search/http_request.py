"""One HTTP request of a search: bounded in size and time, and redirected without losing its method or body."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests

from ..core.messages import message
from ..core.retry import parse_retry_after
from ..core.urls import url_fault

MAX_ANSWER_BYTES = 64_000_000
"""Largest answer, unpacked; a page of 100 items has about 4 MB."""
MAX_REDIRECTS = 5
_CHUNK_BYTES = 1 << 13
_ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_KEEPS_METHOD = frozenset({301, 302, 307, 308})
_POLL_S = 0.1
_EXPECTED_ERRORS = (requests.RequestException, OSError, ValueError)


class RequestRefused(Exception):
    """A request that no repetition makes succeed.

    Parameters
    ----------
    reason
        A sentence.
    status_code
        The status of the answer; 0 where it was not the status that decided.
    next_step
        What the user can do; empty where nothing special is known.

    """

    def __init__(self, reason: str, status_code: int = 0, next_step: str = "") -> None:
        super().__init__(reason)
        self.reason, self.status_code, self.next_step = reason, status_code, next_step


@dataclass(frozen=True)
class CatalogueRequest:
    """What is requested of a catalogue."""

    url: str
    method: str = "GET"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The query of a GET, the JSON body of a POST."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """An answer with its body."""

    url: str
    """Where it came from, after redirects."""
    status: int
    body: bytes
    content_type: str
    retry_after_s: float | None
    """Seconds that the server asks to wait; None where it asks for nothing."""


def send_request(
    session: requests.Session,
    request: CatalogueRequest,
    timeout_s: tuple[float, float],
    total_s: float,
    check_cancelled: Callable[[], None],
) -> Answer:
    """Send a request and read its answer.

    It runs in a thread of its own, since a server that sends a byte now and then outlasts every timeout of a socket.

    Parameters
    ----------
    session
        Replaced by the caller after a `requests.Timeout`: the thread may still use it.
    request
        What to send.
    timeout_s
        Seconds to connect, and of silence.
    total_s
        Seconds for the whole answer.
    check_cancelled
        Called while waiting; raises to stop.

    Raises
    ------
    RequestRefused
        Where the address, a redirect or the answer cannot be used.
    requests.RequestException, OSError, ValueError
        Where the request failed.

    """
    outcome: queue.SimpleQueue[Answer | Exception] = queue.SimpleQueue()
    abandoned = threading.Event()

    def run() -> None:
        try:
            outcome.put(_send_and_follow(session, request, timeout_s, abandoned))
        except (RequestRefused, *_EXPECTED_ERRORS) as error:
            outcome.put(error)

    thread = threading.Thread(target=run, name="allpa-search", daemon=True)
    thread.start()
    end = time.monotonic() + total_s
    try:
        while True:
            try:
                result = outcome.get(timeout=_POLL_S)
                break
            except queue.Empty:
                check_cancelled()
                if time.monotonic() > end or not thread.is_alive():
                    raise requests.Timeout("the answer came too slowly") from None
    finally:
        abandoned.set()
    if isinstance(result, Exception):
        raise result
    return result


def _send_and_follow(
    session: requests.Session, request: CatalogueRequest, timeout_s: tuple[float, float], abandoned: threading.Event
) -> Answer:
    """Follow redirects by hand: the HTTP library turns a redirected POST into a GET without its body."""
    for _ in range(MAX_REDIRECTS + 1):
        fault = url_fault(request.url)
        if fault:
            raise RequestRefused(
                message("{url}: {fault}.", url=request.url[:200], fault=fault),
                next_step=message("Check the URL, or choose another catalogue."),
            )
        payload: dict[str, Any] = {"json" if request.method == "POST" else "params": dict(request.parameters)}
        with session.request(
            request.method,
            request.url,
            headers=dict(request.headers),
            timeout=timeout_s,
            stream=True,
            allow_redirects=False,
            **payload,
        ) as response:
            target = session.get_redirect_target(response)
            if target is not None:
                request = _redirected(request, response, target)
                continue
            return Answer(
                response.url,
                response.status_code,
                _read_body(response, abandoned),
                response.headers.get("Content-Type", ""),
                parse_retry_after(response.headers.get("Retry-After", "")),
            )
    raise RequestRefused(
        message("It redirects more than {count} times.", count=MAX_REDIRECTS),
        next_step=message("Check the URL, or choose another catalogue."),
    )


def _redirected(request: CatalogueRequest, response: requests.Response, target: str) -> CatalogueRequest:
    """The request at the address of a redirect, with its method and everything that it asks for."""
    if request.method != "GET" and response.status_code not in _KEEPS_METHOD:
        raise RequestRefused(
            message(
                "It redirects the search with status {status}, which drops what is searched.",
                status=response.status_code,
            )
        )
    url = urljoin(response.url, target)
    query = urlsplit(response.url).query
    if request.method == "GET" and query and not urlsplit(url).query:
        url = urlunsplit(urlsplit(url)._replace(query=query))
    return replace(request, url=url, parameters={} if request.method == "GET" else request.parameters)


def _read_body(response: requests.Response, abandoned: threading.Event) -> bytes:
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _ENCODINGS:  # several layers of compression have no bound that a chunk shows
        raise RequestRefused(message("Its answer has the encoding {encoding}.", encoding=encoding[:40]))
    parts: list[bytes] = []
    size = 0
    for part in response.iter_content(_CHUNK_BYTES):
        size += len(part)
        if size > MAX_ANSWER_BYTES:
            raise RequestRefused(
                message("One of its answers has more than {size:.0f} MB, unpacked.", size=MAX_ANSWER_BYTES / 1e6)
            )
        if abandoned.is_set():
            raise requests.Timeout("the answer is no longer needed")
        parts.append(part)
    return b"".join(parts)
