"""A STAC API on loopback that fails on demand: answers from a script first, then truthfully."""

import json
import threading
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

EXTENSIONS = ("query", "filter", "sort")


class StacApi:
    """What the server knows and how it behaves; `faults` are used up one per search request."""

    def __init__(
        self,
        items,
        *,
        extensions=("query",),
        next_links=True,
        merge=False,
        max_limit=10_000,
        faults=(),
        timeout_after_days=None,
        max_page_size=10_000,
        post=True,
    ):
        self.items, self.extensions, self.next_links, self.max_limit = items, extensions, next_links, max_limit
        self.merge, self.max_page_size, self.post = merge, max_page_size, post
        self.faults, self.timeout_after_days = list(faults), timeout_after_days
        self.searches = []
        self.url = ""

    def root(self):
        conforms = ["core", "collections", "ogcapi-features", "item-search"]
        conforms += [f"item-search#{name}" for name in self.extensions]
        return {
            "type": "Catalog",
            "stac_version": "1.0.0",
            "id": "faulty",
            "description": "fails on demand",
            "conformsTo": [f"https://api.stacspec.org/v1.0.0/{name}" for name in conforms],
            "links": [
                {"rel": "self", "href": self.url},
                {"rel": "root", "href": self.url},
                {"rel": "data", "href": f"{self.url}/collections"},
                {"rel": "search", "href": f"{self.url}/search", "type": "application/geo+json", "method": "POST"},
            ],
        }

    def collections(self):
        names = sorted({item["collection"] for item in self.items} | {"landsat-c2-l2"})
        extent = {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[None, None]]}}
        shared = {"type": "Collection", "stac_version": "1.0.0", "description": "x", "license": "other", "links": []}
        return {"collections": [{**shared, "id": name, "extent": extent} for name in names], "links": []}

    def search(self, body):
        """Status, headers and body of an answer."""
        self.searches.append(body)
        if self.faults:
            return self.faults.pop(0)
        start, end = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in body["datetime"].split("/"))
        if self.timeout_after_days is not None and (end - start).days > self.timeout_after_days:
            return 504, {}, b"upstream request timeout"
        if body["limit"] > self.max_limit:
            return 502, {}, b'{"message": "Internal server error"}'
        found = [item for item in self.items if self._matches(item, body, start, end)]
        if "sortby" in body:
            found.sort(key=lambda item: item["id"])
        skip = body.get("token", 0)
        size = min(body["limit"], self.max_page_size)
        page = {"type": "FeatureCollection", "features": found[skip : skip + size], "links": []}
        page["numberMatched"] = len(found)
        if self.next_links and skip + size < len(found):
            next_body = {**({} if self.merge else body), "token": skip + size}
            page["links"] = [{"rel": "next", "method": "POST", "href": f"{self.url}/search", "body": next_body}]
            page["links"][0]["merge"] = self.merge
        return 200, {}, json.dumps(page).encode()

    def _matches(self, item, body, start, end):
        sensed = datetime.fromisoformat(item["properties"]["datetime"].replace("Z", "+00:00"))
        values = {**item["properties"], "id": item["id"]}
        conditions = [(name, *test) for name, tests in body.get("query", {}).items() for test in tests.items()]
        if "filter" in body:
            parts = body["filter"]["args"] if body["filter"]["op"] == "and" else [body["filter"]]
            words = {"=": "eq", ">": "gt"}
            conditions += [(part["args"][0]["property"], words[part["op"]], part["args"][1]) for part in parts]
        return (
            start <= sensed <= end
            and item["collection"] in body.get("collections", [item["collection"]])
            and all(
                {"eq": values.get(name) == to, "gt": str(values.get(name)) > str(to)}[how]
                for name, how, to in conditions
            )
            and ("bbox" not in body or _overlap(item["bbox"], body["bbox"]))
        )


def _body_from_query(words):
    """A search body from the words of a GET request."""
    body = {name: values[0] for name, values in parse_qs(words).items()}
    body["limit"] = int(body["limit"])
    body["collections"] = body["collections"].split(",")
    body["bbox"] = [float(edge) for edge in body["bbox"].split(",")]
    return body


def _overlap(one, other):
    return one[0] <= other[2] and one[2] >= other[0] and one[1] <= other[3] and one[3] >= other[1]


@contextmanager
def serve_api(api):
    """Serve `api` on loopback; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            path, _, words = self.path.partition("?")
            if path == "/search":
                return self._answer(*api.search(_body_from_query(words)))
            documents = {"/": api.root, "/collections": api.collections}
            made = documents.get(path or "/")
            return self._answer(*((200, {}, json.dumps(made()).encode()) if made else (404, {}, b"{}")))

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer(*(api.search(body) if api.post else (405, {}, b'{"detail": "Method Not Allowed"}')))

        def _answer(self, status, headers, body):
            if status == 0:  # hang up without an answer
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": len(body), **headers}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield api.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
