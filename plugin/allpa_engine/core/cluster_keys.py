"""The job's keys for several computers: the scheduler that hands out the tiles, and the store that keeps them."""

from __future__ import annotations

import re

from .errors import JobInvalid
from .job_keys import Text, shown
from .messages import message

LOCAL = "local"
MAX_LOCAL_WORKERS = 64
_HOST = r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])"
_STORE = re.compile(
    r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[A-Za-z0-9!_.*'()/=@+-]{0,700}))?"
)
TOGETHER, SEPARATELY = "together", "separately"
TILES = Text(
    "How the tiles of the region are mapped: together, or separately, each as a task that can fail and be run again by "
    "itself; the map is the same.",
    choices=(TOGETHER, SEPARATELY),
)
ONLY_TILES = Text(
    "Tiles of the region that are mapped here where tiles are mapped separately, such as 18LYK,18LZK; empty for all. "
    "Others can be mapped on other computers and joined.",
    40_000,
    pattern=r"([0-9]{2}[A-Z]{3}(,[0-9]{2}[A-Z]{3})*)?",
    pattern_text="names of tiles with commas between them, such as 18LYK,18LZK",
)
DASK = Text(
    "Scheduler of Dask that hands the tiles to its workers: an address such as tls://host:8786 or tcp://host:8786, or "
    "local:2 for two workers of this computer; empty runs them here.",
    300,
    pattern=rf"(?:{LOCAL}:[1-9][0-9]?|(?:tcp|tls)://{_HOST}:[0-9]{{1,5}})?",
    pattern_text="local:N, or an address such as tls://host:8786",
)
TILE_STORE = Text(
    "Where finished tiles are kept: a folder that all workers see, or s3://bucket/prefix of an S3-compatible store; "
    "empty: within the folder.",
    4000,
    is_path=True,
)


def local_workers(dask: str) -> int:
    """The number of workers of a value such as `local:2`; 0 for an address.

    Raises
    ------
    JobInvalid : where there are more than `MAX_LOCAL_WORKERS`.

    Examples
    --------
    >>> local_workers("local:2"), local_workers("tls://host:8786")
    (2, 0)

    """
    scheme, _, number = dask.partition(":")
    count = int(number) if scheme == LOCAL else 0
    if count > MAX_LOCAL_WORKERS:
        raise JobInvalid(
            message(
                "The job's key 'dask' must be local:{max_local_workers} at most.", max_local_workers=MAX_LOCAL_WORKERS
            ),
            message("It is {found}.", found=shown(dask)),
        )
    return count


def check_cluster_keys(dask: str, store: str) -> None:
    """Check what their kinds leave open: the number of workers, and the address of a bucket.

    Parameters
    ----------
    dask, store : values of the job's keys `dask` and `tile_store`.

    Raises
    ------
    JobInvalid

    """
    local_workers(dask)
    if is_bucket(store):
        split_bucket(store)


def is_bucket(store: str) -> bool:
    """Whether a store is given by the address of a bucket, not as a folder."""
    return "://" in store


def split_bucket(store: str) -> tuple[str, str]:
    """Bucket and prefix of an address such as `s3://bucket/prefix`.

    Parameters
    ----------
    store : the job's `tile_store`.

    Returns
    -------
    The name of the bucket, and the prefix without slashes at its ends; it may be empty.

    Raises
    ------
    JobInvalid : for any other address, and for one with a login in it.

    Examples
    --------
    >>> split_bucket("s3://maps/peru/2020/")
    ('maps', 'peru/2020')

    """
    match = _STORE.fullmatch(store)
    prefix = "" if match is None else (match["prefix"] or "").strip("/")
    if match is None or any(part in ("", ".", "..") for part in prefix.split("/") if prefix):
        scheme = store.split("://")[0][:20]  # what follows may hold a login
        raise JobInvalid(
            "The job's key 'tile_store' must be a folder, or an address such as s3://bucket/prefix.",
            message("It begins with {found}.", found=shown(scheme)),
            "Give bucket and prefix alone; endpoint and keys come from the usual AWS environment or profile.",
        )
    return match["bucket"], prefix
