"""What a document says of a table: keys, indexes, capacity, streams, expiry, recovery and encryption."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.declaration.kms import KmsKey
from controller.core.model.equality import Blank, Default
from controller.core.model.limits import Bounds, Count, Legal
from controller.core.model.spec import (
    Aws,
    Computed,
    Excludes,
    Form,
    Immutable,
    Keyed,
    Named,
    ServerManaged,
    Spec,
    Tagged,
    Unordered,
)

ON = Form(read=lambda status: status not in ("DISABLED", "DISABLING"), write=lambda truth: truth)
"""Truth that AWS shows as a status, such as `ENABLING`."""
_TYPES = Form(
    read=lambda listed: {definition["AttributeName"]: definition["AttributeType"] for definition in listed},
    write=lambda types: [{"AttributeName": name, "AttributeType": type} for name, type in types.items()],
)
"""A map of types by attribute that AWS keeps as a list."""
_CAPACITY = Form(read=lambda units: units if any(units.values()) else None, write=lambda units: units)
"""Capacity that AWS shows as 0 where there is none."""


_NAME = Legal(r"[A-Za-z0-9_.-]{3,255}", "it must have 3 to 255 letters, digits and _.-")


def _off(enabled: Any) -> bool:
    return enabled is False


class KeyElement(Spec):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_KeySchemaElement.html"""

    attribute_name: str
    """The attribute."""
    key_type: Literal["HASH", "RANGE"]
    """`HASH` for the partition key, `RANGE` for the sort key."""


class ProvisionedThroughput(Spec):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ProvisionedThroughput.html"""

    read_capacity_units: int
    """Strongly consistent reads per second, of up to 4 KB each."""
    write_capacity_units: int
    """Writes per second, of up to 1 KB each."""


class OnDemandThroughput(Spec):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_OnDemandThroughput.html"""

    max_read_request_units: Annotated[int | None, Default(-1)] = None
    """The maximum number of read request units per second; -1 for none."""
    max_write_request_units: Annotated[int | None, Default(-1)] = None
    """The maximum number of write request units per second; -1 for none."""


class Projection(Spec):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Projection.html"""

    projection_type: Literal["ALL", "KEYS_ONLY", "INCLUDE"]
    """Which attributes are copied into the index: all, the keys, or the keys and `nonKeyAttributes`."""
    non_key_attributes: Annotated[list[str] | None, Unordered()] = None
    """The attributes that `INCLUDE` copies beside the keys."""


class LocalIndex(Spec):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_LocalSecondaryIndex.html"""

    index_name: str
    """Its name, unique among the indexes of the table."""
    key_schema: list[KeyElement]
    """The partition key of the table, and a sort key."""
    projection: Projection
    """What is copied into the index."""


class GlobalIndex(Spec):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GlobalSecondaryIndex.html"""

    index_name: str
    """Its name, unique among the indexes of the table."""
    key_schema: list[KeyElement]
    """Its keys: partition keys first, then sort keys. AWS cannot change those of an index that is there."""
    projection: Projection
    """What is copied into the index. AWS cannot change that of an index that is there."""
    provisioned_throughput: Annotated[
        ProvisionedThroughput | None, _CAPACITY, Computed("AWS shows none where the table is paid by request")
    ] = None
    """Its capacity, where the table has the billing mode `PROVISIONED`."""
    on_demand_throughput: OnDemandThroughput | None = None
    """Its maximum throughput, where the table has the billing mode `PAY_PER_REQUEST`."""


class StreamSpecification(Spec):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_StreamSpecification.html"""

    stream_enabled: Annotated[bool, Blank(), Excludes("StreamViewType", when=_off)]
    """Whether the table has a stream."""
    stream_view_type: Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"] | None = None
    """What of a changed item is written to the stream. Another one needs a new stream: the old one is disabled."""


class SseSpecification(Spec):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_SSESpecification.html"""

    enabled: Annotated[
        bool, Blank(), Aws("Status", write="Enabled"), ON, Excludes("SSEType", "KMSMasterKeyId", when=_off)
    ]
    """Whether a KMS key encrypts the table: AWS's own `aws/dynamodb`, or that of `kmsMasterKeyId`. False: a key that
    DynamoDB keeps, at no charge."""
    sse_type: Annotated[Literal["KMS"] | None, Aws("SSEType")] = None
    """The only type that AWS knows."""
    kms_master_key_id: Annotated[str | None, KmsKey(), Aws("KMSMasterKeyArn", write="KMSMasterKeyId")] = None
    """The KMS key, by id or ARN. AWS's default: `aws/dynamodb`."""


