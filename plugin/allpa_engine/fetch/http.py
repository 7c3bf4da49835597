"""HTTP requests to servers that fail: every answer that file stores are known to give, and what is done about it.

Scenes are read through it rather than through GDAL's own HTTP, since GDAL cannot honour Retry-After, cannot tell a
busy server from a corrupt file, and writes signed URLs into its messages. No message made here holds a URL's query.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from ..core.errors import Cancelled, SceneUnreadable, ServerUnreachable
from ..core.messages import message
from ..core.retry import RETRY_STATUSES, RetryPolicy, parse_retry_after
from ..core.urls import hide_secrets, url_fault
from ..search.request_errors import describe_error, is_final, needs_other_settings
from .shared_ranges import SharedRanges
from .work_slots import WorkSlots

CHUNK_BYTES = 1 << 20
_CONNECTIONS_PER_HOST = 12
_MIN_CONNECTIONS = 2
_UNBOUNDED = 1 << 62
"""More bytes than any run asks for."""
_POLL_S = 0.2
"""How often a waiting thread checks whether the run was stopped."""
_ANSWERS_BEFORE_INCREASE = 4
"""After so many answers a host that was busy gets one request more at once."""
_BURST_S = 1.0
"""Busy answers within it are one piece of news: they belong to requests that were made together."""
_TIMEOUT_FACTOR = 3.0
"""A request is repeated after so many times the host's slowest recent answer without a byte."""


class TransientError(Exception):
    """A failure that may pass: the request is made again."""

    def __init__(
        self, reason: str, wait_s: float | None = None, is_busy: bool = False, pause_host: bool = False
    ) -> None:
        self.reason = reason
        self.wait_s = wait_s
        """The server's own wish, seconds; None where it names none."""
        self.is_busy = is_busy
        """Whether fewer requests should be made at once."""
        self.pause_host = pause_host
        """Whether all requests to the host should wait."""
        super().__init__(reason)


class AuthError(Exception):
    """401 or 403: the signature may have run out."""


