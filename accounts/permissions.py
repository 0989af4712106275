"""Who may. Every view states one of these, or AllowAny."""

from typing import Any

from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request

from accounts import queries


class IsCustomer(IsAuthenticated):
    """Anybody signed in, staff included."""


class IsStaff(BasePermission):
    """Staff, by the database: the right ends with the next request, not with the token (one query)."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        return bool(user.is_authenticated and user.is_staff and queries.is_active_staff(user.pk))
