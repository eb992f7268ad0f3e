"""A word of its own in every household, record, matter and number; each person fetches every address.

A word outside one's scope is a leak, one inside it that cannot be reached a lock-out. Asked again after
a handover, a transfer, a cover, and the end of a post.
"""

import dataclasses
import io
import uuid

import openpyxl
import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from grievances.models import Filing, Grievance, Objection
from lianhu.kit import clock
from lianhu.kit.privacy import keyed_hash, seal
from registry.models import Cadre, Household, Pairing
from tests import county
from tests.access.test_every_url import ROWS
from tests.grievances import ledger
from tests.registry.test_scope import HOUSEHOLDS

pytestmark = pytest.mark.django_db

NUMBERS = {
    "household": ("13800138001", "513224199003150019"),
    "other_household": ("13900139002", "11010519491231002X"),
}


def flipped(people):
    """The same county seen from the other side, so that each address is asked of both halves."""
    fields = {field.name for field in dataclasses.fields(people)}
    pairs = {"unit": "other_unit", "township": "other_township", "village": "other_village"}
    pairs |= {"household": "other_household", "cadre": "stranger"}
    pairs |= {name.removeprefix("stranger_"): name for name in fields if name.startswith("stranger_")}
    swapped = {one: getattr(people, other) for one, other in pairs.items()}
    swapped |= {other: getattr(people, one) for one, other in pairs.items()}
    return dataclasses.replace(people, **swapped)


KINDS = (
    *("head", "address", "reason", "said", "title", "content"),
    *("event", "asked", "notice", "attached", "objection", "draft", "filed", "filer"),
)
# What is not for everyone in scope: public texts while they are written, and what residents filed.
DESKS = {"branch", "township_liaison", "office"}
FOR_DESKS = {"draft", "filed", "filer"}
FILER_PHONE = "13700137001"


def words(half):
    """What tells of one family: its name, what was said and asked there, and what became of it."""
    return {kind: f"canary-{half}-{kind}" for kind in KINDS}


@pytest.fixture
def people(on_day):
    on_day("2026-06-15")
    people = county.build()
    for half, (phone, id_number) in NUMBERS.items():
        home, word = getattr(people, half), words(half)
        cadre = people.cadre if half == "household" else people.stranger
        Household.objects.filter(pk=home.pk).update(
            head_name=word["head"],
            address=word["address"],
            is_hardship=True,
            hardship_reason=word["reason"],
            phone_sealed=seal(phone, f"household:{home.code}:phone"),
            phone_hash=keyed_hash(phone, "phone"),
            phone_tail_hash=keyed_hash(phone[-4:], "phone_tail"),
            id_number_sealed=seal(id_number, f"household:{home.code}:id_number"),
            id_number_hash=keyed_hash(id_number, "id_number"),
        )
        county.add_trip(cadre, home.village, "2026-06-03")
        county.add_visit(cadre, home, "2026-06-03", record={"difficulties": word["said"]})
        fill_ledger(people, home, cadre, word)
    return people


def fill_ledger(people, home, cadre, word):
    """A matter in work, one to be published, one with an objection, and one filed by a resident."""
    now, by = clock.now(), {"by": cadre.user, "recorded_at": clock.now()}
    matter = county.add_grievance(household=home, handler=cadre, title=word["title"], content=word["content"])
    note = matter.events.create(action="note", to_state="assigned", on=now.date(), reason=word["event"], **by)
    told = {"way": "phone", "told_at": now, "told_by": cadre.user, "remark": word["notice"]}
    matter.family_notices.create(occasion="register", event=note, text="已经挂号", **told)
    asked = {"kind": "extension", "days": 5, "asked_at": now, "asked_by": cadre.user}
    matter.requests.create(reason=word["asked"], **asked)
    file = {"content_type": "application/pdf", "digest": "0" * 64, "size": 1, "added_at": now}
    matter.attachments.create(name=word["attached"], added_by=cadre.user, **file)
    closed = county.add_grievance(household=home, handler=cadre, closed_on="2026-06-10")
    closed.publications.create(title=word["draft"], question="水管", answer="修好了")
    up = ledger.matter(people, "published", household=home, handler=cadre)
    ledger.objection(up)
    Objection.objects.filter(publication__grievance=up).update(text=word["objection"])
    form_id = uuid.uuid4()
    Filing.objects.create(
        village=home.village,
        kind="livelihood",
        title="漏水",
        content=word["filed"],
        filer_name=word["filer"],
        phone_sealed=seal(FILER_PHONE, f"filing:{form_id}:phone"),
        query_code_hash=form_id.bytes,
        filed_at=now,
        form_id=form_id,
    )


