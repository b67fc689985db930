"""Which live thing is which node: owner tags first, then what can be proven, and never a guess."""

from dataclasses import replace

import pytest

from controller.core.model.live import Phase, Thing
from controller.core.model.naming import OpenName, varied
from controller.core.model.node import Lifecycle
from controller.core.model.ownership import OWNER_NAME, OWNER_STACK
from controller.core.model.reference import Address, Foreign, Lookup
from controller.core.model.stack import Stack
from controller.core.planning.diff import Known, Unknowable
from controller.core.planning.inventory import attribute_of, find, pointing
from controller.core.planning.match import Match
from controller.core.planning.matching import match
from tests.core.account import ANYWHERE, Account, at, changed, network, stack_of, without
from tests.core.library import LIBRARY, book, inventory, library, shelf, thing, title

VPC, IGW, NAT, PRIVATE = at("Vpc/main"), at("InternetGateway/main"), at("NatGateway/a"), at("Subnet/private")


def test_owner_tags_say_what_is_what(stack: Stack, account: Account) -> None:
    """Stack and name in the tags settle it, whatever the fields have become."""
    account.set("Subnet/private", cidrBlock="10.9.9.0/24", vpc="vpc-elsewhere")
    found = account.match(stack)
    assert {str(address): live.id for address, live in found.live.items()} == {
        address: live.id for address, live in account.lives.items()
    }
    assert found == Match(live=found.live)


def test_tags_of_another_stack_are_not_ours(stack: Stack, account: Account) -> None:
    """One of the two owner tags is not enough, and another stack's name is another owner."""
    tags = {OWNER_STACK: "other", OWNER_NAME: "private"}
    account.retag("Subnet/private", tags)
    account.retag("SecurityGroup/app", {OWNER_NAME: "app"})
    found = account.match(stack)
    assert PRIVATE not in found.live
    assert found.conflicts == {
        PRIVATE: account["Subnet/private"],
        at("SecurityGroup/app"): account["SecurityGroup/app"],
    }


def test_a_failed_listing_leaves_its_nodes_unknown(stack: Stack, account: Account) -> None:
    """Not missing, not in conflict, not an orphan: nothing may be concluded."""
    account.failed["Subnet"] = "ec2:DescribeSubnets UnauthorizedOperation: no"
    found = account.match(stack, {address: account[str(address)].id for address in stack.nodes})
    subnets = {address for address in stack.nodes if address.kind == "Subnet"}
    assert set(found.unknown) == subnets
    assert set(found.live) == set(stack.nodes) - subnets


def test_what_is_leaving_is_not_the_node(stack: Stack, account: Account) -> None:
    """A thing that AWS is deleting is ours, still holds what it holds, and the node itself is missing."""
    account.phase("NatGateway/a", Phase.LEAVING)
    found = account.match(stack)
    assert NAT not in found.live
    assert found.leaving == {NAT: account["NatGateway/a"]}
    account.unmark("NatGateway/a")
    assert not account.match(stack).conflicts


def test_orphans_are_ours_by_tags_alone(stack: Stack, account: Account) -> None:
    """What left the document stays ours as long as it carries our marks."""
    smaller = stack_of(without(network(), "SecurityGroup/app"))
    assert account.match(smaller).orphans == [(at("SecurityGroup/app"), account["SecurityGroup/app"])]
    account.unmark("SecurityGroup/app")
    assert account.match(smaller).orphans == []


# --- evidence ---


def test_an_immutable_reference_proves_its_target(stack: Stack, account: Account) -> None:
    """A VPC without tags is ours by its subnets: nothing else can have put them there."""
    account.unmark("Vpc/main")
    assert account.match(stack).live[VPC] == account["Vpc/main"]


