"""A phone as the server meets it: items with ids of their own, sent in batches."""

import json
import uuid

from lianhu.kit import clock


def item(kind, payload, *, id=None, at=None):
    return {
        "id": id or str(uuid.uuid4()),
        "kind": kind,
        "captured_at": (at or clock.now()).isoformat(),
        "form": 1,
        "payload": payload,
    }


def trip(village, begins_on, ends_on=None, **more):
    return item(
        "trip", {"village": village.code, "begins_on": begins_on, "ends_on": ends_on or begins_on}, **more
    )


def visit(household, day, *, id=None, at=None, **said):
    words = {"difficulties": "无", "opinions": "无"}
    return item("visit", {"household": household.code, "day": day} | words | said, id=id, at=at)


def matter(household, *, id=None, at=None, **said):
    words = {
        "category": "饮水用电",
        "title": "引水管冻裂",
        "content": "引水管一到冬天就冻裂。",
        "level": "village",
    }
    return item("grievance", {"household": household.code} | words | said, id=id, at=at)


def send(client, items, **batch):
    """The whole answer."""
    body = {"items": items} | batch
    return client.post("/api/sync/", json.dumps(body), content_type="application/json")


def results(client, items, **batch):
    answer = send(client, items, **batch)
    assert answer.status_code == 200, answer.content.decode()
    return answer.json()["results"]


def statuses(client, items, **batch):
    return [result["status"] for result in results(client, items, **batch)]
