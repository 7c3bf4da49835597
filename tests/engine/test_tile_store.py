"""Finished tiles in a shared folder and in a real S3 store: whole or absent, verified, never through a wrong name."""

import hashlib
import logging

import pytest
from allpa_engine.core.cluster_keys import split_bucket
from allpa_engine.core.errors import Cancelled, JobInvalid, StoreUnreachable
from allpa_engine.run.tile_files import stored_files
from allpa_engine.run.tile_store import download_tile, open_store, upload_tile
from hypothesis import given
from hypothesis import strategies as st
from s3_server import BUCKET, KEY, KEY_ID, program, serve_s3

RECEIPT = "tile.json"
CONTENT = {"landcover_2020.tif": b"\x01" * 5_000_001, "quality_2020.tif": b"", "areas_2020.csv": b"class,pixels\n"}


def files_of(content):
    return {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in content.items()}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if program() is None:
        pytest.skip("needs the S3 server of tests/requirements.in")
    pytest.importorskip("boto3")
    with serve_s3(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture(params=["folder", "bucket"])
def address(request, tmp_path, monkeypatch):
    """The address of an empty store of each kind."""
    if request.param == "folder":
        return str(tmp_path / "store")
    for name, value in request.getfixturevalue("server").environment().items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{tmp_path.name}"


@pytest.fixture
def tile(tmp_path):
    """The folder of a finished tile."""
    folder = tmp_path / "tile"
    folder.mkdir()
    for name, data in (CONTENT | {RECEIPT: b'{"tile": "18LYL"}'}).items():
        (folder / name).write_bytes(data)
    return folder


def test_a_tile_comes_back_byte_by_byte(address, tile, tmp_path):
    store = open_store(address)
    assert store.read(f"18LYL/{RECEIPT}", 1000) is None
    upload_tile(store, "18LYL", tile, files_of(CONTENT), RECEIPT)
    assert store.read(f"18LYL/{RECEIPT}", 1000) == b'{"tile": "18LYL"}'
    download_tile(open_store(address), "18LYL", tmp_path / "back", files_of(CONTENT), RECEIPT)
    back = {path.name: path.read_bytes() for path in (tmp_path / "back").iterdir()}
    assert back == CONTENT | {RECEIPT: b'{"tile": "18LYL"}'}


def test_an_upload_that_was_stopped_leaves_no_receipt_and_is_continued(address, tile):
    store, sent = open_store(address), []

    def stop(count):
        raise Cancelled("stopped")

    first = dict(list(files_of(CONTENT).items())[1:])
    for name, (_, sha256) in first.items():
        store.put(f"18LYL/{name}", tile / name, sha256, lambda count: None)
    with pytest.raises(Cancelled):
        upload_tile(store, "18LYL", tile, files_of(CONTENT), RECEIPT, stop)
    assert store.read(f"18LYL/{RECEIPT}", 1000) is None
    upload_tile(store, "18LYL", tile, files_of(CONTENT), RECEIPT, sent.append)
    assert sum(sent) == len(CONTENT["landcover_2020.tif"]) + (tile / RECEIPT).stat().st_size
    assert store.read(f"18LYL/{RECEIPT}", 1000)


@pytest.mark.parametrize("changed", [b"\x01" * 5_000_000 + b"\x02", b"\x01" * 10])
def test_a_file_that_was_changed_in_the_store_is_refused_and_leaves_no_receipt(address, tile, tmp_path, changed):
    store = open_store(address)
    upload_tile(store, "18LYL", tile, files_of(CONTENT), RECEIPT)
    (tmp_path / "other").write_bytes(changed)
    store.put("18LYL/landcover_2020.tif", tmp_path / "other", hashlib.sha256(changed).hexdigest(), lambda count: None)
    with pytest.raises(StoreUnreachable, match="is not the one that was stored"):
        download_tile(store, "18LYL", tmp_path / "back", files_of(CONTENT), RECEIPT)
    assert list((tmp_path / "back").glob("*")) == []


def test_a_file_that_is_missing_in_the_store_is_named(address, tile, tmp_path):
    store = open_store(address)
    with pytest.raises(StoreUnreachable) as caught:
        download_tile(store, "18LYL", tmp_path / "back", files_of(CONTENT), RECEIPT)
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("variable", "value", "bucket"),
    [
        ("AWS_SECRET_ACCESS_KEY", "wrong-key-of-a-stranger", BUCKET),
        ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9", BUCKET),
        ("AWS_ENDPOINT_URL_S3", "not an address", BUCKET),
        ("ALLPA_STORE_PROFILE", "no-such-profile", BUCKET),
        ("AWS_REGION", "us-east-1", "no-such-bucket"),
    ],
)
def test_a_store_that_refuses_is_named_before_the_work_and_no_key_is_shown(
    server, monkeypatch, caplog, variable, value, bucket
):
    for name, text in (server.environment() | {variable: value}).items():
        monkeypatch.setenv(name, text)
    monkeypatch.setattr("allpa_engine.run.s3_store.ATTEMPTS", 1)
    with caplog.at_level(logging.INFO), pytest.raises(StoreUnreachable) as caught:
        open_store(f"s3://{bucket}/x").check()
    assert f"s3://{bucket}/x" in caught.value.what
    shown = f"{caught.value} {caught.value.__cause__} {caplog.text}"
    assert KEY not in shown
    assert KEY_ID not in shown


