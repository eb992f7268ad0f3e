"""Indexes from which lists and counts of 200,000 matters are answered (`benchmarks/ledger.py`)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("grievances", "0008_deadlines")]
    operations = [
        migrations.AddIndex(
            model_name="grievance",
            index=models.Index(
                fields=["registered_on", "id"],
                include=[
                    *(
                        "state",
                        "voided_at",
                        "parent",
                        "level",
                        "village",
                        "household",
                        "handler",
                        "lead_unit",
                    ),
                    *("kind", "category", "marks", "satisfaction", "outcome", "withheld_kind"),
                    *("assign_due_on", "reply_due_on"),
                ],
                name="grievance_ledger",
            ),
        ),
        migrations.AddIndex(
            model_name="grievance",
            index=models.Index(fields=["village", "registered_on", "id"], name="grievance_of_village"),
        ),
        migrations.AddIndex(
            model_name="grievance",
            index=models.Index(
                condition=models.Q(
                    ("parent__isnull", True),
                    ("voided_at__isnull", True),
                    ("state__in", ("registered", "assigned", "replied", "revisited", "closed")),
                ),
                fields=["state", "level", "village"],
                name="grievance_in_work",
            ),
        ),
    ]
