"""Request bodies: one pydantic model describes each, checks it, and shows it in the schema.

Whatever does not fit becomes a problem of ours, all faults of a body at once. What only two fields
together can get wrong is a validator's to find, which raises `fields.fault`.
"""

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from rest_framework.request import Request

from core.errors import FieldError, Invalid

MAX_FAULTS = 2_500  # more than the longest body can hold, unless it is made to hold many
NULL = ("null", "This field may not be null.")
# Errors of pydantic's own types: our code, and our sentence. Errors of our types bring theirs.
KNOWN_ERRORS = {
    "missing": ("required", "This is required"),
    "extra_forbidden": ("unknown", "There is no such field"),
    "model_type": ("invalid", "Give a JSON object"),
    "dict_type": ("not_a_dict", "Give an object"),
    "list_type": ("not_a_list", "Give a list"),
    "too_short": ("min_length", "Give at least {min_length}"),
    "too_long": ("max_length", "Give at most {max_length}"),
    "string_type": ("invalid", "Not a valid string."),
    "string_too_short": ("blank", "This field may not be blank."),
    "string_too_long": ("max_length", "At most {max_length} characters"),
    "int_type": ("invalid", "A valid integer is required."),
    "greater_than_equal": ("min_value", "Ensure this value is greater than or equal to {ge}."),
    "less_than_equal": ("max_value", "Ensure this value is less than or equal to {le}."),
    "bool_type": ("invalid", "Must be a valid boolean."),
}


class RequestBody(BaseModel):
    """A JSON object that a client sends. Unknown fields are refused, and no value is made to fit."""

    model_config = ConfigDict(strict=True, extra="forbid")

    def given(self) -> dict[str, Any]:
        """The fields that were sent, by name: those of a PATCH are the ones to change."""
        return {name: getattr(self, name) for name in self.model_fields_set}


Model = TypeVar("Model", bound=RequestBody)


def read(model: type[Model], request: Request) -> Model:
    """The request's body as `model`. Raises Invalid naming each field that does not fit."""
    try:
        return model.model_validate(request.data)
    except ValidationError as error:
        raise invalid(error) from error


def invalid(error: ValidationError) -> Invalid:
    """pydantic's errors as a problem of ours."""
    faults = [_fault(each) for each in error.errors(include_url=False)[:MAX_FAULTS]]
    summary = "; ".join(f"{e.field}: {e.detail}" if e.field else e.detail for e in faults[:3])
    return Invalid(summary, errors=faults)


def _fault(error: ErrorDetails) -> FieldError:
    location, context = error["loc"], error.get("ctx", {})
    if error["type"] not in KNOWN_ERRORS:
        place = (*location[:-1], context["beside"]) if context["beside"] else (*location, *context["below"])
        return FieldError(field=_path(place), code=error["type"], detail=context["detail"])
    is_null = error["input"] is None and location and error["type"] != "missing"
    code, sentence = NULL if is_null else KNOWN_ERRORS[error["type"]]
    return FieldError(field=_path(location), code=code, detail=sentence.format_map(context))


def _path(location: tuple[int | str, ...]) -> str:
    """`("lines", 0, "sku")` as `lines[0].sku`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".")
