"""The kinds of item that a phone or a program sends: the form, the facts, the rules, the writing of each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import models

from grievances import entry as matters
from lianhu.kit.errors import Fault
from lianhu.kit.sheets import Values
from visits import activity_entry, entry_rules
from visits.activity_entry import ActivityEntryFacts, record_activities
from visits.activity_forms import ActivityEntryForm
from visits.entry_facts import EntryFacts
from visits.forms import TripEntryForm, VisitEntryForm
from visits.services import record_trips, record_visits

Rules = tuple[Any, ...]


@dataclass(frozen=True)
class Kind:
    """`parent`: the field that names another item, and that item's kind. `page`: the name of its own page.

    `heard`: its day is not said but is that of its visit, or else when it was written down.
    """

    form: type[forms.Form]
    facts: Callable[..., Any]
    rules: Rules
    claims: Rules
    write: Callable[..., Sequence[models.Model]]
    page: str = ""
    parent: tuple[str, str] | None = None
    heard: bool = False

    def faults_of(self, values: Values, facts: Any, *, readable: bool) -> list[Fault]:
        """What can't be read is rejected anyway: it claims nothing that another item may want."""
        return entry_rules.faults_of(values, facts, self.rules, self.claims if readable else ())


# In the order in which they are taken: what others hang on first, the numbers' counter last.
KINDS: Mapping[str, Kind] = {
    "trip": Kind(
        TripEntryForm, EntryFacts.load, entry_rules.TRIP, entry_rules.TRIP_CLAIMS, record_trips, "trip"
    ),
    "visit": Kind(
        VisitEntryForm,
        EntryFacts.load,
        entry_rules.VISIT,
        entry_rules.VISIT_CLAIMS,
        record_visits,
        "visit",
        parent=("trip", "trip"),
    ),
    "activity": Kind(
        ActivityEntryForm,
        ActivityEntryFacts.load,
        activity_entry.RULES,
        (),
        record_activities,
        "activity",
    ),
    "grievance": Kind(
        matters.GrievanceEntryForm,
        matters.LedgerEntryFacts.load,
        matters.RULES,
        matters.CLAIMS,
        matters.register,
        parent=("visit", "visit"),
        heard=True,
    ),
}
