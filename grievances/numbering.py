"""挂号 numbers: 县简称-年-六位流水, gapless a year (contract, section 4)."""

from django.conf import settings
from django.db import connection


def take_numbers(year: int, count: int) -> list[str]:
    """The next `count` numbers of the year. The year's counter is locked until the transaction ends.

    So this is the last step of a use case: what comes after it holds up everybody who registers.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO grievances_numbercounter AS c (year, highest) VALUES (%(year)s, %(count)s)
               ON CONFLICT (year) DO UPDATE SET highest = c.highest + %(count)s RETURNING highest""",
            {"year": year, "count": count},
        )
        (highest,) = cursor.fetchone()
    return [
        f"{settings.COUNTY_SHORT}-{year}-{serial:06}" for serial in range(highest - count + 1, highest + 1)
    ]
