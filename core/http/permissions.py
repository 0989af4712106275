"""Permissions for the foundation's own endpoints, which know no app: users are settings.AUTH_USER_MODEL."""

from typing import Any, cast
from uuid import UUID

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from rest_framework.permissions import BasePermission
from rest_framework.request import Request


def caller_id(request: Request | HttpRequest) -> UUID:
    """The id of whom IsAuthenticated, a permission like it, or a lean read's `readers` has let in."""
    return cast("UUID", request.user.pk)


class IsStaff(BasePermission):
    """Staff, by the database: the right ends with the next request, not with the token (one query)."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        if not (user and user.is_authenticated and user.is_staff):
            return False
        return get_user_model().objects.filter(pk=user.pk, is_active=True, is_staff=True).exists()
