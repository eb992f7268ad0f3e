"""What happened is only added to; the first categories are those of 方案四(三)-(四)."""

from typing import Any

from django.db import migrations

from lianhu.kit.db import RefuseChange

CATEGORIES = (
    "上学 医疗 就业 增收 住房 出行道路 饮水用电 社会保障 农业生产 生态环境 邻里纠纷 政策咨询 其他".split()
)


def seed(apps: Any, schema_editor: Any) -> None:
    category = apps.get_model("grievances", "Category")
    category.objects.bulk_create(
        category(name=name, position=position) for position, name in enumerate(CATEGORIES, 1)
    )


class Migration(migrations.Migration):
    dependencies = [("grievances", "0001_initial")]
    operations = [
        RefuseChange("grievances_grievanceevent"),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
