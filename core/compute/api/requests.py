from typing import Annotated

from pydantic import Field

from core.compute import services
from core.http.bodies import RequestBody


class ComputeRequest(RequestBody):
    primes_below: Annotated[int, Field(ge=2, le=services.MAX_PRIMES_BELOW)]
