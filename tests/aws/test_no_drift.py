"""What AWS drops, masks or spells in its own way is no difference, and so corrected in no pass."""

from typing import Any

import pytest

from controller.aws.catalog import catalog
from controller.core.model.reference import Address
from controller.core.planning.diff import Known, diff

CATALOG = catalog()


def found(kind: str, desired: dict[str, Any], item: dict[str, Any]) -> list[str]:
    """The fields of a document in which what AWS shows differs."""
    each: Any = CATALOG[kind]
    wanted = each.desired("web", Address(kind, "x"), desired)
    changes = diff(each.shape, wanted, each.fields(item), Known).changes
    return [change.path for change in changes if change.field in desired]


def entry(**more: Any) -> dict[str, Any]:
    """An entry of a network ACL."""
    return {"ruleNumber": 1, "ruleAction": "allow", "cidr": "0.0.0.0/0", **more}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"protocol": "-1", "fromPort": 0, "toPort": 65535}, {"Protocol": "-1"}),
        ({"protocol": "50", "fromPort": 0, "toPort": 0, "icmpType": 1}, {"Protocol": "50"}),
        (
            {"protocol": "6", "fromPort": 1, "toPort": 2, "icmpType": -1, "icmpCode": -1},
            {"Protocol": "6", "PortRange": {"From": 1, "To": 2}},
        ),
        (
            {"protocol": "1", "fromPort": 1, "icmpType": 8, "icmpCode": -1},
            {"Protocol": "1", "IcmpTypeCode": {"Type": 8, "Code": -1}},
        ),
        ({"protocol": "58", "icmpType": 8, "icmpCode": -1}, {"Protocol": "58"}),
    ],
)
def test_ports_and_types_that_mean_nothing(said: dict[str, Any], kept: dict[str, Any]) -> None:
    """AWS drops what the protocol of an entry makes nothing of."""
    shown = {"RuleNumber": 1, "RuleAction": "allow", "CidrBlock": "0.0.0.0/0", "Egress": False, **kept}
    assert [] == found("NetworkAcl", {"ingress": [entry(**said)]}, {"Entries": [shown]})


def test_types_of_icmp_for_ipv6_count_with_ipv6() -> None:
    """And are compared there."""
    shown = {"RuleNumber": 1, "RuleAction": "allow", "Ipv6CidrBlock": "::/0", "Egress": False, "Protocol": "58"}
    desired = {"ingress": [entry(cidr="::/0", protocol="58", icmpType=8, icmpCode=-1)]}
    assert ["ingress[1]"] == found("NetworkAcl", desired, {"Entries": [shown]})


DATABASE = {"DBInstanceStatus": "modifying", "DBInstanceIdentifier": "db"}


@pytest.mark.parametrize("going", ["pending-removal", "pending-maintenance-removal", "removing"])
def test_an_option_group_that_goes(going: str) -> None:
    """While one takes the place of another, AWS shows both."""
    groups = [{"OptionGroupName": "old", "Status": going}, {"OptionGroupName": "new", "Status": "applying"}]
    assert [] == found("DbInstance", {"optionGroup": "new"}, {**DATABASE, "OptionGroupMemberships": groups})


def test_a_security_group_that_goes() -> None:
    """It is shown until it is gone; taking it away again would change nothing."""
    groups = [
        {"VpcSecurityGroupId": "sg-old", "Status": "removing"},
        {"VpcSecurityGroupId": "sg-new", "Status": "adding"},
    ]
    shown = {**DATABASE, "VpcSecurityGroups": groups}
    assert [] == found("DbInstance", {"securityGroups": ["sg-new"]}, shown)


def test_a_name_in_another_case() -> None:
    """RDS keeps the SID of Oracle in upper case."""
    assert [] == found("DbInstance", {"dbName": "orcl"}, {**DATABASE, "DBName": "ORCL"})
    assert ["dbName"] == found("DbInstance", {"dbName": "orcl"}, {**DATABASE, "DBName": "ORCL2"})


def test_a_masked_password() -> None:
    """SNS does not show what an endpoint is called with."""
    shown = {"Endpoint": "https://me:****@example.com/in", "Protocol": "https", "SubscriptionArn": "arn:x"}
    assert [] == found("Subscription", {"endpoint": "https://me:secret@example.com/in"}, shown)
    assert ["endpoint"] == found("Subscription", {"endpoint": "https://me:secret@example.com/out"}, shown)
    assert ["endpoint"] == found("Subscription", {"endpoint": "https://you:secret@example.com/in"}, shown)


def test_the_default_key_of_secrets() -> None:
    """AWS leaves it out: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html"""
    assert [] == found("Secret", {"kmsKeyId": "alias/aws/secretsmanager"}, {"Name": "x"})
    assert ["kmsKeyId"] == found("Secret", {"kmsKeyId": "alias/mine"}, {"Name": "x"})


def test_no_mutual_authentication() -> None:
    """A listener that has none shows nothing of it."""
    desired = {"mutualAuthentication": {"mode": "off"}, "defaultActions": []}
    assert [] == found("Listener", desired, {"ListenerArn": "arn:x"})


def test_stickiness_that_is_off() -> None:
    """It has no duration, whatever the document says, and is shown where none is wanted."""
    group = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/1"
    weighted = {
        "TargetGroups": [{"TargetGroupArn": group, "Weight": 1}],
        "TargetGroupStickinessConfig": {"Enabled": False},
    }
    shown = {
        "ListenerArn": "arn:x",
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": group, "ForwardConfig": weighted}],
    }
    off = {"enabled": False, "durationSeconds": 60}
    for said in ({"targetGroup": group}, {"targetGroups": [{"targetGroup": group}], "stickiness": off}):
        assert [] == found("Listener", {"defaultActions": [{"type": "forward", **said}]}, shown)


def test_names_of_metadata() -> None:
    """S3 keeps them in lower case."""
    kind: Any = CATALOG["Object"]
    fields = {"bucket": "b", "key": "k", "content": "x", "metadata": {"Origin": "document"}}
    (file,) = kind.desired("web", Address("Object", "x"), fields)["files"]
    assert {"origin": "document"} == file["metadata"]


def test_the_security_policy_of_the_default_certificate() -> None:
    """CloudFront sets it to TLSv1 whatever it is told."""
    shown = {"ViewerCertificate": {"CloudFrontDefaultCertificate": True, "MinimumProtocolVersion": "TLSv1"}}
    desired = {
        "viewerCertificate": {"cloudFrontDefaultCertificate": True, "minimumProtocolVersion": "TLSv1.2_2021"},
    }
    assert [] == found("Distribution", desired, {"Id": "E1", "ARN": "arn:x", **shown})


def test_a_price_that_is_none() -> None:
    """The On-Demand price is written as an empty text, and shown as nothing."""
    desired = {"instancesDistribution": {"spotMaxPrice": ""}}
    policy = {"InstancesDistribution": {"OnDemandBaseCapacity": 0}}
    assert [] == found("AutoScalingGroup", desired, {"AutoScalingGroupName": "x", "MixedInstancesPolicy": policy})
