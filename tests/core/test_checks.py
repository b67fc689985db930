"""Rules across nodes that samples cannot show: forms, size, and what is no circle."""

import time
from collections.abc import Mapping
from itertools import pairwise

import pytest

from controller.core.document.checks import DocumentScope, Fault, circles, faults
from controller.core.model.node import Lifecycle, Node
from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import Tree
from tests.core.kinds import CATALOG

MAIN = {"Network/main": {"cidrBlock": "10.0.0.0/8"}}


def told(nodes: Mapping[str, Tree]) -> list[str]:
    """What the rules say about nodes, each with its place."""
    made = {Address.parse(name): Node(Address.parse(name), fields, {}) for name, fields in nodes.items()}
    aliases = {address: CATALOG[address.kind].alias(node.fields) for address, node in made.items()}
    made = {address: Node(address, node.fields, {}, alias=aliases[address]) for address, node in made.items()}
    names = {kind: {address.name for address in made if address.kind == kind} for kind in CATALOG}
    return [f"{fault.address} {fault.at}: {fault.message}" for fault in faults(DocumentScope(made, names, CATALOG))]


def to(name: str, attribute: str = "id") -> Placeholder:
    """A reference to the node of that name."""
    return Placeholder(Address.parse(name), attribute)


@pytest.mark.parametrize("attribute", ["id", "arn", "cidrBlock", "moreCidrBlocks", "tags.Env"])
def test_attributes_that_exist(attribute: str) -> None:
    """The id, what the kind exports, and its fields can be referred to, a dot leading into what has parts."""
    door = {"Door/a": {"segments": [], "greeting": to("Network/main", attribute)}}
    assert [] == told({**MAIN, **door})


@pytest.mark.parametrize("attribute", ["lock.grade", "lock", "endpoint.port", "policy.A.B", "labels.x"])
def test_attributes_within_attributes(attribute: str) -> None:
    """A dot leads into structures, maps and JSON documents."""
    assert [] == told({"Door/a": {"greeting": to("Door/b", attribute)}, "Door/b": {}})


@pytest.mark.parametrize(
    "attribute", ["", "ids", "lock.gradee", "lock.grade.x", "ports.0", "endpoint", "pin", "pin.x"]
)
def test_attributes_that_do_not_exist(attribute: str) -> None:
    """What leads nowhere, or to what AWS never shows, cannot be referred to."""
    assert 1 == len(told({"Door/a": {"greeting": to("Door/b", attribute)}, "Door/b": {}}))


def test_an_alias_leads_somewhere_too() -> None:
    """Where a node's id comes from has to be there like every other reference."""
    nodes = {"Group/a": {"groupName": "main", "network": to("Network/nope")}}
    assert ["there is no Network/nope in this stack"] * 2 == [each.split(": ")[1] for each in told(nodes)]


def test_a_range_in_any_of_several() -> None:
    """It is enough to lie within one of the ranges, and what is not known yet may be the right one."""
    main = {"Network/main": {"cidrBlock": "10.0.0.0/16", "moreCidrBlocks": ["10.1.0.0/16"]}}
    inside = {"Segment/a": {"network": to("Network/main"), "cidrBlock": "10.1.0.0/16"}}
    outside = {"Segment/a": {"network": to("Network/main"), "cidrBlock": "10.2.0.0/24"}}
    late = {"Network/main": {"cidrBlock": "10.0.0.0/16", "moreCidrBlocks": [to("Network/b", "cidrBlock")]}}
    assert [] == told({**main, **inside})
    assert ["Segment/a ('cidrBlock',): 10.2.0.0/24 is not within any CIDR block of Network/main"] == told(
        {**main, **outside}
    )
    assert [] == told({**late, "Network/b": {"cidrBlock": "10.2.0.0/16"}, **outside})


def test_the_later_range_is_the_wrong_one() -> None:
    """Of two ranges that overlap, the one that stands later in the document is told, whatever their order."""
    wide = {"network": to("Network/main"), "cidrBlock": "10.0.0.0/16"}
    narrow = {"network": to("Network/main"), "cidrBlock": "10.0.1.0/24"}
    first, second = (
        told({**MAIN, "Segment/a": wide, "Segment/b": narrow}),
        told({**MAIN, "Segment/a": narrow, "Segment/b": wide}),
    )
    assert ["Segment/b ('cidrBlock',): 10.0.1.0/24 overlaps 10.0.0.0/16 of Segment/a"] == first
    assert ["Segment/b ('cidrBlock',): 10.0.0.0/16 overlaps 10.0.1.0/24 of Segment/a"] == second


def test_what_aws_makes_along_needs_only_its_maker() -> None:
    """A node with an alias is made with another; only that one and what cannot change come before it."""
    nodes: dict[str, Tree] = {
        "Network/main": {"cidrBlock": to("Group/a", "groupName")},
        "Group/a": {"groupName": "main", "network": to("Network/main")},
    }
    assert 1 == len(told(nodes))


def bells(fields: Tree, lifecycle: Lifecycle) -> list[Fault]:
    """What the rules say about a bell, whose name alone can say whose it is."""
    address = Address("Bell", "one")
    node = Node(address, CATALOG["Bell"].desired("web", address, fields), {}, lifecycle)
    return list(faults(DocumentScope({address: node}, {"Bell": {"one"}}, CATALOG)))


def test_a_name_that_marks_is_left_open() -> None:
    """What takes no tags and stands in nothing is known by its open name; one that the document fixes is refused."""
    assert [] == bells({}, Lifecycle())
    (fault,) = bells({"bellName": "ding"}, Lifecycle())
    assert (Address("Bell", "one"), ("bellName",)) == (fault.address, fault.at)
    assert "Bell cannot be tagged: only a generated name shows which stack owns it" == fault.message
    assert "omit bellName, or adopt the existing one with lifecycle: {adopt: {id: …}}" == fault.hint


def test_what_is_adopted_keeps_its_name() -> None:
    """Where the document says which one it takes over, that one's name may be fixed."""
    assert [] == bells({"bellName": "ding"}, Lifecycle(adopt="ding"))


def test_tags_mark_where_there_are_some() -> None:
    """The name of what takes tags is the document's own affair."""
    assert [] == told({**MAIN, "Group/a": {"groupName": "mine", "network": to("Network/main")}})


def test_circles_share_no_node() -> None:
    """Every knot is told by one circle at least, and no node is told twice."""
    a, b, c, d, e = (Address("X", name) for name in "abcde")
    edges = {a: [b], b: [a, c], c: [d], d: [c, d], e: [a]}
    assert [[c, d], [a, b]] == list(circles(edges)) or [[a, b], [c, d]] == list(circles(edges))


def test_a_long_chain_is_no_matter() -> None:
    """Ten thousand nodes in a chain are walked without recursion, and closing the chain is one circle."""
    nodes = [Address("X", str(i)) for i in range(10_000)]
    chain = {node: [after] for node, after in pairwise(nodes)}
    assert [] == list(circles({**chain, nodes[-1]: []}))
    assert [nodes] == list(circles({**chain, nodes[-1]: [nodes[0]]}))


def test_time_grows_with_the_document() -> None:
    """Ten thousand nodes that all overlap and all need each other are told in seconds."""
    start = time.perf_counter()
    segments = {
        f"Segment/n{i}": {
            "network": to("Network/main"),
            "cidrBlock": "10.0.0.0/24",
            "zone": to(f"Segment/n{i - i % 2 + (i + 1) % 2}", "zone"),
        }
        for i in range(10_000)
    }
    assert 9_999 + 5_000 == len(told({**MAIN, **segments}))
    assert time.perf_counter() - start < 10
