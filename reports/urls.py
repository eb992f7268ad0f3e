from django.urls import path, re_path

from lianhu.kit import routes  # noqa: F401  the converter `code`
from reports.pages import (
    audit,
    county,
    evidence,
    feedback,
    household,
    household_erase,
    household_file,
    households,
    me,
    privacy,
    units,
    villages,
)

urlpatterns = [
    path("", me.home, name="home"),
    path("me/", me.me, name="me"),
    path("units/<code:code>/", units.unit, name="unit"),
    path("units/<code:code>/export.xlsx", units.export_unit, name="export_unit"),
    path("county/", county.county, name="county"),
    path("county/export.xlsx", county.export_county, name="export_county"),
    path("villages/", villages.villages, name="villages"),
    path("households/", households.households, name="households"),
    path("households/<code:code>/", household.household, name="household"),
    path("households/<code:code>/reveal/", household.reveal, name="household_reveal"),
    path("households/<code:code>/data/", household_file.household_data, name="household_data"),
    path("households/<code:code>/erase/", household_erase.erase, name="household_erase"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("audit/", audit.audit_log, name="audit_log"),
    path("audit/export.xlsx", audit.audit_export, name="audit_export"),
    path("audit/check/", audit.audit_check, name="audit_check"),
    path("audit/<int:pk>/", audit.audit_entry, name="audit_entry"),
    path("audit/<int:pk>/reveal/", audit.audit_reveal, name="audit_reveal"),
    path("feedback/", feedback.feedback, name="feedback"),
    path("feedback/all/", feedback.feedback_all, name="feedback_all"),
    path("feedback/<int:pk>/", feedback.answer, name="answer_feedback"),
    re_path(
        r"^figures/(?P<quota>[a-z_]+)/(?P<kind>cadre|unit|village)/(?P<code>[^/\x00]+)/$",
        evidence.evidence_page,
        name="evidence",
    ),
]
