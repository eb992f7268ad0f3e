from django.urls import path

from lianhu.kit import routes  # noqa: F401  the converter `code`
from registry import views

urlpatterns = [
    path("activate/", views.activate, name="activate"),
    path("accounts/", views.accounts, name="accounts"),
    # Beside, not below: a 工号 may be any word.
    path("activation-slips/", views.slips, name="activation_slips"),
    path("accounts/<code:code>/", views.kept_account, name="kept_account"),
    path("accounts/<code:code>/roles/", views.give_role, name="give_role"),
    path("accounts/<code:code>/roles/<int:pk>/end/", views.end_role, name="end_role"),
    path("accounts/<code:code>/views/", views.give_view, name="give_view"),
    path("accounts/<code:code>/views/take/", views.take_view, name="take_view"),
    path("accounts/<code:code>/act/<slug:act>/", views.account_act, name="account_act"),
]
