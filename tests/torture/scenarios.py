"""The scenarios by name, and which of them a seed tells."""

from collections.abc import Collection, Mapping
from functools import partial

from tests.torture.account import account, apart
from tests.torture.coarse import Counting
from tests.torture.faults import Sort
from tests.torture.network import NetworkScene
from tests.torture.reference import ReferenceScene
from tests.torture.story import Setting, Story, Told

REFERENCES: Mapping[str, Setting] = {
    "a": Setting(partial(ReferenceScene, "ha-web-tier"), Counting),
    "d": Setting(partial(ReferenceScene, "static-edge"), Counting),
}
SETTINGS: Mapping[str, Setting] = {"network": Setting(NetworkScene), **REFERENCES}


def tell(seed: int, scenario: str, sorts: Collection[Sort]) -> Told:
    """One seed of one scenario."""
    story = partial(_tell, seed, scenario, sorts)
    if scenario not in REFERENCES:
        return story()
    account()  # once, before it is copied
    return apart(story)


def _tell(seed: int, scenario: str, sorts: Collection[Sort]) -> Told:
    return Story(seed, scenario, SETTINGS[scenario], sorts).tell()


def scenario_of(seed: int) -> str:
    """The one that a seed tells unless another is asked for."""
    place = seed % 25
    return "a" if place in (7, 19) else "d" if place in (3, 11, 23) else "network"
