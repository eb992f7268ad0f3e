from django.urls import path, re_path, register_converter

from reports.pages import audit, county, evidence, me, units, villages


class CodeConverter:
    """A natural key in an address. PostgreSQL takes no NUL: such an address is not there."""

    regex = r"[^/\x00]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(CodeConverter, "code")

urlpatterns = [
    path("", me.home, name="home"),
    path("me/", me.me, name="me"),
    path("units/<code:code>/", units.unit, name="unit"),
    path("units/<code:code>/export.xlsx", units.export_unit, name="export_unit"),
    path("county/", county.county, name="county"),
    path("county/export.xlsx", county.export_county, name="export_county"),
    path("villages/", villages.villages, name="villages"),
    path("audit/", audit.audit_log, name="audit_log"),
    path("audit/export.xlsx", audit.audit_export, name="audit_export"),
    path("audit/check/", audit.audit_check, name="audit_check"),
    path("audit/<int:pk>/", audit.audit_entry, name="audit_entry"),
    path("audit/<int:pk>/reveal/", audit.audit_reveal, name="audit_reveal"),
    re_path(
        r"^figures/(?P<quota>[a-z_]+)/(?P<kind>cadre|unit|village)/(?P<code>[^/\x00]+)/$",
        evidence.evidence_page,
        name="evidence",
    ),
]
