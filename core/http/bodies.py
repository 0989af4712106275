from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer


def valid_body(
    shape: type[BaseSerializer[Any]], request: Request, *, is_partial: bool = False
) -> dict[str, Any]:
    """The request's body, typed by `shape`. Raises ValidationError naming each field that does not fit."""
    body = shape(data=request.data, partial=is_partial)
    body.is_valid(raise_exception=True)
    validated: dict[str, Any] = body.validated_data
    return validated
