from typing import Never

from tqdm import tqdm


def bar(*, total: int, label: str, unit: str) -> "tqdm[Never]":
    """A progress bar on a terminal, silence anywhere else."""
    return tqdm(total=total, desc=label, unit=f" {unit}", disable=None, leave=False)
