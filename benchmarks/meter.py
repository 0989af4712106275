"""Processor time and memory of process trees."""

import resource
from collections.abc import Mapping

import psutil

from benchmarks.processes import tree_of

MEGABYTE = 1024 * 1024


def cpu_seconds(roots: Mapping[str, psutil.Process]) -> dict[str, float]:
    """Seconds that each tree has used so far, by name, processes that have ended included.

    A parent takes over the time of a child it has waited for. Children are read before their parents,
    so one that ends meanwhile is found with its parent.
    """
    return {name: sum(map(_cpu_of, tree_of(root))) for name, root in roots.items()}


def memory_megabytes(root: psutil.Process) -> float:
    """Proportional set size of the tree: a page shared by several processes is counted once."""
    return sum(map(_memory_of, tree_of(root))) / MEGABYTE


def machine_seconds() -> float:
    """Processor time that all programs of the machine have used so far, and that its host has taken away."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + getattr(times, "steal", 0.0))


def children_seconds() -> float:
    """Processor time of the children that this process has waited for: of each wrk that has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _cpu_of(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system + times.children_user + times.children_system


def _memory_of(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return 0
