"""Operations of RDS that moto lacks, and what its proxies lack. See
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/"""

from collections.abc import Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource
from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores, utcnow
from moto.rds.exceptions import DBParameterGroupNotFoundError, DBProxyNotFoundFault, RDSClientError
from moto.rds.models import RDSBackend
from moto.rds.responses import RDSResponse

from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("rds")


@PATCHES.added(RDSResponse)
def reset_db_parameter_group(response: Any) -> ActionResult:
    """The named parameters, or all, have their defaults again."""
    name, parameters = response.params["DBParameterGroupName"], response.params.get("Parameters", [])
    group = response.backend.db_parameter_groups.get(name)
    if group is None:
        raise DBParameterGroupNotFoundError(name)
    for parameter in [parameter["ParameterName"] for parameter in parameters] or list(group.parameters):
        group.parameters.pop(parameter, None)
    return ActionResult({"DBParameterGroupName": group.name})


@PATCHES.added(RDSResponse)
def modify_db_proxy(response: Any) -> ActionResult:
    """What the call names is changed."""
    proxies, parameters = response.backend.db_proxies, response.params
    proxy = _proxy(response.backend, parameters["DBProxyName"])
    for name in ("Auth", "RequireTLS", "IdleClientTimeout", "DebugLogging", "RoleArn"):
        if name in parameters:
            setattr(proxy, camelcase_to_underscores(name), parameters[name])
    proxy.vpc_security_group_ids = parameters.get("SecurityGroups", proxy.vpc_security_group_ids)
    if "NewDBProxyName" in parameters:
        proxies[parameters["NewDBProxyName"]] = proxies.pop(proxy.db_proxy_name)
        proxy.db_proxy_name = parameters["NewDBProxyName"]
    proxy.updated_date = utcnow()
    return ActionResult({"DBProxy": proxy})


def _proxy(backend: Any, name: str) -> Any:
    if name not in backend.db_proxies:
        raise DBProxyNotFoundFault(name)
    return backend.db_proxies[name]


@PATCHES.around(
    RDSBackend,
    "delete_db_proxy",
    "describe_db_proxy_targets",
    "describe_db_proxy_target_groups",
    "modify_db_proxy_target_group",
)
def _known_proxy(act: Method, backend: Any, proxy_name: str, **keywords: Any) -> Any:
    """A proxy that is not there is an error of the caller. moto has one of its own."""
    _proxy(backend, proxy_name)
    return act(backend, proxy_name, **keywords)


@PATCHES.around(RDSResponse, "modify_db_proxy_target_group")
def _modify_target_group(modify: Method, response: Any) -> Any:
    """A query for new connections is kept, and what the call leaves out stays. moto halves the idle connections."""
    [group] = response.backend.describe_db_proxy_target_groups(response.params["DBProxyName"])
    config, idle = response.params.get("ConnectionPoolConfig", {}), group.max_idle_connections
    answer = modify(response)
    if "MaxIdleConnectionsPercent" not in config:
        group.max_idle_connections = min(idle, int(group.max_connections))
    group.init_query = config.get("InitQuery", getattr(group, "init_query", None))
    group.updated_date = utcnow()
    return answer


@PATCHES.around(RDSResponse, "describe_db_proxy_target_groups", "modify_db_proxy_target_group")
def _target_groups(act: Method, response: Any) -> Any:
    """The query is shown with the rest of the pool's settings."""
    answer = act(response)
    groups = answer.result.get("TargetGroups") or [answer.result["DBProxyTargetGroup"]]
    shown = [
        {name: getattr(group, camelcase_to_underscores(name)) for name in _TARGET_GROUP}
        | {"ConnectionPoolConfig": group.connection_pool_config | {"InitQuery": getattr(group, "init_query", None)}}
        for group in groups
    ]
    listing = "TargetGroups" in answer.result
    return ActionResult({"TargetGroups": shown} if listing else {"DBProxyTargetGroup": shown[0]})


_TARGET_GROUP = (
    "CreatedDate",
    "DBProxyName",
    "IsDefault",
    "Status",
    "TargetGroupArn",
    "TargetGroupName",
    "UpdatedDate",
)


@PATCHES.around(RDSBackend, "register_db_proxy_targets")
def _register(register: Method, backend: Any, **parameters: Any) -> Any:
    """A target is a database that is there, registered once, and shows where it is reached. moto takes any name."""
    name = parameters["db_proxy_name"]
    wanted = [*parameters["db_cluster_identifiers"], *parameters["db_instance_identifiers"]]
    registered = _registered(_proxy(backend, name))
    databases = [backend.find_db_from_id(identifier) for identifier in parameters["db_instance_identifiers"]]
    for identifier in registered & set(wanted):
        message = f"Target {identifier} is already associated with the proxy {name}"
        raise RDSClientError("DBProxyTargetAlreadyRegisteredFault", message)
    targets = register(backend, **parameters)
    for target, database in zip(targets[len(parameters["db_cluster_identifiers"]) :], databases, strict=True):
        target.endpoint, target.port, target.role = database.address, database.port, "READ_WRITE"
    return targets


@PATCHES.around(RDSBackend, "deregister_db_proxy_targets")
def _deregister(deregister: Method, backend: Any, **parameters: Any) -> None:
    """One that is not registered is an error."""
    wanted = {*parameters["db_cluster_identifiers"], *parameters["db_instance_identifiers"]}
    unknown = wanted - _registered(_proxy(backend, parameters["db_proxy_name"]))
    if unknown:
        raise RDSClientError("DBProxyTargetNotFoundFault", f"Target {min(unknown)} is not registered")
    deregister(backend, **parameters)


def _registered(proxy: Any) -> set[str]:
    return {target.rds_resource_id for group in proxy.proxy_target_groups.values() for target in group.targets}


@PATCHES.around(RDSBackend, "iter_tagged_resources")
def _tagged(iterate: Method, backend: Any) -> Iterator[TaggedResource]:
    """The tagging API knows subnet groups and parameter groups too. moto's does not."""
    yield from iterate(backend)
    for name, groups in (("subgrp", backend.subnet_groups), ("pg", backend.db_parameter_groups)):
        for group in groups.values():
            yield TaggedResource(group.arn, {tag["Key"]: tag["Value"] for tag in group.get_tags()}, f"rds:{name}")
