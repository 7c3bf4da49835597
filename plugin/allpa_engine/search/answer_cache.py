"""Answers of catalogues, kept for a while: districts of one tile ask the same of their catalogue.

An answer is kept under a hash of its request. What may hold a key or a signature is never kept.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from ..core.atomic import atomic_write, create_file, remove_stale_temporary_files
from ..core.errors import AllpaError
from ..core.urls import strip_secrets
from .http_request import MAX_ANSWER_BYTES, CatalogueRequest

MAX_BYTES = 300_000_000
"""Size of the folder beyond which the answers used longest ago are removed."""
PAST_FACTOR = 30
"""Answers about years before the present one are kept so many times longer: catalogues seldom add scenes to them."""
_SUFFIX = ".json.gz"
_HREF = re.compile(rb'"href"\s*:\s*"((?:[^"\\]|\\.)*[?@](?:[^"\\]|\\.)*)"')
_LAST_DAY = re.compile(r"(?:/|%2F)(\d{4})-\d\d-\d\d", re.IGNORECASE)


def answers_folder() -> Path:
    """Where answers are kept: in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or str(Path.home() / ".cache")
    return Path(base) / "allpa" / "catalogues"


@dataclass(frozen=True)
class AnswerCache:
    """The answers of catalogues in a folder; several processes may use it at once.

    Parameters
    ----------
    folder : is made when the first answer is kept.
    life_s : seconds that answers are used which reach into the present year or are of no period; those about earlier
        years are used `PAST_FACTOR` times as long.

    """

    folder: Path
    life_s: float

    def find(self, request: CatalogueRequest) -> tuple[bytes, str] | None:
        """The body of a kept answer, and the address that it came from.

        Parameters
        ----------
        request : what would be sent.

        Returns
        -------
        None where there is none, it is too old, or its file is damaged or was changed by hand.

        """
        path = self._path(request)
        try:
            with gzip.open(path) as file:
                content = file.read(MAX_ANSWER_BYTES + 100_000)
            head, _, body = content.partition(b"\n")
            facts = json.loads(head)
            age_s = time.time() - float(facts["stored_s"])
            is_whole = facts["request"] == _text(request) and facts["sha256"] == hashlib.sha256(body).hexdigest()
            if not (is_whole and 0 <= age_s <= self._life_s(request)):
                return None
            address = str(facts["address"])
        except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError):
            return None
        with suppress(OSError):  # it counts as used
            os.utime(path)
        return body, address

    def keep(self, request: CatalogueRequest, body: bytes, address: str) -> None:
        """Keep an answer, unless its request, address or links may hold a key; a full disk keeps none.

        Parameters
        ----------
        request : what was sent.
        body : of the answer, a JSON object.
        address : where it came from, after redirects.

        """
        if request.headers or _has_secrets(request, body, address):
            return
        facts = {
            "request": _text(request),
            "address": address,
            "stored_s": time.time(),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        content = gzip.compress(json.dumps(facts).encode() + b"\n" + body, compresslevel=3)
        with (
            suppress(OSError, AllpaError),
            atomic_write(self._path(request)) as temporary_path,
            os.fdopen(create_file(temporary_path), "wb") as file,
        ):
            file.write(content)

    def forget(self, request: CatalogueRequest) -> None:
        """Remove an answer that turned out to be incomplete."""
        with suppress(OSError):
            self._path(request).unlink()

    def trim(self, max_bytes: int = MAX_BYTES) -> None:
        """Remove the answers used longest ago beyond a size, and what killed processes left aside."""
        remove_stale_temporary_files(self.folder)
        found = []
        for path in self.folder.glob(f"*{_SUFFIX}"):
            with suppress(OSError):
                facts = path.stat()
                found.append((facts.st_mtime, facts.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= max_bytes:
                return
            with suppress(OSError):
                path.unlink()
                total -= size

    def _path(self, request: CatalogueRequest) -> Path:
        return self.folder / f"{hashlib.sha256(_text(request).encode()).hexdigest()[:40]}{_SUFFIX}"

    def _life_s(self, request: CatalogueRequest) -> float:
        return self.life_s * (PAST_FACTOR if _is_past(request) else 1)


def _is_past(request: CatalogueRequest) -> bool:
    """Whether a request is about days before the present year; a next page has them in its URL."""
    found = _LAST_DAY.search(str(request.parameters.get("datetime") or request.url))
    return found is not None and int(found[1]) < datetime.now(timezone.utc).year


def _text(request: CatalogueRequest) -> str:
    """A text that is equal for equal requests."""
    return json.dumps([request.method, request.url, dict(request.parameters)], sort_keys=True, default=str)


def _has_secrets(request: CatalogueRequest, body: bytes, address: str) -> bool:
    hrefs = {match[1].decode("utf-8", "replace").replace("\\u0026", "&") for match in _HREF.finditer(body)}
    return any(strip_secrets(href) != href for href in (request.url, address, *hrefs))
