"""The demo's living ledger: each matter brought where it stands by the steps themselves, on their own days.

Imported history has no notices, publications or objections. These stories have: registered through the desk,
moved by `workflow.act`, told, confirmed, published, objected to, by the people whose part it is.
"""

import datetime
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from accounts.models import User
from grievances import desk, family, filings, library, prominent, publication, workflow
from grievances.models import (
    Category,
    Filing,
    Grievance,
    GrievanceAction,
    GrievanceState,
    Policy,
    TellingWay,
)
from grievances.public import filing as public_filing
from grievances.query_codes import new_code
from lianhu import demo_stories as told
from lianhu.demo_stories import Move, Story
from lianhu.kit import clock
from registry.models import Cadre, Household, Pairing, Role, RoleGrant, Unit, Village
from registry.querysets import in_force

A = GrievanceAction
_FIRST_STEP = datetime.time(9, 30)


@dataclass(frozen=True)
class Place:
    """A village with those who answer for it, and some of its families with who is paired with them."""

    village: Village
    branch: User
    township: User
    office: User
    homes: list[tuple[Household, Cadre]]


def fill(chosen: dict[str, Cadre], today: datetime.date) -> None:
    """`chosen`: the person of each role who can be signed in as; what they see is where the stories lie."""
    places = _places(chosen, today)
    with _on(today, 40):
        _fill_library(places[0].office)
    matters = [_tell(story, places, today) for story in told.STORIES]
    _merge([each for each in zip(told.STORIES, matters, strict=True) if each[0].into], places, today)
    _file(places, today)
    _list_problems(dict(zip((each.title for each in told.STORIES), matters, strict=True)), places, today)


@contextmanager
def _on(today: datetime.date, ago: int, minute: int = 0) -> Iterator[None]:
    """What is written inside is written so many days ago: the services themselves ask the one clock."""
    before = clock.now
    day = today - datetime.timedelta(days=ago)
    moment = datetime.datetime.combine(day, _FIRST_STEP, clock.SHANGHAI) + datetime.timedelta(minutes=minute)
    clock.now = lambda: moment
    try:
        yield
    finally:
        clock.now = before


# --- where, and who ----------------------------------------------------------------------------


def _places(chosen: dict[str, Cadre], today: datetime.date) -> list[Place]:
    """The village of the branch, one of the township's, and one of the cadre's, in which there is a branch."""
    branches = RoleGrant.objects.filter(in_force(today), role=Role.VILLAGE_BRANCH)
    staffed = Village.objects.filter(pk__in=branches.values("village")).order_by("code")
    paired = Pairing.objects.filter(in_force(today))
    own = branches.filter(cadre=chosen[Role.VILLAGE_BRANCH]).values("village")
    townships = RoleGrant.objects.filter(in_force(today), cadre=chosen[Role.TOWNSHIP], role=Role.TOWNSHIP)
    visited = paired.filter(cadre=chosen[Role.CADRE]).values("household__village")
    found: list[Village] = []
    for villages in (
        staffed.filter(pk__in=own),
        staffed.filter(township__in=townships.values("unit")),
        staffed.filter(pk__in=visited),
    ):
        others = [each.pk for each in found]
        found.append(villages.exclude(pk__in=others).first() or staffed.exclude(pk__in=others)[0])
    office = chosen[Role.COUNTY_OFFICE].user
    return [_place(village, chosen[Role.CADRE], office, today) for village in found]


def _place(village: Village, first: Cadre, office: User, today: datetime.date) -> Place:
    """Families of many cadres, the one who can be signed in as before the others."""
    grants = RoleGrant.objects.filter(in_force(today)).select_related("cadre__user").order_by("pk")
    branch = grants.filter(role=Role.VILLAGE_BRANCH, village=village)[0].cadre
    township = grants.filter(role=Role.TOWNSHIP, unit=village.township_id)[0].cadre
    pairings = Pairing.objects.filter(
        in_force(today - datetime.timedelta(days=45)),
        in_force(today),
        household__village=village,
        household__closed_on__isnull=True,
        cadre__left_on__isnull=True,
    )
    seen: Counter[int] = Counter()
    rows = []
    for each in pairings.select_related("household", "cadre__user").order_by("household__code"):
        seen[each.cadre_id] += 1
        rows.append((seen[each.cadre_id], each.cadre_id != first.pk, each.household.code, each))
    homes = [(each.household, each.cadre) for *_, each in sorted(rows, key=lambda row: row[:3])]
    homes = [(home, cadre) for home, cadre in homes if cadre not in (branch, township)]
    return Place(village, branch.user, township.user, office, homes)


def _who(place: Place, story: Story, who: str) -> User:
    handler = _handler(place, story)
    people = {
        told.BRANCH: place.branch,
        told.TOWNSHIP: place.township,
        told.OFFICE: place.office,
        told.HANDLER: handler.user,
    }
    return people[who]


def _handler(place: Place, story: Story) -> Cadre:
    return place.homes[(story.home or 0) % len(place.homes)][1]


# --- one matter ----------------------------------------------------------------------------------


