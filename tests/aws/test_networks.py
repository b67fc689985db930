"""Networks where AWS shows more than a document says: addresses of gateways, groups of other accounts."""

from typing import Any

from controller.aws.ec2.image import Image
from controller.aws.ec2.nat_gateway import NatGateway
from controller.aws.ec2.security_group import SecurityGroup
from controller.core.model.call import Change
from controller.core.model.node import Node
from controller.core.model.reader import Scope
from controller.core.model.reference import Address
from controller.core.model.writer import WriteContext
from tests.engine.harness import ScriptedCloud

OURS, THEIRS = "111122223333", "444455556666"
AROUND = WriteContext(known=lambda value: value)


def group(**peer: Any) -> dict[str, Any]:
    """A group with one rule for another group."""
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [peer]}
    return {"GroupId": "sg-1", "GroupName": "web", "OwnerId": OURS, "VpcId": "vpc-1", "IpPermissions": [permission]}


def revoked(item: dict[str, Any]) -> Any:
    """The peer in the call that takes the rule away which AWS shows."""
    kind = SecurityGroup()
    live = kind.live(item)
    assert live
    (rule,) = live.fields["ingress"]
    node = Node(Address("SecurityGroup", "web"), {"ingress": []}, {})
    (call,) = kind.update(node, [Change("ingress[x]", "remove", None, rule)], live, AROUND)
    assert "RevokeSecurityGroupIngress" == call.operation
    return call.parameters["IpPermissions"][0]["UserIdGroupPairs"]


def test_a_group_of_another_account_is_named_with_it() -> None:
    """Without the account AWS looks among our own groups, and finds no such rule."""
    peer = {"GroupId": "sg-2", "UserId": THEIRS, "VpcPeeringConnectionId": "pcx-1", "PeeringStatus": "active"}
    assert [{"GroupId": "sg-2", "UserId": THEIRS}] == revoked(group(**peer))


def test_our_own_group_needs_no_account() -> None:
    """AWS shows our account beside our own groups; of a deleted peer it shows none."""
    assert [{"GroupId": "sg-2"}] == revoked(group(GroupId="sg-2", UserId=OURS))
    assert [{"GroupId": "sg-2"}] == revoked(group(GroupId="sg-2", VpcPeeringConnectionId="pcx-1"))


def test_the_primary_address_is_the_gateways() -> None:
    """A NAT gateway has several addresses, in any order: the one that it was made with is marked."""
    card = {"Status": "succeeded", "NetworkInterfaceId": "eni-1"}
    second = {**card, "AllocationId": "eipalloc-2", "PublicIp": "198.51.100.2", "IsPrimary": False}
    first = {**card, "AllocationId": "eipalloc-1", "PublicIp": "198.51.100.1", "IsPrimary": True}
    item = {"NatGatewayId": "nat-1", "State": "available", "NatGatewayAddresses": [second, first]}
    live = NatGateway().live(item)
    assert live
    assert ("eipalloc-1", "198.51.100.1") == (live.fields["elasticIp"], live.attributes["publicIp"])


def test_a_disabled_image_is_seen() -> None:
    """AWS leaves disabled ones out of its listing unless they are asked for: unseen, it would be made again."""
    disabled = {"ImageId": "ami-1", "State": "disabled", "Name": "web"}

    def answer(operation: str, parameters: Any) -> Any:
        return {"Images": [disabled] if parameters.get("IncludeDisabled") else []}

    (live,) = Image().observe(ScriptedCloud(answer), Scope())
    assert "ami-1" == live.id
