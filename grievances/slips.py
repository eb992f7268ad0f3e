"""民情回执: what a family takes home of a matter, and a new 查询码 where none is known (contract, sections 3 and 4).

A code is never stored, so one that is lost can't be printed again: a new one replaces it, and the old one finds
nothing from then on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from accounts import audit
from accounts.models import AuditKind, User
from grievances.family import about_of, standing_notices, words
from grievances.models import FamilyNotice, Filing, Grievance, GrievanceAction, GrievanceEvent, Level
from grievances.query_codes import hash_of, new_code, shown
from lianhu.kit import clock
from lianhu.kit.privacy import keyed_hash
from lianhu.kit.qr import qr_svg
from registry.contact import Unopened, opened, sealed_for
from registry.models import Cadre, Household, Pairing, PostSpan, Role, RoleGrant
from registry.querysets import in_force
from registry.scope import scope_of

# More would not be one errand; and a sheet of A4 holds three.
MOST = 60
# A slip never fills a sheet: what is longer is told by whoever hands it over.
_LONGEST = 500

# --- codes -------------------------------------------------------------------------------------


def may_issue(user: User) -> "QuerySet[Grievance]":
    """For which matters the person may make a new code: those registered or handled by the person, or of a
    household paired with the person, and those of the desks of the village. Never for a void one.
    """
    scope = scope_of(user)
    visible: QuerySet[Grievance] = Grievance.objects.visible_to(user).filter(voided_at__isnull=True)
    if scope.has(Role.COUNTY_OFFICE):
        return visible
    held = RoleGrant.objects.in_force(scope.on).filter(cadre=scope.cadre_id)
    paired = Pairing.objects.in_force(scope.on).filter(cadre__in=scope.cadre_ids)
    registered = GrievanceEvent.objects.filter(action=GrievanceAction.REGISTER, by=user)
    return visible.filter(
        Q(village__in=held.filter(role=Role.VILLAGE_BRANCH).values("village"))
        | Q(village__township__in=held.filter(role=Role.TOWNSHIP).values("unit"))
        | Q(handler__in=scope.cadre_ids)
        | Q(household__in=paired.values("household"))
        | Q(pk__in=registered.values("grievance"))
    )


def mark_of(matter: Grievance) -> str:
    """Tells whether the code is still the one that was there; nothing can be made of it."""
    code = matter.query_code_hash
    return keyed_hash(bytes(code).hex(), "slip").hex() if code else ""


def issue_code(matter: Grievance, *, by: User) -> str:
    return issue_codes([matter], by=by)[matter.pk]


@transaction.atomic
def issue_codes(
    matters: Iterable[Grievance], *, by: User, seen: Mapping[int, str] | None = None
) -> dict[int, str]:
    """A new code for each, by the matter's id; the old ones find nothing any more. All or none.

    `seen`: the `mark_of` each when the person was asked. Raise PermissionDenied for one that is not the
    person's, ValidationError when a code was changed since: whoever was first holds the slip that is good.
    """
    pks = {each.pk for each in matters}
    locked = list(Grievance.objects.filter(pk__in=pks).select_for_update(of=("self",)).order_by("pk"))
    if may_issue(by).filter(pk__in=pks).count() != len(pks):
        raise PermissionDenied
    changed = [each.number for each in locked if seen is not None and seen.get(each.pk) != mark_of(each)]
    if changed:
        told = "、".join(changed)
        raise ValidationError(
            f"{told} 的查询码刚刚换过，那一张回执有效。您这一次没有换；手里没有那一张，再点一次",
            code="meanwhile",
        )
    codes = dict(zip([each.pk for each in locked], _free_codes(len(locked)), strict=True))
    for each in locked:
        each.query_code_hash = hash_of(codes[each.pk])
    Grievance.objects.bulk_update(locked, ["query_code_hash"])
    # What a resident filed is found by the code of its matter, not by the one from before.
    filings = list(Filing.objects.filter(grievance__in=locked))
    for filing in filings:
        filing.query_code_hash = hash_of(codes[filing.grievance_id or 0])
    Filing.objects.bulk_update(filings, ["query_code_hash"])
    return codes


def _free_codes(count: int) -> list[str]:
    """Drawn again if one is taken; of two at the same moment the unique key lets one through."""
    while True:
        codes = [new_code() for _ in range(count)]
        hashes = {hash_of(code) for code in codes}
        taken = Grievance.objects.filter(query_code_hash__in=hashes).exists()
        if (
            len(hashes) == count
            and not taken
            and not Filing.objects.filter(query_code_hash__in=hashes).exists()
        ):
            return codes


# --- what is on the paper ------------------------------------------------------------------------


@dataclass(frozen=True)
class Slip:
    """`told`: what the family hears by it; `more` when it was too long for the paper. `code`: only on the slip
    of a new one. `contact`: the household's own cadre, as on the 联系卡.
    """

    matter: Grievance
    family: str
    place: str
    told: Sequence[str]
    more: bool
    handler: str
    contact: str
    phone: str
    code: str
    qr: str


def address() -> str:
    """Where the family looks its matter up."""
    return f"{settings.SITE_URL}{reverse('public_case')}"


def slips_of(matters: Sequence[Grievance], *, by: User, codes: Mapping[int, str] | None = None) -> list[Slip]:
    """In the order given, with `family`, `village__township` and `handler` read; each is logged on its household."""
    codes = codes or {}
    homes = {each.household_id for each in matters if each.household_id}
    visible = set(Household.objects.visible_to(by).filter(pk__in=homes).values_list("pk", flat=True))
    contacts = _contacts(visible)
    units = _units({each.handler_id for each in matters if each.handler_id})
    told = _told(matters)
    audit.log_each(
        AuditKind.READ, [each.household for each in matters if each.household], fields=["民情回执"]
    )
    return [
        _slip(each, told.get(each.pk, []), contacts.get(each.household_id), units, codes.get(each.pk, ""))
        for each in matters
    ]


def _slip(
    matter: Grievance, notices: list[FamilyNotice], contact: Cadre | None, units: dict[int, str], code: str
) -> Slip:
    home, filing = matter.household, getattr(matter, "filing", None)
    # Title and number stand on the slip already.
    said, more = _cut([words(each).removeprefix(about_of(matter)) for each in notices])
    return Slip(
        matter=matter,
        family=f"{home.head_name}户" if home else filing.filer_name if filing else "",
        place=f"{matter.village.township.name}{matter.village.name}{home.group if home else ''}",
        told=said,
        more=more,
        handler=_handler(matter, units),
        contact=contact.name if contact else "",
        phone=_phone(contact) if contact else "",
        code=shown(code) if code else "",
        # What follows # stays in the browser: it is in no log of any server.
        qr=qr_svg(f"{address()}#{code}" if code else address()),
    )


def _cut(texts: Sequence[str]) -> tuple[list[str], bool]:
    room = _LONGEST
    said: list[str] = []
    for text in texts:
        if len(text) > room:
            return [*said, f"{text[:room]}……"], True
        said.append(text)
        room -= len(text)
    return said, False


def _handler(matter: Grievance, units: dict[int, str]) -> str:
    if matter.handler:
        return f"{matter.handler.name}（{units.get(matter.handler.pk, '')}）".replace("（）", "")
    desks = {
        Level.VILLAGE: f"{matter.village.name}党组织",
        Level.TOWNSHIP: matter.village.township.name,
        Level.COUNTY: "县联户联情办",
    }
    return f"{desks[Level(matter.level)]}，还没有交给人办"


def _told(matters: Sequence[Grievance]) -> dict[int, list[FamilyNotice]]:
    """What waits to be told; where nothing waits, the last that was."""
    found = {}
    notices = sorted(standing_notices(matters), key=lambda each: (each.grievance_id, each.pk))
    for pk, group in groupby(notices, key=lambda each: each.grievance_id):
        rows = list(group)
        found[pk] = [each for each in rows if each.told_at is None] or rows[-1:]
    return found


def _contacts(homes: Iterable[int]) -> dict[int | None, Cadre]:
    held = Pairing.objects.in_force(clock.today()).filter(household__in=list(homes))
    return {each.household_id: each.cadre for each in held.select_related("cadre")}


def _units(cadres: Iterable[int]) -> dict[int, str]:
    spans = PostSpan.objects.filter(in_force(clock.today()), cadre__in=list(cadres))
    return dict(spans.values_list("cadre", "unit__name"))


def _phone(cadre: Cadre) -> str:
    """Empty where there is none or it can't be read."""
    try:
        return opened(cadre.phone_sealed, sealed_for("cadre", cadre.code, "phone"))
    except Unopened:
        return ""
