"""What AWS's own models have against a call, told offline and without a value."""

from typing import Any

import pytest

from controller.aws.client.models import input_members
from controller.aws.client.validation import UNKNOWN, complaints


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "problem"),
    [
        ("ec2", "CreateSubnet", {"CidrBlock": "10.0.0.0/24"}, "VpcId is missing"),
        (
            "ec2",
            "CreateVpc",
            {"CidrBloc": "hunter2"},
            "CidrBloc is not a parameter here; did you mean CidrBlock?",
        ),
        ("sts", "GetCallerIdentity", {"Xyz": "hunter2"}, "Xyz is not a parameter here"),
        ("ec2", "CreateVpc", {"CidrBlock": ["hunter2"]}, "CidrBlock must be a string, not a list"),
        (
            "ec2",
            "CreateTags",
            {"Resources": "hunter2", "Tags": []},
            "Resources must be a list, not a string",
        ),
        (
            "ec2",
            "CreateTags",
            {"Resources": ["a", 7], "Tags": [{"Key": 3}]},
            "Resources[1] must be a string, not an integer",
        ),
        (
            "autoscaling",
            "CreateAutoScalingGroup",
            {"AutoScalingGroupName": "", "MinSize": 1, "MaxSize": 1},
            "AutoScalingGroupName must not be empty",
        ),
        (
            "elbv2",
            "CreateTargetGroup",
            {"Name": "a", "HealthCheckIntervalSeconds": 1},
            "HealthCheckIntervalSeconds must be at least 5",
        ),
        ("ec2", "RunInstances", {"MinCount": "hunter2", "MaxCount": 1}, "MinCount must be an integer, not a string"),
    ],
)
def test_problems_in_words(service: str, operation: str, parameters: dict[str, Any], problem: str) -> None:
    """Each problem names its parameter and says what is wrong; no value is repeated."""
    found = list(map(str, complaints(service, operation, parameters)))
    assert problem in found
    assert "hunter2" not in "".join(found)


def test_all_problems_at_once() -> None:
    """Every problem is told, not the first."""
    assert {"CidrBlock must be a string, not an integer", "VpcId is missing"} == set(
        map(str, complaints("ec2", "CreateSubnet", {"CidrBlock": 1}))
    )


def test_well_formed_calls_have_no_problems() -> None:
    """A call that AWS's model allows is allowed, also where botocore fills in a required token itself."""
    assert [] == complaints("ec2", "CreateSubnet", {"CidrBlock": "10.0.0.0/24", "VpcId": "vpc-1"})
    assert "ClientToken" in input_members("ec2", "CreateCapacityReservation")
    assert [] == complaints("ec2", "DescribeSpotPriceHistory", {"StartTime": "2024-02-29"})
    assert [] == complaints("efs", "CreateFileSystem", {})


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "problem", "hint"),
    [
        ("elbv2", "CreateTargetGroup", {"Name": "a", "Port": 70_000}, "Port must be at most 65535", ""),
        ("rds", "CreateDBProxy", {"RoleArn": "a"}, "RoleArn must have a length of at least 20", ""),
        ("iam", "CreateRole", {"RoleName": "a" * 65}, "RoleName must have a length of at most 64", ""),
        ("iam", "CreateRole", {"RoleName": "my role"}, r"RoleName must match [\w+=,.@-]+", ""),
        ("iam", "CreateRole", {"RoleName": "größe"}, r"RoleName must match [\w+=,.@-]+", ""),
        (
            "elbv2",
            "CreateLoadBalancer",
            {"Name": "a", "Type": "aplication"},
            "Type must be one of application, network, gateway",
            "did you mean application?",
        ),
        (
            "elbv2",
            "CreateLoadBalancer",
            {"Name": "a", "Type": "?"},
            "Type must be one of application, network, gateway",
            "a newer version of botocore may know more of them",
        ),
        (
            "cloudwatch",
            "PutMetricAlarm",
            {"AlarmActions": list("abcdef")},
            "AlarmActions must have a length of at most 5",
            "",
        ),
        (
            "cloudwatch",
            "PutMetricAlarm",
            {"Dimensions": [{"Name": "a", "Value": "b"}, {"Name": "a", "Value": ""}]},
            "Dimensions[1].Value must not be empty",
            "fill it in, or omit the field",
        ),
    ],
)
def test_what_botocore_leaves_to_aws(
    service: str, operation: str, parameters: dict[str, Any], problem: str, hint: str
) -> None:
    """Limits, forms and closed enumerations of AWS's models are judged too, with what would be right."""
    found = {str(each): each.hint for each in complaints(service, operation, parameters)}
    assert hint == found[problem]


@pytest.mark.parametrize(
    "parameters",
    [
        {"VpcId": UNKNOWN, "CidrBlock": UNKNOWN},
        {"VpcId": "vpc-1", "TagSpecifications": [UNKNOWN, {"ResourceType": UNKNOWN, "Tags": UNKNOWN}]},
    ],
)
def test_what_is_not_known_is_not_judged(parameters: dict[str, Any]) -> None:
    """It may stand for anything: a text, a number, a list, a structure."""
    assert [] == complaints("ec2", "CreateSubnet", parameters)


def test_what_is_known_beside_it_is_judged() -> None:
    """One unknown value hides nothing else."""
    found = complaints("ec2", "CreateSubnet", {"VpcId": UNKNOWN, "CidrBlock": 1, "TagSpecifications": [UNKNOWN, 7]})
    assert {
        "CidrBlock must be a string, not an integer",
        "TagSpecifications[1] must be a mapping, not an integer",
    } == set(map(str, found))


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("ec2", "RunInstances", {"MinCount": 1, "MaxCount": 1, "InstanceType": "m99.huge"}),
        ("secretsmanager", "CreateSecret", {"Name": "a", "SecretBinary": "a" * 70_000}),
        ("iam", "TagRole", {"RoleName": "a", "Tags": [{"Key": "größe", "Value": "日本"}]}),
        ("autoscaling", "SetDesiredCapacity", {"AutoScalingGroupName": "🎉", "DesiredCapacity": 1}),
    ],
)
def test_what_a_model_cannot_know_is_left_to_aws(service: str, operation: str, parameters: dict[str, Any]) -> None:
    """Instance types come every month, and some forms mean something else in Python: none of them is refused."""
    assert [] == complaints(service, operation, parameters)


def test_no_form_takes_forever() -> None:
    """A form in which repetitions are repeated is not tried: this name would take longer than the sun lasts."""
    parameters = {"DBProxyName": "a" * 60 + "_", "EngineFamily": "MYSQL", "RoleArn": UNKNOWN, "VpcSubnetIds": []}
    assert [] == complaints("rds", "CreateDBProxy", parameters)
