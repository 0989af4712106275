"""Who may. Every view states one of these, core.http.permissions.IsStaff, or AllowAny."""

from rest_framework.permissions import IsAuthenticated


class IsCustomer(IsAuthenticated):
    """Anybody signed in, staff included."""
