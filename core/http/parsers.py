from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from core.errors import TooLarge

MAX_DEPTH = 32  # levels of nesting; what serializers do with a value is recursive


class JSONParser(BaseParser):
    """Strict JSON: bad UTF-8, NaN, deep nesting and NUL characters are a 400, never a 500.

    A body above settings.JSON_BODY_MAX bytes is a 413 before it is read.
    """

    media_type = "application/json"

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        raw = _read(stream)
        try:
            data = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"Malformed JSON: {error}") from error
        if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
            _refuse_depth(data)
        if b"\\u0000" in raw:
            _refuse_nul(data)
        return data


def _read(stream: IO[Any]) -> bytes:
    raw: bytes = stream.read(settings.JSON_BODY_MAX + 1)
    if len(raw) > settings.JSON_BODY_MAX:
        raise TooLarge(f"A JSON body may hold {settings.JSON_BODY_MAX} bytes")
    return raw


def _refuse_depth(data: Any) -> None:
    level = [data]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise ParseError(f"Malformed JSON: nested more than {MAX_DEPTH} levels deep")


def _refuse_nul(data: Any) -> None:
    nodes = [data]
    while nodes:
        node = nodes.pop()
        if isinstance(node, str) and "\0" in node:
            raise ParseError("Malformed JSON: text may not hold a NUL character")
        nodes += _children(node)
        nodes += node if isinstance(node, dict) else ()


def _children(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []
