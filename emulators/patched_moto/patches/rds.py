"""Databases as AWS has them. What each operation promises is in its page of
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/"""

import re
import secrets
from typing import Any

from moto.ec2.models import ec2_backends
from moto.rds.exceptions import (
    DBInstanceAlreadyExists,
    DBParameterGroupNotFoundError,
    DBSubnetGroupNotFoundError,
    InvalidParameterCombination,
    InvalidParameterValue,
    RDSClientError,
)
from moto.rds.models import DBInstance, RDSBackend
from moto.rds.responses import RDSResponse

from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("rds")

# The version that AWS takes where a call names only the series.
_VERSIONS = {
    "mariadb": {"10.6": "10.6.19", "10.11": "10.11.9", "11.4": "11.4.3"},
    "mysql": {"5.7": "5.7.44", "8.0": "8.0.39", "8.4": "8.4.3"},
    "postgres": {"13": "13.16", "14": "14.13", "15": "15.8", "16": "16.4", "17": "17.2"},
}
_LICENSES = {"mariadb": "general-public-license", "mysql": "general-public-license", "postgres": "postgresql-license"}
_CLASS = re.compile(r"db\.(t[2-4]g?|[mrxcz][1-8][a-z]*)\.(micro|small|medium|large|\d*xlarge)(\.tpc\d\.mem\dx)?")
# What AWS shows under another name than it is asked for by.
_SHOWN_AS = {"enable_performance_insights": "performance_insights_enabled", "db_port_number": "port"}
_DEFAULTS: dict[str, Any] = {
    "backup_target": "region",
    "database_insights_mode": "standard",
    "dedicated_log_volume": False,
    "network_type": "IPV4",
    "performance_insights_enabled": False,
    "publicly_accessible": False,
}
_KEPT = {
    *_DEFAULTS,
    *_SHOWN_AS,
    "engine_lifecycle_support",
    "nchar_character_set_name",
    "performance_insights_kms_key_id",
    "performance_insights_retention_period",
    "processor_features",
    "promotion_tier",
    "storage_throughput",
    "timezone",
}


@PATCHES.around(DBInstance, "__init__")
def _make(make: Method, database: Any, backend: Any, **parameters: Any) -> None:
    """A database has an id of its own, what the call asked for, and AWS's defaults for the rest. moto gives all of
    them one id, loses a third of the settings, and takes any version and class."""
    parameters = _checked(parameters)
    if not parameters.get("db_cluster_identifier") and not parameters.get("vpc_security_group_ids"):
        parameters["vpc_security_group_ids"] = _default_groups(backend, parameters.get("db_subnet_group_name"))
    make(database, backend, **parameters)
    database.dbi_resource_id = _resource_id()
    for name, value in _DEFAULTS.items():
        setattr(database, name, value)
    database.ca_certificate_identifier = parameters.get("ca_certificate_identifier", "rds-ca-rsa2048-g1")
    if not parameters.get("db_cluster_identifier"):
        database.license_model = parameters.get("license_model") or _LICENSES.get(
            database.engine, database.license_model
        )
        _keep(database, parameters)


def _checked(parameters: dict[str, Any]) -> dict[str, Any]:
    checked = {**parameters, "engine_version": _full_version(parameters["engine"], parameters.get("engine_version"))}
    _check_class(parameters.get("db_instance_class"))
    return {name: value for name, value in checked.items() if value is not None}


def _full_version(engine: str, version: str | None) -> str | None:
    """A series stands for one of its versions, none for the newest; what does not exist is refused."""
    series = _VERSIONS.get(engine)
    if not series:
        return version
    if not version:
        return list(series.values())[-1]
    if version in series:
        return series[version]
    if version.rpartition(".")[0] not in series:
        raise InvalidParameterCombination(f"Cannot find version {version} for {engine}")
    return version


def _check_class(name: str | None) -> None:
    if name and not _CLASS.fullmatch(name):
        raise InvalidParameterValue(f"Invalid DB Instance class: {name}")


