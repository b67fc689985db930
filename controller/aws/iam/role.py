"""What something that runs in AWS, or somebody from outside, may do there."""

from dataclasses import replace

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.words import Attribute, Collection, Create, Join, Listing, Op, Setter, Single
from controller.aws.iam.naming import policy_arn
from controller.aws.iam.role_spec import RoleSpec
from controller.core.model.call import Call
from controller.core.model.node import Node
from controller.core.model.shape import Tree


class Role(AwsKind):
    """A role with its policies. The listing with policies and tags lacks two fields that the plain listing has.

    UpdateRole resets the session duration to AWS's default if it is left out, so both fields are always sent.
    """

    spec, service, id_field, id_from = RoleSpec, "iam", "RoleName", "roleName"
    natural_key = ("roleName",)
    tagging = ServiceTags("TagRole", "UntagRole", "RoleName", of="id", listed="Tags")
    listing = Listing("GetAccountAuthorizationDetails", "RoleDetailList", page=1000, parameters={"Filter": ["Role"]})
    joins = (Join("ListRoles", "Roles", "RoleName", page=1000, always=True),)
    single = Single("GetRole", "Role")
    creation, deletion = Create("CreateRole", "Role"), "DeleteRole"
    attributes = {
        "arn": Attribute("Its ARN.", "Arn"),
        "roleId": Attribute("The unique id of the role, which AWS never reuses.", "RoleId"),
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

    def placed(self, fields: Tree, region: str) -> Tree:
        """The names of AWS's own policies as ARNs of the partition."""
        boundary, policies = fields.get("permissionsBoundary"), fields.get("managedPolicies")
        written = {**fields, "permissionsBoundary": policy_arn(boundary, region)}
        if isinstance(policies, list):
            written["managedPolicies"] = [policy_arn(policy, region) for policy in policies]
        return {name: written[name] for name in fields}

    def create(self, node: Node) -> tuple[Call, ...]:
        """What the document says is empty is left out: CreateRole takes no empty boundary."""
        said = {name: value for name, value in node.fields.items() if value != ""}
        return super().create(replace(node, fields=said))