class _HostLimiter:
    """How many requests a host gets at once, since when, and how long it is waited for."""

    def __init__(self, limit: int, retry_policy: RetryPolicy) -> None:
        self._limit, self._max_limit, self._active = limit, limit, 0
        self._successes = 0
        self._condition = threading.Condition()
        self._not_before = self._last_busy = 0.0
        self._min_timeout_s, self._max_timeout_s = (
            min(retry_policy.read_timeout_s, retry_policy.max_read_timeout_s),
            retry_policy.max_read_timeout_s,
        )
        self.read_timeout_s = max(self._min_timeout_s, self._max_timeout_s / 3)
        """Seconds without a byte after which a request is repeated now."""

    def acquire(self, stop: threading.Event) -> None:
        with self._condition:
            while (wait_s := self._not_before - time.monotonic()) > 0 or self._active >= self._limit:
                if stop.is_set():
                    raise Cancelled("The download was stopped.")
                self._condition.wait(min(wait_s, _POLL_S) if wait_s > 0 else _POLL_S)
            self._active += 1

    def release(self) -> None:
        with self._condition:
            self._active -= 1
            self._successes += 1
            if self._successes >= _ANSWERS_BEFORE_INCREASE and self._limit < self._max_limit:
                self._limit, self._successes = self._limit + 1, 0
            self._condition.notify_all()

    def slow_down(self, wait_s: float) -> None:
        now = time.monotonic()
        with self._condition:
            self._not_before = max(self._not_before, now + wait_s)
            if now - self._last_busy >= _BURST_S:
                self._limit, self._successes = max(_MIN_CONNECTIONS, self._limit // 2), 0
                self._last_busy = now

    def record_answer(self, after_s: float) -> None:
        """Learn how fast the host is: slower at once, faster little by little."""
        with self._condition:
            new_timeout_s = max(self._min_timeout_s, _TIMEOUT_FACTOR * after_s, 0.9 * self.read_timeout_s)
            self.read_timeout_s = min(new_timeout_s, self._max_timeout_s)

    def record_timeout(self) -> None:
        """Learn that the time without a byte may have been too short."""
        with self._condition:
            self.read_timeout_s = min(1.5 * self.read_timeout_s, self._max_timeout_s)


class Connection:
    """The HTTP sessions of a run, one per thread, with what all of them know about each host."""

    def __init__(self, retry_policy: RetryPolicy | None = None, max_pending_bytes: int = _UNBOUNDED) -> None:
        """`max_pending_bytes` bounds what is requested and not received yet, over all requests."""
        self.retry_policy = retry_policy or RetryPolicy()
        self.stop = threading.Event()
        self.shared: SharedRanges | None = None
        """Bytes of remote files that other jobs received; None shares none."""
        self.slots = WorkSlots(self.stop)
        """Which threads work while others wait for servers."""
        self._max_pending_bytes, self._reserved = max_pending_bytes, 0
        self._bytes_released = threading.Condition()
        self._local = threading.local()
        self._limiters: dict[str, _HostLimiter] = {}
        self._lock = threading.Lock()
        hide_queries_in_logs()

    def check(self) -> None:
        """Raise Cancelled where the run was stopped."""
        if self.stop.is_set():
            raise Cancelled("The download was stopped.")

    def allow_pending_bytes(self, count: int) -> None:
        """Let at least `count` bytes be requested and not received yet."""
        with self._bytes_released:
            self._max_pending_bytes = max(self._max_pending_bytes, count)

    @contextmanager
    def reserve_bytes(self, count: int | None) -> Iterator[Callable[[int], None]]:
        """Wait until `count` bytes (None: unknown) may be requested; one request always may.

        Gives a function to call with the number of bytes received.

        Raises
        ------
        Cancelled
        """
        pending = _UNBOUNDED if count is None else count
        with self._bytes_released:
            while self._reserved and self._reserved + pending > self._max_pending_bytes:
                self.check()
                self._bytes_released.wait(_POLL_S)
            self._reserved += pending

        def release_bytes(part: int) -> None:
            nonlocal pending
            with self._bytes_released:
                part = min(part, pending)
                pending, self._reserved = pending - part, self._reserved - part
                self._bytes_released.notify_all()

        try:
            yield release_bytes
        finally:
            release_bytes(pending)

    @contextmanager
    def get(self, url: str, headers: dict[str, str], failures: int = 0) -> Iterator[requests.Response]:
        """Make one GET request and give its answer, its body still to be read.

        It waits until the host may be sent one more request. The answer is closed at the end of the `with` block.

        Parameters
        ----------
        url : address with `http` or `https`, signed where the server wants it.
        headers : of the request, beside the usual ones.
        failures : of this request so far, in a row; the time without a byte that is accepted doubles with each.

        Yields
        ------
        The answer, with status 200 or 206.

        Raises
        ------
        TransientError : where the request should be made again.
        AuthError : for status 401 and 403.
        ServerUnreachable : where no request gets through without other network settings.
        SceneUnreadable : where the answer is final, or no request can be made of the URL.
        Cancelled : where the run was stopped while waiting.

        """
        fault = url_fault(url)
        if fault:
            raise SceneUnreadable(message("A file of the scene cannot be read: {reason}.", reason=fault))
        limiter = self._limiter(url)
        limiter.acquire(self.stop)
        try:
            read_timeout_s = min(limiter.read_timeout_s * 2 ** min(failures, 10), self.retry_policy.max_read_timeout_s)
            try:
                session, request = self._prepare_request(url)
                request.headers.update(headers)
                response = session.send(
                    request, stream=True, timeout=(self.retry_policy.connect_timeout_s, read_timeout_s)
                )
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                if isinstance(error, requests.ReadTimeout):
                    limiter.record_timeout()
                raise self._failure(error) from None  # the error's own text holds the signed address
            limiter.record_answer(response.elapsed.total_seconds())
            try:
                self._raise_for_status(response)
                yield response
            finally:
                response.close()
        finally:
            limiter.release()

    @staticmethod
    def _failure(error: Exception) -> Exception:
        """What a request that got no answer ends in: it is made again, unless that can never help."""
        if needs_other_settings(error):
            return ServerUnreachable(message("A file of the scene could not be requested."), describe_error(error))
        if is_final(error):
            name = type(error).__name__
            return SceneUnreadable(message("A file of the scene could not be requested ({error}).", error=name))
        return TransientError(message("the server could not be reached ({error})", error=type(error).__name__))

    def chunks(self, response: requests.Response, max_bytes: int = _UNBOUNDED) -> Iterator[bytes]:
        """Give the body of an answer piece by piece.

        Parameters
        ----------
        response : from `get`, its body not read yet.
        max_bytes : no more than this is read, even where the body is longer.

        Yields
        ------
        Pieces of at most `CHUNK_BYTES` bytes, as sent.

        Raises
        ------
        TransientError : where the connection breaks off, or is slower than the retry policy allows.
        Cancelled : where the run was stopped.

        """
        begin, received = time.monotonic(), 0
        while True:
            self.check()
            try:
                piece = response.raw.read1(min(CHUNK_BYTES, max_bytes - received))
            except (urllib3.exceptions.HTTPError, OSError) as error:
                if isinstance(error, (urllib3.exceptions.ReadTimeoutError, TimeoutError)):
                    self._limiter(response.url).record_timeout()
                raise TransientError(
                    message("the connection was interrupted ({error})", error=type(error).__name__)
                ) from None
            if not piece:
                return
            received += len(piece)
            yield piece
            elapsed = time.monotonic() - begin
            if (
                elapsed > self.retry_policy.max_read_timeout_s
                and received / elapsed < self.retry_policy.min_bytes_per_s
            ):
                raise TransientError("the server has stalled")

    def pause(self, seconds: float) -> None:
        """Wait, unless the run is stopped."""
        with self.slots.released():
            self.stop.wait(seconds)
        self.check()

    def slow_down(self, url: str, wait_s: float) -> None:
        """Make fewer requests to a host at once, and let all of them wait.

        Parameters
        ----------
        url : any address of the host.
        wait_s : seconds in which no request to the host begins; 0 for none.

        """
        self._limiter(url).slow_down(wait_s)

    def _limiter(self, url: str) -> _HostLimiter:
        host = urlsplit(url).netloc
        with self._lock:
            return self._limiters.setdefault(host, _HostLimiter(_CONNECTIONS_PER_HOST, self.retry_policy))

    def _prepare_request(self, url: str) -> tuple[requests.Session, requests.PreparedRequest]:
        """Give this thread's session for a host, and a request for a URL; what they have in common is made once."""
        sessions_by_host: dict[str, tuple[requests.Session, requests.PreparedRequest]] = self._local.__dict__
        host = urlsplit(url).netloc
        if host not in sessions_by_host or sessions_by_host[host][1].url != url:
            session = sessions_by_host[host][0] if host in sessions_by_host else _session_for(url)
            sessions_by_host[host] = session, session.prepare_request(requests.Request("GET", url))
        session, request = sessions_by_host[host]
        return session, request.copy()

    def _raise_for_status(self, response: requests.Response) -> None:
        status = response.status_code
        if status in (200, 206):
            return
        if status in (401, 403):
            raise AuthError
        if status in RETRY_STATUSES:
            busy = status == 429 or (status == 503 and self._says_busy(response))
            wait_s = parse_retry_after(response.headers.get("Retry-After", ""))
            raise TransientError(
                message("the server answered {status}", status=status), wait_s, is_busy=busy, pause_host=status == 429
            )
        if status in (412, 416):
            raise TransientError(message("the server answered {status}: the file may have changed", status=status))
        meaning = {404: "there is no such file", 410: "the file is gone", 409: "the URL must be signed"}
        raise SceneUnreadable(
            message(
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


class RetryState:
    """The failures of one request so far."""

    def __init__(self, connection: Connection, url: str) -> None:
        self._connection, self._url = connection, url
        self._begin = time.monotonic()
        self.failures = 0
        """In a row."""

    def reset(self) -> None:
        """Bytes arrived: begin to count anew."""
        self.failures = 0

    def record_failure(self, transient_error: TransientError) -> None:
        """Count a failure and pause.

        Raises
        ------
        ServerUnreachable : where the policy allows no further repetition. Cancelled
        """
        retry_policy = self._connection.retry_policy
        self.failures += 1
        if self.failures >= retry_policy.attempts or time.monotonic() - self._begin > retry_policy.max_total_s:
            raise ServerUnreachable(
                message("A file of the scene could not be read: {reason}.", reason=transient_error.reason),
                message("Tried {count} times in a row.", count=self.failures),
            )
        pause_s = retry_policy.pause_after(self.failures, transient_error.wait_s, is_busy=transient_error.is_busy)
        if transient_error.is_busy:
            self._connection.slow_down(self._url, pause_s if transient_error.pause_host else 0.0)
        self._connection.pause(pause_s)


class _QueryFilter(logging.Filter):
    """Cuts queries out of the HTTP library's log records."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; it always passes."""
        record.msg, record.args = hide_secrets(record.getMessage()), ()
        return True


_QUERY_FILTER = _QueryFilter()


def hide_queries_in_logs() -> None:
    """Keep signatures out of the HTTP library's own log."""
    names: tuple[Any, ...] = ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry")
    for name in names:
        logging.getLogger(name).addFilter(_QUERY_FILTER)  # adding the same filter twice does nothing
