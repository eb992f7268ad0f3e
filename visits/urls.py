from django.urls import path

from visits import photo_views

urlpatterns = [
    path("api/photos/<uuid:pk>/", photo_views.photo_upload, name="photo_upload"),
    path("photos/<uuid:pk>/", photo_views.photo, name="photo"),
    path("photos/<uuid:pk>/small/", photo_views.photo_small, name="photo_small"),
    path("visits/<int:pk>/photos/", photo_views.visit_photos_add, name="visit_photos_add"),
]
