"""Distributions as AWS has them. What each operation promises is in its page of
https://docs.aws.amazon.com/cloudfront/latest/APIReference/"""

from copy import deepcopy
from typing import Any

from moto.cloudfront.exceptions import CloudFrontException, InvalidIfMatchVersion
from moto.cloudfront.models import CloudFrontBackend, Distribution, random_id
from moto.cloudfront.responses import CloudFrontResponse
from moto.core.responses import ActionResult

from emulators.patched_moto.patches.cloudfront_defaults import completed
from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("cloudfront")


class PreconditionFailed(CloudFrontException):
    """The ETag is not the latest one."""

    code = "PreconditionFailed"
    message = "The request failed because it didn't meet the preconditions in one or more request-header fields."


@PATCHES.around(Distribution, "__init__")
def _make(make: Method, distribution: Any, account_id: str, region_name: str, config: dict[str, Any]) -> None:
    """Every field of the configuration has a value. moto shows some of those that were given."""
    make(distribution, account_id, region_name, deepcopy(config))
    distribution.DistributionConfig = completed(config)


@PATCHES.around(CloudFrontResponse, "get_distribution_config")
def _config(get: Method, response: Any) -> Any:
    """The same in the configuration alone."""
    etag = get(response).result["ETag"]
    distribution = response.backend.distributions[response._get_param("Id")]
    return ActionResult({"DistributionConfig": distribution.DistributionConfig, "ETag": etag})


@PATCHES.around(CloudFrontResponse, "list_distributions")
def _listed(listing: Method, response: Any) -> Any:
    """The same in the listing."""
    answer = listing(response)
    listed = answer.result["DistributionList"]
    listed["Items"] = [_summary(distribution) for distribution in listed["Items"] or ()]
    return answer


def _summary(distribution: Any) -> dict[str, Any]:
    shown = ("Id", "Status", "DomainName", "LastModifiedTime")
    known = {name: getattr(distribution, _ATTRIBUTES.get(name, name.lower())) for name in shown}
    return {**distribution.DistributionConfig, **known, "ARN": distribution.arn, "ETag": distribution.etag}


_ATTRIBUTES = {"DomainName": "domain_name", "LastModifiedTime": "last_modified_time"}


@PATCHES.around(CloudFrontBackend, "update_distribution")
def _update(update: Method, backend: Any, dist_config: dict[str, Any], _id: str, if_match: Any) -> Any:
    """The latest ETag is needed, and there is another one afterwards. moto takes any, and it stays."""
    distribution = backend.distributions.get(_id)
    if distribution:
        _matches(distribution, if_match)
    distribution, location, _ = update(backend, deepcopy(dist_config), _id, if_match)
    distribution.DistributionConfig = completed(dist_config)
    distribution.etag = random_id()
    return distribution, location, distribution.etag


@PATCHES.around(CloudFrontBackend, "delete_distribution")
def _delete(delete: Method, backend: Any, distribution_id: str, if_match: Any) -> None:
    """The latest ETag is needed, and one that is enabled stays."""
    distribution = backend.distributions.get(distribution_id)
    if distribution:
        _matches(distribution, if_match)
        if str(distribution.DistributionConfig.get("Enabled")).lower() == "true":
            message = "The distribution you are trying to delete has not been disabled."
            raise CloudFrontException("DistributionNotDisabled", message)
    delete(backend, distribution_id, if_match)


def _matches(thing: Any, if_match: str | None) -> None:
    if not if_match:
        raise InvalidIfMatchVersion
    if if_match != thing.etag:
        raise PreconditionFailed


@PATCHES.around(CloudFrontResponse, "update_origin_access_control")
def _update_control(update: Method, response: Any) -> Any:
    """The same as for distributions."""
    control = response.backend.get_origin_access_control(response._get_param("Id"))
    _matches(control, response._get_param("IfMatch"))
    control.etag = random_id()
    return update(response)


@PATCHES.around(CloudFrontResponse, "delete_origin_access_control")
def _delete_control(delete: Method, response: Any) -> Any:
    """The same as for distributions; one that a distribution uses stays."""
    control = response.backend.get_origin_access_control(response._get_param("Id"))
    _matches(control, response._get_param("IfMatch"))
    for distribution in response.backend.distributions.values():
        origins = distribution.DistributionConfig["Origins"]["Items"]
        if control.id in {origin["OriginAccessControlId"] for origin in origins}:
            message = "Cannot delete the origin access control because it's in use by one or more distributions."
            raise CloudFrontException("OriginAccessControlInUse", message)
    return delete(response)


@PATCHES.around(CloudFrontBackend, "create_origin_access_control")
def _create_control(create: Method, backend: Any, config: dict[str, str]) -> Any:
    """A name that is taken is refused."""
    if config["Name"] in {control.name for control in backend.origin_access_controls.values()}:
        message = "An origin access control with this name already exists in this AWS account."
        raise CloudFrontException("OriginAccessControlAlreadyExists", message)
    return create(backend, config)