def test_evidence_is_followed_until_nothing_new_is_found(stack: Stack, account: Account) -> None:
    """From the NAT gateway to its subnet, from the subnet to the VPC; what nothing leads to is in conflict."""
    account.unmark(*(address for address in account.lives if address not in ("NatGateway/a", "RouteTable/public")))
    found = account.match(stack)
    assert found.live[at("Subnet/public")].id == "subnet-public"
    assert found.live[VPC].id == "vpc-main"
    assert found.live[IGW].id == "igw-main"
    assert found.live[at("ElasticIp/nat")].id == "eipalloc-nat"
    assert set(found.conflicts) == {PRIVATE, at("SecurityGroup/door"), at("SecurityGroup/app")}


def test_a_repointable_reference_proves_nothing_alone(stack: Stack, account: Account) -> None:
    """A route may be pointed anywhere: the gateway it names is ours only where its natural key agrees."""
    account.unmark("InternetGateway/main")
    assert account.match(stack).live[IGW] == account["InternetGateway/main"]
    account.set("InternetGateway/main", vpc="vpc-elsewhere")
    found = account.match(stack)
    assert IGW not in found.live
    assert IGW not in found.conflicts


def test_a_natural_key_proves_nothing_alone(stack: Stack, account: Account) -> None:
    """What merely sits in our place and is referred to by nothing of ours is in conflict."""
    account.unmark("SecurityGroup/app", "Subnet/private")
    account.set("RouteTable/private", subnets=[])
    found = account.match(stack)
    assert found.conflicts == {
        at("SecurityGroup/app"): account["SecurityGroup/app"],
        PRIVATE: account["Subnet/private"],
    }
    assert not {PRIVATE, at("SecurityGroup/app")} & set(found.live)


def test_evidence_never_takes_what_is_marked_otherwise(stack: Stack, account: Account) -> None:
    """What another stack owns is not ours, even if our subnets are in it."""
    account.retag("Vpc/main", {OWNER_STACK: "other", OWNER_NAME: "main"})
    found = account.match(stack)
    assert VPC not in found.live


def test_an_earlier_id_is_a_second_help(stack: Stack, account: Account) -> None:
    """An address that nothing refers to is known by the id of an earlier pass, unless another marked it."""
    account.unmark("ElasticIp/nat")
    account.lose("NatGateway/a")
    eip = at("ElasticIp/nat")
    assert eip not in account.match(stack).live
    assert account.match(stack, {eip: "eipalloc-nat"}).live[eip].id == "eipalloc-nat"
    account.retag("ElasticIp/nat", {OWNER_STACK: "other", OWNER_NAME: "x"})
    assert eip not in account.match(stack, {eip: "eipalloc-nat"}).live


# --- what the document adopts ---


def adopting(id: str, name: str = "private") -> Stack:
    """A stack whose private subnet is taken over by its id."""
    resources = without(network(), "Subnet/private")
    spec = {**network()["Subnet"]["private"], "lifecycle": Lifecycle(adopt=id)}
    return stack_of(changed(changed(resources, f"Subnet/{name}", **spec), "RouteTable/private", subnets=[name]))


def test_an_unowned_thing_is_adopted_by_its_id(account: Account) -> None:
    """The document names it, so it is taken over, even where no tag and no evidence says so."""
    account.unmark("Subnet/private")
    account.set("RouteTable/private", subnets=[])
    found = account.match(adopting("subnet-private"))
    assert found.live[PRIVATE].id == "subnet-private"
    assert found.adopted == {PRIVATE}
    assert found.conflicts == {}


def test_an_orphan_of_ours_is_adopted_under_its_new_name(account: Account) -> None:
    """A renamed node keeps its thing: adopted, and no orphan any more."""
    found = account.match(adopting("subnet-private", "renamed"))
    assert found.live[at("Subnet/renamed")].id == "subnet-private"
    assert found.orphans == []
    assert found.conflicts == {}


