"""Log groups as AWS has them. What each operation promises is in its page of
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from moto.core.resource_tagging import TaggedResource
from moto.logs.exceptions import LogsClientError, ResourceNotFoundException
from moto.logs.models import LogGroup, LogsBackend
from moto.logs.responses import LogsResponse

from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("logs")

_DEFAULTS = {"logGroupClass": "STANDARD", "deletionProtectionEnabled": False}


@PATCHES.around(LogsResponse, "create_log_group")
def _create(create: Method, response: Any) -> Any:
    """A group has its class and its protection. moto drops them."""
    answer = create(response)
    group = response.logs_backend.groups[response._get_param("logGroupName")]
    group.settings = {name: response._get_param(name, default) for name, default in _DEFAULTS.items()}
    return answer


@PATCHES.around(LogGroup, "to_describe_dict")
def _shown(describe: Method, group: Any) -> dict[str, Any]:
    """The same in the listing."""
    return {**describe(group), **getattr(group, "settings", _DEFAULTS)}


@PATCHES.added(LogsResponse)
def put_log_group_deletion_protection(response: Any) -> str:
    """The protection can be changed."""
    enabled = response._get_param("deletionProtectionEnabled")
    _group(response).settings["deletionProtectionEnabled"] = enabled
    return ""


@PATCHES.added(LogsResponse, "associate_kms_key", "disassociate_kms_key")
def _key(response: Any) -> str:
    """The key can be changed, and taken away."""
    _group(response).kms_key_id = response._get_param("kmsKeyId")
    return ""


@PATCHES.around(LogsResponse, "delete_log_group")
def _delete(delete: Method, response: Any) -> Any:
    """A protected group stays."""
    if _group(response).settings["deletionProtectionEnabled"]:
        message = "The log group cannot be deleted while deletion protection is enabled."
        raise LogsClientError("ValidationException", message)
    return delete(response)


@PATCHES.around(LogsBackend, "iter_tagged_resources")
def _tagged(tagged: Method, backend: Any) -> Iterator[TaggedResource]:
    """The tagging API calls a group by the type that is in its ARN. moto has a word of its own."""
    for group in tagged(backend):
        yield replace(group, resource_type="logs:log-group")


def _group(response: Any) -> Any:
    named = (response._get_param(name) for name in ("logGroupName", "logGroupIdentifier", "resourceIdentifier"))
    name = next(name for name in named if name).removesuffix(":*").rpartition(":log-group:")[2]
    if name not in response.logs_backend.groups:
        raise ResourceNotFoundException
    return response.logs_backend.groups[name]
