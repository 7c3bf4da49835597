"""HTTP with patience: every answer that a catalogue's file store is known to give, and what is done about it.

Scenes are read through it rather than through GDAL's own HTTP, since GDAL cannot honour Retry-After, cannot tell a
busy server from a corrupt file, and writes signed URLs into its messages. No message made here holds a URL's query.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import requests
import urllib3

from ..core.errors import Cancelled, SceneUnreadable
from ..core.messages import said

CHUNK_BYTES = 1 << 20
RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})
_CONNECTIONS_PER_HOST = 12
_FEWEST_CONNECTIONS = 2
_UNBOUNDED = 1 << 62
"""More bytes than any run asks for."""
_GLANCE_S = 0.2
"""How often a waiting thread looks whether the run was stopped."""
_CALM_ANSWERS = 4
"""After so many answers a host that was busy gets one request more at once."""
_ONE_BURST_S = 1.0
"""Busy answers within it are one piece of news: they belong to requests that were made together."""
_SILENCE_MARGIN = 3.0
"""A host that has not said a word for so many times its slowest recent answer is asked again."""


@dataclass(frozen=True)
class Patience:
    """How long a server's faults are borne."""

    attempts: int = 12
    """Failures in a row without a byte of progress before a file is given up."""
    pause_s: float = 0.05
    """First pause; it doubles with every failure in a row, and is drawn between half and one and a half of that."""
    busy_pause_s: float = 0.25
    """First pause where the server says that it is busy but not until when; it doubles in the same way."""
    longest_pause_s: float = 60.0
    """No pause is longer, whatever the server asks for."""
    total_s: float = 900.0
    """Longest time for one request with all its repetitions."""
    connect_s: float = 10.0
    silence_s: float = 2.0
    """Shortest silence after which a server is asked again. How long it really is follows the host's own answers; it
    doubles with every failure in a row, so that one slow file is waited for."""
    read_s: float = 15.0
    """Longest silence of a server that owes an answer."""
    slowest_bytes_per_s: float = 1000.0
    """A body slower than this over `read_s` counts as stalled."""


class Setback(Exception):
    """A failure that may pass: the request is made again."""

    def __init__(
        self, reason: str, wait_s: float | None = None, too_much: bool = False, everyone: bool = False
    ) -> None:
        self.reason = reason
        self.wait_s = wait_s
        """The server's own wish, seconds; None where it names none."""
        self.too_much = too_much
        """Whether fewer requests should be made at once."""
        self.everyone = everyone
        """Whether all requests to the host should wait."""
        super().__init__(reason)


class Refused(Exception):
    """401 or 403: the signature may have run out."""


