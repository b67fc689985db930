"""Offline facts from botocore's service models."""

from typing import Any

import pytest
from botocore.model import StructureShape

from controller.aws.client import models
from controller.aws.client.models import (
    continuation,
    input_members,
    operation_exists,
    output_shape,
    secrets_in,
    service_model,
)
from controller.aws.client.validation import complaints


def test_input_members() -> None:
    """The names are AWS's own, and an operation without parameters has none."""
    assert {"CidrBlock", "VpcId", "TagSpecifications"} <= input_members("ec2", "CreateSubnet")
    assert frozenset() == input_members("sts", "GetCallerIdentity")


def test_operation_exists() -> None:
    """A misspelled operation or service is told offline."""
    assert operation_exists("ec2", "CreateVpc")
    assert not operation_exists("ec2", "create_vpc")
    assert not operation_exists("ec3", "CreateVpc")


def test_output_shape() -> None:
    """The answer's shape is there to be walked, or nothing where there is no answer."""
    shape = output_shape("ec2", "DescribeVpcs")
    assert isinstance(shape, StructureShape)
    assert "Vpcs" in shape.members
    assert output_shape("iam", "DeleteRole") is None


@pytest.mark.parametrize(("service", "operation"), [("ec2", "CreateVpcs"), ("ec3", "CreateVpc")])
def test_unknown_operations_are_named(service: str, operation: str) -> None:
    """Asking about what does not exist is an error that names it, not an empty answer."""
    for question in (input_members, output_shape):
        with pytest.raises(LookupError, match=service):
            question(service, operation)
    assert [f"AWS has no operation {service}:{operation}"] == list(map(str, complaints(service, operation, {})))


def test_a_model_is_read_once() -> None:
    """The dear reading of a model happens once; all questions share it."""
    assert service_model("ec2") is service_model("ec2")
    assert models.shared_loader() is models.shared_loader()


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("rds", "CreateDBInstance", {"DBInstanceIdentifier": "db", "MasterUserPassword": "hunter2"}),
        ("ssm", "PutParameter", {"Name": "a", "Value": "hunter2"}),
        ("secretsmanager", "CreateSecret", {"Name": "a", "SecretString": "hunter2"}),
        ("lambda", "CreateFunction", {"Environment": {"Variables": {"KEY": "hunter2"}}}),
        ("elasticache", "CreateReplicationGroup", {"AuthToken": "hunter2"}),
        ("elasticache", "CreateUser", {"Passwords": ["hunter2"], "UserName": "me"}),
    ],
)
def test_secrets_are_known(service: str, operation: str, parameters: dict[str, Any]) -> None:
    """What AWS's model marks as sensitive, or a name gives away, is found at any depth; the rest is not."""
    shape = service_model(service).operation_model(operation).input_shape
    assert ["hunter2"] == list(secrets_in(shape, parameters))


@pytest.mark.parametrize(
    ("service", "operation", "onward"),
    [
        ("ec2", "DescribeTrafficMirrorFilterRules", ("NextToken", ("NextToken",))),
        ("wafv2", "ListWebACLs", ("NextMarker", ("NextMarker",))),
        ("cloudfront", "ListCachePolicies", ("Marker", ("CachePolicyList", "NextMarker"))),
        ("route53", "ListReusableDelegationSets", ("Marker", ("NextMarker",))),
        ("rds", "DescribeDBShardGroups", ("Marker", ("Marker",))),
        ("ec2", "DescribeAddresses", None),
    ],
)
def test_continuation(service: str, operation: str, onward: tuple[str, tuple[str, ...]] | None) -> None:
    """A listing that botocore has no paginator for is known to have more pages, and how to ask for them."""
    assert onward == continuation(service_model(service).operation_model(operation))
