"""What follows from the declarations of IAM's kinds where no emulator shows it."""

from typing import Any

import pytest
from pydantic import ValidationError

from controller.core.model.call import Change
from controller.core.model.live import Live
from controller.core.model.reference import Placeholder
from controller.core.model.writer import WriteContext
from controller.core.planning.diff import diff
from tests.core.account import CATALOG, at, stack_of

ROLE, WEB = CATALOG["Role"], at("Role/web")
TRUST: dict[str, Any] = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}]}


def fields_of(**said: Any) -> dict[str, Any]:
    """The fields of a role whose document says this."""
    stack = stack_of({"Role": {"web": {"assumeRolePolicyDocument": TRUST, **said}}})
    return dict(stack.nodes[WEB].fields)


@pytest.mark.parametrize(
    ("said", "arn"),
    [
        ("ReadOnlyAccess", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        ("job-function/ViewOnlyAccess", "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"),
        ("arn:aws-cn:iam::aws:policy/ReadOnlyAccess", "arn:aws-cn:iam::aws:policy/ReadOnlyAccess"),
        ("arn:aws:iam::123456789012:policy/own", "arn:aws:iam::123456789012:policy/own"),
    ],
)
def test_a_policy_of_aws_needs_no_arn(said: str, arn: str) -> None:
    """What its ARN has behind `policy/` is enough; a whole ARN is taken as it is."""
    assert [arn] == ROLE.placed(fields_of(managedPolicies=[said]), "eu-west-1")["managedPolicies"]


def test_an_empty_boundary_is_none() -> None:
    """It is not sent at creation, is in sync where AWS shows none, and takes away one that is there."""
    stack = stack_of({"Role": {"web": {"assumeRolePolicyDocument": TRUST, "permissionsBoundary": ""}}})
    node = stack.nodes[WEB]
    (created,) = ROLE.create(node)
    assert "PermissionsBoundary" not in created.parameters
    assert [] == diff(ROLE.shape, {"permissionsBoundary": ""}, {}, lambda _: pytest.fail("nothing is asked")).changes
    live = Live("Role", "web-web", {**node.fields, "permissionsBoundary": "arn:aws:iam::aws:policy/X"}, {})
    change = Change("permissionsBoundary", "change", "", "arn:aws:iam::aws:policy/X")
    (call,) = ROLE.update(node, [change], live, WriteContext(lambda value: value))
    assert ("DeleteRolePermissionsBoundary", {"RoleName": Placeholder(WEB)}) == (call.operation, call.parameters)


def test_a_description_is_not_changed_without_the_duration() -> None:
    """UpdateRole puts the duration back to an hour where it is left out: the live one goes along.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html
    """
    stack = stack_of({"Role": {"web": {"assumeRolePolicyDocument": TRUST, "description": "new"}}})
    live = Live("Role", "web-web", {"description": "old", "maxSessionDuration": 7200}, {})
    change = Change("description", "change", "new", "old")
    (call,) = ROLE.update(stack.nodes[WEB], [change], live, WriteContext(lambda value: value))
    expected = {"RoleName": Placeholder(WEB), "Description": "new", "MaxSessionDuration": 7200}
    assert expected == call.parameters


def test_who_may_take_on_a_role_is_changed_under_its_other_name() -> None:
    """What CreateRole takes as `AssumeRolePolicyDocument` is `PolicyDocument` later."""
    stack = stack_of({"Role": {"web": {"assumeRolePolicyDocument": TRUST}}})
    change = Change("assumeRolePolicyDocument", "change", TRUST, {})
    (call,) = ROLE.update(stack.nodes[WEB], [change], None, WriteContext(lambda value: value))
    assert {"RoleName", "PolicyDocument"} == {*call.parameters}


@pytest.mark.parametrize("path", ["", "teams", "/teams", "teams/", "/a b/"])
def test_what_is_no_path_is_refused(path: str) -> None:
    """AWS would refuse it too, later."""
    with pytest.raises(ValidationError, match="must begin and end with a slash"):
        fields_of(path=path)
