from django.urls import path

from accounts.api import auth, jwks, me

urlpatterns = [
    path("auth/register", auth.RegisterView.as_view(), name="register"),
    path("auth/login", auth.LoginView.as_view(), name="login"),
    path("auth/refresh", auth.RefreshView.as_view(), name="refresh"),
    path("auth/logout", auth.LogoutView.as_view(), name="logout"),
    path("auth/verify-email", auth.VerifyEmailView.as_view(), name="verify-email"),
    path("me", me.MeView.as_view(), name="me"),
]

# Outside /api/v1: RFC 8615 fixes the place.
well_known = [path("jwks.json", jwks.JwksView.as_view(), name="jwks")]
