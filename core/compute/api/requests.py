from typing import Annotated

from core.compute import services
from core.http.bodies import RequestBody
from core.http.fields import Whole


class ComputeRequest(RequestBody):
    primes_below: Annotated[int, Whole(2, services.MAX_PRIMES_BELOW)]
