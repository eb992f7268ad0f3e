from django.urls import path

from lianhu.doors import schema, sync_views

urlpatterns = [
    path("sync/", sync_views.sync, name="sync"),
    path("schema/", schema.schema, name="api_schema"),
]
