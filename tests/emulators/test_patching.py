"""The patches are in force for as long as anyone needs them, and not a moment longer."""

import subprocess
import sys

import pytest

from emulators.patched_moto.patching import Patches
from tests.cli.kit import environment

STORY = """
from contextlib import ExitStack
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.rds.responses import RDSResponse
from emulators.patched_moto import patched

before = NatGatewayBackend.delete_nat_gateway
with ExitStack() as first, ExitStack() as second:
    first.enter_context(patched())
    during = NatGatewayBackend.delete_nat_gateway
    second.enter_context(patched())
    first.close()
    assert during is NatGatewayBackend.delete_nat_gateway
    assert hasattr(RDSResponse, "modify_db_proxy")
assert before is NatGatewayBackend.delete_nat_gateway
assert during is not before
assert not hasattr(RDSResponse, "modify_db_proxy")
"""


def test_moto_is_as_it_was_afterwards() -> None:
    """Whoever leaves first leaves the patches to the other; after the last one nothing is left of them. In a program
    of its own, for other tests may need the patches all the while."""
    ended = subprocess.run([sys.executable, "-c", STORY], env=environment(), capture_output=True, check=False)
    assert (0, "") == (ended.returncode, ended.stderr.decode())


class Clock:
    """Something to patch."""

    def tell(self) -> str:
        """The time."""
        return "noon"


def test_mends_of_one_method_add_up() -> None:
    """Each is given what the earlier ones made of the method."""
    patches = Patches("clock")
    patches.around(Clock, "tell")(lambda tell, clock: f"about {tell(clock)}")
    patches.around(Clock, "tell")(lambda tell, clock: f"{tell(clock)}, I think")
    with patches.applied():
        assert "about noon, I think" == Clock().tell()
    assert "noon" == Clock().tell()


def test_a_method_that_is_gone_is_noticed() -> None:
    """When moto renames what is patched, applying the patch fails instead of doing nothing."""
    patches = Patches("clock")
    patches.around(Clock, "strike")(lambda strike, clock: None)
    with pytest.raises(AttributeError, match="strike"), patches.applied():
        pass
