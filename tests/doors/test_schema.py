"""The OpenAPI document says what the forms read."""

import pytest
from django.test import Client

from lianhu.doors.sync_kinds import KINDS

pytestmark = pytest.mark.django_db


@pytest.fixture
def document():
    answer = Client().get("/api/schema/")
    assert answer.status_code == 200
    return answer.json()


def test_each_kind_has_its_payload_with_the_forms_own_fields(document):
    for name, kind in KINDS.items():
        payload = document["components"]["schemas"][f"{name.capitalize()}Payload"]
        assert set(payload["properties"]) == set(kind.form.base_fields)
        assert payload["required"] == [key for key, field in kind.form.base_fields.items() if field.required]


def test_every_reference_leads_somewhere(document):
    schemas = document["components"]["schemas"]

    def references(part):
        if isinstance(part, dict):
            if "$ref" in part:
                yield part["$ref"].removeprefix("#/components/schemas/")
            for each in part.values():
                yield from references(each)
        elif isinstance(part, list):
            for each in part:
                yield from references(each)

    assert set(references(document)) <= set(schemas)
