from django.urls import path

from grievances.public import views

urlpatterns = [
    path("case/", views.public_case, name="public_case"),
]
