"""Rows of a batch share scenes and table: each gives the bytes of a run apart, and what was downloaded is not again."""

import csv
from pathlib import Path

import pytest
from allpa_engine.core.job import Job
from allpa_engine.core.protocol import NullReporter
from allpa_engine.run.pipeline import run_job
from sample_archive import serve_archive
from shapely.geometry import box, mapping

DISTRICTS = [mapping(box(-72.876 + 0.006 * n, -13.690, -72.870 + 0.006 * n, -13.679)) for n in range(3)]
SAME = ("landcover_2020.tif", "quality_2020.tif", "landcover_2020.png")


def district(folder, served, number, **values):
    job = Job(
        folder=str(folder / f"d{number}"), region=DISTRICTS[number], start="2020-01-01", end="2020-12-31",
        catalogue=served.stac_url, collection=served.collection, region_name=f"d{number}", threads=1, max_scenes=2,
        **values,
    )  # fmt: skip
    run_job(job, NullReporter())
    return Path(job.folder)


def sent_bytes(log, start=0):
    """Bytes of the files that the server sent, and the lines of its log so far."""
    lines = log.read_text().splitlines()
    return sum(int(line.split()[-1]) for line in lines[start:] if line.startswith("GET")), len(lines)


@pytest.fixture(scope="module")
def folders(sample, tmp_path_factory):
    """Folders of the districts apart and in a batch, and the bytes that each way took."""
    work = tmp_path_factory.mktemp("batch")
    log = work / "log"
    with serve_archive(sample, log) as served:
        apart = [district(work / "apart", served, number) for number in range(3)]
        apart_bytes, lines = sent_bytes(log)
        shared = {"cache_folder": str(work / "scenes"), "joint_table": str(work / "all.csv"), "catalogue_hours": 24}
        batch = [district(work / "batch", served, number, **shared) for number in range(3)]
        batch_bytes, _ = sent_bytes(log, lines)
    return apart, batch, apart_bytes, batch_bytes


def test_each_row_has_the_bytes_of_a_run_apart(folders):
    apart, batch, *_ = folders
    for one, other in zip(apart, batch, strict=True):
        names = [*SAME, *(f"predictions/{path.name}" for path in sorted((one / "predictions").glob("*.tif")))]
        assert len(names) > len(SAME)
        assert [name for name in names if (one / name).read_bytes() != (other / name).read_bytes()] == []
        assert (one / "areas_2020.csv").read_text() == (other / "areas_2020.csv").read_text()


def test_neighbours_download_less(folders):
    *_, apart_bytes, batch_bytes = folders
    assert batch_bytes < 0.75 * apart_bytes  # other scenes are chosen for some


def test_the_joint_table_has_a_row_for_each(folders):
    _, batch, *_ = folders
    with (batch[0].parents[1] / "all.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["region"] for row in rows] == ["d0", "d1", "d2"]
    assert {Path(row["map"]).parent for row in rows} == set(batch)
