from django.urls import register_converter
from django.urls.converters import StringConverter


class TextConverter(StringConverter):
    """`<text:sku>`: as `str`, but without NUL, which nothing in PostgreSQL is named by."""

    regex = r"[^/\x00]+"


def register() -> None:
    register_converter(TextConverter, "text")