def test_keys_of_the_store_may_stand_in_a_profile_of_their_own(server, tile, tmp_path, monkeypatch):
    """A catalogue's keys in the environment are not those of the store."""
    keys = f"aws_access_key_id = {KEY_ID}\naws_secret_access_key = {KEY}\nendpoint_url = {server.url}\n"
    (tmp_path / "config").write_text(f"[profile store]\n{keys}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "KEYOFACATALOGUE12345")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another key")
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    monkeypatch.setenv("ALLPA_STORE_PROFILE", "store")
    store = open_store(f"s3://{BUCKET}/profile")
    upload_tile(store, "18LYL", tile, files_of(CONTENT), RECEIPT)
    listed = server.client().list_objects_v2(Bucket=BUCKET, Prefix="profile/")["Contents"]
    assert {entry["Key"] for entry in listed} == {f"profile/18LYL/{name}" for name in [*CONTENT, RECEIPT]}


@pytest.mark.parametrize(
    "address",
    [
        "s3://",
        "s3://UPPER/x",
        "s3://key:secret@maps/x",
        "https://maps/x",
        "s3://maps/../x",
        "s3://maps/a//b",
        "s3://maps/x?y",
    ],
)  # fmt: skip
def test_an_address_that_is_no_bucket_is_refused_without_showing_it(address):
    with pytest.raises(JobInvalid) as caught:
        split_bucket(address)
    assert "secret" not in str(caught.value)


@given(st.one_of(st.text(), st.just("a\x00"), st.sampled_from(["..", ".", "/etc/passwd", "C:x", "a\\b", "a/b", ""])))
def test_a_receipt_can_name_files_of_its_own_folder_only(name):
    files = stored_files({name: {"size_bytes": 3, "sha256": "0" * 64}})
    if files is not None:
        assert name not in ("", ".", "..")
        assert not set(name) & set("/\\:\0")


@pytest.mark.parametrize(
    "facts",
    [
        None, {}, {"size_bytes": -1, "sha256": "0" * 64}, {"size_bytes": True, "sha256": "0" * 64},
        {"size_bytes": 1, "sha256": "x"}, {"size_bytes": "1", "sha256": "0" * 64},
    ],
)  # fmt: skip
def test_a_receipt_with_wrong_facts_does_not_count(facts):
    assert stored_files({"landcover_2020.tif": facts}) is None
