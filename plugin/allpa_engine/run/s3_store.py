"""Finished tiles in a bucket of an S3-compatible store (AWS, MinIO, Ceph, SeaweedFS and others), by boto3.

Endpoint, region and keys come from the usual AWS environment, profile or role of the computer and stand in no job, log
or record. Where catalogue and store need different keys, the variable `ALLPA_STORE_PROFILE` names the profile of the
store. Every request carries the SHA-256 of its body, which the server verifies; the receipt's SHA-256 is verified again
when a file is read back.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..core.cluster_keys import split_bucket
from ..core.errors import StoreUnreachable
from ..core.messages import message
from ..core.parts import CLUSTER, require_parts
from ..core.urls import hide_secrets
from .tile_store import OnBytes, changed_file

PROFILE_VARIABLE = "ALLPA_STORE_PROFILE"
_AWS_HOSTS = (".amazonaws.com", ".amazonaws.com.cn")
_DEFAULT_REGION = "us-east-1"  # S3-compatible stores take any
ATTEMPTS = 8
"""How often a request is made before the store counts as unreachable; pauses between them double."""
_PART_BYTES = 32_000_000
_SHA256 = "sha256"
_ABSENT = {"404", "NoSuchKey", "NotFound"}


class S3Store:
    """Files under a prefix of a bucket.

    Parameters
    ----------
    address : `s3://bucket/prefix`.

    Raises
    ------
    JobInvalid : for another address.
    PartsMissing : where boto3 is not installed.
    StoreUnreachable : where the profile does not exist, or the endpoint is no address.

    """

    def __init__(self, address: str) -> None:
        require_parts(CLUSTER, "boto3")
        self._bucket, self._prefix = split_bucket(address)
        self.name = f"s3://{self._bucket}/{self._prefix}".rstrip("/")
        with self._explained():
            self._client = _client()

    def check(self) -> None:
        """Ask for the bucket once, so that a wrong name or wrong keys are known before the work.

        Raises
        ------
        StoreUnreachable

        """
        with self._explained():
            self._client.head_bucket(Bucket=self._bucket)

    def has(self, key: str, size_bytes: int, sha256: str) -> bool:
        """Whether an object of this size and hash is there already, by what was stored with it."""
        facts = self._facts(key)
        return facts is not None and (facts["ContentLength"], _stored_hash(facts)) == (size_bytes, sha256)

    def put(self, key: str, path: Path, sha256: str, on_bytes: OnBytes) -> None:
        """Send a file, and ask whether all of it is there.

        Raises
        ------
        StoreUnreachable : where the store refuses, does not answer, or has other bytes.

        """
        from boto3.s3.transfer import TransferConfig

        config = TransferConfig(multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES, max_concurrency=4)
        extra = {"Metadata": {_SHA256: sha256}}
        with self._explained():
            self._client.upload_file(
                str(path), self._bucket, self._key(key), ExtraArgs=extra, Callback=on_bytes, Config=config
            )
        if not self.has(key, path.stat().st_size, sha256):
            raise changed_file(self.name, key)

    def get(self, key: str, path: Path, on_bytes: OnBytes) -> None:
        """Write an object to a file.

        Raises
        ------
        StoreUnreachable : where it is missing, or the store refuses or does not answer.

        """
        with self._explained():
            self._client.download_file(self._bucket, self._key(key), str(path), Callback=on_bytes)

    def read(self, key: str, max_bytes: int) -> bytes | None:
        """A small object; None where there is none, or it is larger.

        Raises
        ------
        StoreUnreachable : where the store refuses or does not answer.

        """
        facts = self._facts(key)
        if facts is None or facts["ContentLength"] > max_bytes:
            return None
        with self._explained():
            content: bytes = self._client.get_object(Bucket=self._bucket, Key=self._key(key))["Body"].read(max_bytes)
        return content

    def _facts(self, key: str) -> dict[str, Any] | None:
        from botocore.exceptions import ClientError

        with self._explained():
            try:
                facts: dict[str, Any] = self._client.head_object(Bucket=self._bucket, Key=self._key(key))
            except ClientError as error:
                if _error_code(error) in _ABSENT:
                    return None
                raise
        return facts

    def _key(self, key: str) -> str:
        return f"{self._prefix}/{key}".lstrip("/")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn the library's errors into one of ours, with the store's own words and without any key."""
        from boto3.exceptions import Boto3Error
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            details = error.response.get("Error", {})
            reason = f"{_error_code(error)}: {details.get('Message', '')}"
            raise self._unreachable(reason) from None  # the error holds the request
        except (BotoCoreError, Boto3Error, ValueError, OSError) as error:
            raise self._unreachable(str(error)) from None

    def _unreachable(self, reason: str) -> StoreUnreachable:
        return StoreUnreachable(
            message("The store {store} cannot be used.", store=self.name), hide_secrets(reason)[:300]
        )


def _client() -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
    import boto3
    from botocore.config import Config

    session = boto3.Session(profile_name=os.environ.get(PROFILE_VARIABLE) or None)
    settings: dict[str, Any] = {
        "retries": {"mode": "standard", "total_max_attempts": ATTEMPTS},
        "connect_timeout": 10,
        "read_timeout": 60,
        # older servers know no other checksums than that of the signature
        "request_checksum_calculation": "when_required",
        "response_checksum_validation": "when_required",
        "s3": {"payload_signing_enabled": True},
    }
    region = session.region_name or _DEFAULT_REGION
    client = session.client("s3", region_name=region, config=Config(**settings))
    if not client.meta.endpoint_url.split("://")[-1].split("/")[0].endswith(_AWS_HOSTS):
        settings["s3"]["addressing_style"] = "path"  # a store of one's own rarely has a name for each bucket
        client = session.client("s3", region_name=region, config=Config(**settings))
    return client


def _error_code(error: Any) -> str:  # noqa: ANN401 - botocore has no types
    return str(error.response.get("Error", {}).get("Code", ""))


def _stored_hash(facts: dict[str, Any]) -> str:
    return str(facts.get("Metadata", {}).get(_SHA256, ""))
