"""A search is whole, or says how much of it is missing: against services whose pages repeat, are empty or end early."""

import json
from dataclasses import replace

import pytest
from allpa_engine.core.catalogues import CATALOGUES
from allpa_engine.core.errors import CatalogueUnreachable
from allpa_engine.core.retry import RetryPolicy
from allpa_engine.geo.region import Region
from allpa_engine.search import paging, retrying_io, search_scenes
from shapely.geometry import box
from stac_api import StacApi, serve_api
from stac_items import TILE, planetary_computer_item

REGION = Region(box(-72.95, -13.55, -72.85, -13.45))
DAYS = [f"202006{day:02d}" for day in range(3, 27, 2)]
ITEMS = [planetary_computer_item(day) for day in DAYS]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    """Pauses of milliseconds, so that the tests do not sleep."""
    monkeypatch.setattr(retrying_io, "SEARCH_POLICY", RetryPolicy(pause_s=0.002, max_pause_s=0.01))


class OddPages(StacApi):
    """A service of five items a page whose links do something odd from the second page on."""

    def __init__(self, items, odd, *, counts=True, **options):
        super().__init__(items, **options)
        self.odd, self.counts = odd, counts

    def search(self, body):
        status, headers, text = super().search(body)
        if status != 200:
            return status, headers, text
        page = json.loads(text)
        token = body.get("token", 0)
        if not self.counts:
            del page["numberMatched"]
        link = page["links"][0] if page["links"] else None
        if self.odd == "repeats itself" and token == 5 and link:
            link["body"]["token"] = 5
        elif self.odd == "goes back" and token == 5 and link:
            link["body"]["token"] = 0
        elif self.odd == "known items" and token >= 5:
            page["features"] = self.items[:5]
            page["links"] = [{"rel": "next", "method": "POST", "href": f"{self.url}/search"}]
            page["links"][0]["body"] = {**body, "token": token + 1}
        elif self.odd == "empty in the middle" and token == 5 and not body.get("skip"):
            page["features"] = []
            page["links"] = [{"rel": "next", "method": "POST", "href": f"{self.url}/search"}]
            page["links"][0]["body"] = {**body, "token": 5, "skip": 1}
        elif self.odd == "ends early" and token == 5:
            page["links"] = []
        elif self.odd == "broken links":
            page["links"] = [None, 3, {"rel": "next"}, {"rel": "next", "href": 7}]
        return 200, {}, json.dumps(page).encode()


ODD = ["repeats itself", "goes back", "known items", "empty in the middle", "ends early", "broken links"]


def search(api, page_size=5):
    with serve_api(api) as url:
        catalogue = replace(CATALOGUES["planetary_computer"], url=url, page_size=page_size)
        return search_scenes(REGION, "2020-06-01", "2020-06-30", catalogue=catalogue, answer_timeout_s=10)


def days(found):
    return [scene.date.replace("-", "") for scene in found.scenes]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("extensions", [("query", "sort"), ("filter", "sort"), ("query",)])
def test_all_items_are_found_whatever_the_links_do(odd, extensions):
    found = search(OddPages(ITEMS, odd, extensions=extensions))
    assert days(found) == DAYS
    assert found.warnings == ()


@pytest.mark.parametrize("odd", ["repeats itself", "goes back", "known items", "broken links"])
def test_without_a_count_pages_that_repeat_are_completed_by_id(odd):
    assert days(search(OddPages(ITEMS, odd, counts=False, extensions=("query", "sort")))) == DAYS


def same_day(count):
    """Items of one day, which no shorter period tells apart."""
    return [
        planetary_computer_item("20200601", generation_time=f"20200602T{n:06d}", strip=f"20200601T15{n:04d}")
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("odd", "count"), [("repeats itself", 10), ("goes back", 10), ("known items", 5), ("ends early", 10)]
)
def test_what_cannot_be_completed_is_reported_with_its_numbers(odd, count):
    found = search(OddPages(same_day(23), odd, extensions=("query",)))
    (warning,) = found.warnings
    assert warning == (
        f"Microsoft Planetary Computer returned only {count} of 23 items for {TILE} in 2020-06: scenes may be missing."
    )
    assert warning in found.notes


def test_a_count_in_the_context_is_heeded_too():
    class Context(OddPages):
        def search(self, body):
            status, headers, text = super().search(body)
            page = json.loads(text)
            page["context"] = {"matched": page.pop("numberMatched")}
            return status, headers, json.dumps(page).encode()

    assert days(search(Context(ITEMS, "ends early", extensions=("query", "sort")))) == DAYS


@pytest.mark.parametrize("count", ["12", None, True, -1, 1e400, {"a": 1}])
def test_a_count_that_is_no_number_changes_nothing(count):
    class Odd(StacApi):
        def search(self, body):
            status, headers, text = super().search(body)
            return status, headers, json.dumps({**json.loads(text), "numberMatched": count}).encode()

    found = search(Odd(ITEMS), page_size=5)
    assert days(found) == DAYS
    assert found.warnings == ()


def test_a_service_that_declares_sorting_and_rejects_it_is_reported_as_incomplete():
    class NoSort(OddPages):
        def search(self, body):
            return (400, {}, b"no sorting") if "sortby" in body else super().search(body)

    found = search(NoSort(same_day(12), "ends early", extensions=("query", "sort")))
    assert "returned only 10 of 12 items" in found.warnings[0]


