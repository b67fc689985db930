"""Which packets may pass the border of a subnet, by numbered entries."""

from collections.abc import Iterable, Iterator
from typing import Any

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.words import Collection, Create, CreatedWith, Listing, Op
from controller.aws.ec2.network_acl_order import Order, order_of
from controller.aws.ec2.network_acl_spec import NetworkAclSpec, meant
from controller.core.model.call import Call, Change
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import Tree
from controller.core.model.writer import WriteContext

_DIRECTIONS = ("ingress", "egress")
_ALLOW_ALL = {"ruleNumber": 100, "protocol": "-1", "ruleAction": "allow", "cidr": "0.0.0.0/0"}


def _entries(field: str, egress: bool) -> Collection:
    direction = {"Egress": egress}
    return Collection(
        field,
        add=Op("CreateNetworkAclEntry", constant=direction),
        change=Op("ReplaceNetworkAclEntry", constant=direction),
        remove=Op("DeleteNetworkAclEntry", constant=direction),
    )


class NetworkAcl(AwsKind):
    """A network ACL with its entries and associations.

    Entries are changed in an order in which, between two calls, nothing is allowed or denied that neither the old nor
    the new entries would allow or deny. Where no order does that, the plan says what is denied for a moment.
    """

    spec, service, id_field, tagging = NetworkAclSpec, "ec2", "NetworkAclId", Ec2Tags("network-acl")
    natural_key = ("vpc", "default")
    listing = Listing("DescribeNetworkAcls", "NetworkAcls", page=1000)
    creation, deletion = Create("CreateNetworkAcl", "NetworkAcl"), "DeleteNetworkAcl"
    created_with = CreatedWith(
        "default", "vpc", "defaultNetworkAcl", {"ingress": [_ALLOW_ALL], "egress": [_ALLOW_ALL]}
    )
    members = (
        _entries("ingress", egress=False),
        _entries("egress", egress=True),
        Collection(
            "subnets",
            move=Op("ReplaceNetworkAclAssociation"),
            remove=Op("ReplaceNetworkAclAssociation"),
            handle="AssociationId",
            handle_path="NetworkAclAssociationId",
            binding=True,
        ),
    )

    def update(
        self, node: Node, changes: Iterable[Change], live: Live | None, around: WriteContext
    ) -> tuple[Call, ...]:
        """Subnets leave before the entries change, and come after that."""
        changes = tuple(changes)
        shown = live.fields if live else self.initial(node.fields)
        orders = {field: _order(field, changes, shown).numbers for field in _DIRECTIONS}
        entries = [f"{field}[{number}]" for field, numbers in orders.items() for number in numbers]
        places = {path: place for place, path in enumerate(entries)}

        def place(call: Call) -> int:
            comes = -1 if call.takes_away else len(places)
            return places.get(call.fields[0], comes)

        return tuple(sorted(super().update(node, changes, live, around), key=place))

    def interruptions(self, changes: Iterable[Change], live: Live) -> Iterator[str]:
        """What no order of the entries avoids."""
        changes = tuple(changes)
        yield from super().interruptions(changes, live)
        for field in _DIRECTIONS:
            order = _order(field, changes, live.fields)
            if order.denies or order.allows:
                what = " and ".join(word for word in ("denied" * order.denies, "allowed" * order.allows) if word)
                yield (
                    f"{field}: no order of the calls keeps traffic from being {what} for a moment that both the old "
                    "and the new entries decide otherwise; use other rule numbers to avoid it"
                )

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        """Ports and ICMP types only where they mean something."""
        entries = {name: [meant(entry) for entry in fields[name]] for name in _DIRECTIONS if name in fields}
        return {**super().desired(stack, address, fields), **entries}

    def handle(self, members: Collection, element: Any, around: WriteContext) -> Any:
        """The association that a subnet is made with, while no listing shows it."""
        seen, new = super().handle(members, element, around), isinstance(element, Placeholder)
        return Placeholder(element.address, "networkAclAssociation") if seen is None and new else seen

    def calls(
        self, members: Collection, op: Op | None, changes: list[Change], side: str, me: Any, around: WriteContext
    ) -> Iterator[Call]:
        """A subnet always has an ACL: taking it off this one gives it back to the VPC's default."""
        if op is not None and op is members.remove and members.move:
            for change in changes:
                default = _default_for(change.observed, around)
                if default:
                    yield from super().calls(members, op, [change], side, default, around)
        else:
            yield from super().calls(members, op, changes, side, me, around)


def _order(field: str, changes: Iterable[Change], shown: Tree) -> Order:
    """The order in which the entries of one direction are changed."""
    before = {entry["ruleNumber"]: entry for entry in shown.get(field) or ()}
    mine = [change for change in changes if change.field == field]
    gone = {change.observed["ruleNumber"] for change in mine if change.observed}
    put = {change.desired["ruleNumber"]: change.desired for change in mine if change.desired}
    return order_of(before, {**{number: before[number] for number in before if number not in gone}, **put})


def _default_for(subnet: str, around: WriteContext) -> str | None:
    """The id of the default ACL of the VPC in which a subnet is; None where no listing shows one."""
    vpcs = [acl.fields["vpc"] for acl in around.alike() if subnet in acl.fields.get("subnets", ())]
    defaults = [acl.id for acl in around.alike() if acl.fields["vpc"] in vpcs and acl.fields.get("default")]
    return next(iter(defaults), None)
