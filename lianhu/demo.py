"""The demo county of `make run`: made, imported through the same door as any county's, and signed in to."""

import datetime
import tempfile
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Count, Q

from accounts.models import User
from lianhu import demo_activities, demo_ledger, demo_reports
from lianhu.doors.workbook import import_workbook
from lianhu.kit import clock
from registry.models import Cadre, Role, RoleGrant
from registry.querysets import CadreQuerySet
from reports.models import Touched
from reports.quotas.freeze import freeze_due
from reports.quotas.stored import store_all
from visits.models import Trip, Visit

PASSWORD = "Lianhu-2026-demo"
_SIZE, _SEED = 50, 2026


def load(stdout: Any) -> None:
    """About 2,000 households and 14 months of work up to today; all of it or nothing."""
    today = clock.today()
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        call_command("make_county", folder, size=_SIZE, seed=_SEED, until=today, stdout=stdout)
        for kind in ("registry", "visits"):
            answer = import_workbook(kind, Path(folder) / f"{kind}.xlsx", by=None, on=today)
            if answer.fault_count:
                raise RuntimeError(f"the demo county has faults: {answer.faults[:3]}")
        _as_if_entered_in_time()
        _add_what_no_workbook_brings(today)
        _open_accounts(today)
        chosen = _chosen(Cadre.objects.all(), today)
        demo_ledger.fill(chosen, today)
        demo_activities.fill(chosen, today)
        demo_reports.fill(chosen, today)
        _compute(today)


def accounts() -> list[tuple[str, str, str]]:
    """Role, user name and password of one account a role: those that were opened at the loading."""
    opened = Cadre.objects.exclude(user__password__startswith="!")
    chosen = _chosen(opened, clock.today())
    return [(Role(role).label, cadre.code, PASSWORD) for role, cadre in chosen.items()]


def _chosen(among: CadreQuerySet, today: datetime.date) -> dict[str, Cadre]:
    """For each role the first person who holds it, if possible one who is not chosen yet."""
    chosen: dict[str, Cadre] = {}
    in_post = among.filter(left_on__isnull=True, joined_on__lte=today)
    for role in Role.values:
        # Whoever holds this role alone shows it best.
        holders = in_post.filter(pk__in=_holders(role, today))
        holders = holders.annotate(roles=Count("role_grants__role", distinct=True)).order_by("roles", "code")
        if role == Role.CADRE:
            holders = _still_owing(in_post, today)
        taken = [cadre.pk for cadre in chosen.values()]
        person = holders.exclude(pk__in=taken).first() or holders.first()
        if person:
            chosen[role] = person
    return chosen


def _still_owing(in_post: CadreQuerySet, today: datetime.date) -> Any:
    """Cadres with households and no other role, those with the fewest trips this month first."""
    this_month = Q(trips__begins_on__gte=today.replace(day=1))
    paired = in_post.filter(pairings__ends_on__isnull=True, pairings__isnull=False)
    plain = paired.exclude(pk__in=_holders(None, today))
    return (
        plain.annotate(out=Count("trips", filter=this_month, distinct=True))
        .order_by("out", "code")
        .distinct()
    )


def _holders(role: str | None, today: datetime.date) -> Any:
    grants = RoleGrant.objects.in_force(today)
    grants = grants.filter(role=role) if role else grants.exclude(role=Role.CADRE)
    return grants.values("cadre")


def _open_accounts(today: datetime.date) -> None:
    users = [cadre.user_id for cadre in _chosen(Cadre.objects.all(), today).values()]
    User.objects.filter(pk__in=users).update(password=make_password(PASSWORD), activated_at=clock.now())


def _as_if_entered_in_time() -> None:
    """Each in the evening of its last day, not all of them today: so that past months can be frozen.

    Triggers are off meanwhile, or the audit log would begin with 15,000 changes that nobody made.
    """
    evening = "least(now(), ({day} + time '20:00') AT TIME ZONE 'Asia/Shanghai')"
    days = {
        "visits_trip": "ends_on",
        "visits_visit": "day",
        "visits_activity": "day",
        "grievances_grievanceevent": '"on"',
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, day in days.items():
            cursor.execute(f"UPDATE {table} SET recorded_at = {evening.format(day=day)}")
        cursor.execute("SET LOCAL session_replication_role = origin")


def _compute(today: datetime.date) -> None:
    """What the nights of a running county leave: months frozen, figures kept."""
    freeze_due(clock.now())
    store_all(today)
    Touched.objects.all().delete()


def _add_what_no_workbook_brings(today: datetime.date) -> None:
    """补录 that waits, and what was voided: states that only the system itself gives."""
    month_ago = today - datetime.timedelta(days=45)
    recent = list(Trip.objects.filter(begins_on__gte=month_ago, backfilled=False).order_by("id")[:400:20])
    waiting, void = recent[::2], recent[1::2]
    Trip.objects.filter(pk__in=[trip.pk for trip in waiting]).update(backfilled=True)
    moment = clock.now()
    void_ids = [trip.pk for trip in void]
    Visit.objects.filter(trip__in=void_ids).update(voided_at=moment, void_reason="与另一次下乡重复录入")
    Trip.objects.filter(pk__in=void_ids).update(voided_at=moment, void_reason="与另一次下乡重复录入")
