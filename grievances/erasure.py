"""Removal on request (contract, section 8): what a family said and is known by goes, what was done stays.

Rows stay, so that figures hold; their words become 已遮蔽. The audit log's private parts about the family go
too, with the chain intact: each names the one entry that says who removed them and why.
"""

import datetime
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Case, Q, QuerySet, TextField, Value, When

from accounts import audit
from accounts.models import AuditEntry, AuditKind, AuditPrivate, User
from accounts.settings import setting
from grievances.attachments import remove_files_of
from grievances.models import (
    OVER,
    Attachment,
    FamilyNotice,
    FamilyRating,
    Filing,
    FilingState,
    Grievance,
    GrievanceEvent,
    Objection,
    ProminentProblem,
    Publication,
    PublicPhoto,
    StepRequest,
)
from lianhu.kit import clock
from registry.holding import BLACKING_OUT, roles_holding
from registry.models import DuplicateVerdict, Household, HouseholdChange
from visits.activity_files import remove_files_of as remove_activity_files
from visits.kept_files import years_before
from visits.models import Activity, ActivityFile, Addendum, Errand, Photo, Question, Visit, VisitRecord
from visits.photos import remove_photos_of

BLACKED_OUT = "已遮蔽"


def open_matters(household: Household) -> QuerySet[Grievance]:
    """What still needs its words: somebody is working on it."""
    found = Grievance.objects.filter(household=household, voided_at__isnull=True)
    # What was merged into another is over when that one is.
    return found.exclude(state__in=OVER).exclude(parent__state__in=OVER).order_by("number")


@dataclass(frozen=True)
class Erased:
    """How many rows lost their words."""

    visits: int
    matters: int
    log_entries: int


def erase_household(household: Household, *, reason: str, by: User) -> Erased:
    """Black out the household, its visits, records and matters, and what the log says of them.

    Raise ValidationError while a matter is open, PermissionDenied for anyone but the county office.
    Doing it again blacks out what came since. The reason stays in the log: it must name nobody.
    """
    with transaction.atomic():
        home = (
            Household.objects.select_for_update(of=("self",), no_key=True)
            .select_related("village")
            .get(pk=household.pk)
        )
        if roles_holding(by, home, on=clock.today()).isdisjoint(BLACKING_OUT):
            raise PermissionDenied
        # Locked before it is asked, or a matter could be reopened meanwhile.
        matters = list(
            Grievance.objects.filter(household=home).select_for_update(of=("self",)).order_by("pk")
        )
        waiting = sorted(open_matters(home).values_list("number", flat=True))
        if waiting:
            raise ValidationError(still_open(waiting), code="open_matters")
        _black_out_household(home)
        visits = _black_out_visits(home)
        _black_out_matters(home)
        _black_out_errands(home)
        _black_out_life(home)
        entry = audit.log(
            AuditKind.ERASED, home, reason=reason, counts={"visits": visits, "matters": len(matters)}
        )
        return Erased(visits, len(matters), _black_out_log(home, entry))


def still_open(numbers: list[str]) -> str:
    return f"还有没办结的诉求：{'、'.join(numbers)}。销号或作废后才能遮蔽。"


def _black_out_household(home: Household) -> None:
    """The marks, the people count and the 村民小组 stay: figures are made of them and they name nobody."""
    Household.objects.filter(pk=home.pk).update(
        head_name=BLACKED_OUT,
        pinyin="",
        phone_sealed=None,
        phone_hash=None,
        phone_tail_hash=None,
        id_number_sealed=None,
        id_number_hash=None,
        hardship_reason=_words_gone("hardship_reason"),
        income_sources=_words_gone("income_sources"),
        address=_words_gone("address"),
        longitude=None,
        latitude=None,
        erased_at=clock.now(),
    )


def _black_out_visits(home: Household) -> int:
    visits = Visit.objects.filter(household=home)
    visits.update(
        proxy_reason=_words_gone("proxy_reason"),
        void_reason=_words_gone("void_reason"),
        refuse_reason=_words_gone("refuse_reason"),
        longitude=None,
        latitude=None,
    )
    for model, names in _WORDS_OF_A_VISIT.items():
        words = {name: _words_gone(name) for name in names}
        model._default_manager.filter(visit__household=home).update(**words)
    remove_photos_of(home)
    return visits.filter(accompanies=None).count()


def _black_out_errands(home: Household) -> None:
    """What nobody has done yet is withdrawn: without its words nobody could."""
    errands = Errand.objects.filter(household=home)
    waiting = errands.filter(activity__isnull=True, withdrawn_at__isnull=True)
    waiting.update(withdrawn_at=clock.now(), withdraw_reason=BLACKED_OUT)
    errands.update(topic=BLACKED_OUT, withdraw_reason=_words_gone("withdraw_reason"))
    done = Activity.objects.filter(household=home)
    remove_activity_files(done)
    done.update(topic=BLACKED_OUT, summary=_words_gone("summary"), void_reason=_words_gone("void_reason"))


_WORDS_OF_A_VISIT: dict[type[Any], tuple[str, ...]] = {
    VisitRecord: ("income_sources", "difficulties", "opinions", "spot_answer", "promises", "head_name"),
    Addendum: ("text",),
    Question: ("text", "answer"),
}


