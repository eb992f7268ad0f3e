"""A stand-in for /api/: answers as agreed, or as badly as a test wants. The engine's tests alone use it."""

import json
import re
import uuid

EVERY = re.compile(r"/api/(field|sync|photos)/")


class FakeServer:
    def __init__(self):
        self.epoch = str(uuid.uuid4())
        self.user = None
        self.items = {}
        self.photos = {}
        # What happened, in order: ("field",), ("sync", [ids], body), ("photo", id, offset, length).
        self.asked = []
        # Reasons by item id; ids that wait; a function that answers in the server's place.
        self.refuse, self.wait, self.instead = {}, set(), None
        self.lost = 0

    def sign_in(self, number, name, code, *, households=()):
        self.user = {"id": number, "name": name, "code": code, "households": list(households)}

    def on(self, context):
        context.route(EVERY, self.answer)

    def syncs(self):
        return [each for each in self.asked if each[0] == "sync"]

    def answer(self, route):
        request = route.request
        path = request.url.split("//", 1)[1].split("/", 1)[1].split("?")[0]
        if self.instead and self.instead(route, path):
            return
        if self.user is None:
            return _json(route, {"code": "sign_in", "detail": "请先登录"}, 401)
        if path == "api/field/":
            self.asked.append(("field",))
            return _json(route, self.snapshot())
        if path == "api/sync/":
            return self.sync(route, json.loads(request.post_data))
        return self.photo(route, path.split("/")[2], request)

    def snapshot(self):
        user = self.user
        return {
            "user": {"id": user["id"], "name": user["name"]},
            "cadre": {"code": user["code"], "name": user["name"]},
            "csrf_cookie": "csrftoken",
            "server_time": "2026-06-15T10:00:00+08:00",
            "today": "2026-06-15",
            "epoch": self.epoch,
            "duties": {"as_of": "2026-06-15T10:00:00+08:00", "sentences": [], "bars": []},
            "households": user["households"],
            "form": {"version": 1, "visit": {"day": {"label": "走访日期"}}, "trip": {}, "grievance": {}},
            **{name: [] for name in _LISTS.split()},
            "photos": {"a_visit": 9, "max_bytes": 10_485_760},
            "query_url": "https://example.test/public/case/#",
        }

    def sync(self, route, body):
        ids = [item["id"] for item in body["items"]]
        self.asked.append(("sync", ids, body))
        if body["author"] != self.user["code"]:
            return _json(route, {"code": "other_author"}, 409)
        results = [self._take(item) for item in body["items"]]
        if self.lost:
            self.lost -= 1
            return route.abort("connectionreset")
        return _json(route, {"epoch": self.epoch, "server_time": "", "results": results})

    def _take(self, item):
        number = item["id"]
        if number in self.refuse:
            return {"id": number, "status": "rejected", "errors": self.refuse[number]}
        parent = item["payload"].get("trip") or item["payload"].get("visit")
        if number in self.wait or (parent and parent not in self.items):
            return {"id": number, "status": "waiting"}
        if number in self.items:
            same = self.items[number] == item["payload"]
            status = "duplicate" if same else "rejected"
            errors = {} if same else {"__all__": ["这一条已经收到，内容不同，请在网页上修改"]}
            return {"id": number, "status": status, "errors": errors, "url": "/visits/1/"}
        self.items[number] = item["payload"]
        return {"id": number, "status": "accepted", "url": "/visits/1/"}

    def photo(self, route, number, request):
        query = dict(pair.split("=") for pair in request.url.split("?")[1].split("&"))
        offset, total = int(query["offset"]), int(query["total"])
        body = request.post_data_buffer or b""
        self.asked.append(("photo", number, offset, len(body)))
        if query["visit"] not in self.items:
            return _json(route, {"code": "waiting"}, 404)
        kept = self.photos.setdefault(number, b"")
        if len(kept) == total:
            return _json(route, {"received": total, "done": True})
        if offset != len(kept):
            return _json(route, {"received": len(kept)}, 409)
        self.photos[number] = kept + body
        if self.lost:
            self.lost -= 1
            return route.abort("connectionreset")
        received = len(self.photos[number])
        return _json(route, {"received": received, "done": received == total})


_LISTS = (
    "trips villages colleagues records_for categories kinds levels results clear seen talk_topics outcomes"
)


def _json(route, content, status=200):
    route.fulfill(
        status=status, content_type="application/json", body=json.dumps(content, ensure_ascii=False)
    )
