"""What a quarter's reports count is frozen with it, and stays."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from lianhu.kit.db import RefuseChange


class Migration(migrations.Migration):
    dependencies = [("reports", "0005_touched"), ("registry", "0007_name_stem")]
    operations = [
        migrations.CreateModel(
            name="FrozenCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("period", models.CharField(max_length=7, verbose_name="季度")),
                ("name", models.CharField(max_length=20, verbose_name="项目")),
                ("number", models.IntegerField(verbose_name="数")),
                (
                    "rows",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None, verbose_name="依据"
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.unit",
                        verbose_name="单位",
                    ),
                ),
            ],
            options={"verbose_name": "定格的季度数", "verbose_name_plural": "定格的季度数"},
        ),
        migrations.AddConstraint(
            model_name="frozencount",
            constraint=models.UniqueConstraint(
                fields=("period", "unit", "name"), name="frozen_count_once", nulls_distinct=False
            ),
        ),
        RefuseChange("reports_frozencount"),
    ]
