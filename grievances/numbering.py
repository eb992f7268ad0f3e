"""挂号 numbers: 县简称-年-六位流水, gapless a year (contract, section 4)."""

from django.conf import settings
from django.db.models import CharField, Func, Value
from django.db.models.expressions import Combinable


class NumberField(CharField[str | Combinable, str]):
    """Read back with the row that was written: PostgreSQL may have chosen it (`NextNumber`)."""

    db_returning = True


class NextNumber(Func):
    """The year's next number, taken while the row that bears it is written.

    The year's counter is locked from that statement until the transaction ends, so it is the last step but one of
    a use case: what comes after it holds up everybody who registers. Rolled back, it was never taken.
    """

    function = "grievances_take_number"
    output_field = CharField()

    def __init__(self, year: int) -> None:
        super().__init__(Value(settings.COUNTY_SHORT), Value(year))
