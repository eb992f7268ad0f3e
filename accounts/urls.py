from django.urls import path

from accounts import views
from accounts.pages import account, inbox, sign_in, tokens, two_factor

urlpatterns = [
    path("login/", sign_in.sign_in_page, name="login"),
    path("login/code/", sign_in.code_page, name="login_code"),
    path("logout/", sign_in.sign_out, name="logout"),
    path("text-size/", views.text_size, name="text_size"),
    path("account/password/", account.password, name="account_password"),
    path("account/alive/", account.alive, name="account_alive"),
    path("account/sessions/end/", account.end_session, name="end_session"),
    path("account/sessions/end-others/", account.end_other_sessions, name="end_other_sessions"),
    path("account/two-factor/", two_factor.two_factor_page, name="two_factor"),
    path("account/two-factor/codes/", two_factor.new_codes, name="two_factor_codes"),
    path("account/two-factor/off/", two_factor.switch_off, name="two_factor_off"),
    path("account/tokens/", tokens.api_tokens, name="api_tokens"),
    path("account/tokens/<int:pk>/end/", tokens.api_token_end, name="api_token_end"),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read/", inbox.read_all, name="inbox_read"),
    path("inbox/<int:pk>/", inbox.open_notice, name="notice"),
]
