"""Which packets may reach, and leave, what carries the group."""

from collections.abc import Iterator, Mapping
from typing import Any

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import Ec2Tags
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Collection, Create, CreatedWith, Listing, Op
from controller.aws.ec2.addresses import ipv6
from controller.aws.ec2.security_group_spec import SecurityGroupSpec
from controller.core.model.call import Call
from controller.core.model.live import Live
from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import Tree
from controller.core.model.writer import WriteContext

_EVERYTHING: Tree = {"protocol": "-1", "cidr": "0.0.0.0/0"}


def _members(field: str, direction: str) -> Collection:
    return Collection(
        field,
        add=Op(f"AuthorizeSecurityGroup{direction}", batch="IpPermissions"),
        change=Op(f"UpdateSecurityGroupRuleDescriptions{direction}", batch="IpPermissions"),
        remove=Op(f"RevokeSecurityGroup{direction}", batch="IpPermissions"),
        encode=permissions_of,
    )


def permissions_of(rules: list[Tree]) -> list[Item]:
    """Rules as AWS writes them: one permission each, its peer in the list for peers of its form."""
    return [_permission(rule) for rule in rules]


def _permission(rule: Tree) -> Item:
    ports = {name: rule[key] for name, key in (("FromPort", "fromPort"), ("ToPort", "toPort")) if key in rule}
    return {"IpProtocol": rule["protocol"], **ports, **_peer(rule)}


def _peer(rule: Tree) -> dict[str, Any]:
    words = {"Description": rule["description"]} if rule.get("description") else {}
    if "group" in rule:
        account = {"UserId": rule["userId"]} if rule.get("userId") else {}
        return {"UserIdGroupPairs": [{"GroupId": rule["group"], **account, **words}]}
    if "prefixList" in rule:
        return {"PrefixListIds": [{"PrefixListId": rule["prefixList"], **words}]}
    cidr = rule["cidr"]
    if isinstance(cidr, str) and ipv6(cidr):
        return {"Ipv6Ranges": [{"CidrIpv6": cidr, **words}]}
    return {"IpRanges": [{"CidrIp": cidr, **words}]}


_PEER_LISTS = (
    ("IpRanges", "CidrIp", "cidr"),
    ("Ipv6Ranges", "CidrIpv6", "cidr"),
    ("UserIdGroupPairs", "GroupId", "group"),
    ("PrefixListIds", "PrefixListId", "prefixList"),
)


def rules_of(permissions: list[Item], owner: str | None = None) -> Iterator[Tree]:
    """AWS's permissions as single rules, each with one peer; a group of another account than `owner` with that."""
    for permission in permissions:
        stem = _portless({"protocol": permission["IpProtocol"], **_ports(permission)})
        for peers, id, name in _PEER_LISTS:
            for peer in permission.get(peers, ()):
                words = {"description": peer["Description"]} if peer.get("Description") else {}
                account = {"userId": peer["UserId"]} if peer.get("UserId", owner) != owner else {}
                yield {**stem, name: peer[id], **account, **words}


def _ports(permission: Item) -> Tree:
    ports = {"fromPort": permission.get("FromPort"), "toPort": permission.get("ToPort")}
    return {name: port for name, port in ports.items() if port is not None}


def _portless(rule: Tree) -> Tree:
    """Ports mean nothing where the rule is for every protocol."""
    if rule["protocol"] == "-1":
        return {name: value for name, value in rule.items() if name not in ("fromPort", "toPort")}
    if rule["protocol"] in ("icmp", "icmpv6"):
        return {"fromPort": -1, "toPort": -1, **rule}
    return rule


class SecurityGroup(AwsKind):
    """A security group with its rules. AWS nests rules in IP permissions; the document has one entry per rule."""

    spec, service, id_field, tagging = SecurityGroupSpec, "ec2", "GroupId", Ec2Tags("security-group")
    natural_key = ("vpc", "groupName")
    listing = Listing("DescribeSecurityGroups", "SecurityGroups", page=1000)
    # Only a new one is described so: another's description is no reason to replace it.
    creation = Create("CreateSecurityGroup", "", constant={"Description": "Managed by Holdfast"})
    deletion = "DeleteSecurityGroup"
    created_with = CreatedWith("default", "vpc", "defaultSecurityGroup", {"egress": [_EVERYTHING]})
    gives_initially = {"ingress": [], "egress": [_EVERYTHING]}
    members = (_members("ingress", "Ingress"), _members("egress", "Egress"))

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        """Names filled in; `self` written as a reference to the group; ports only where they mean something."""
        if fields.get("default"):
            fields = {**fields, "groupName": "default"}
        else:
            fields = super().desired(stack, address, fields)
        for name in ("ingress", "egress"):
            if name in fields:
                fields = {**fields, name: [_written(rule, address) for rule in fields[name]]}
        return fields

    def initial(self, fields: Tree) -> Tree:
        """A default group also lets its own members in."""
        mine = self.alias(fields)
        own = {"ingress": [{"protocol": "-1", "group": mine}]} if mine else {}
        return {**super().initial(fields), **own}

    def emptying(self, live: Live, around: WriteContext) -> Iterator[Call]:
        """Rules that refer to a group that goes too and refers to this one: neither could go first.

        Whatever still uses the group is not robbed of other rules for a deletion that AWS then refuses.
        """
        circle = around.circle(live)
        for members in self.members:
            rules = [rule for rule in live.fields.get(members.field) or () if rule.get("group") in circle]
            yield from self.taking_off(members, rules, live, around)

    def fields(self, item: Item) -> Tree:
        """Rules from AWS's permissions."""
        default = {"default": True} if item.get("GroupName") == "default" else {}
        return {
            **super().fields(item),
            **default,
            "ingress": list(rules_of(item.get("IpPermissions", []), item.get("OwnerId"))),
            "egress": list(rules_of(item.get("IpPermissionsEgress", []), item.get("OwnerId"))),
        }


def _written(rule: Mapping[str, Any], address: Address) -> Tree:
    rest = {name: value for name, value in rule.items() if name != "self"}
    return _portless({**rest, "group": Placeholder(address)} if rule.get("self") else rest)
