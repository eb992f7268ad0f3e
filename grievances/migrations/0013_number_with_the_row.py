"""A number is taken by the statement that writes its matter: one trip less with the year's counter locked.

And indexes that another one begins with are not kept twice; each step and notice wrote them.
"""

import django.db.models.deletion
from django.db import migrations, models

import grievances.numbering

TAKE = """
CREATE FUNCTION grievances_take_number(county text, of_year integer) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE serial integer;
BEGIN
    INSERT INTO grievances_numbercounter AS c (year, highest) VALUES (of_year, 1)
        ON CONFLICT (year) DO UPDATE SET highest = c.highest + 1 RETURNING highest INTO serial;
    RETURN format('%s-%s-%s', county, of_year, lpad(serial::text, greatest(6, length(serial::text)), '0'));
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("grievances", "0012_event_recorded"),
    ]

    operations = [
        migrations.RunSQL(TAKE, "DROP FUNCTION grievances_take_number(text, integer)"),
        migrations.RemoveIndex(
            model_name="grievance",
            name="grievance_household",
        ),
        migrations.AlterField(
            model_name="familynotice",
            name="event",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="grievances.grievanceevent",
                verbose_name="步骤",
            ),
        ),
        migrations.AlterField(
            model_name="grievance",
            name="handler",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grievances",
                to="registry.cadre",
                verbose_name="主办人",
            ),
        ),
        migrations.AlterField(
            model_name="grievance",
            name="number",
            field=grievances.numbering.NumberField(max_length=40, unique=True, verbose_name="诉求编号"),
        ),
        migrations.AlterField(
            model_name="grievance",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="grievances.grievance",
                verbose_name="并入",
            ),
        ),
        migrations.AlterField(
            model_name="grievance",
            name="village",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grievances",
                to="registry.village",
                verbose_name="村",
            ),
        ),
        migrations.AlterField(
            model_name="grievance",
            name="visit",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grievances",
                to="visits.visit",
                verbose_name="走访",
            ),
        ),
        migrations.AlterField(
            model_name="grievanceevent",
            name="grievance",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to="grievances.grievance",
                verbose_name="诉求",
            ),
        ),
    ]
