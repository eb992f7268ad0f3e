"""Names by their letters, for the search; those that are there get theirs."""

from django.db import connection, migrations, models

from lianhu.kit.pinyin import letters

BATCH = 5_000


def fill(apps, schema_editor):
    with connection.cursor() as cursor:
        for table, name in (("registry_cadre", "name"), ("registry_household", "head_name")):
            last = 0
            while True:
                cursor.execute(
                    f"SELECT id, {name} FROM {table} WHERE id > %s ORDER BY id LIMIT {BATCH}", [last]
                )
                rows = cursor.fetchall()
                if not rows:
                    break
                last = rows[-1][0]
                ids, found = [row[0] for row in rows], [letters(row[1]) for row in rows]
                cursor.execute(
                    f"UPDATE {table} t SET pinyin = s.pinyin "
                    "FROM unnest(%s::bigint[], %s::text[]) s (id, pinyin) WHERE t.id = s.id",
                    [ids, found],
                )


class Migration(migrations.Migration):
    dependencies = [("registry", "0004_log_changes")]
    operations = [
        migrations.AddField(
            "cadre",
            "pinyin",
            models.CharField(
                blank=True, default="", editable=False, max_length=200, verbose_name="拼音首字母"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "household",
            "pinyin",
            models.CharField(
                blank=True, default="", editable=False, max_length=200, verbose_name="拼音首字母"
            ),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