def _default_groups(backend: Any, subnet_group: str | None) -> list[str] | None:
    """The default group of the network that the database is in. moto takes the default network's, always."""
    if not subnet_group:
        return None
    vpc = backend.describe_db_subnet_groups(subnet_group)[0].vpc_id
    ec2: Any = ec2_backends[backend.account_id][backend.region_name]
    return [ec2.get_default_security_group(vpc).id]


def _resource_id() -> str:
    return "db-" + "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(26))


def _keep(database: Any, parameters: dict[str, Any]) -> None:
    for name in _KEPT & parameters.keys():
        if parameters[name] is not None:
            setattr(database, _SHOWN_AS.get(name, name), parameters[name])
    if database.performance_insights_enabled and not hasattr(database, "performance_insights_retention_period"):
        database.performance_insights_retention_period = 7
    if database.storage_type == "gp3":
        database.iops = database.iops or 3000
        database.storage_throughput = database.storage_throughput or 125
    series = database.engine_version.rpartition(".")[0].replace(".", "-")
    if not parameters.get("option_group_name") and database.option_group_name.startswith("default:"):
        database.option_group_name = f"default:{database.engine}-{series}"


@PATCHES.around(DBInstance, "update")
def _update(update: Method, database: Any, **parameters: Any) -> None:
    """Every setting of the call is taken; exporting a log twice, or not exporting what is not, is no matter."""
    logs = parameters.pop("cloudwatch_logs_export_configuration", None) or {}
    enabled = {*database.enabled_cloudwatch_logs_exports, *logs.get("EnableLogTypes", [])}
    if parameters.get("engine_version"):
        parameters["engine_version"] = _upgraded(database, parameters)
    _check_class(parameters.get("db_instance_class"))
    update(database, **parameters)
    database.enabled_cloudwatch_logs_exports = sorted(enabled - set(logs.get("DisableLogTypes", [])))
    _keep(database, parameters)


def _upgraded(database: Any, parameters: dict[str, Any]) -> str:
    """Versions go up only, and to another series only where that is allowed."""
    series, version = database.engine_version.rpartition(".")[0], parameters["engine_version"]
    if version == series:
        return str(database.engine_version)
    wanted = str(_full_version(database.engine, version))
    if _number(wanted) < _number(database.engine_version):
        old = database.engine_version
        raise InvalidParameterCombination(f"Cannot upgrade {database.engine} from {old} to {wanted}")
    if wanted.rpartition(".")[0] != series and not parameters.get("allow_major_version_upgrade"):
        raise InvalidParameterCombination(
            "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version."
        )
    return wanted


