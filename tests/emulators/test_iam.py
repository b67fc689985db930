"""IAM answers as AWS does: see `emulators.patched_moto.patches.iam`."""

import json
from typing import Any

import pytest

from tests.emulators.conftest import Client
from tests.emulators.refusals import refusal

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
INLINE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
MANAGED = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"


@pytest.fixture
def iam(client: Client) -> Any:
    """The client of IAM."""
    return client("iam")


def role(iam: Any, name: str) -> None:
    """A role with a tag."""
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), Tags=[{"Key": "a", "Value": name}])


def test_a_role_is_listed_with_all_that_it_has(iam: Any) -> None:
    """One listing shows tags, policies of all sorts, and instance profiles."""
    role(iam, "web")
    iam.put_role_policy(RoleName="web", PolicyName="read", PolicyDocument=json.dumps(INLINE))
    iam.attach_role_policy(RoleName="web", PolicyArn=MANAGED)
    iam.create_instance_profile(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")
    [found] = iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
    assert [{"Key": "a", "Value": "web"}] == found["Tags"]
    assert TRUST == found["AssumeRolePolicyDocument"]
    assert [{"PolicyName": "read", "PolicyDocument": INLINE}] == found["RolePolicyList"]
    attached = [{"PolicyName": "AmazonSSMManagedInstanceCore", "PolicyArn": MANAGED}]
    assert attached == found["AttachedManagedPolicies"]
    assert ["web"] == [profile["InstanceProfileName"] for profile in found["InstanceProfileList"]]


def test_roles_come_in_pages(iam: Any) -> None:
    """Of the size that is asked for, and nothing but roles."""
    for number in range(5):
        role(iam, f"web-{number}")
    paginator = iam.get_paginator("get_account_authorization_details")
    pages = list(paginator.paginate(Filter=["Role"], PaginationConfig={"PageSize": 2}))
    assert [2, 2, 1] == [len(page["RoleDetailList"]) for page in pages]
    assert [] == [policy for page in pages for policy in page["Policies"]]


def test_a_role_with_anything_attached_stays(iam: Any) -> None:
    """Profiles and policies are taken away first."""
    role(iam, "web")
    delete = {"RoleName": "web"}
    iam.put_role_policy(**delete, PolicyName="read", PolicyDocument=json.dumps(INLINE))
    assert "DeleteConflict" == refusal(iam.delete_role, **delete)
    iam.delete_role_policy(**delete, PolicyName="read")
    iam.attach_role_policy(**delete, PolicyArn=MANAGED)
    assert "DeleteConflict" == refusal(iam.delete_role, **delete)
    iam.detach_role_policy(**delete, PolicyArn=MANAGED)
    iam.create_instance_profile(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", **delete)
    assert "DeleteConflict" == refusal(iam.delete_role, **delete)
    assert "DeleteConflict" == refusal(iam.delete_instance_profile, InstanceProfileName="web")
    remove = {"InstanceProfileName": "web", **delete}
    iam.remove_role_from_instance_profile(**remove)
    assert "NoSuchEntity" == refusal(iam.remove_role_from_instance_profile, **remove)
    iam.delete_role(**delete)
    assert "NoSuchEntity" == refusal(iam.get_role, **delete)