def test_what_another_stack_owns_is_never_adopted(account: Account) -> None:
    """Two stacks never own one thing: its owner lets it go first. Until then it is a conflict, not a creation."""
    tags = {OWNER_STACK: "other", OWNER_NAME: "x"}
    account.retag("Subnet/private", tags)
    account.set("Subnet/private", cidrBlock="10.0.77.0/24")
    found = account.match(adopting("subnet-private"))
    assert PRIVATE not in found.live
    assert found.conflicts[PRIVATE].id == "subnet-private"


def test_an_adoption_of_what_is_not_there_makes_nothing(account: Account) -> None:
    """A mistyped id is said, not answered with a new thing beside the one that was meant."""
    account.lose("Subnet/private")
    found = account.match(adopting("subnet-mistyped"))
    assert "subnet-mistyped" in found.unknown[PRIVATE]
    assert PRIVATE not in found.live


def test_adoption_ends_with_the_mark(account: Account) -> None:
    """Once marked it is simply ours; `adopt` may stay in the document."""
    found = account.match(adopting("subnet-private"))
    assert found.live[PRIVATE].id == "subnet-private"
    assert found.adopted == set()


# --- what AWS makes by itself ---


def implicit() -> Stack:
    """A VPC whose main route table and default group are nodes."""
    return stack_of(
        {
            "Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}},
            "RouteTable": {"main": {"vpc": "main", "main": True}},
            "SecurityGroup": {"default": {"vpc": "main", "default": True, "ingress": []}},
        }
    )


def test_what_aws_made_with_a_parent_of_ours_is_ours() -> None:
    """The main route table and the default group need no tags of their own."""
    account = Account(implicit())
    account.unmark("RouteTable/main", "SecurityGroup/default")
    found = account.match(implicit())
    assert set(found.live) == set(implicit().nodes)
    assert found.conflicts == {}


def test_implicit_things_of_a_foreign_parent_are_not_ours() -> None:
    """Without the VPC, its main route table is nobody's."""
    account = Account(implicit())
    account.unmark("RouteTable/main", "SecurityGroup/default", "Vpc/main")
    found = account.match(implicit())
    assert found.live == {}


# --- what is not in this stack ---


def test_a_foreign_node_is_found_by_its_owner_tags(stack: Stack, account: Account) -> None:
    """Exactly one thing of that stack and name; missing, doubled and leaving ones are no answer."""
    wanted = Foreign("web", VPC, "cidrBlock")
    assert find(account.inventory(), wanted) == Known("10.0.0.0/16")
    account.lives["twin"] = replace(account["Vpc/main"], id="vpc-2")
    assert find(account.inventory(), wanted) == Unknowable(
        "web:Vpc/main.cidrBlock is ambiguous: 2 match (vpc-2, vpc-main)"
    )
    account.phase("twin", Phase.LEAVING)
    assert find(account.inventory(), wanted) == Known("10.0.0.0/16")
    account.lose("Vpc/main")
    assert find(account.inventory(), wanted) == Unknowable("web:Vpc/main.cidrBlock does not exist")
    account.failed["Vpc"] = "denied"
    assert find(account.inventory(), wanted) == Unknowable("denied")


def test_a_lookup_finds_by_fields_attributes_and_tags(stack: Stack, account: Account) -> None:
    """What is looked for need not be ours; all of the query has to fit."""
    account.unmark("Vpc/main")
    account.retag("Vpc/main", {"Team": "net"})
    assert find(account.inventory(), Lookup("Vpc", (("tag:Team", "net"),))) == Known("vpc-main")
    query = (("cidrBlock", "10.0.0.0/16"), ("tag:Team", "other"))
    assert isinstance(find(account.inventory(), Lookup("Vpc", query)), Unknowable)


def test_attributes_and_nested_fields_are_found_by_path(account: Account) -> None:
    """An attribute goes before a field of the same name; what is not shown is None."""
    vpc = account["Vpc/main"]
    assert attribute_of(vpc, "id") == "vpc-main"
    assert attribute_of(vpc, "mainRouteTable") == "rtb-made-with-main"
    assert attribute_of(vpc, "cidrBlock.nothing") is None
    assert attribute_of(replace(vpc, fields={"a": {"b": 1}}), "a.b") == 1


