"""A county with something in every table, for the restore drill; and what the drill compares.

Run by a command on a data directory of its own: `python -m tests.lianhu.whole_county build|facts`.
A table that nothing here fills is filled by what its columns ask for, so that a new model is in the drill at once.
"""

import datetime
import hashlib
import io
import json
import os
import random
import sys
import uuid

import django

AWKWARD = 'tab\there, line\nbreak, \\N back\\slash, "quotes", =1+1, 词语，😀'
DAY = datetime.date(2026, 6, 15)


def build():
    from django.core.files.uploadedfile import SimpleUploadedFile

    from accounts import audit
    from accounts.epoch import epoch
    from accounts.models import CalendarYear, Feedback, Job, JobState
    from grievances.attachments import attach
    from grievances.models import NumberCounter
    from lianhu.kit import clock
    from lianhu.kit.periods import Period
    from lianhu.kit.privacy import seal
    from registry.models import Cadre, Household
    from reports.models import Quota
    from reports.quotas import freeze, stored
    from reports.quotas.rules import default_quotas
    from tests import county
    from tests.grievances import ledger
    from tests.photos import grainy, jpeg, kept

    moment = datetime.datetime.combine(DAY, datetime.time(10), clock.SHANGHAI)
    clock.now = lambda: moment
    epoch()
    # What migrations bring, where only their tables were copied.
    if not Quota.objects.exists():
        Quota.objects.bulk_create(Quota(**values) for values in default_quotas())
    CalendarYear.objects.get_or_create(year=2026, defaults={"source": "测试"})
    people = county.build()
    for number in range(40):
        home = county.add_household(f"户主{number}", village=people.village, people_count=number % 7 + 1)
        phone = f"1380000{number:04}"
        Household.objects.filter(pk=home.pk).update(phone_sealed=seal(phone, f"household:{home.code}:phone"))
        county.pair(people.cadre, home)
    Cadre.objects.filter(pk=people.cadre.pk).update(
        phone_sealed=seal("13911112222", f"cadre:{people.cadre.code}:phone")
    )
    for month in range(1, 7):
        county.add_trip(people.cadre, people.village, f"2026-{month:02}-03", f"2026-{month:02}-05")
        visit = county.add_visit(people.cadre, people.household, f"2026-{month:02}-04", talk=True)
        for seed in range(2):
            kept(visit, grainy(160, 120, seed=month * 10 + seed))
    county.add_activity("talk_meeting", "2026-05-20", unit=people.unit, cadres=[people.cadre])
    ledger.matter(people, "published")
    handled = county.add_grievance(
        household=people.household, handler=people.cadre, registered_on="2026-06-10"
    )
    attach(handled, [SimpleUploadedFile("a.jpg", jpeg())], by=people.cadre.user)
    Feedback.objects.create(author=people.cadre.user, text=AWKWARD, created_at=moment)
    Job.objects.create(kind="export", title="做了一半", state=JobState.RUNNING, heartbeat_at=moment)
    NumberCounter.objects.update_or_create(year=2026, defaults={"highest": 523})
    stored.store_period(Period.parse("2026-05"), DAY)
    freeze.freeze(Period.parse("2026-05"))
    fill_the_rest()
    audit.log("read", key="HH-1")
    audit.seal()
    audit.log("read", key="HH-2")


def fill_the_rest():
    """A row in each table that is still empty; what refers to a file names one that is there."""
    for model in carried_models():
        if not model._base_manager.exists():
            _fill(model, ())


def carried_models():
    from django.apps import apps

    return [model for model in apps.get_models(include_auto_created=True) if not _is_view(model)]


def _is_view(model):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT relkind FROM pg_class WHERE oid = %s::regclass", [model._meta.db_table])
        return cursor.fetchone()[0] == "v"


def _fill(model, asking):
    from lianhu.kit import clock

    assert model not in asking, f"{model} needs itself"
    values = {}
    for field in model._meta.concrete_fields:
        given = OWN.get((model._meta.db_table, field.name))
        if given is not None:
            values[field.name] = given()
        elif field.is_relation and (not field.null or field.primary_key):
            values[field.name] = _other(field, (*asking, model))
        elif getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            values[field.name] = clock.now()
        elif not (field.null or field.has_default() or field.generated or field.auto_created or field.blank):
            values[field.name] = _plain(field)
    row = model(**values)
    # Many to many: its two ends are fields as any others.
    row.save_base(raw=True, force_insert=True)
    return row


