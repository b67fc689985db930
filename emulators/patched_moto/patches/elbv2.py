"""Load balancers as AWS has them. What each operation promises is in its page of
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/"""

from collections.abc import Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource
from moto.core.responses import ActionResult
from moto.elbv2.exceptions import (
    DuplicateListenerError,
    DuplicateLoadBalancerName,
    DuplicateTargetGroupName,
    ELBClientError,
)
from moto.elbv2.models import (
    ELBv2Backend,
    FakeAction,
    FakeHealthStatus,
    FakeListenerRule,
    FakeLoadBalancer,
    FakeTargetGroup,
)
from moto.elbv2.responses import ELBV2Response, transform_certificates

from emulators.patched_moto.patches.asking import keep
from emulators.patched_moto.patches.elbv2_defaults import OF_BALANCER, OF_REDIRECT, OF_TARGET_GROUP
from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("elbv2")

_ARN_PART = {"application": "app", "network": "net", "gateway": "gwy"}


@PATCHES.around(ELBV2Response, "create_load_balancer")
def _create_balancer(create: Method, response: Any) -> Any:
    """The same call again (tags aside) gives the same balancer, and a name that is taken by another is refused. moto
    makes a second one. The rest is what AWS fills in: the scheme, the group, the attributes, the ARN of its type."""
    parameters = response.params
    parameters["Scheme"] = parameters.get("Scheme") or "internet-facing"
    parameters["Type"] = parameters.get("Type") or "application"
    backend = response.elbv2_backend
    _needs_two_zones(backend, parameters)
    before = [balancer for balancer in backend.load_balancers.values() if balancer.name == parameters["Name"]]
    if before:
        if before[0].requested != _settings(parameters):
            raise DuplicateLoadBalancerName
        return ActionResult({"LoadBalancers": before})
    answer = create(response)
    _complete(backend, answer.result["LoadBalancers"][0], parameters)
    return answer


def _needs_two_zones(backend: Any, parameters: dict[str, Any]) -> None:
    """An application load balancer spans two zones. moto takes one."""
    ids = [mapping["SubnetId"] for mapping in parameters.get("SubnetMappings", [])] + parameters.get("Subnets", [])
    zones = {backend.ec2_backend.get_subnet(subnet).availability_zone for subnet in ids}
    if parameters["Type"] == "application" and ids and len(zones) < 2:
        message = "At least two subnets in two different Availability Zones must be specified"
        raise ELBClientError("InvalidConfigurationRequest", message)


def _complete(backend: Any, balancer: Any, parameters: dict[str, Any]) -> None:
    balancer.requested, before = _settings(parameters), balancer.arn
    balancer.addresses = _addresses(parameters.get("SubnetMappings", []))
    balancer.attrs = dict(OF_BALANCER[balancer.type])
    if balancer.type == "application" and not balancer.security_groups:
        balancer.security_groups = [backend.ec2_backend.get_default_security_group(balancer.vpc_id).id]
    balancer.arn = before.replace(":loadbalancer/app/", f":loadbalancer/{_ARN_PART[balancer.type]}/")
    backend.load_balancers[balancer.arn] = backend.load_balancers.pop(before)
    tags = backend.tagging_service.list_tags_for_resource(before)["Tags"]
    backend.tagging_service.delete_all_tags_for_resource(before)
    backend.tagging_service.tag_resource(balancer.arn, tags)