def test_a_thing_refers_to_what_its_fields_name(account: Account) -> None:
    """A rename of a node is an orphan and a missing node with the same key: a conflict, never a second one."""
    resources = changed(without(network(), "Subnet/private"), "Subnet/fresh", **network()["Subnet"]["private"])
    renamed = stack_of(changed(resources, "RouteTable/private", subnets=["fresh"]))
    found = account.match(renamed)
    assert found.conflicts == {Address("Subnet", "fresh"): account["Subnet/private"]}
    assert [str(address) for address, _ in found.orphans] == ["Subnet/private"]


def test_what_our_things_stand_in_is_not_missing(stack: Stack, account: Account) -> None:
    """A subnet cannot be without its VPC: a listing that leaves the VPC out is not believed."""
    account.lose("Vpc/main")
    assert VPC in account.match(stack).unknown
    account.lives.clear()
    assert account.match(stack).unknown == {}


def test_another_attribute_of_a_node_is_no_evidence_for_the_node() -> None:
    """A gateway endpoint in the main route table of a VPC says nothing about what the VPC's own id is."""
    main = {"from": "Vpc/main", "attribute": "mainRouteTable"}
    endpoint = {"vpc": {"id": "vpc-x"}, "serviceName": "com.amazonaws.us-east-1.s3", "routeTables": [main]}
    subnet = {"vpc": {"from": "Vpc/main", "attribute": "mainRouteTable"}, "cidrBlock": "10.0.0.0/24"}
    stack = stack_of({"Vpc": network()["Vpc"], "VpcEndpoint": {"e": endpoint}, "Subnet": {"odd": subnet}})
    account = Account(stack)
    account.lose("Vpc/main")
    assert account.match(stack).unknown == {}


def test_a_route_does_not_keep_a_lost_gateway_alive(stack: Stack, account: Account) -> None:
    """A reference that can be re-pointed may lead nowhere: the NAT gateway behind it is really missing."""
    account.lose("NatGateway/a")
    found = account.match(stack)
    assert NAT not in found.unknown
    assert NAT not in found.live
    assert account["RouteTable/private"].fields["routes"] == [{"destination": ANYWHERE, "natGateway": "nat-a"}]


# --- what takes no tags ---

BOOK = at("Book/b")


def test_a_child_without_tags_is_ours_where_its_parent_is() -> None:
    """Its natural key within something of ours is proof enough, though the document fixes its name."""
    stack = library({"Shelf/main": {}, "Book/b": {"shelf": "main", "bookName": "fixed"}})
    found = match(stack, LIBRARY, inventory(shelf("main"), book("b-1", "web-main", "fixed")))
    assert found.live[BOOK].id == "b-1"


def test_a_child_of_a_stranger_is_a_conflict() -> None:
    """Where neither parent nor name tells whose it is, it is not taken."""
    stack = library({"Book/b": {"shelf": {"id": "theirs"}, "bookName": "fixed"}})
    found = match(stack, LIBRARY, inventory(book("b-1", "theirs", "fixed")))
    assert found.live == {}
    assert found.conflicts[BOOK].id == "b-1"


@pytest.mark.parametrize("name", [title("b"), f"{title('b')}-0a1b2c"])
def test_a_name_that_is_left_open_marks(name: str) -> None:
    """Nobody else gives such a name, nor a variant of it: a child is ours within whatever parent."""
    stack = library({"Book/b": {"shelf": {"id": "theirs"}}})
    found = match(stack, LIBRARY, inventory(book("b-1", "theirs", name)))
    assert found.live[BOOK].id == "b-1"


