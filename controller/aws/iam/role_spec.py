"""What a document says of a role."""

import re
from typing import Annotated, Any

from controller.aws.iam.naming import Path
from controller.core.model.equality import Blank
from controller.core.model.limits import Bounds
from controller.core.model.policy import Policy
from controller.core.model.reference import json_text
from controller.core.model.rules import Check
from controller.core.model.spec import Aws, Immutable, Keyed, Named, Span, Spec, Tagged, Unordered


class InlinePolicy(Spec):
    """An inline policy."""

    policy_name: str
    """Its name, unique within the role."""
    policy_document: Annotated[dict[str, Any], Policy()]
    """The policy document, as JSON. Expressions are allowed in it: `{from: Bucket/logs, attribute: arn}`."""


_QUOTAS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"


def _length(document: Any) -> int:
    """The characters of a policy that count."""
    return len(re.sub(r"\s", "", json_text(document)))


class RoleSpec(Tagged):
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""

    constraints = (
        Check(
            "all policies together have at most 10240 characters, without whitespace",
            lambda documents: sum(map(_length, documents)) <= 10_240,
            "policies[].policyDocument",
            partly=True,
            page=_QUOTAS,
        ),
    )

    role_name: Annotated[str | None, Immutable(), Named(limit=64, span=Span.ACCOUNT)] = None
    """Its name, unique in the account regardless of case. Unset: `<stack>-<name>`."""
    path: Annotated[str | None, Path(), Immutable()] = None
    """Its path, such as `/teams/web/`; part of its ARN. AWS's default: `/`."""
    assume_role_policy_document: Annotated[dict[str, Any], Policy()]
    """The trust policy, as JSON: who may assume the role, such as an AWS service, an account or another role."""
    description: Annotated[str | None, Blank()] = None
    """What it is for; `""` removes it."""
    max_session_duration: Annotated[int | None, Bounds(3600, 43_200)] = None
    """The maximum session duration in seconds. AWS's default: 3600."""
    permissions_boundary: Annotated[
        str | None, Blank(), Aws("PermissionsBoundary.PermissionsBoundaryArn", write="PermissionsBoundary")
    ] = None
    """The managed policy that is its permissions boundary, as in `managedPolicies`; `""` removes it."""
    managed_policies: Annotated[
        list[str] | None,
        Unordered(),
        Aws("AttachedManagedPolicies[].PolicyArn", write="PolicyArn"),
    ] = None
    """The managed policies attached to it, by ARN. An AWS managed policy can be written as what follows `policy/` in
    its ARN: `AmazonSSMManagedInstanceCore`, `service-role/AmazonECSTaskExecutionRolePolicy`. If set, the list is
    authoritative: other policies are drift."""
    policies: Annotated[list[InlinePolicy] | None, Keyed("policyName"), Aws("RolePolicyList")] = None
    """Its inline policies. If set, the list is authoritative: other policies are drift."""