class TimeToLive(Spec):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TimeToLiveSpecification.html"""

    enabled: Annotated[bool, Blank(), Aws("TimeToLiveStatus", write="Enabled"), ON]
    """Whether items expire. AWS takes one change an hour."""
    attribute_name: str | None = None
    """The attribute with the time of expiry, in seconds since 1970."""


class PointInTimeRecovery(Spec):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PointInTimeRecoverySpecification.html"""

    point_in_time_recovery_enabled: Annotated[
        bool,
        Blank(),
        Aws("PointInTimeRecoveryStatus", write="PointInTimeRecoveryEnabled"),
        ON,
        Excludes("RecoveryPeriodInDays", when=_off),
    ]
    """Whether the table can be restored to any second of the recovery period."""
    recovery_period_in_days: Annotated[int | None, Bounds(1, 35), Default(35)] = None
    """The recovery period in days. AWS's default: 35."""


class DynamoDbTableSpec(Tagged):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html"""

    table_name: Annotated[str | None, Immutable(), Named(limit=255), _NAME] = None
    """Its name, unique in the account and region. Unset: `<stack>-<name>`."""
    key_schema: Annotated[list[KeyElement], Immutable()]
    """The primary key: a partition key, and perhaps a sort key behind it."""
    attribute_definitions: Annotated[dict[str, Literal["S", "N", "B"]], _TYPES]
    """The types of all attributes that are keys of the table or of an index, and of no others, such as
    `{order: S, placedAt: N}`: `S` text, `N` number, `B` binary. AWS cannot change the type of a key."""
    billing_mode: Annotated[
        Literal["PROVISIONED", "PAY_PER_REQUEST"] | None,
        Default("PROVISIONED"),
        Aws("BillingModeSummary.BillingMode", write="BillingMode"),
    ] = None
    """How it is paid for: by capacity or by request. AWS's default: `PROVISIONED`."""
    provisioned_throughput: Annotated[ProvisionedThroughput | None, _CAPACITY] = None
    """Its capacity in the billing mode `PROVISIONED`. Where Application Auto Scaling moves it, say so with
    `lifecycle: {ignore: [provisionedThroughput]}`."""
    on_demand_throughput: OnDemandThroughput | None = None
    """Its maximum throughput in the billing mode `PAY_PER_REQUEST`."""
    global_secondary_indexes: Annotated[
        list[GlobalIndex] | None,
        Keyed("indexName"),
        ServerManaged(lambda index: index.get("IndexStatus") == "DELETING"),
    ] = None
    """Indexes with keys of their own. AWS makes or deletes one at a time, and fills a new one for as long as that
    takes: the next one follows when it is done. Of an index that is there it changes the capacity alone."""
    local_secondary_indexes: Annotated[list[LocalIndex] | None, Count(1, 5), Immutable(), Keyed("indexName")] = None
    """Indexes with the partition key of the table and another sort key, made together with the table."""
    stream_specification: StreamSpecification | None = None
    """The stream of its changes."""
    sse_specification: Annotated[SseSpecification | None, Aws("SSEDescription", write="SSESpecification")] = None
    """Encryption at rest. AWS's default: by a key that DynamoDB keeps."""
    time_to_live_specification: TimeToLive | None = None
    """Expiry of items."""
    point_in_time_recovery_specification: Annotated[
        PointInTimeRecovery | None, Aws("PointInTimeRecoveryDescription", write="PointInTimeRecoverySpecification")
    ] = None
    """Continuous backups. With them AWS keeps a backup of a table that is deleted for 35 days."""
    table_class: Annotated[
        Literal["STANDARD", "STANDARD_INFREQUENT_ACCESS"] | None,
        Default("STANDARD"),
        Aws("TableClassSummary.TableClass", write="TableClass"),
    ] = None
    """The storage class. AWS's default: `STANDARD`."""
    deletion_protection_enabled: Annotated[bool | None, Blank()] = None
    """Whether AWS refuses to delete it. A table that is deleted or replaced loses its items, for what replaces it is
    empty. AWS's default: false."""

    @model_validator(mode="after")
    def _as_aws_takes_it(self) -> "DynamoDbTableSpec":
        faults = [*_keys(self), *_definitions(self), *_projections(self), *_capacity(self), *_switches(self)]
        if faults:
            raise PydanticCustomError("table", "{faults}", {"faults": "; ".join(faults)})
        return self


Index = GlobalIndex | LocalIndex


def _indexes(table: DynamoDbTableSpec) -> list[Index]:
    return [*(table.global_secondary_indexes or ()), *(table.local_secondary_indexes or ())]