def _other(field, asking):
    found = field.related_model._base_manager.order_by("pk")
    if field.one_to_one:
        taken = field.model._base_manager.values(field.attname)
        found = found.exclude(pk__in=taken)
    return found.first() or _fill(field.related_model, asking)


def _plain(field):
    from lianhu.kit import clock

    if field.choices:
        return field.choices[0][0]
    kind = field.get_internal_type()
    return {
        "CharField": lambda: AWKWARD[: min(field.max_length or 20, 20)],
        "TextField": lambda: AWKWARD,
        "DateField": lambda: DAY,
        "DateTimeField": clock.now,
        "TimeField": lambda: datetime.time(8),
        "BinaryField": lambda: bytes(range(256)),
        "UUIDField": uuid.uuid4,
        "BooleanField": lambda: False,
        "JSONField": lambda: {"a": [1, None, AWKWARD]},
        "FloatField": lambda: 1.5,
        "DecimalField": lambda: 1,
        "GenericIPAddressField": lambda: "10.0.0.1",
        "URLField": lambda: "https://example.cn/",
    }.get(kind, lambda: 1)()


def _file():
    """A document that its row names."""
    from django.core.files.base import ContentFile

    from visits.kept_files import photo_storage

    return photo_storage().save("activities/00/drill.pdf", ContentFile(random.Random(7).randbytes(5000)))


def _public_file():
    from django.core.files.base import ContentFile

    from visits.kept_files import photo_storage

    return photo_storage().save("public/00/drill.jpg", ContentFile(random.Random(8).randbytes(5000)))


def _at(end, name):
    from django.apps import apps

    return lambda: getattr(apps.get_model(name).objects.order_by("pk"), end)()


# Where a rule of the table asks for more than its columns say.
OWN = {
    ("visits_activityfile", "file"): _file,
    ("grievances_publicphoto", "file"): _public_file,
    ("grievances_publicphoto", "photo"): _at("first", "visits.Photo"),
    ("registry_cover", "colleague"): _at("last", "registry.Cadre"),
    ("registry_handover", "successor"): _at("last", "registry.Cadre"),
    ("registry_duplicateverdict", "second"): _at("last", "registry.Household"),
}


# --- what is compared --------------------------------------------------------------------------


def facts():
    """Of the database that the environment names: counts, figures, phones, files, the next number."""
    from django.core.management import call_command
    from django.db import connection

    from accounts import audit
    from accounts.models import Epoch
    from registry.contact import SEALED, Unopened, opened
    from visits.kept_files import photo_storage

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        rows = {}
        for (name,) in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{name}" t'
            )
            rows[name] = list(cursor.fetchone())
    phones = {}
    for column in SEALED:
        for code, sealed in column.model._base_manager.values_list("code", column.column):
            try:
                phones[f"{column.kind} {code} {column.name}"] = opened(sealed, column.owner(code))
            except Unopened:
                phones[f"{column.kind} {code} {column.name}"] = "读不出来"
    out = io.StringIO()
    call_command("compliance", period="2026", as_of="2026-06-15", format="json", stdout=out)
    finding = audit.verify()
    return {
        "rows": rows,
        "phones": phones,
        "compliance": hashlib.sha256(out.getvalue().encode()).hexdigest(),
        "compliance_rows": len(json.loads(out.getvalue())["rows"]),
        "sound": finding.sound,
        "told": finding.fault,
        "sealed": finding.entries,
        "epoch": str(Epoch.objects.latest().pk),
        "files": _files(photo_storage()),
        "next": _next_number(),
        "models": [model._meta.db_table for model in carried_models()],
    }


def _next_number():
    from django.db import transaction

    from grievances.models import Category
    from grievances.numbering import NextNumber

    with transaction.atomic():
        found = Category.objects.values_list(NextNumber(2026)).first()
        transaction.set_rollback(True)
    return found


def _files(storage, folder=""):
    folders, names = storage.listdir(folder)
    found = {}
    for name in names:
        path = os.path.join(folder, name)
        with storage.open(path) as file:
            found[path] = hashlib.sha256(file.read()).hexdigest()
    for each in folders:
        found |= _files(storage, os.path.join(folder, each))
    return found


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lianhu.settings")
    django.setup()
    if sys.argv[1] == "build":
        build()
    print(json.dumps(facts()))
