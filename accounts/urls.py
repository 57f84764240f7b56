from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.urls import path, reverse_lazy

from accounts import views
from accounts.forms import LoginForm

app_name = "accounts"
urlpatterns = [
    path(
        "login/",
        login_not_required(
            auth_views.LoginView.as_view(
                template_name="accounts/login.html",
                authentication_form=LoginForm,
                redirect_authenticated_user=True,
            )
        ),
        name="login",
    ),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("me/", views.ProfileView.as_view(), name="profile"),
    path(
        "me/password/",
        auth_views.PasswordChangeView.as_view(
            template_name="accounts/password.html", success_url=reverse_lazy("accounts:profile")
        ),
        name="password_change",
    ),
    path("views/", views.view_tabs, name="view_tabs"),
    path("views/save/", views.view_save, name="view_save"),
    path("views/<int:pk>/", views.view_update, name="view_update"),
    path("views/<int:pk>/delete/", views.view_delete, name="view_delete"),
    path("language/", login_not_required(views.set_language), name="set_language"),
]