def _keys(table: DynamoDbTableSpec) -> Iterator[str]:
    """A partition key comes first; a local index has that of the table, and a sort key."""
    if _types(table.key_schema) not in (["HASH"], ["HASH", "RANGE"]):
        yield "the keySchema of a table is a HASH key, and perhaps a RANGE key behind it"
    if table.local_secondary_indexes and len(table.key_schema) == 1:
        yield "only a table with a RANGE key has localSecondaryIndexes"
    for index in table.global_secondary_indexes or ():
        types = _types(index.key_schema)
        if types != sorted(types) or types[:1] != ["HASH"]:
            yield f"the keySchema of the index {index.index_name} has HASH keys first, then RANGE keys"
    for local in table.local_secondary_indexes or ():
        own = local.key_schema[:1] == table.key_schema[:1]
        if not own or _types(local.key_schema) != ["HASH", "RANGE"]:
            yield f"the local index {local.index_name} has the HASH key of the table, and a RANGE key of its own"
    names = [str(index.index_name) for index in _indexes(table)]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"two indexes are called {name}"


def _types(schema: list[KeyElement]) -> list[str]:
    """The types of keys; an attribute that is named twice is none the second time."""
    names = [key.attribute_name for key in schema]
    twice = [name in names[:place] for place, name in enumerate(names)]
    return ["" if again else str(key.key_type) for key, again in zip(schema, twice, strict=True)]


def _definitions(table: DynamoDbTableSpec) -> Iterator[str]:
    """Each key has a type, and nothing else has one. Nothing is said while a name is an expression."""
    schemas = [table.key_schema, *(index.key_schema for index in _indexes(table))]
    names = [key.attribute_name for schema in schemas for key in schema]
    if not all(isinstance(name, str) for name in names):
        return
    for name in sorted({*names} - {*table.attribute_definitions}):
        yield f"attributeDefinitions has no type for the key {name}"
    for name in sorted({*table.attribute_definitions} - {*names}):
        yield f"{name} of attributeDefinitions is the key of nothing, and only keys are defined"


def _projections(table: DynamoDbTableSpec) -> Iterator[str]:
    for index in _indexes(table):
        type: object = index.projection.projection_type  # or an expression
        named = bool(index.projection.non_key_attributes)
        if isinstance(type, str) and named is not (type == "INCLUDE"):
            yield f"the index {index.index_name} has nonKeyAttributes with the projectionType INCLUDE, and only then"


def _capacity(table: DynamoDbTableSpec) -> Iterator[str]:
    """What is paid by request has no capacity, and what is paid by capacity has one. An expression says neither."""
    mode = table.billing_mode or "PROVISIONED"
    parts: Mapping[str, Any] = {
        "the table": table,
        **{f"the index {index.index_name}": index for index in table.global_secondary_indexes or ()},
    }
    for name, part in parts.items():
        if mode == "PAY_PER_REQUEST" and part.provisioned_throughput is not None:
            yield f"{name} has no provisionedThroughput with the billingMode PAY_PER_REQUEST"
        if mode == "PROVISIONED" and part.provisioned_throughput is None:
            yield f"{name} needs provisionedThroughput, unless billingMode is PAY_PER_REQUEST"
        if mode == "PROVISIONED" and part.on_demand_throughput is not None:
            yield f"{name} has onDemandThroughput only with the billingMode PAY_PER_REQUEST"
        limits = part.on_demand_throughput
        units = (limits.max_read_request_units, limits.max_write_request_units) if limits else ()
        if any(isinstance(limit, int) and (limit == 0 or limit < -1) for limit in units):
            yield f"a limit in onDemandThroughput of {name} is 1 or more, or -1 for none"


def _switches(table: DynamoDbTableSpec) -> Iterator[str]:
    """What says how something is switched on goes with that alone."""
    stream, expiry = table.stream_specification, table.time_to_live_specification
    encryption, recovery = table.sse_specification, table.point_in_time_recovery_specification
    if stream and _unlike(stream.stream_enabled, stream.stream_view_type):
        yield "streamViewType is set where streamEnabled is true, and only there"
    if expiry and _unlike(expiry.enabled, expiry.attribute_name):
        yield "attributeName of timeToLiveSpecification is set where enabled is true, and only there"
    if encryption and encryption.enabled is False and (encryption.sse_type or encryption.kms_master_key_id):
        yield "sseSpecification has no sseType and no kmsMasterKeyId where enabled is false"
    if recovery and recovery.point_in_time_recovery_enabled is False and recovery.recovery_period_in_days:
        yield "recoveryPeriodInDays goes with pointInTimeRecoveryEnabled: true"


def _unlike(enabled: object, value: object) -> bool:
    return isinstance(enabled, bool) and enabled is (value is None)
