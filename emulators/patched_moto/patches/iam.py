"""Roles as AWS lists them, see
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from moto.core.resource_tagging import TaggedResource
from moto.core.responses import ActionResult
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.exceptions import NotFoundException
from moto.iam.models import AWSManagedPolicy, IAMBackend, iam_backends
from moto.iam.responses import IamResponse
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend

from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("iam")

_LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


@PATCHES.around(IamResponse, "get_account_authorization_details")
def _paged(details: Method, response: Any) -> Any:
    """A page has as many entries as asked for, of all lists together. moto gives everything."""
    shown = details(response).result
    entries = [(name, entry) for name in _LISTS for entry in shown[name]]
    start = int(response._get_param("Marker", 0))
    end = start + response._get_int_param("MaxItems", 100)
    page: dict[str, Any] = {name: [] for name in _LISTS}
    for name, entry in entries[start:end]:
        page[name].append(entry)
    more = end < len(entries)
    return ActionResult(page | {"IsTruncated": more, "Marker": str(end) if more else None})


@PATCHES.around(IAMBackend, "attach_role_policy")
def _known(attach: Method, backend: Any, policy_arn: str, role_name: str) -> None:
    """AWS's own policies exist in every account. moto has none, or makes all 1,500 of them at each reset."""
    if policy_arn in _of_aws() and policy_arn not in backend.managed_policies:
        name, described = _of_aws()[policy_arn]
        policy = AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, described)
        backend.managed_policies[policy_arn] = policy
    attach(backend, policy_arn, role_name)


@cache
def _of_aws() -> dict[str, tuple[str, Any]]:
    policies = json.loads(aws_managed_policies_data).items()
    return {f"arn:aws:iam::aws:policy{policy['Path']}{name}": (name, policy) for name, policy in policies}


@PATCHES.around(IAMBackend, "remove_role_from_instance_profile")
def _within(remove: Method, backend: Any, profile_name: str, role_name: str) -> None:
    """A role that is not in the profile is an error of AWS's. moto raises one of Python's."""
    if backend.get_role(role_name) not in backend.get_instance_profile(profile_name).roles:
        raise NotFoundException(f"Instance profile {profile_name} does not contain role {role_name}.")
    remove(backend, profile_name, role_name)


@PATCHES.added(IamResponse)
def list_instance_profile_tags(response: Any) -> ActionResult:
    """The tags of a profile can be read. moto only writes them."""
    profile = response.backend.get_instance_profile(response._get_param("InstanceProfileName"))
    return ActionResult({"Tags": profile.tags, "IsTruncated": False})


@PATCHES.around(ResourceGroupsTaggingAPIBackend, "_get_resources_generator")
def _profiles(iterate: Method, backend: Any, **filters: Any) -> Iterator[TaggedResource]:
    """The tagging API knows profiles too. moto's does not."""
    yield from iterate(backend, **filters)
    if "iam:instance-profile" in (filters["resource_type_filters"] or ()):
        for profile in iam_backends[backend.account_id]["aws"].get_instance_profiles():
            tags = {tag["Key"]: tag["Value"] for tag in profile.tags}
            if all(
                tags.get(tag_filter["Key"]) in tag_filter["Values"] for tag_filter in filters["tag_filters"] or ()
            ):
                yield TaggedResource(profile.arn, tags, "iam:instance-profile")
