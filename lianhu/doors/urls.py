from django.urls import path

from lianhu.doors import views

urlpatterns = [
    path("", views.imports, name="imports"),
    path("template/<str:kind>/", views.template, name="import_template"),
    path("<int:pk>/", views.import_job, name="import_job"),
    path("<int:pk>/confirm/", views.confirm, name="import_confirm"),
    path("<int:pk>/faults.xlsx", views.faults_workbook, name="import_faults"),
]
