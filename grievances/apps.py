from django.apps import AppConfig


class GrievancesConfig(AppConfig):
    name = "grievances"
    verbose_name = "诉求"
    default_auto_field = "django.db.models.BigAutoField"
