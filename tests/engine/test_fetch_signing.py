"""Signed URLs: one signature per container, refreshed early, dropped when refused, S3 keys by AWS's own example."""

import json
import threading
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import pytest
from allpa_engine.core.errors import S3KeysMissing, SceneUnreadable
from allpa_engine.core.retry import RetryPolicy
from allpa_engine.core.scene import Asset
from allpa_engine.fetch.http import Connection
from allpa_engine.fetch.remote_file import RemoteFile
from allpa_engine.fetch.signing import NoSigner, PlanetarySigner, S3Signer, presign_url, signer_for
from fault_server import Faults, FaultServer

QUICK = RetryPolicy(attempts=4, pause_s=0.01, busy_pause_s=0.01, max_read_timeout_s=0.5)
HREF = "https://account.blob.test/container/folder/B02.tif"


def offer(folder, name, lifetime_s, place="account/container"):
    """Put a signature where the signing service would hand it out."""
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    expiry = datetime.now(timezone.utc) + timedelta(seconds=lifetime_s)
    path.write_text(json.dumps({"msft:expiry": expiry.strftime("%Y-%m-%dT%H:%M:%SZ"), "token": f"sig={name}"}))


@pytest.fixture
def service(tmp_path):
    with FaultServer(tmp_path) as server:
        server.signer = PlanetarySigner(Connection(QUICK), server.url, ".blob.test")
        yield server


def test_one_signature_serves_its_container_until_it_runs_low(service):
    offer(service.folder, "first", 3600)
    assert service.signer.sign(HREF) == f"{HREF}?sig=first"
    assert service.signer.sign(HREF.replace("B02", "B03")).endswith("B03.tif?sig=first")
    assert len(service.requests) == 1
    offer(service.folder, "short", 100, "account/other")
    offer(service.folder, "later", 3600)
    other = HREF.replace("container", "other")
    assert service.signer.sign(other).endswith("sig=short")
    assert service.signer.sign(other).endswith("sig=short")
    assert len(service.requests) == 3  # less than five minutes left: asked again each time


def test_a_refused_signature_is_dropped(service):
    offer(service.folder, "first", 3600)
    service.signer.sign(HREF)
    offer(service.folder, "second", 3600)
    service.signer.handle_refusal(HREF)
    assert service.signer.sign(HREF).endswith("sig=second")


def test_a_signature_that_had_run_out_is_asked_for_again_and_then_tried(service):
    offer(service.folder, "stale", -100)
    assert service.signer.sign(HREF).endswith("sig=stale")
    assert len(service.requests) == 3


def test_faults_of_the_signing_service_are_retried_and_a_dead_one_is_reported(service):
    offer(service.folder, "first", 3600)
    service.faults = Faults(queued={"account": ["500", "429", "truncated"]})
    assert service.signer.sign(HREF).endswith("sig=first")
    service.faults = Faults(fail_every=1, kinds=("503",))
    with pytest.raises(SceneUnreadable):
        service.signer.sign(HREF.replace("container", "other"))


def test_other_hosts_and_signed_hrefs_stay_as_they_are(service):
    for href in ("https://elsewhere.test/container/B02.tif", f"{HREF}?st=1&se=2&sp=r&sig=x", "/data/B02.tif"):
        assert service.signer.sign(href) == href
    assert service.requests == []


def test_threads_share_one_request(service):
    offer(service.folder, "first", 3600)
    service.faults.delay_s = 0.1
    threads = [threading.Thread(target=service.signer.sign, args=(HREF,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(service.requests) == 1


def test_a_403_in_the_middle_fetches_a_new_signature_once(tmp_path):
    data = bytes(range(256)) * 1000
    (tmp_path / "file").write_bytes(data)

    class Turning(NoSigner):
        def __init__(self):
            self.names = ["old", "new", "newer"]

        def sign(self, href):
            return f"{href}?sig={self.names[0]}"

        def handle_refusal(self, href):
            self.names.pop(0)

    with FaultServer(tmp_path, Faults(required_query="sig=old")) as server:
        remote = RemoteFile(Asset(f"{server.url}/file"), Connection(QUICK), Turning())
        assert remote.read(0, 1000) == data[:1000]
        server.faults.required_query = "sig=new"
        assert remote.read(1000, 9000) == data[1000:9000]
        assert [parse_qs(urlsplit(url).query)["sig"] for url in server.requests] == [["old"], ["old"], ["new"]]
        server.faults.required_query = "sig=none"
        with pytest.raises(SceneUnreadable, match="denied twice"):
            remote.read(9000, 9100)


def test_presigned_url_of_the_aws_documentation():
    """The worked example of 'Authenticating Requests: Using Query Parameters' (AWS Signature Version 4)."""
    moment = datetime(2013, 5, 24, tzinfo=timezone.utc).timestamp()
    example = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # pragma: allowlist secret
    url = presign_url(
        "https://examplebucket.s3.amazonaws.com/test.txt", "AKIAIOSFODNN7EXAMPLE", example, "us-east-1", moment, 86400
    )
    assert url.endswith(
        "X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"  # pragma: allowlist secret
    )


def test_s3_keys_come_from_the_environment_and_stay_out_of_the_path():
    keys = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "hidden"}  # pragma: allowlist secret
    url = S3Signer(keys).sign("s3://eodata/Sentinel-2/B02_10m.jp2")
    assert url.startswith("https://eodata.dataspace.copernicus.eu/eodata/Sentinel-2/B02_10m.jp2?X-Amz-Algorithm=")
    assert "hidden" not in url
    assert S3Signer(keys).sign("https://elsewhere.test/a.tif") == "https://elsewhere.test/a.tif"
    with pytest.raises(S3KeysMissing, match="S3 keys"):
        S3Signer({}).sign("s3://eodata/a.jp2")


@pytest.mark.parametrize(
    ("catalogue", "kind"),
    [
        ("planetary_computer", PlanetarySigner),
        ("https://planetarycomputer.microsoft.com/api/stac/v1", PlanetarySigner),
        ("cdse", S3Signer),
        ("https://stac.dataspace.copernicus.eu/v1", S3Signer),
        ("earth_search", NoSigner),
        ("https://stac.example.org", NoSigner),
    ],
)
def test_each_catalogue_has_its_signer(catalogue, kind):
    assert isinstance(signer_for(catalogue), kind)