def test_two_children_of_one_name_are_node_and_surplus() -> None:
    """What a replacement that was cut short leaves over: the later name is made from the one that it replaces."""
    stack = library({"Shelf/main": {}, "Book/b": {"shelf": "main"}})
    name = title("b")
    books = book("b-1", "web-main", name), book("b-2", "web-main", varied(OpenName(name), name))
    found = match(stack, LIBRARY, inventory(shelf("main"), *books))
    assert found.live[BOOK].id == "b-2"
    assert [(BOOK, "b-1")] == [(address, live.id) for address, live in found.surplus]


def test_two_children_of_which_neither_replaced_the_other_are_in_conflict() -> None:
    """A name like ours is no proof that we left a thing over."""
    stack = library({"Shelf/main": {}, "Book/b": {"shelf": "main"}})
    books = book("b-1", "web-main", title("b")), book("b-2", "web-main", f"{title('b')}-0a1b2c")
    found = match(stack, LIBRARY, inventory(shelf("main"), *books))
    assert BOOK not in found.live
    assert BOOK in found.conflicts
    assert ([], []) == (found.surplus, found.orphans)


def test_children_left_over_are_orphans() -> None:
    """Within something of ours and under a name that proves it; no other child is touched."""
    stack = library({"Shelf/main": {}, "Book/b": {"shelf": "main"}})
    books = (
        book("b-1", "web-main", title("b")),
        book("b-2", "web-main", title("old")),
        book("b-3", "web-main", f"{title('very-old')}-0a1b2c"),
        book("b-4", "web-main", title("old", stack="other")),
        book("b-5", "web-main", f"my-{title('old')}"),
        book("b-6", "theirs", title("old")),
        book("b-7", "web-main", "web-old"),
        book("b-8", "web-main", "web-old-0a1b2c3d"),
    )
    found = match(stack, LIBRARY, inventory(shelf("main"), *books))
    expected = [(at("Book/old"), "b-2"), (at("Book/very-old"), "b-3")]
    assert expected == [(address, live.id) for address, live in found.orphans]


def test_the_child_of_a_stack_whose_name_begins_alike_is_its_own() -> None:
    """Stack `web` and its node `b-x`, and stack `web-b` and its node `x`, never take each other's for their own."""
    stack = library({"Shelf/main": {}, "Book/b-x": {"shelf": "main"}})
    found = match(stack, LIBRARY, inventory(shelf("main"), book("b-1", "web-main", title("x", stack="web-b"))))
    assert ({at("Shelf/main")}, []) == ({*found.live}, found.orphans)


def test_a_name_that_the_document_fixes_has_no_variants() -> None:
    """What only looks like a variant of it is a stranger, and is neither taken nor replaced."""
    stack = library({"Shelf/main": {}, "Book/b": {"shelf": "main", "bookName": "fixed"}})
    found = match(stack, LIBRARY, inventory(shelf("main"), book("b-1", "web-main", "fixed-0a1b2c")))
    assert {at("Shelf/main")} == {*found.live}


# --- who refers to whom ---


def test_things_of_one_name_are_told_apart_by_kind() -> None:
    """A shelf and a sign may have one id: a reference means the one of its kind."""
    both = [shelf("main", id="same"), thing("Sign/main", "same")]
    targets_of = pointing(LIBRARY, both)
    assert targets_of(thing("Label/a", "l-1", shelf="same")) == {Thing("Shelf", "same")}
    assert targets_of(thing("Label/a", "l-1", sign="same")) == {Thing("Sign", "same")}


def test_a_reference_means_one_attribute() -> None:
    """What is a shelf's edition is no shelf's id, and the other way round."""
    targets_of = pointing(LIBRARY, [shelf("main")])
    assert targets_of(thing("Label/a", "l-1", address="web-main:1")) == {Thing("Shelf", "web-main")}
    assert targets_of(thing("Label/a", "l-1", shelf="web-main:1", address="web-main")) == set()