class Endless(StacApi):
    """New ids on every page, for ever."""

    def search(self, body):
        self.searches.append(body)
        number = body.get("token", 0)
        features = [{**self.items[0], "id": f"{number}-{n}"} for n in range(body["limit"])]
        link = {"rel": "next", "method": "POST", "href": f"{self.url}/search", "body": {**body, "token": number + 1}}
        return 200, {}, json.dumps({"type": "FeatureCollection", "features": features, "links": [link]}).encode()


@pytest.mark.parametrize(
    ("bound", "value", "why"),
    [
        ("MAX_QUERY_ITEMS", 60, "It has more than 60 items for one query."),
        ("MAX_QUERY_PAGES", 7, "It has more than 7 pages for one query."),
    ],
)
@pytest.mark.parametrize("extensions", [("query",), ("query", "sort")])
def test_endless_pages_end_at_a_bound_that_is_named(monkeypatch, bound, value, why, extensions):
    monkeypatch.setattr(paging, bound, value)
    api = Endless(ITEMS, extensions=extensions)
    with pytest.raises(CatalogueUnreachable, match="cannot be searched") as caught:
        search(api)
    assert caught.value.why == why
    assert "smaller region" in caught.value.next_step
    assert len(api.searches) < 15


def test_endless_empty_pages_end():
    class Empty(Endless):
        def search(self, body):
            status, headers, text = super().search(body)
            return status, headers, json.dumps({**json.loads(text), "features": []}).encode()

    api = Empty(ITEMS)
    with pytest.raises(Exception, match="returned only 0 of"):
        search(api)
    assert len(api.searches) < 200


@pytest.mark.parametrize("odd", ["", "empty in the middle", "ends early"])
def test_a_list_of_items_on_the_network_is_read_to_its_end(odd):
    class Listed(OddPages):
        def root(self):
            return json.loads(self.search({"datetime": "2020-01-01T00:00:00Z/2020-12-31T00:00:00Z", "limit": 5})[2])

    api = Listed(ITEMS, odd, extensions=())
    with serve_api(api) as url:
        found = search_scenes(REGION, "2020-06-01", "2020-06-30", catalogue=url)
    if odd == "ends early":
        assert days(found) == DAYS[:10]
        assert "holds only 10 of 12 items: scenes may be missing." in found.warnings[0]
    else:
        assert days(found) == DAYS
        assert found.warnings == ()


@pytest.mark.parametrize(
    "more", [{"numberMatched": 12}, {"links": [{"rel": "next", "href": "https://stac.test/search?page=2"}]}]
)
def test_a_page_that_was_saved_to_a_file_is_reported_as_incomplete(tmp_path, more):
    path = tmp_path / "items.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": ITEMS[:5], **more}))
    found = search_scenes(REGION, "2020-06-01", "2020-06-30", catalogue=str(path))
    assert days(found) == DAYS[:5]
    assert "holds only 5 of " in found.warnings[0]


@pytest.mark.parametrize("body", [None, {}, "everything"])
def test_a_next_link_that_lost_the_search_walks_no_foreign_collection(body):
    """Without its conditions the second page is of the service's whole archive."""
    foreign = [
        {**planetary_computer_item("20200602"), "id": f"L{n}", "collection": "landsat-c2-l2"} for n in range(900)
    ]

    class Losing(StacApi):
        def search(self, asked):
            self.searches.append(asked)
            token = int(asked.get("token", 0)) if isinstance(asked, dict) else 0
            if "query" in asked:
                found, matched = [item for item in self.items if item["collection"] == "sentinel-2-l2a"][:5], None
            else:
                found, matched = foreign[5 * token : 5 * token + 5], 900
            link = {"rel": "next", "method": "POST", "href": f"{self.url}/search"}
            link["body"] = body if body != "everything" else {"token": token + 1}
            if link["body"] is None:
                del link["body"]
            page = {"type": "FeatureCollection", "features": found, "links": [link]}
            return 200, {}, json.dumps(page | ({"numberMatched": matched} if matched else {})).encode()

    api = Losing([*ITEMS, *foreign], extensions=("query",))
    found = search(api)
    assert {scene.collection for scene in found.scenes} == {"sentinel-2-l2a"}
    assert "scenes may be missing" in found.warnings[0]
    assert len(api.searches) < 200


def test_a_crowd_in_one_month_does_not_leave_the_next_month_in_parts():
    """What shorter periods cannot complete in one month, they may in another."""
    july = [planetary_computer_item(f"202007{day:02d}") for day in range(1, 29, 2)]
    api = OddPages([*same_day(23), *july], "ends early", extensions=("query",))
    with serve_api(api) as url:
        catalogue = replace(CATALOGUES["planetary_computer"], url=url, page_size=5)
        found = search_scenes(REGION, "2020-06-01", "2020-07-31", catalogue=catalogue)
    assert [day for day in days(found) if day >= "202007"] == [scene["id"][11:19] for scene in july]
    assert len(found.warnings) == 1
    assert "in 2020-06" in found.warnings[0]
