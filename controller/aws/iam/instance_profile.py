"""What gives a role to an instance."""

from typing import Annotated

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.words import Attribute, Collection, Create, Listing, Op, Single
from controller.aws.iam.naming import Path
from controller.core.model.spec import Aws, Immutable, Named, Span, Tagged, To


class InstanceProfileSpec(Tagged):
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateInstanceProfile.html"""

    instance_profile_name: Annotated[str | None, Immutable(), Named(limit=128, span=Span.ACCOUNT)] = None
    """Its name, unique in the account. Unset: `<stack>-<name>`."""
    path: Annotated[str | None, Path(), Immutable()] = None
    """Its path, such as `/teams/web/`; part of its ARN. AWS's default: `/`."""
    role: Annotated[str | None, To("Role"), Aws("Roles[0].RoleName", write="RoleName")] = None
    """The role of instances with the profile; `{id: …}` takes the name of a role that is not in the stack. While one
    role is exchanged for another, the profile has none."""


class InstanceProfile(AwsKind):
    """An instance profile with at most one role.

    The launch of an instance waits for the profile's calls, and the call that adds the role waits for those of the
    role: the instance boots with all permissions of the role.
    """

    spec, service, id_field, id_from = InstanceProfileSpec, "iam", "InstanceProfileName", "instanceProfileName"
    natural_key = ("instanceProfileName",)
    tagging = ServiceTags(
        "TagInstanceProfile",
        "UntagInstanceProfile",
        "InstanceProfileName",
        of="id",
        read_with="ListInstanceProfileTags",
        search="iam:instance-profile",
    )
    listing = Listing("ListInstanceProfiles", "InstanceProfiles", page=1000)
    single = Single("GetInstanceProfile", "InstanceProfile")
    creation, deletion = Create("CreateInstanceProfile", "InstanceProfile"), "DeleteInstanceProfile"
    attributes = {
        "arn": Attribute("Its ARN.", "Arn"),
        "instanceProfileId": Attribute(
            "The unique id of the instance profile, which AWS never reuses.", "InstanceProfileId"
        ),
    }
    members = (
        Collection(
            "role", add=Op("AddRoleToInstanceProfile"), remove=Op("RemoveRoleFromInstanceProfile"), binding=True
        ),
    )