def _tell(story: Story, places: list[Place], today: datetime.date) -> Grievance:
    place = places[story.place]
    with _on(today, story.registered):
        matter = _register(place, story)
        _say(matter, story, place)
    for minute, move in enumerate(story.moves, 1):
        with _on(today, move.ago, minute):
            if move.action != A.MERGE:
                _move(matter, move, place, story)
                _say(matter, story, place)
    if story.objection:
        ago, text = story.objection
        with _on(today, ago):
            matter.refresh_from_db()
            if matter.state == GrievanceState.PUBLISHED:
                publication.object_to(matter.pk, text, by=None)
    return matter


def _register(place: Place, story: Story) -> Grievance:
    """By the form of the desk; whoever registers for a whole village is one of those who may."""
    home = None if story.home is None else place.homes[story.home % len(place.homes)][0]
    form = desk.DeskForm(
        {
            "household": home.code if home else "",
            "village": "" if home else place.village.code,
            "kind": story.kind,
            "category": story.category,
            "title": story.title,
            "content": story.content,
            "level": story.level,
            "query_code": new_code(),
            "form_id": str(uuid.uuid4()),
        }
    )
    _valid(form)
    return desk.written(form.cleaned_data, by=_who(place, story, story.by))


def _move(matter: Grievance, move: Move, place: Place, story: Story) -> None:
    """A public text in which the scan finds a name of this county stays a draft: the matter waits, closed."""
    words = dict(move.words)
    if move.action == A.ASSIGN:
        words["handler"] = _handler(place, story).code
    if "policy" in words:
        words["policy"] = Policy.objects.get(title=words["policy"]).pk
    by = _who(place, story, move.who)
    if move.action == A.PUBLISH:
        assert story.public
        try:
            _confirm(matter, story.public, by=by)
            workflow.act(matter.pk, A.PUBLISH, words, by=by)
        except ValidationError:
            return
    else:
        workflow.act(matter.pk, move.action, words, by=by)


def _confirm(matter: Grievance, words: tuple[str, str, str], *, by: User) -> None:
    text = publication.save_text(matter.pk, publication.Words(*words), seen="", by=by)
    publication.confirm(matter.pk, seen=publication.fingerprint(text), by=by)


def _say(matter: Grievance, story: Story, place: Place) -> None:
    """The branch tells the family at once, by phone; of the newest ones it still has to."""
    waiting = list(matter.family_notices.filter(told_at__isnull=True))
    if story.told and waiting:
        family.tell(waiting, TellingWay.PHONE, by=place.branch)


def _merge(parts: list[tuple[Story, Grievance]], places: list[Place], today: datetime.date) -> None:
    for story, matter in parts:
        move = next(each for each in story.moves if each.action == A.MERGE)
        whole = Grievance.objects.filter(title=story.into, village=matter.village).latest("pk")
        place = places[story.place]
        with _on(today, move.ago):
            words = {**move.words, "parent": whole.number}
            workflow.act(matter.pk, A.MERGE, words, by=_who(place, story, move.who))


# --- what stands beside the matters --------------------------------------------------------------


def _fill_library(office: User) -> None:
    for category, title, text, source in told.POLICIES:
        words = {"category": category, "title": title, "text": text, "source": source, "harmless": True}
        library.add_policy(words, by=office)
    for title, category, text in told.TEMPLATES:
        library.add_template({"title": title, "category": category, "text": text}, by=office)


def _file(places: list[Place], today: datetime.date) -> None:
    """待挂号: from the phones of residents, at different hours of yesterday and the day before."""
    other = Category.objects.get(name="其他")
    for number, (place, title, content, declined) in enumerate(told.FILINGS):
        words: dict[str, Any] = {
            "form_id": uuid.uuid4(),
            "kind": "livelihood",
            "category": other.pk,
            "title": title,
            "content": content,
            "name": "",
            "phone": "",
        }
        with _on(today, 2, minute=47 * number):
            public_filing.file(places[place].village, words, address=f"127.0.0.{number + 1}")
        if declined:
            filed = Filing.objects.get(title=title, village=places[place].village)
            with _on(today, 1):
                filings.decline(filed, declined, by=places[place].branch)


def _list_problems(matters: dict[str, Grievance], places: list[Place], today: datetime.date) -> None:
    """Listed on the days of their promises, then made public; a title that names somebody is left out."""
    office, units = places[0].office, Unit.objects.order_by("code")
    for title, public, word, promise, days, progress in told.PROBLEMS:
        matter = matters[title]
        unit = units.filter(name__contains=word).first() or units[0]
        words: dict[str, Any] = {"title": public, "promise": promise, "progress": progress, "done_on": None}
        words |= {"unit": unit.code, "due_on": today + datetime.timedelta(days=days)}
        with _on(today, 4):
            try:
                prominent.pick(matter.number, words, year=today.year, by=office)
            except ValidationError:
                continue
    with _on(today, 3):
        prominent.publish(today.year, by=office)


def _valid(form: Any) -> None:
    if not form.is_valid():
        raise RuntimeError(f"the demo's ledger has faults: {form.errors}")
