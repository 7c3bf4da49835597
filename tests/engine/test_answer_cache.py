"""Answers of catalogues that are kept: what is asked again, what is not, and what never lies on the disk."""

import gzip
import os
import time
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from allpa_engine.core.catalogues import find_catalogue
from allpa_engine.geo.region import Region
from allpa_engine.search import search_scenes
from allpa_engine.search.answer_cache import AnswerCache
from allpa_engine.search.http_request import CatalogueRequest
from shapely.geometry import box
from stac_api import StacApi, serve_api
from stac_items import planetary_computer_item

DAYS = ["20200605", "20200615", "20200625"]
JUNE = ("2020-06-01", "2020-06-30")
DISTRICT = Region(box(-72.95, -13.55, -72.9, -13.5))
NEIGHBOUR = Region(box(-72.89, -13.5, -72.85, -13.45))
HOUR_S = 3600.0
BODY = b'{"features": []}'


@pytest.fixture
def answers(tmp_path):
    return AnswerCache(tmp_path / "answers", HOUR_S)


def request(**values):
    return CatalogueRequest(**{"url": "https://stac.example/search", "method": "POST", **values})


def make_api(days=DAYS, **options):
    return StacApi([planetary_computer_item(day) for day in days], **options)


def catalogue_at(url):
    return replace(find_catalogue("planetary_computer"), url=url)


def test_a_neighbouring_district_of_the_tile_uses_the_answers(answers):
    api = make_api(max_page_size=2)
    with serve_api(api) as url:
        options = {"catalogue": catalogue_at(url), "answers": answers}
        one = search_scenes(DISTRICT, *JUNE, **options)
        asked = len(api.searches)
        assert asked > 1  # of two pages
        neighbour = search_scenes(NEIGHBOUR, *JUNE, **options)
        assert len(api.searches) == asked
        assert one.scenes == neighbour.scenes
        api.items.append(planetary_computer_item("20200610"))
        assert len(search_scenes(DISTRICT, *JUNE, **options).scenes) == 3
        assert len(search_scenes(DISTRICT, *JUNE, catalogue=catalogue_at(url)).scenes) == 4


def test_answers_that_are_not_whole_are_asked_for_again(answers):
    api = make_api(["20200605", "20200606", "20200607"], max_page_size=1, next_links=False)
    with serve_api(api) as url:
        options = {"catalogue": catalogue_at(url), "answers": answers}
        assert len(search_scenes(DISTRICT, *JUNE, **options).scenes) < 3
        api.max_page_size = 100
        assert len(search_scenes(DISTRICT, *JUNE, **options).scenes) == 3


def test_answers_about_past_years_live_longer(answers, monkeypatch):
    this_year = datetime.now(timezone.utc).year
    past = request(parameters={"datetime": "2020-06-01T00:00:00Z/2020-07-01T00:00:00Z"})
    present = request(parameters={"datetime": f"{this_year}-01-01T00:00:00Z/{this_year}-02-01T00:00:00Z"})
    page = request(url="https://stac.example/search?datetime=2020-06-01%2F2020-07-01&page=2", method="GET")
    root = request(url="https://stac.example/", method="GET")
    for one in (past, present, page, root):
        answers.keep(one, BODY, one.url)
        assert answers.find(one) == (BODY, one.url)
    now = time.time()
    for passed_s, known in ((2 * HOUR_S, [past, page]), (31 * HOUR_S, []), (-60, [])):
        monkeypatch.setattr(time, "time", lambda passed_s=passed_s: now + passed_s)
        assert [one for one in (past, present, page, root) if answers.find(one)] == known


@pytest.mark.parametrize(
    ("asked", "body", "address"),
    [
        (request(url="https://user:secret@stac.example/"), BODY, "https://stac.example/"),
        (request(url="https://stac.example/?api_key=abcdef0123456789"), BODY, "https://stac.example/"),
        (request(headers={"Authorization": "Bearer abcdef"}), BODY, "https://stac.example/"),
        (request(), BODY, "https://stac.example/?token=abcdef0123456789"),
        (request(), b'{"a": {"href": "https://x.example/a.tif?X-Amz-Signature=ab12&sig=c"}}', "https://stac.example/"),
    ],
)
def test_nothing_that_may_hold_a_key_is_kept(answers, asked, body, address):
    answers.keep(asked, body, address)
    assert answers.find(asked) is None
    assert list(answers.folder.glob("*")) == []


@pytest.mark.parametrize("damage", ["cut", "noise", "empty", "edited", "of another request", "bomb"])
def test_damaged_and_edited_files_are_not_used(answers, damage):
    answers.keep(request(), BODY, "https://stac.example/")
    (path,) = answers.folder.glob("*")
    content = gzip.decompress(path.read_bytes())
    if damage == "of another request":
        content = content.replace(b"stac.example/search", b"evil.example/search")
    path.write_bytes(
        {
            "cut": path.read_bytes()[:-5],
            "noise": os.urandom(300),
            "empty": b"",
            "edited": gzip.compress(content.replace(b'"features": []', b'"features": [1]')),
            "of another request": gzip.compress(content),
            "bomb": gzip.compress(content + b" " * 70_000_000),
        }[damage]
    )
    assert answers.find(request()) is None
    answers.keep(request(), BODY, "https://stac.example/")
    assert answers.find(request()) == (BODY, "https://stac.example/")


def test_the_folder_stays_within_its_size(answers):
    for number in range(6):
        answers.keep(request(parameters={"n": number}), BODY, "https://stac.example/")
        os.utime(answers._path(request(parameters={"n": number})), (1e9 + number, 1e9 + number))
    size = max(path.stat().st_size for path in answers.folder.iterdir())
    answers.find(request(parameters={"n": 0}))  # used just now
    answers.trim(3 * size)
    left = [number for number in range(6) if answers.find(request(parameters={"n": number}))]
    assert left == [0, 4, 5]


def test_a_folder_that_cannot_be_written_keeps_nothing_and_harms_nothing(tmp_path):
    (tmp_path / "file").write_text("in the way")
    answers = AnswerCache(tmp_path / "file" / "answers", HOUR_S)
    answers.trim()
    answers.keep(request(), BODY, "https://stac.example/")
    assert answers.find(request()) is None