def _number(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


@PATCHES.around(RDSBackend, "create_db_instance_read_replica")
def _replicate(replicate: Method, backend: Any, parameters: dict[str, Any]) -> Any:
    """A replica is a database of its own: id, tags, backups, protection. moto shares all of it with the source."""
    if parameters["db_instance_identifier"] in backend.databases:
        raise DBInstanceAlreadyExists
    source = backend.find_db_from_id(parameters["source_db_instance_identifier"])
    if not source.backup_retention_period:
        raise RDSClientError(
            "InvalidDBInstanceState",
            "Automated backups are not enabled for this database instance. To enable automated backups, use "
            "ModifyDBInstance to set the backup retention period to a non-zero value.",
        )
    replica = replicate(backend, parameters)
    replica.dbi_resource_id = _resource_id()
    replica.tags = list(parameters.get("tags") or [])
    replica.backup_retention_period = parameters.get("backup_retention_period") or 0
    for name in ("deletion_protection", "multi_az"):
        setattr(replica, name, bool(parameters.get(name)))
    replica.manage_master_user_password = False
    replica.__dict__.pop("master_user_secret", None)
    return replica


@PATCHES.around(RDSBackend, "promote_read_replica")
def _promote(promote: Method, backend: Any, parameters: dict[str, Any]) -> Any:
    """What was a replica has no source any more."""
    replica = backend.find_db_from_id(parameters["db_instance_identifier"])
    if replica.is_replica:
        backend.find_db_from_id(replica.source_db_instance_identifier).remove_replica(replica)
    promote(backend, parameters)
    replica.source_db_instance_identifier = None
    return replica


@PATCHES.around(RDSBackend, "delete_db_instance")
def _delete(delete: Method, backend: Any, db_instance_identifier: str, **parameters: Any) -> Any:
    """A last snapshot is taken or expressly not. moto does not ask."""
    database = backend.databases.get(db_instance_identifier)
    needs_snapshot = database and not database.is_replica and not database.deletion_protection
    if needs_snapshot and not (
        parameters.get("skip_final_snapshot") or parameters.get("final_db_snapshot_identifier")
    ):
        raise InvalidParameterCombination(
            "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
        )
    return delete(backend, db_instance_identifier, **parameters)


@PATCHES.around(RDSBackend, "create_subnet_group")
def _create_subnet_group(create: Method, backend: Any, name: str, description: str, subnets: Any, tags: Any) -> Any:
    """A subnet group covers two zones, and a name that is taken is refused. moto takes anything."""
    if name in backend.subnet_groups:
        raise RDSClientError("DBSubnetGroupAlreadyExists", f"The DB subnet group '{name}' already exists.")
    _covers_two_zones(subnets)
    return create(backend, name, description, subnets, tags)


@PATCHES.added(RDSBackend)
def modify_db_subnet_group(backend: Any, subnet_name: str, description: str | None, subnets: list[Any]) -> Any:
    """The group has other subnets. moto's own deletes it."""
    group = backend.subnet_groups.get(subnet_name)
    if group is None:
        raise DBSubnetGroupNotFoundError(subnet_name)
    _covers_two_zones(subnets)
    group.subnets = subnets
    group.description = description or group.description
    return group


def _covers_two_zones(subnets: list[Any]) -> None:
    zones = {subnet.availability_zone for subnet in subnets}
    if len(zones) < 2:
        raise RDSClientError(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: "
            f"{', '.join(zones)}. Add subnets to cover at least 2 AZs.",
        )


@PATCHES.around(RDSBackend, "delete_subnet_group")
def _delete_subnet_group(delete: Method, backend: Any, name: str) -> Any:
    """One that a database is in stays."""
    for database in backend.databases.values():
        group = getattr(database, "db_subnet_group", None)
        if group and group.name == name.lower():
            raise RDSClientError(
                "InvalidDBSubnetGroupStateFault",
                f"Cannot delete the subnet group '{name}' because at least one database instance: "
                f"{database.db_instance_identifier} is still using it.",
            )
    return delete(backend, name)


@PATCHES.around(RDSBackend, "delete_db_parameter_group")
def _delete_parameter_group(delete: Method, backend: Any, name: str) -> Any:
    """One that a database uses stays, and so does a default one. moto deletes it, and cannot list databases then."""
    used = any(
        group.name == name for database in backend.databases.values() for group in database.db_parameter_groups()
    )
    if used or name.startswith("default."):
        raise RDSClientError(
            "InvalidDBParameterGroupState",
            f"One or more database instances are still members of this parameter group {name}, so the group cannot "
            "be deleted",
        )
    return delete(backend, name)


@PATCHES.around(RDSBackend, "describe_db_parameter_groups")
def _parameter_groups(describe: Method, backend: Any, parameters: dict[str, Any]) -> Any:
    """One that is not there is an error. moto shows an empty list."""
    groups = describe(backend, parameters)
    name = parameters.get("db_parameter_group_name")
    if name and not groups:
        raise DBParameterGroupNotFoundError(name)
    return groups


@PATCHES.around(RDSResponse, "describe_db_parameters")
def _parameters(describe: Method, response: Any) -> Any:
    """Each parameter tells who set it. moto knows those of the user only, and does not say so."""
    answer, source = describe(response), response.params.get("Source", "user")
    parameters = [
        parameter | {"Source": "user", "IsModifiable": True}
        for parameter in answer.result["Parameters"]
        if source == "user"
    ]
    answer.result["Parameters"] = parameters
    return answer
