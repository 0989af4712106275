"""What can be killed. All of it by SIGKILL: nothing is notified, nothing is tidied up."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`program` is a name in the stack's record; with `of_children` one of its children is killed."""

    name: str
    program: str
    of_children: bool = False


FAULTS = (
    Fault(name="web worker", program="web", of_children=True),
    Fault(name="web master", program="web"),
    Fault(name="worker child", program="worker", of_children=True),
    Fault(name="worker", program="worker"),
    Fault(name="relay", program="relay"),
    Fault(name="Valkey", program="valkey"),
    Fault(name="PostgreSQL", program="postgres"),
)
