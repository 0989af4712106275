"""Mails from templates, and samples of them for whoever works on the templates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

Context = Mapping[str, Any]

_samples: dict[str, Callable[[], Context]] = {}


@dataclass(frozen=True, kw_only=True)
class Rendered:
    subject: str
    text: str
    html: str


def render(template: str, context: Context) -> Rendered:
    """`<template>.subject.txt`, `.txt` and `.html` in the active language."""
    return Rendered(
        subject=" ".join(render_to_string(f"{template}.subject.txt", dict(context)).split()),
        text=render_to_string(f"{template}.txt", dict(context)),
        html=render_to_string(f"{template}.html", dict(context)),
    )


def show_sample(template: str, context: Callable[[], Context]) -> None:
    """Have previews show the template with this context. Apps say so when Django starts."""
    _samples[template] = context


def samples() -> dict[str, Rendered]:
    """Every template that an app shows a sample of, in the active language."""
    return {template: render(template, _samples[template]()) for template in sorted(_samples)}
