"""What something that runs in AWS, or somebody from outside, may do there."""

from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field as SpecField

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.words import Attribute, Collection, Create, Join, Listing, Op, Setter, Single
from controller.aws.iam.naming import Path, PolicyArn
from controller.core.model.equality import Blank, Policy
from controller.core.model.kind import Call, Node
from controller.core.model.spec import Aws, Immutable, Keyed, Named, Span, Spec, Tagged, Unordered


class InlinePolicy(Spec):
    """A policy that belongs to the role alone."""

    policy_name: str
    """Its name, unique within the role."""
    policy_document: Annotated[dict[str, Any], Policy()]
    """What it allows and denies, as JSON. Expressions may stand in it: `{from: Bucket/logs, attribute: arn}`."""


class RoleSpec(Tagged):
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""

    role_name: Annotated[str | None, Immutable(), Named(limit=64, span=Span.ACCOUNT)] = None
    """Its name, unique in the account, whatever the case of its letters. Unset: `<stack>-<name>`."""
    path: Annotated[str | None, Path(), Immutable()] = None
    """Where it stands among the account's roles, such as `/teams/web/`; part of its ARN. AWS's default: `/`."""
    assume_role_policy_document: Annotated[dict[str, Any], Policy()]
    """Who may take on the role, as JSON: a service of AWS, an account, another role."""
    description: Annotated[str | None, Blank()] = None
    """What it is for; an empty text takes it away."""
    max_session_duration: Annotated[int | None, SpecField(ge=3600, le=43200)] = None
    """For how many seconds it can be taken on at a time, from 3600 to 43200. AWS's default: 3600."""
    permissions_boundary: Annotated[
        str | None, PolicyArn(), Aws("PermissionsBoundary.PermissionsBoundaryArn", write="PermissionsBoundary")
    ] = None
    """The managed policy that bounds what it can be allowed, as in `managedPolicies`; an empty text takes it away."""
    managed_policies: Annotated[
        list[Annotated[str, PolicyArn()]] | None,
        Unordered(),
        Aws("AttachedManagedPolicies[].PolicyArn", write="PolicyArn"),
    ] = None
    """The managed policies attached to it, by ARN. One of AWS's own can be written as what its ARN has behind
    `policy/`: `AmazonSSMManagedInstanceCore`, `service-role/AmazonECSTaskExecutionRolePolicy`; not so in the
    partitions of China and of the US government. Set, it is the whole truth: other policies are drift."""
    policies: Annotated[list[InlinePolicy] | None, Keyed("policyName"), Aws("RolePolicyList")] = None
    """The policies within it. Set, it is the whole truth: other policies are drift."""


class Role(AwsKind):
    """A role with its policies. The listing that shows those and the tags lacks two fields that the plain one has.

    UpdateRole puts the duration back to AWS's default where it is left out, so that both fields are always sent.
    """

    spec, service, id_field, id_from = RoleSpec, "iam", "RoleName", "roleName"
    natural_key = ("roleName",)
    tagging = ServiceTags("TagRole", "UntagRole", "RoleName", of="id", listed="Tags")
    listing = Listing(
        "GetAccountAuthorizationDetails",
        "RoleDetailList",
        page=1000,
        parameters={"Filter": ["Role"]},
        size="MaxItems",
    )
    joins = (Join("ListRoles", "Roles", "RoleName", page=1000, size="MaxItems", always=True),)
    single = Single("GetRole", "Role")
    creation, deletion = Create("CreateRole", "Role"), "DeleteRole"
    attributes = {
        "arn": Attribute("Its ARN.", "Arn"),
        "roleId": Attribute("AWS's own id of it, which no other role ever has again.", "RoleId"),
    }
    setters = (
        Setter(
            "UpdateAssumeRolePolicy",
            ("assumeRolePolicyDocument",),
            renamed={"assumeRolePolicyDocument": "PolicyDocument"},
        ),
        Setter("UpdateRole", ("description", "maxSessionDuration"), whole=True),
        Setter("PutRolePermissionsBoundary", ("permissionsBoundary",), empty="DeleteRolePermissionsBoundary"),
    )
    members = (
        Collection("managedPolicies", add=Op("AttachRolePolicy"), remove=Op("DetachRolePolicy"), binding=True),
        Collection(
            "policies",
            add=Op("PutRolePolicy"),
            change=Op("PutRolePolicy"),
            remove=Op("DeleteRolePolicy"),
            binding=True,
        ),
    )

    def create(self, node: Node) -> tuple[Call, ...]:
        """What the document says is empty is left out: CreateRole takes no empty boundary."""
        said = {name: value for name, value in node.fields.items() if value != ""}
        return super().create(replace(node, fields=said))