class _Gate:
    """How many requests a host gets at once, since when, and how long it is waited for."""

    def __init__(self, limit: int, patience: Patience) -> None:
        self._limit, self._most, self._active = limit, limit, 0
        self._calm = 0
        self._free = threading.Condition()
        self._not_before = self._last_busy = 0.0
        self._shortest_s, self._longest_s = min(patience.silence_s, patience.read_s), patience.read_s
        self.silence_s = max(self._shortest_s, self._longest_s / 3)
        """How long a silence is borne now."""

    def enter(self, stop: threading.Event) -> None:
        with self._free:
            while (wait_s := self._not_before - time.monotonic()) > 0 or self._active >= self._limit:
                if stop.is_set():
                    raise Cancelled("The download was stopped.")
                self._free.wait(min(wait_s, _GLANCE_S) if wait_s > 0 else _GLANCE_S)
            self._active += 1

    def leave(self) -> None:
        with self._free:
            self._active -= 1
            self._calm += 1
            if self._calm >= _CALM_ANSWERS and self._limit < self._most:
                self._limit, self._calm = self._limit + 1, 0
            self._free.notify_all()

    def slow_down(self, wait_s: float) -> None:
        now = time.monotonic()
        with self._free:
            self._not_before = max(self._not_before, now + wait_s)
            if now - self._last_busy >= _ONE_BURST_S:
                self._limit, self._calm = max(_FEWEST_CONNECTIONS, self._limit // 2), 0
                self._last_busy = now

    def answered(self, after_s: float) -> None:
        """Learn how fast the host is: slower at once, faster little by little."""
        with self._free:
            due_s = max(self._shortest_s, _SILENCE_MARGIN * after_s, 0.9 * self.silence_s)
            self.silence_s = min(due_s, self._longest_s)

    def was_silent(self) -> None:
        """Learn that the silence borne may have been too short."""
        with self._free:
            self.silence_s = min(1.5 * self.silence_s, self._longest_s)


class Connection:
    """The HTTP sessions of a run, one per thread, with what all of them know about each host."""

    def __init__(self, patience: Patience | None = None, allowed_bytes: int = _UNBOUNDED) -> None:
        """`allowed_bytes` bounds what is asked for and not here yet, all requests together."""
        self.patience = patience or Patience()
        self.stop = threading.Event()
        self._allowed, self._owed = allowed_bytes, 0
        self._owed_less = threading.Condition()
        self._local = threading.local()
        self._gates: dict[str, _Gate] = {}
        self._lock = threading.Lock()
        self._jitter = np.random.default_rng()
        hide_queries_in_logs()

    def check(self) -> None:
        """Raise Cancelled where the run was stopped."""
        if self.stop.is_set():
            raise Cancelled("The download was stopped.")

    def allow(self, count: int) -> None:
        """Let at least `count` bytes be asked for and not be here yet."""
        with self._owed_less:
            self._allowed = max(self._allowed, count)

    @contextmanager
    def owing(self, count: int | None) -> Iterator[Callable[[int], None]]:
        """Ask for `count` bytes (None: nobody knows how many) once so many may be; one request always may.

        Gives what is told how many came.

        Raises
        ------
        Cancelled
        """
        due = _UNBOUNDED if count is None else count
        with self._owed_less:
            while self._owed and self._owed + due > self._allowed:
                self.check()
                self._owed_less.wait(_GLANCE_S)
            self._owed += due

        def came(part: int) -> None:
            nonlocal due
            with self._owed_less:
                part = min(part, due)
                due, self._owed = due - part, self._owed - part
                self._owed_less.notify_all()

        try:
            yield came
        finally:
            came(due)

    @contextmanager
    def get(self, url: str, headers: dict[str, str], failures: int = 0) -> Iterator[requests.Response]:
        """Make one request and give its answer, its body still to be read; `failures` of it in a row came before.

        Raises
        ------
        Setback : where the request should be made again. Refused : for 401 and 403.
        SceneUnreadable : where the answer is final. Cancelled
        """
        gate = self._gate(url)
        gate.enter(self.stop)
        try:
            silence_s = min(gate.silence_s * 2 ** min(failures, 10), self.patience.read_s)
            try:
                session, request = self._prepared(url)
                request.headers.update(headers)
                response = session.send(request, stream=True, timeout=(self.patience.connect_s, silence_s))
            except requests.RequestException as error:
                if isinstance(error, requests.ReadTimeout):
                    gate.was_silent()
                raise Setback(said("the server could not be reached ({error})", error=type(error).__name__)) from None
            gate.answered(response.elapsed.total_seconds())
            try:
                self._judge(response)
                yield response
            finally:
                response.close()
        finally:
            gate.leave()

    def chunks(self, response: requests.Response) -> Iterator[bytes]:
        """The body piece by piece, raising Setback where it stalls or breaks off."""
        begin, received = time.monotonic(), 0
        while True:
            self.check()
            try:
                piece = response.raw.read1(CHUNK_BYTES)
            except (urllib3.exceptions.HTTPError, OSError) as error:
                if isinstance(error, (urllib3.exceptions.ReadTimeoutError, TimeoutError)):
                    self._gate(response.url).was_silent()
                raise Setback(said("the connection broke off ({error})", error=type(error).__name__)) from None
            if not piece:
                return
            received += len(piece)
            yield piece
            elapsed = time.monotonic() - begin
            if elapsed > self.patience.read_s and received / elapsed < self.patience.slowest_bytes_per_s:
                raise Setback("the server has stalled")

    def pause(self, seconds: float) -> None:
        """Wait, unless the run is stopped."""
        if self.stop.wait(seconds):
            self.check()

    def trial(self, url: str) -> Trial:
        """A fresh count of failures for a request to `url`."""
        return Trial(self, url)

    def drawn(self, seconds: float) -> float:
        """A pause with its jitter."""
        with self._lock:
            return seconds * float(self._jitter.uniform(0.5, 1.5))

    def slow_down(self, url: str, wait_s: float) -> None:
        """Make fewer requests to a host at once, and let all of them wait."""
        self._gate(url).slow_down(wait_s)

    def _gate(self, url: str) -> _Gate:
        host = urlsplit(url).netloc
        with self._lock:
            return self._gates.setdefault(host, _Gate(_CONNECTIONS_PER_HOST, self.patience))

    def _prepared(self, url: str) -> tuple[requests.Session, requests.PreparedRequest]:
        """Give this thread's session for a host, and a request for a URL; what they have in common is made once."""
        known: dict[str, tuple[requests.Session, requests.PreparedRequest]] = self._local.__dict__
        host = urlsplit(url).netloc
        if host not in known or known[host][1].url != url:
            session = known[host][0] if host in known else _session_for(url)
            known[host] = session, session.prepare_request(requests.Request("GET", url))
        session, request = known[host]
        return session, request.copy()

    def _judge(self, response: requests.Response) -> None:
        status = response.status_code
        if status in (200, 206):
            return
        if status in (401, 403):
            raise Refused
        if status in RETRYABLE:
            busy = status == 429 or (status == 503 and self._says_busy(response))
            wait_s = _retry_after(response.headers.get("Retry-After", ""))
            raise Setback(
                said("the server answered {status}", status=status), wait_s, too_much=busy, everyone=status == 429
            )
        if status in (412, 416):
            raise Setback(said("the server answered {status}: the file may have changed", status=status))
        meaning = {404: "there is no such file", 410: "the file is gone", 409: "the address must be signed"}
        raise SceneUnreadable(
            said(
                "A file of the scene could not be read: {reason} ({status}).",
                reason=meaning.get(status, "the server refused"),
                status=status,
            )
        )

    @staticmethod
    def _says_busy(response: requests.Response) -> bool:
        try:
            return b"Busy" in response.raw.read(2000)
        except (urllib3.exceptions.HTTPError, OSError):
            return False


def _session_for(url: str) -> requests.Session:
    """A session for the host of a URL, with its proxies and the like looked up in the environment once and for all."""
    session = requests.Session()
    settings = session.merge_environment_settings(url, {}, None, None, None)
    session.proxies, session.verify = settings["proxies"], settings["verify"]
    session.auth = requests.utils.get_netrc_auth(url)
    session.trust_env = False
    return session


class Trial:
    """The failures of one request so far."""

    def __init__(self, connection: Connection, url: str) -> None:
        self._connection, self._url = connection, url
        self._begin = time.monotonic()
        self.failures = 0
        """In a row."""

    def progressed(self) -> None:
        """Bytes arrived: begin to count anew."""
        self.failures = 0

    def failed(self, setback: Setback) -> None:
        """Count a failure and pause.

        Raises
        ------
        SceneUnreadable : where the patience is used up. Cancelled
        """
        patience = self._connection.patience
        self.failures += 1
        if self.failures >= patience.attempts or time.monotonic() - self._begin > patience.total_s:
            raise SceneUnreadable(
                said("A file of the scene could not be read: {reason}.", reason=setback.reason),
                said("Tried {count} times in a row.", count=self.failures),
            )
        unasked = setback.too_much and setback.wait_s is None
        first_s = patience.busy_pause_s if unasked else patience.pause_s
        pause_s = self._connection.drawn(first_s * 2 ** min(self.failures - 1, 10))
        pause_s = min(max(pause_s, setback.wait_s or 0.0), patience.longest_pause_s)
        if setback.too_much:
            self._connection.slow_down(self._url, pause_s if setback.everyone else 0.0)
        self._connection.pause(pause_s)


def _retry_after(value: str) -> float | None:
    """Seconds of a Retry-After header, given as a number or a date; None where there is none."""
    if re.fullmatch(r"\d+(\.\d+)?", value.strip()):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - datetime.now(timezone.utc)).total_seconds())


_QUERY = re.compile(r"\?[^\s\"'<>)]+")


def without_query(text: str) -> str:
    """The text with the query of every URL in it cut off."""
    return _QUERY.sub("", text)


class _QueryFilter(logging.Filter):
    """Cuts queries out of the HTTP library's log records."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; it always passes."""
        record.msg, record.args = without_query(record.getMessage()), ()
        return True


_QUERY_FILTER = _QueryFilter()


def hide_queries_in_logs() -> None:
    """Keep signatures out of the HTTP library's own log."""
    names: tuple[Any, ...] = ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry")
    for name in names:
        logging.getLogger(name).addFilter(_QUERY_FILTER)  # adding the same filter twice does nothing
