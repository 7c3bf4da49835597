"""One remote file: exact ranges of it, or the whole of it, checked against its size, its tag and its checksum."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import requests

from ..core.errors import SceneUnreadable
from ..core.file_hash import file_hash
from ..core.messages import message
from ..core.scene import Asset
from .http import AuthError, Connection, RetryState, TransientError

_HASHES: dict[str, tuple[str, int]] = {"1220": ("sha256", 64), "1620": ("sha3_256", 64), "1340": ("sha512", 128)}
"""Multihash prefixes (code and length) with the names of hashlib; others are not checked."""
MAX_FILE_BYTES = 1 << 30
"""Largest file of a scene; the largest of Sentinel-2, uncompressed, has 241 MB."""
_MAX_WRONG_RANGES = 3
"""Answers with other bytes than were requested, after which a server that never sent the right ones is given up."""
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)")
_LENGTH = re.compile(r"[0-9]{1,18}")


class Signer(Protocol):
    """Makes hrefs readable."""

    def sign(self, href: str) -> str:
        """The URL to ask now; never to be kept, written or logged."""

    def handle_refusal(self, href: str) -> None:
        """The server refused the signed URL: forget what signed it."""


class FileChanged(Exception):
    """The file was replaced by another while it was read."""


class RangesIgnored(Exception):
    """The server sends the whole file where a part was requested."""


class RemoteFile:
    """A file of a scene on an HTTP server."""

    def __init__(self, asset: Asset, connection: Connection, signer: Signer) -> None:
        self.connection = connection
        self._asset, self._signer = asset, signer
        self.size: int | None = None
        """Bytes, once the server has given it."""
        self.etag: str | None = None
        """What tells this content of the file from any other, once the server has given it."""
        self._other_etag: str | None = None
        self._has_sent_ranges = False
        self._wrong_range_count = 0
        self._failures = 0
        """Of the present request, in a row."""

    @property
    def href(self) -> str:
        """The file's address, not signed."""
        return self._asset.href

    @property
    def has_sent_ranges(self) -> bool:
        """Whether the server has sent a part of the file when that was asked for."""
        return self._has_sent_ranges

    @property
    def expected_bytes(self) -> int | None:
        """Size of the whole file by its server or by the catalogue; None where neither says."""
        return self.size if self.size is not None else self._asset.size

    def read(self, start: int, stop: int) -> bytes:
        """Fetch bytes `start` to `stop` of the file.

        Parameters
        ----------
        start : first byte, from 0.
        stop : first byte that is not wanted any more.

        Returns
        -------
        The bytes, fewer where the file ends before `stop`.

        Raises
        ------
        SceneUnreadable : where the server refuses, sends something else, or gives no answer until all retries are used.
        FileChanged : where the file was replaced since its first bytes were received.
        RangesIgnored : where the server sends the whole file instead of the part.
        Cancelled : where the run was stopped.

        """
        body = bytearray()
        self.receive(start, stop, body.extend)
        return bytes(body)

    def receive(self, start: int, stop: int | None, consume: Callable[[bytes], object]) -> None:
        """Fetch bytes `start` to `stop` and give them to `consume` as they come, each byte once.

        Where an answer breaks off, only the rest is requested again.

        Parameters
        ----------
        start : first byte, from 0.
        stop : first byte that is not wanted any more; None for all to the end of the file.
        consume : called with the next bytes, in order.

        Raises
        ------
        SceneUnreadable : where the server refuses, sends something else, or gives no answer until all retries are used.
        FileChanged : where the file was replaced since its first bytes were received.
        RangesIgnored : where the server sends the whole file instead of the part.
        Cancelled : where the run was stopped.

        """
        received = 0

        def count(piece: bytes) -> None:
            nonlocal received
            consume(piece)
            received += len(piece)

        self._retry(lambda: self._receive(start + received, stop, count), lambda: received)

    def receive_whole(self, restart: Callable[[], None], consume: Callable[[bytes], object]) -> None:
        """Fetch the whole file in one answer, since its server knows no ranges; anew where it breaks off.

        Parameters
        ----------
        restart : called before every request: the bytes given until then no longer count.
        consume : called with the next bytes, in order from the first byte of the file on.

        Raises
        ------
        SceneUnreadable : where the server refuses, or gives no complete answer until all retries are used.
        FileChanged : where the file was replaced meanwhile.
        Cancelled : where the run was stopped.

        """

        def start_again() -> None:
            restart()
            self._receive(0, None, consume)

        self._retry(start_again, lambda: 0)

    def is_unchanged(self, etag: str, size: int | None) -> bool:
        """Whether the file still has an ETag and a size, by a request for one byte; a second one decides.

        Parameters
        ----------
        etag : the ETag that the file had, or its time of last modification where the server gives no ETag.
        size : the bytes that the file had; None where the server did not say.

        Returns
        -------
        True where both are the same in one of the two answers.

        Raises
        ------
        SceneUnreadable : where the server refuses, or gives no answer until all retries are used.
        FileChanged : where the file is replaced meanwhile.
        RangesIgnored : where the server sends the whole file instead of one byte.
        Cancelled : where the run was stopped.

        """
        for _ in range(2):
            self.etag = self._other_etag = self.size = None
            self.receive(0, 1, len)
            if self.etag == etag and self.size == size:
                return True
        return False

    def accept_other_etag(self) -> None:
        """After FileChanged: take the tag that the last answers agreed on for the file's own."""
        self.etag, self._other_etag = self._other_etag, None

    def verify(self, path: Path) -> None:
        """Check the size of a whole copy, and its checksum where the catalogue gives one.

        Raises
        ------
        SceneUnreadable
        """
        size = path.stat().st_size
        wanted = self._asset.size if self._asset.size is not None else self.size
        if wanted is not None and size != wanted:
            raise SceneUnreadable(
                "A file of the scene is incomplete.",
                message("It has {size} of {expected} bytes.", size=size, expected=wanted),
            )
        checksum = (self._asset.checksum or "").lower()
        name, length = _HASHES.get(checksum[:4], ("", 0))
        if name and len(checksum) == 4 + length and file_hash(path, name) != checksum[4:]:
            raise SceneUnreadable("A file of the scene is damaged: its checksum is not the catalogue's.")

    def _retry(self, attempt: Callable[[], None], received: Callable[[], int]) -> None:
        """Repeat `attempt` until it ends without a failure that may pass."""
        retry_state = RetryState(self.connection, self.href)
        refusals = 0
        while True:
            before = received()
            self._failures = retry_state.failures
            try:
                attempt()
            except TransientError as transient_error:
                refusals = 0
                if received() > before:
                    retry_state.reset()
                retry_state.record_failure(transient_error)
            except AuthError:
                refusals += 1
                self._signer.handle_refusal(self._asset.href)
                if refusals == 2:
                    raise SceneUnreadable(
                        message("A file of the scene could not be read: access was denied twice."),
                        message("It may need keys, or a signature that scene lists do not keep: then search again."),
                    ) from None
            else:
                return

    def _receive(self, start: int, stop: int | None, consume: Callable[[bytes], object]) -> None:
        """Request a part of the file once and hand on its bytes; bytes handed on before a failure are good."""
        if stop is not None and self.size is not None:
            stop = min(stop, self.size)
        if (stop is not None and start >= stop) or (self.size is not None and start >= self.size):
            return
        headers = {"Accept-Encoding": "identity", "Range": f"bytes={start}-{'' if stop is None else stop - 1}"}
        if self.etag and not self.etag.startswith("W/"):
            headers["If-Range"] = self.etag
        with (
            self.connection.slots.released(),
            self.connection.reserve_bytes(None if stop is None else stop - start) as release_bytes,
            self.connection.get(self._signer.sign(self.href), headers, self._failures) as response,
        ):
            self._check_etag(response.headers.get("ETag") or response.headers.get("Last-Modified"))
            due = self._expected_length(response, start, stop)
            limit = MAX_FILE_BYTES - start
            if due is not None and due > limit:
                raise _too_large()
            # an honest answer is read to its end, so that its connection can serve the next request
            has_exact_length = response.headers.get("Content-Length") == str(due)
            for piece in self.connection.chunks(response):
                limit -= len(piece)
                if limit < 0:
                    raise _too_large()
                consume(piece if due is None else piece[:due])
                release_bytes(len(piece))
                if due is not None:
                    due -= min(len(piece), due)
                    if due == 0 and not has_exact_length:
                        break
        if due:
            raise TransientError("the response was incomplete")

    def _expected_length(self, response: requests.Response, start: int, stop: int | None) -> int | None:
        """Bytes that the answer owes; None where the server does not say."""
        if response.status_code == 200:
            length_text = response.headers.get("Content-Length", "")
            length = int(length_text) if _LENGTH.fullmatch(length_text) else None
            if start > 0 or (stop is not None and (length is None or length > stop)):
                if self._has_sent_ranges:  # one of several servers behind a name may not know them
                    raise TransientError("the server sent a different byte range")
                raise RangesIgnored
            return length
        match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
        if not match or int(match[1]) != start:
            self._wrong_range_count += 1
            if not self._has_sent_ranges and self._wrong_range_count >= _MAX_WRONG_RANGES:
                raise SceneUnreadable("A file of the scene cannot be read: its server never sends the requested bytes.")
            raise TransientError("the server sent a different byte range")
        self._has_sent_ranges = True
        if match[3] != "*":
            self._check_size(int(match[3]))
        end = int(match[2]) + 1
        wanted = self.size if stop is None else stop if self.size is None else min(stop, self.size)
        if wanted is not None and end > wanted:
            raise TransientError("the server sent more bytes than were requested")
        return (wanted if wanted is not None else end) - start

    def _check_size(self, size: int) -> None:
        if size > MAX_FILE_BYTES:
            raise _too_large()
        if self._asset.size is not None and size != self._asset.size:
            raise SceneUnreadable(
                "A file of the scene differs in size from the catalogue.",
                message("It has {size} bytes instead of {expected}.", size=size, expected=self._asset.size),
            )
        if self.size is not None and size != self.size:
            raise FileChanged
        self.size = size

    def _check_etag(self, etag: str | None) -> None:
        """A tag that differs once may be a fault of one server among many; the same twice in a row is a new file."""
        if etag is None or etag == self.etag:
            self._other_etag = None
        elif self.etag is None:
            self.etag = etag
        elif etag == self._other_etag:
            raise FileChanged
        else:
            self._other_etag = etag
            raise TransientError("the file seems to have changed")


def _too_large() -> SceneUnreadable:
    return SceneUnreadable(message("A file of the scene is larger than {size} MB.", size=MAX_FILE_BYTES >> 20))
