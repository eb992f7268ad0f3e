from django.apps import AppConfig

from accounts.acting import watch_connections


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "账号"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        watch_connections()
