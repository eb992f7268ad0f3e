from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("grievances", "0005_field_work")]
    operations = [
        migrations.AlterField(
            model_name="grievanceevent",
            name="action",
            field=models.CharField(
                choices=[
                    ("register", "挂号"),
                    ("assign", "交办"),
                    ("reply", "答复"),
                    ("revisit", "回访"),
                    ("close", "销号"),
                    ("publish", "公示"),
                    ("correct", "更正"),
                    ("hand_over", "接替"),
                ],
                max_length=12,
                verbose_name="动作",
            ),
        ),
    ]
