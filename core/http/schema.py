"""What drf-spectacular cannot see: request bodies of pydantic, problem+json answers, tags by app."""

import inspect
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema as SpectacularSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import Direction
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from core.http.bodies import RequestBody

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail", "code", "request_id", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
            },
        },
    },
}


class AutoSchema(SpectacularSchema):
    """`XRequest` describes what comes in, under its name; `XDocument` what goes out, and is called X."""

    def get_description(self) -> str:  # type: ignore[override] # as drf-spectacular calls it
        """What the view or its method says of itself; what a base class says is about our machinery."""
        action = getattr(self.view, getattr(self.view, "action", "") or self.method.lower(), None)
        return inspect.cleandoc(
            getattr(action, "__doc__", None) or vars(type(self.view)).get("__doc__") or ""
        )

    def get_tags(self) -> list[str]:
        app = self.view.__module__.split(".")[0]
        return ["platform" if app == "core" else app]

    def get_serializer_name(self, serializer: Any, direction: Direction) -> str:
        return super().get_serializer_name(serializer, direction).removesuffix("Document")

    def _get_request_for_media_type(
        self, serializer: Any, direction: Direction = "request"
    ) -> tuple[Any, bool]:
        """Describe the body of a PATCH as that of any other: its body says itself what may be left out."""
        if not (isinstance(serializer, type) and issubclass(serializer, RequestBody)):
            return super()._get_request_for_media_type(serializer, direction)
        component = self.resolve_serializer(serializer, direction)  # type: ignore[arg-type] # an extension's
        return component.ref, bool(component.schema.get("required"))


class RequestBodyExtension(OpenApiSerializerExtension):
    """drf-spectacular registers a subclass when its module is imported; this one goes before its own."""

    target_class = RequestBody
    match_subclasses = True
    priority = 1

    def get_name(self, auto_schema: SpectacularSchema, direction: Direction) -> str:
        return self.target.__name__.removesuffix("Request")  # which comes back by COMPONENT_SPLIT_REQUEST

    def map_serializer(self, auto_schema: SpectacularSchema, direction: Direction) -> dict[str, Any]:
        schema = self.target.model_json_schema(
            ref_template="#/components/schemas/{model}", schema_generator=_BodySchema
        )
        for name, nested in schema.pop("$defs", {}).items():
            component = ResolvedComponent(
                name=name, type=ResolvedComponent.SCHEMA, object=name, schema=nested
            )
            auto_schema.registry.register_on_missing(component)
        return schema


class _BodySchema(GenerateJsonSchema):
    """pydantic's JSON schema without what says nothing: titles made of names, and null as a default."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> dict[str, Any]:
        described = super().model_schema(schema)
        described.pop("title", None)
        return described

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def nullable_schema(self, schema: core_schema.NullableSchema) -> dict[str, Any]:
        described = super().nullable_schema(schema)
        inner = described.get("anyOf", [{}])[0]
        if isinstance(inner.get("type"), str) and "enum" not in inner:
            return {**inner, "type": [inner["type"], "null"]}
        return described


def add_problem_responses(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Every operation may answer with a problem; `default` says so once for each."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    answer = {
        "description": "A problem",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path in result["paths"].values():
        for operation in path.values():
            operation["responses"].setdefault("default", answer)
    return result
