"""Addresses without sign-in. Fixed words come first: a matter's number is the last to be asked."""

from django.urls import path

from grievances.pages.prominent import public_prominent
from grievances.public import case_views, filing_views, views

urlpatterns = [
    path("", views.public_ledger, name="public_ledger"),
    path("case/", case_views.public_case, name="public_case"),
    path("case/object/", case_views.public_case_object, name="public_case_object"),
    path("case/rate/", case_views.public_case_rate, name="public_case_rate"),
    path("file/", filing_views.public_file, name="public_file"),
    path("file/<code:village>/", filing_views.public_file_village, name="public_file_village"),
    path("policies/", views.public_policies, name="public_policies"),
    path("prominent/", public_prominent, name="public_prominent"),
    path("feed/", views.public_feed, name="public_feed"),
    path("open-data/", views.public_open_data, name="public_open_data"),
    path("sitemap.xml", views.public_sitemap, name="public_sitemap"),
    path("photos/<uuid:pk>/", views.public_photo, name="public_photo"),
    path("<code:number>/", views.public_notice, name="public_notice"),
    path("<path:rest>/", views.public_nowhere, name="public_nowhere"),
]
