"""Addresses of the whole site; each app has its own list."""

from django.urls import URLPattern, URLResolver, include, path

from grievances.public.views import robots
from lianhu import system_admin
from lianhu.doors import backup_views, schedule_views
from registry.my_account import account

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("lianhu.health")),
    path("", include("accounts.urls")),
    path("robots.txt", robots, name="robots"),
    path("account/", account, name="account"),
    path("", include("registry.urls")),
    path("", include("visits.urls")),
    path("", include("grievances.urls")),
    path("public/", include("grievances.public.urls")),
    path("", include("reports.urls")),
    path("api/", include("lianhu.doors.api_urls")),
    path("imports/", include("lianhu.doors.urls")),
    path("schedule/", schedule_views.schedule, name="schedule"),
    path("schedule/<slug:kind>/", schedule_views.schedule_entry, name="schedule_entry"),
    path("schedule/<slug:kind>/run/", schedule_views.schedule_run, name="schedule_run"),
    path("backups/", backup_views.backups, name="backups"),
    path("backups/new/", backup_views.backup_new, name="backup_new"),
    path("backups/<int:pk>/cancel/", backup_views.backup_cancel, name="backup_cancel"),
    path("system/", system_admin.site.urls),
]
