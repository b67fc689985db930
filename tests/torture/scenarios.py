"""The scenarios by name, and which of them a seed tells."""

from collections.abc import Collection, Mapping

from tests.torture.faults import Sort
from tests.torture.network import NetworkScene
from tests.torture.story import Stage, Story, Told

STAGES: Mapping[str, Stage] = {"network": NetworkScene}


def tell(seed: int, scenario: str, sorts: Collection[Sort]) -> Told:
    """One seed of one scenario."""
    return Story(seed, scenario, STAGES[scenario], sorts).tell()


def scenario_of(seed: int) -> str:
    """The one that a seed tells unless another is asked for."""
    return "network"
