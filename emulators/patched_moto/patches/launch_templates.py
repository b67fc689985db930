"""Launch templates as AWS has them. What each operation promises is in its page of
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/"""

from copy import deepcopy
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidLaunchTemplateVersionNotFound
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateBackend
from moto.ec2.responses.launch_templates import LaunchTemplates
from moto.ec2.utils import convert_tag_spec, parse_user_data

from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("launch templates")

_EVERYTHING = 1_000_000


@PATCHES.around(LaunchTemplates, "create_launch_template")
def _create(create: Method, response: Any) -> Any:
    """The tags of a template are its own, not those of what is launched from it. moto mixes them."""
    own = deepcopy(response._get_param("LaunchTemplateData.TagSpecifications"))
    answer = create(response)
    template = response.ec2_backend.get_launch_template(answer.result["LaunchTemplate"]["LaunchTemplateId"])
    [version] = template.versions
    version.data.pop("TagSpecifications", None)
    if own:
        version.data["TagSpecifications"] = own
    version.instance_tags = convert_tag_spec(own or []).get("instance", {})
    return answer


@PATCHES.around(LaunchTemplates, "create_launch_template_version")
def _create_version(create: Method, response: Any) -> Any:
    """A version takes what it leaves out from its source. moto takes nothing, and cannot launch with user data."""
    data = response.params.setdefault("LaunchTemplateData", {})
    if data.get("UserData"):
        data["UserData"] = parse_user_data(data["UserData"])
    source = response._get_param("SourceVersion")
    if source:
        template = _template(response)
        response.params["LaunchTemplateData"] = deepcopy(template.get_version(source).data) | data
    return create(response)


def _template(response: Any) -> Any:
    backend, identifier = response.ec2_backend, response._get_param("LaunchTemplateId")
    if identifier:
        return backend.get_launch_template(identifier)
    return backend.get_launch_template_by_name(response._get_param("LaunchTemplateName"))


@PATCHES.around(LaunchTemplateBackend, "describe_launch_templates", "modify_launch_template")
def _with_tags(act: Method, backend: Any, *arguments: Any, **keywords: Any) -> Any:
    """A template shows the tags it has now. moto shows those that it was made with."""
    for template in backend.launch_templates.values():
        template.tags = template.get_tags()
    return act(backend, *arguments, **keywords)


@PATCHES.around(LaunchTemplates, "describe_launch_templates", "describe_launch_template_versions")
def _paged(describe: Method, response: Any) -> Any:
    """Pages follow one another. moto ends after the first."""
    size, start = response._get_int_param("MaxResults") or 200, int(response._get_param("NextToken", 0))
    response.params["MaxResults"] = _EVERYTHING
    [(name, entries)] = describe(response).result.items()
    end = start + size
    return ActionResult({name: entries[start:end], "NextToken": str(end) if end < len(entries) else None})


@PATCHES.around(LaunchTemplate, "create_version")
def _number(create: Method, template: Any, data: dict[str, Any], description: str) -> Any:
    """Numbers are not used again when versions have been deleted."""
    version = create(template, data, description)
    template.last_number = version.number = getattr(template, "last_number", 0) + 1
    return version


@PATCHES.added(LaunchTemplate)
def get_version(template: Any, num: Any) -> Any:
    """A version by its number, not by its place."""
    named = {"$latest": template.versions[-1].number, "$default": template.default_version_number}
    number = str(named.get(str(num).lower(), num))
    for version in template.versions:
        if str(version.number) == number:
            return version
    raise InvalidLaunchTemplateVersionNotFound(template_id=template.id, version=num)


@PATCHES.added(LaunchTemplate)
def default_version(template: Any) -> Any:
    """The same."""
    return get_version(template, template.default_version_number)


@PATCHES.added(LaunchTemplates)
def delete_launch_template_versions(response: Any) -> ActionResult:
    """Versions can be deleted, but not the default one. moto cannot."""
    template = _template(response)
    results: dict[str, list[dict[str, Any]]] = {"Successfully": [], "Unsuccessfully": []}
    for number in [int(number) for number in response._get_param("Versions", [])]:
        result: dict[str, Any] = {
            "LaunchTemplateId": template.id,
            "LaunchTemplateName": template.name,
            "VersionNumber": number,
        }
        error = _deleted(template, number)
        results["Unsuccessfully" if error else "Successfully"].append(result | error)
    return ActionResult(
        {f"{outcome}DeletedLaunchTemplateVersions": templates for outcome, templates in results.items()}
    )


def _deleted(template: Any, number: int) -> dict[str, Any]:
    if number == template.default_version_number:
        return {"ResponseError": {"Code": "unexpectedError", "Message": "The default version cannot be deleted."}}
    kept = [version for version in template.versions if version.number != number]
    if len(kept) == len(template.versions):
        missing = f"Could not find launch template version {number}"
        return {"ResponseError": {"Code": "launchTemplateVersionDoesNotExist", "Message": missing}}
    template.versions = kept
    return {}
