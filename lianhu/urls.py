"""Addresses of the whole site; each app has its own list."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("lianhu.health")),
    path("", include("accounts.urls")),
    path("", include("reports.urls")),
    path("imports/", include("lianhu.doors.urls")),
]