def text_of(answer):
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if "spreadsheet" in answer.get("Content-Type", ""):
        book = openpyxl.load_workbook(io.BytesIO(body))
        return "\n".join(
            str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row
        )
    return body.decode(errors="replace")


def addresses(people):
    for half in (people, flipped(people)):
        for name, row in ROWS.values():
            if row.method == "get":
                yield reverse(name, args=row.args(half)) + row.query
        for query in ("canary", half.household.code, "8001", "13800138001", "513224199003150019"):
            yield f"/households/?q={query}"
    for number in Grievance.objects.values_list("number", flat=True):
        yield reverse("matter", args=[number])
    for pk in Filing.objects.values_list("pk", flat=True):
        yield reverse("filing", args=[pk])
    for pk in AuditEntry.objects.values_list("pk", flat=True):
        yield f"/audit/{pk}/"


def everything_seen_by(client, people):
    found = []
    opens_log = True
    for address in dict.fromkeys(addresses(people)):
        is_entry = address.startswith("/audit/") and address[7:-1].isdigit()
        # Who may not read one entry of the log may read none: a role decides, not the entry.
        if is_entry and not opens_log:
            continue
        answer = client.get(address)
        assert answer.status_code < 500, address
        opens_log = opens_log and not (is_entry and answer.status_code == 404)
        found.append(text_of(answer))
    return "\n".join(found)


def check(people, client, name, homes, paired):
    """`homes`: whose words this person sees; `paired`: whose numbers too."""
    seen = everything_seen_by(client, people)
    assert FILER_PHONE not in seen
    wrong = set()
    for half in NUMBERS:
        for kind, word in words(half).items():
            theirs = half in homes and (kind not in FOR_DESKS or name in DESKS)
            if (word in seen) is not theirs:
                wrong.add(f"{name} {'misses' if theirs else 'leaks'} {kind} of {half}")
    assert not wrong
    for half, numbers in NUMBERS.items():
        for number in numbers:
            assert (number in seen.replace(f"q={number}", "").replace(f'value="{number}"', "")) is (
                half in paired
            ), f"{name} {'leaks' if half not in paired else 'misses'} {number[:3]}… of {half}"


PAIRED = {"cadre": {"household"}, "stranger": {"other_household"}}


# Each person asks of both halves, so a stranger would only ask what their counterpart asks, mirrored.
@pytest.mark.parametrize("name", [name for name in HOUSEHOLDS if not name.startswith("stranger_")])
def test_each_person_reaches_their_families_and_no_other(people, name, signed_in, queue):
    client = signed_in(getattr(people, name))
    check(people, client, name, HOUSEHOLDS[name], PAIRED.get(name, set()))


def test_a_visitor_reaches_none(people, client, queue):
    check(people, client, "anonymous", set(), set())


def test_after_a_handover_the_successor_reaches_them_and_the_former_holder_does_not(people, signed_in, queue):
    Pairing.objects.filter(household=people.household).update(ends_on="2026-06-14")
    county.pair(people.colleague, people.household, "2026-06-15")
    Grievance.objects.filter(household=people.household).update(handler=people.colleague)
    check(people, signed_in(people.colleague), "colleague", {"household"}, {"household"})
    seen = everything_seen_by(signed_in(people.cadre), people)
    for kind in set(KINDS) - {"head"}:
        assert words("household")[kind] not in seen


def test_who_covers_reaches_them_while_covering(people, signed_in, on_day, queue):
    people.cadre.covers.create(
        colleague=people.colleague, begins_on="2026-06-15", ends_on="2026-06-15", reason="病假"
    )
    check(people, signed_in(people.colleague), "colleague", {"household"}, {"household"})
    on_day("2026-06-16")
    check(people, signed_in(people.colleague), "colleague", set(), set())


def test_after_a_transfer_the_former_units_people_reach_them_no_more(people, signed_in, queue):
    county.add_standing(people.cadre, people.other_unit, "staff", "2026-06-15")
    check(people, signed_in(people.unit_leader), "unit_leader", set(), set())
    check(
        people,
        signed_in(people.stranger_unit_leader),
        "stranger_unit_leader",
        {"household", "other_household"},
        set(),
    )


def test_after_the_end_of_a_post_nothing_is_reached(people, signed_in, queue):
    client = signed_in(people.cadre)
    Cadre.objects.filter(pk=people.cadre.pk).update(left_on="2026-06-14")
    check(people, client, "cadre", set(), set())
