"""Permissions of views: every view states one of these, core.http.permissions.IsStaff, or AllowAny."""

from rest_framework.permissions import IsAuthenticated


class IsCustomer(IsAuthenticated):
    """Lets in anybody who is signed in, staff included."""
