from django.urls import path, re_path

from reports.pages import county, evidence, me, units

urlpatterns = [
    path("", me.home, name="home"),
    path("me/", me.me, name="me"),
    path("units/<str:code>/", units.unit, name="unit"),
    path("units/<str:code>/export.xlsx", units.export_unit, name="export_unit"),
    path("county/", county.county, name="county"),
    path("county/export.xlsx", county.export_county, name="export_county"),
    re_path(
        r"^figures/(?P<quota>[a-z_]+)/(?P<kind>cadre|unit|village)/(?P<code>[^/]+)/$",
        evidence.evidence_page,
        name="evidence",
    ),
]
