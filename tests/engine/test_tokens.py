"""Client tokens: what AWS knows a call by when it is made again, so that nothing is made twice for one node."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from controller.core.model.call import Call
from controller.core.model.node import Node
from controller.core.model.reference import Address, Encoded, Secret, Text, Token
from controller.core.model.stack import Stack
from controller.core.planning.inventory import Inventory
from controller.engine.fill import Filling
from emulators.ec2.server import DropConnection
from emulators.ec2.store import Members, Thing
from tests.core.account import network
from tests.engine.harness import Account, ScriptedCloud, step

NAT = Address("NatGateway", "a")


# --- one token for one thing ---


def filled(call: Call, address: Address = NAT, stack: str = "web", account: str = "1", before: str = "") -> Any:
    """The parameters of a call as they are sent."""
    told: list[str] = []
    filling = Filling(
        ScriptedCloud(lambda operation, parameters: {}),
        Stack(stack, "us-east-1", {address: Node(address, {}, {})}),
        {},
        Inventory(account, "us-east-1", {}),
        {},
        told.append,
        predecessors={address: before} if before else {},
    )
    return filling.filled(address, call)


def making(**parameters: Any) -> Call:
    """A call that makes something."""
    return Call("ec2", "CreateNatGateway", {"ClientToken": Token(), **parameters}, makes=True)


def test_every_try_has_the_same_token() -> None:
    """It is made of the node and of what the call says, in whatever order, and of nothing else."""
    one, two = filled(making(SubnetId="s", Tags=[1])), filled(making(Tags=[1], SubnetId="s"))
    assert one == two
    assert 32 == len(one["ClientToken"]) == len(bytes.fromhex(one["ClientToken"])) * 2


@pytest.mark.parametrize(
    "other",
    [
        {"account": "2"},
        {"stack": "api"},
        {"address": Address("NatGateway", "b")},
        {"before": "nat-1"},
        {"call": making(SubnetId="t")},
        {"call": Call("ec2", "CreateRouteTable", {"ClientToken": Token(), "SubnetId": "s"})},
    ],
)
def test_another_thing_has_another_token(other: dict[str, Any]) -> None:
    """Another account, stack, node or call, and the successor of what was there before."""
    call = making(SubnetId="s")
    assert filled(call)["ClientToken"] != filled(**{"call": call, **other})["ClientToken"]


def test_a_token_may_stand_within() -> None:
    """CloudFront has its own in the middle of the configuration."""
    call = Call("cloudfront", "CreateDistribution", {"Config": {"CallerReference": Token(), "Comment": "x"}})
    assert isinstance(filled(call)["Config"]["CallerReference"], str)


def test_no_token_is_made_of_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS shows tokens, and a hash of a weak secret is as good as the secret: only where it is kept goes into it."""
    secret = Secret("env", "WORD")
    text = Text("say ${it}", (("it", secret),))
    call = Call("s", "CreateSecret", {"Token": Token(), "Plain": secret, "In": text, "Json": Encoded({"a": secret})})
    sent = []
    for word in ("hunter2", "other"):
        monkeypatch.setenv("WORD", word)
        sent.append(filled(call))
    assert ["say hunter2", "say other"] == [each["In"] for each in sent]
    assert sent[0]["Token"] == sent[1]["Token"]
    elsewhere = Call("s", "CreateSecret", {**call.parameters, "Plain": Secret("env", "WORD", "key")})
    assert sent[1]["Token"] != filled(elsewhere)["Token"]


# --- answers that are lost ---


class Late:
    """A hook: answers of an operation are lost, and no listing shows what it made until it is asked for again."""

    def __init__(self, account: Account, operation: str, prefix: str) -> None:
        self.operation, self.things = operation, account.server.world.things[prefix]
        self.deaf, self.hidden = True, dict[str, Thing]()
        self.lost, self.answered = Counter[str](), set[str]()
        account.server.before_reply = self

    def __call__(self, operation: str, asked: Members, when: str) -> None:
        """The thing is made, and the connection breaks."""
        if operation != self.operation or when != "after":
            return
        if self.deaf:
            self.lost[asked["ClientToken"]] += 1
            raise DropConnection
        self.answered.add(asked["ClientToken"])
        self.things.update(self.hidden)

    def hide(self, before: Mapping[str, Thing]) -> None:
        """From now on the answers arrive, and the listings lag."""
        self.hidden = {id: thing for id, thing in self.things.items() if id not in before and thing.tags}
        for id in self.hidden:
            del self.things[id]
        self.deaf = False


@pytest.mark.parametrize(
    ("operation", "prefix"),
    [("CreateNatGateway", "nat"), ("CreateRouteTable", "rtb"), ("CreateVpcEndpoint", "vpce")],
)
def test_a_lost_answer_makes_nothing_twice(account: Account, operation: str, prefix: str) -> None:
    """However late AWS shows what was made: the client asks again by itself, a restart that remembers nothing sends
    the same token, and it is the same thing that both get."""
    endpoints = {"s3": {"vpc": "main", "serviceName": "com.amazonaws.us-east-1.s3", "routeTables": ["private"]}}
    stack, late = account.stack(network(VpcEndpoint=endpoints)), Late(account, operation, prefix)
    account.turn(stack)
    late.hide({})
    account.settled(stack)
    made = {id for id, thing in late.things.items() if thing.tags}
    assert late.hidden.keys() == made
    assert late.lost.keys() == late.answered
    assert len(made) == len(late.lost) > 0
    assert min(late.lost.values()) > 1


def test_who_remembers_nothing_makes_a_lost_thing_anew(slow: Account) -> None:
    """AWS knows the token of the first and tells of it, though it is gone: another is asked for at once."""
    stack = slow.stack(network())
    slow.settled(stack)
    slow.by_hand("DeleteNatGateway", NatGatewayId=slow.ids("nat")[0])
    slow.clock.time += 31
    since = slow.mark()
    slow.settled(stack)
    assert slow.operations(since) == ["CreateNatGateway", "CreateNatGateway", "ReplaceRoute"]
    first, second = (each.parameters["ClientToken"] for each in slow.writes(since)[:2])
    assert first != second
    assert 1 == len(slow.ids("nat"))


def test_what_is_gone_and_stays_the_answer_is_not_asked_for_for_ever(account: Account) -> None:
    """Where AWS tells of one gone thing whatever the token, the pass ends, and says why."""
    stack = account.stack(network())
    account.settled(stack)
    gone = account.server.world.things["nat"][account.ids("nat")[0]]
    account.by_hand("DeleteNatGateway", NatGatewayId=gone.id)
    account.server.world.create_nat_gateway = lambda parameters: {"NatGateway": gone}  # type: ignore[method-assign]
    done = account.turn(stack)
    assert {NAT: f"AWS returned {gone.id}, which no longer exists"}.items() <= done.outcome.deferred.items()
    assert "NatGateway/a" == str(step(done.plan, "NatGateway/a").address)
