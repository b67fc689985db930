"""A reference document that is held: made once, made to drift field by field, and looked at."""

from pathlib import Path
from typing import Any

import boto3

from controller.aws.declaration.wire import overlay
from controller.core.model.stack import Stack
from controller.engine.observe import kinds_of
from tests.clock import Clock
from tests.engine.harness import REGION
from tests.stacks.documents import reference, tree_of, variant
from tests.stacks.drifting import Remembering, other_value
from tests.stacks.variations import Place
from tests.stacks.world import Passed, World


class Held:
    """The stack, and a program that is told another document in between."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder, self.stack = name, folder, reference(name)
        self.cloud, self.clock = Remembering(), Clock()
        self.world = World(self.clock, self.cloud, {kind for kind, _ in kinds_of([self.stack])})
        self.made = self.world.converge(self.stack, fresh=True)

    def turn(self, stack: Stack) -> Passed:
        """One pass, some time after the last."""
        self.clock.time += 60
        return self.world.turn(stack, fresh=True)

    def client(self, service: str) -> Any:
        """A client that is not the program's."""
        return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]

    def restore(self) -> None:
        """In sync, whatever happened before."""
        while (found := self.turn(self.stack)).writes:
            pass
        assert found.plan.in_sync, found.told

    def drift(self, place: Place) -> Passed:
        """Make one field another, as somebody else would have it."""
        kind, _, node = place.address.partition("/")
        fields = place.fields(other_value(place))
        if "." in place.path:  # a part of a structure: the rest of it stays
            fields = overlay(tree_of(self.name)["spec"]["resources"][kind][node], fields)
        return self.turn(variant(self.name, place.address, fields, self.folder))


def drift_in(passed: Passed) -> dict[str, list[str]]:
    """The paths of all drift, by node; what another node's step causes is none."""
    return {str(s.address): [change.path for change in s.drift] for s in passed.plan.steps if s.drift}


def check_alone(place: Place, found: Passed) -> None:
    """A pass finds this drift and no other, and writes for it alone, and for what follows from it."""
    assert [place.address] == [*drift_in(found)], found.told
    assert all(map(place.holds, drift_in(found)[place.address])), found.told
    assert {"ok"} == {write.outcome for write in found.writes}, found.told
    assert place.address in {str(write.address) for write in found.writes}
    own = [path for write in found.writes if str(write.address) == place.address for path in write.call.fields]
    assert own
    assert all(place.holds(path) or place.path.startswith(f"{path}.") for path in own)  # a structure goes whole