def _addresses(mappings: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The addresses of a balancer by subnet."""
    return {mapping["SubnetId"]: {k: v for k, v in mapping.items() if k != "SubnetId"} for mapping in mappings}


@PATCHES.around(ELBv2Backend, "set_subnets")
def _set_subnets(
    set_subnets: Method, backend: Any, arn: str, subnets: list[str], mappings: list[dict[str, Any]]
) -> Any:
    """A balancer keeps its addresses in the subnets that stay."""
    staying = {zone.subnet_id for zone in set_subnets(backend, arn, subnets, mappings)}
    balancer = backend.load_balancers[arn]
    kept = {subnet: address for subnet, address in balancer.addresses.items() if subnet in staying}
    balancer.addresses = _addresses(mappings) | kept
    return balancer.availability_zones


@PATCHES.shown(FakeLoadBalancer, "availability_zones")
def _zones(balancer: Any) -> list[dict[str, Any]]:
    """A network load balancer shows the addresses that it was given. moto does not."""
    addresses = getattr(balancer, "addresses", {})
    return [
        {
            "SubnetId": subnet.id,
            "ZoneName": subnet.availability_zone,
            "LoadBalancerAddresses": list(filter(None, [addresses.get(subnet.id)])),
        }
        for subnet in balancer.subnets
    ]


def _settings(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if name != "Tags"}


@PATCHES.around(ELBV2Response, "create_target_group")
def _create_target_group(create: Method, response: Any) -> Any:
    """The same call again gives the same group; moto refuses it."""
    backend, settings = response.elbv2_backend, _settings(response.params)
    before = [group for group in backend.target_groups.values() if group.name == settings["Name"]]
    if before:
        if before[0].requested != settings:
            raise DuplicateTargetGroupName
        return ActionResult({"TargetGroups": before})
    answer = create(response)
    answer.result["TargetGroups"][0].requested = settings
    return answer


@PATCHES.around(FakeTargetGroup, "__init__")
def _target_group(make: Method, group: Any, *arguments: Any, **keywords: Any) -> None:
    """A target group has every attribute of its protocol. moto shows some."""
    make(group, *arguments, **keywords)
    layer = "application" if group.protocol in ("HTTP", "HTTPS") else "network"
    group.attributes = dict(group.attributes if group.target_type == "lambda" else OF_TARGET_GROUP[layer])


@PATCHES.around(ELBV2Response, "modify_target_group")
def _modify_target_group(modify: Method, response: Any) -> Any:
    """The codes that count as healthy can be changed on any group with a check by HTTP. moto needs HTTP targets."""
    answer = modify(response)
    keep(response, answer.result["TargetGroups"][0], ["Matcher"])
    return answer


@PATCHES.around(ELBv2Backend, "describe_target_groups")
def _target_groups(describe: Method, backend: Any, *arguments: Any, **keywords: Any) -> Any:
    """A target group names the balancers that use it now. moto names all that ever did, and some twice."""
    for group in backend.target_groups.values():
        group.load_balancer_arns = []
    for balancer in backend.load_balancers.values():
        for arn in {arn for listener in balancer.listeners.values() for arn in _targets(backend, listener)}:
            if arn in backend.target_groups:
                backend.target_groups[arn].load_balancer_arns.append(balancer.arn)
    return describe(backend, *arguments, **keywords)


def _targets(backend: Any, listener: Any) -> set[str]:
    actions = [action for rule in listener.rules.values() for action in rule.actions]
    return {arn for action in actions for arn in backend._get_target_group_arns_from(action.data)}


@PATCHES.around(FakeTargetGroup, "register")
def _register(register: Method, group: Any, targets: list[dict[str, Any]]) -> None:
    """A target keeps the zone it is registered with. moto forgets it."""
    register(group, targets)
    for target in targets:
        group.targets[target["Id"]]["AvailabilityZone"] = target.get("AvailabilityZone")


@PATCHES.around(FakeTargetGroup, "health_for")
def _health(health_for: Method, group: Any, target: dict[str, Any], ec2_backend: Any) -> Any:
    """It is shown with its health."""
    status = health_for(group, target, ec2_backend)
    status.zone = group.targets.get(target["Id"], {}).get("AvailabilityZone")
    return status


@PATCHES.shown(FakeHealthStatus, "target")
def _target(status: Any) -> dict[str, Any]:
    """The same."""
    zone = {"AvailabilityZone": status.zone} if status.zone else {}
    return {"Id": status.instance_id, "Port": status.port, **zone}


@PATCHES.around(FakeTargetGroup, "deregister")
def _deregister(deregister: Method, group: Any, targets: list[dict[str, Any]]) -> None:
    """A target that is not registered is no error."""
    deregister(group, [target for target in targets if target["Id"] in group.targets])


@PATCHES.around(ELBV2Response, "create_listener")
def _create_listener(create: Method, response: Any) -> Any:
    """The same call again gives the same listener, and a port that is taken is refused. moto makes a second one."""
    settings = _settings(response.params)
    balancer = response.elbv2_backend.load_balancers.get(settings["LoadBalancerArn"])
    listeners = balancer.listeners.values() if balancer else ()
    before = [listener for listener in listeners if listener.port == settings.get("Port")]
    if before:
        if before[0].requested != settings:
            raise DuplicateListenerError
        return ActionResult({"Listeners": before})
    answer = create(response)
    answer.result["Listeners"][0].requested = settings
    _secured(response, answer.result["Listeners"][0])
    return answer


@PATCHES.around(ELBV2Response, "modify_listener")
def _modify_listener(modify: Method, response: Any) -> Any:
    """Any protocol can be taken on, another default certificate leaves the further ones, and a listener that no
    longer is encrypted has none of it. moto knows three protocols, and forgets the certificates."""
    [listener] = response.elbv2_backend.describe_listeners(None, [response._get_param("ListenerArn")])
    further, protocol = listener.certificates[1:], response.params.get("Protocol")
    if protocol in ("TLS", "UDP", "TCP_UDP", "GENEVE"):
        listener.protocol = response.params.pop("Protocol")
    answer = modify(response)
    if response._get_param("Certificates"):
        listener.certificates = [listener.certificates[0], *further]
    keep(response, listener, ["AlpnPolicy"])
    _secured(response, listener)
    return answer


def _secured(response: Any, listener: Any) -> None:
    keep(response, listener, ["MutualAuthentication"])
    if listener.protocol not in ("HTTPS", "TLS"):
        listener.ssl_policy, listener.certificates, listener.mutual_authentication = None, [], None
        return
    certificates = response._get_param("Certificates")
    if certificates:
        listener.certificates = [certificates[0]["CertificateArn"], *listener.certificates[1:]]
    listener.ssl_policy = listener.ssl_policy or "ELBSecurityPolicy-2016-08"
    if listener.protocol == "HTTPS" and not getattr(listener, "mutual_authentication", None):
        listener.mutual_authentication = {"Mode": "off"}


def _default_certificate(certificates: list[str]) -> Any:
    """A listener shows its default certificate, without the further ones that moto shows too."""
    return transform_certificates(certificates[:1])


PATCHES.replaced(
    ELBV2Response,
    "RESPONSE_KEY_PATH_TO_TRANSFORMER",
    {
        path: _default_certificate if path.endswith(".Certificates") else transform
        for path, transform in ELBV2Response.RESPONSE_KEY_PATH_TO_TRANSFORMER.items()
    },
)
PATCHES.replaced(FakeLoadBalancer, "VALID_ATTRS", {name for names in OF_BALANCER.values() for name in names})


@PATCHES.around(FakeAction, "__init__")
def _action(make: Method, action: Any, parameters: dict[str, Any]) -> None:
    """A single target group is shown in both ways of writing it, and a redirect with all its parts. moto shows what
    was written."""
    parameters = dict(parameters)
    forward = parameters.get("ForwardConfig")
    if parameters.get("TargetGroupArn") and not forward:
        parameters["ForwardConfig"] = {"TargetGroups": [{"TargetGroupArn": parameters["TargetGroupArn"]}]}
    elif forward and len(forward["TargetGroups"]) == 1:
        parameters["TargetGroupArn"] = forward["TargetGroups"][0]["TargetGroupArn"]
    if "RedirectConfig" in parameters:
        parameters["RedirectConfig"] = OF_REDIRECT | parameters["RedirectConfig"]
    make(action, parameters)


@PATCHES.around(FakeListenerRule, "__init__")
def _rule(make: Method, rule: Any, *arguments: Any, **keywords: Any) -> None:
    """A rule shows its conditions on path and host in both ways of writing them; see `_both_ways`."""
    make(rule, *arguments, **keywords)
    rule.conditions = _both_ways(rule.conditions)


@PATCHES.around(ELBV2Response, "modify_rule")
def _modify_rule(modify: Method, response: Any) -> Any:
    """The same after a change."""
    answer = modify(response)
    for rule in answer.result["Rules"]:
        rule.conditions = _both_ways(rule.conditions)
    return answer


@PATCHES.around(ELBv2Backend, "set_rule_priorities")
def _set_priorities(set_priorities: Method, backend: Any, priorities: list[dict[str, Any]]) -> Any:
    """Rules can change places in one call. moto finds each place taken by the other."""
    rules = backend.describe_rules(listener_arn=None, rule_arns=[priority["RuleArn"] for priority in priorities])
    places = [rule.priority for rule in rules]
    for rule in rules:
        rule.priority = None
    try:
        return set_priorities(backend, priorities)
    except ELBClientError:
        for rule, place in zip(rules, places, strict=True):
            rule.priority = place
        raise


def _both_ways(conditions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """AWS has two places for the values of these conditions, and shows them in both. moto shows what was written."""
    places = {"path-pattern": "PathPatternConfig", "host-header": "HostHeaderConfig"}
    shown = []
    for condition in conditions:
        place = places.get(condition["Field"])
        values = condition.get("Values") or condition.get(place or "", {}).get("Values")
        shown.append(condition | {"Values": values, place: {"Values": values}} if place else condition)
    return shown


@PATCHES.around(ELBV2Response, "delete_load_balancer")
def _delete_balancer(delete: Method, response: Any) -> Any:
    """One with deletion protection stays. moto deletes it."""
    arn = response._get_param("LoadBalancerArn")
    balancer = response.elbv2_backend.load_balancers.get(arn)
    if balancer and balancer.attrs.get("deletion_protection.enabled") == "true":
        message = f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        raise ELBClientError("OperationNotPermitted", message)
    return delete(response)


@PATCHES.added(ELBv2Backend)
def add_tags(backend: Any, resource_arns: list[str], tags: list[dict[str, str]]) -> None:
    """A resource has up to 50 tags. moto allows 10."""
    for arn in resource_arns:
        backend._get_resource_by_arn(arn)
        backend.tagging_service.tag_resource(arn, tags)


@PATCHES.around(ELBv2Backend, "describe_tags")
def _describe_tags(describe: Method, backend: Any, resource_arns: list[str]) -> Any:
    """The tags of what is not there are an error. moto shows none, or those of what was there."""
    for arn in resource_arns:
        backend._get_resource_by_arn(arn)
    return describe(backend, resource_arns)


@PATCHES.around(ELBv2Backend, "iter_tagged_resources")
def _tagged(iterate: Method, backend: Any) -> Iterator[TaggedResource]:
    """AWS's tagging API knows listeners and their rules too. moto's does not."""
    yield from iterate(backend)
    for listener in (one for balancer in backend.load_balancers.values() for one in balancer.listeners.values()):
        yield _with_tags(backend, listener.arn, "listener")
        for rule in listener.rules.values():
            yield _with_tags(backend, rule.arn, "listener-rule")


def _with_tags(backend: Any, arn: str, sort: str) -> TaggedResource:
    tags = backend.tagging_service.get_tag_dict_for_resource(arn)
    return TaggedResource(arn, tags, f"elasticloadbalancing:{sort}")


@PATCHES.around(ELBV2Response, "describe_target_groups", "describe_listeners")
def _paged(describe: Method, response: Any) -> Any:
    """A page is as long as asked for. moto gives everything."""
    [(name, entries)] = describe(response).result.items()
    entries, start = list(entries), int(response._get_param("Marker", 0))
    end = start + response._get_int_param("PageSize", 400)
    return ActionResult({name: entries[start:end], "NextMarker": str(end) if end < len(entries) else None})