def _black_out_life(home: Household) -> None:
    changes = HouseholdChange.objects.filter(household=home)
    changes.update(**{name: _words_gone(name) for name in ("old_head", "new_head", "reason")})
    alike = DuplicateVerdict.objects.filter(Q(first=home) | Q(second=home))
    alike.update(note=_words_gone("note"))


def _black_out_matters(home: Household) -> None:
    matters = Grievance.objects.filter(household=home)
    names = ("void_reason", "reply", "withheld_reason", "set_aside_reason")
    words = {name: _words_gone(name) for name in names}
    matters.update(title=BLACKED_OUT, content=BLACKED_OUT, **words)
    for model, path, columns in _WORDS_OF_A_MATTER:
        gone = {name: _words_gone(name) for name in columns}
        model._default_manager.filter(**{path: home}).update(**gone)
    # What is up in public comes down: the words are the family's.
    up = Publication.objects.filter(grievance__household=home, withdrawn_at__isnull=True)
    up.update(withdrawn_at=clock.now())
    Publication.objects.filter(grievance__household=home).update(harmless=[])
    ProminentProblem.objects.filter(grievance__household=home).update(published_at=None, title=BLACKED_OUT)
    Filing.objects.filter(grievance__household=home).update(phone_sealed=None)
    remove_files_of(home)
    # The one change of an event that its trigger lets through (migration 0004).
    events = GrievanceEvent.objects.filter(grievance__household=home)
    events.exclude(reason__in=("", BLACKED_OUT)).update(reason=BLACKED_OUT)


_WORDS_OF_A_MATTER: tuple[tuple[type[Any], str, tuple[str, ...]], ...] = (
    (StepRequest, "grievance__household", ("reason",)),
    (Filing, "grievance__household", ("title", "content", "filer_name", "decline_reason")),
    (Attachment, "grievance__household", ("name",)),
    (FamilyNotice, "grievance__household", ("text", "remark")),
    (Publication, "grievance__household", ("title", "question", "answer")),
    (PublicPhoto, "publication__grievance__household", ("description",)),
    (Objection, "publication__grievance__household", ("text", "answer")),
    (FamilyRating, "grievance__household", ("text",)),
)


def _words_gone(name: str) -> Case:
    """What was left blank stays so: a blank tells nothing, and some columns must keep it."""
    return Case(When(**{name: ""}, then=Value("")), default=Value(BLACKED_OUT), output_field=TextField())


def _black_out_log(home: Household, entry: AuditEntry) -> int:
    """Last of all: the blacking out itself was logged with what stood there before."""
    visits = Visit.objects.filter(household=home).values("pk")
    alike = DuplicateVerdict.objects.filter(Q(first=home) | Q(second=home))
    matters = Grievance.objects.filter(household=home).values("pk")
    done = Activity.objects.filter(household=home)
    about: dict[type[Any], Any] = {
        Household: [home.pk],
        Visit: visits,
        VisitRecord: visits,
        # Entries about a photo name its visit.
        Photo: visits,
        Addendum: Addendum.objects.filter(visit__household=home).values("pk"),
        Question: Question.objects.filter(visit__household=home).values("pk"),
        HouseholdChange: HouseholdChange.objects.filter(household=home).values("pk"),
        DuplicateVerdict: alike.values("pk"),
        Errand: Errand.objects.filter(household=home).values("pk"),
        Activity: done.values("pk"),
        # Entries about a file name its activity.
        ActivityFile: done.values("pk"),
        Grievance: matters,
        GrievanceEvent: GrievanceEvent.objects.filter(grievance__in=matters).values("pk"),
        # Entries about a file name what it belongs to.
        Attachment: matters,
        PublicPhoto: Publication.objects.filter(grievance__in=matters).values("pk"),
    }
    for model, path, _ in _WORDS_OF_A_MATTER:
        about.setdefault(model, model._default_manager.filter(**{path: home}).values("pk"))
    return sum(_black_out_entries(model, ids, entry) for model, ids in about.items())


def _black_out_entries(model: type[Any], ids: Any, entry: AuditEntry) -> int:
    entries = AuditEntry.objects.filter(subject_table=model._meta.db_table, subject_id__in=ids)
    private = AuditPrivate.objects.filter(entry__in=entries, erased_by__isnull=True)
    return private.update(salt="", body="", erased_by=entry)


# --- what was declined -----------------------------------------------------------------------


def forget_declined(*, on: datetime.date) -> int:
    """Black out what residents filed and was declined `declined_filing_years` years before the day, or earlier.

    Who filed it, their phone and their words go, from the log too; that it was declined and why stays to be read by
    its code. Done again it finds nothing.
    """
    years = setting("declined_filing_years", on=on)
    with transaction.atomic():
        old = Filing.objects.filter(state=FilingState.DECLINED, decided_at__date__lte=years_before(on, years))
        pks = list(old.exclude(content=BLACKED_OUT).select_for_update().values_list("pk", flat=True))
        if not pks:
            return 0
        Filing.objects.filter(pk__in=pks).update(
            title=BLACKED_OUT, content=BLACKED_OUT, filer_name="", phone_sealed=None
        )
        told = f"不予受理满 {years} 年，到期清除"
        entry = audit.log(AuditKind.ERASED, key="不予受理的群众反映", rows=len(pks), reason=told)
        _black_out_entries(Filing, pks, entry)
    return len(pks)
