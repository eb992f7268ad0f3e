"""Addresses of the whole site; each app has its own list."""

from django.urls import URLPattern, URLResolver, include, path

from grievances.public.views import robots
from lianhu import system_admin
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
    path("system/", system_admin.site.urls),
]
