"""Tables as AWS keeps them, see
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
"""

from typing import Any

from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import GlobalSecondaryIndex, Table
from moto.dynamodb.responses import DynamoHandler

from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("dynamodb")

_KEPT = {"TableClass": "table_class", "OnDemandThroughput": "on_demand"}
"""What moto drops."""
_UPDATES = "GlobalSecondaryIndexUpdates"
_NOTHING = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}


@PATCHES.around(DynamoHandler, "create_table")
def _created(create: Method, response: Any) -> Any:
    """The class of the table and the limits of throughput stay."""
    answer = create(response)
    table = response.dynamodb_backend.get_table(response.body["TableName"])
    _keep(table, response.body)
    answer.result["TableDescription"] = table.describe()["TableDescription"]
    return answer


@PATCHES.around(DynamoHandler, "update_table")
def _updated(update: Method, response: Any) -> Any:
    """What is not named stays, and what AWS refuses together, or because it is so already, is refused."""
    parameters = {
        name: value for name, value in response.body.items() if name not in ("TableName", "AttributeDefinitions")
    }
    table = response.dynamodb_backend.get_table(response.body["TableName"])
    _refuse(table, parameters)
    types = table.attr
    answer = update(response)
    _keep(table, parameters)
    if parameters.get("BillingMode") == "PAY_PER_REQUEST":
        for sized in (table, *table.global_indexes):
            sized.throughput = dict(_NOTHING)
    if "SSESpecification" in parameters:
        key = table._get_default_encryption_key(table.account_id, table.region_name)
        table.sse_specification = {"KMSMasterKeyId": key, **parameters["SSESpecification"]}
    merged = {definition["AttributeName"]: definition for definition in (*types, *table.attr)}
    table.attr = [definition for name, definition in merged.items() if name in table.attribute_keys]
    answer.result["TableDescription"] = table.describe()["TableDescription"]
    return answer


def _keep(table: Any, parameters: dict[str, Any]) -> None:
    for name, attribute in _KEPT.items():
        if name in parameters:
            setattr(table, attribute, parameters[name])


def _refuse(table: Any, parameters: dict[str, Any]) -> None:
    updates = [update for update in parameters.get(_UPDATES, ()) if "Update" not in update]
    if len(updates) > 1 or (updates and len(parameters) > 1):
        raise MockValidationException("Cannot perform more than one GSI creation or deletion in a single update")
    if len(parameters) > 1 and {"TableClass", "StreamSpecification", "SSESpecification"} & {*parameters}:
        raise MockValidationException("Table class, streams and encryption cannot be changed with anything else")
    wanted = parameters.get("ProvisionedThroughput")
    if wanted and all(table.throughput.get(name) == value for name, value in wanted.items()):
        raise MockValidationException("The provisioned throughput for the table will not change.")


@PATCHES.added(DynamoDBBackend)
def update_table_streams(backend: Any, table: Any, parameters: dict[str, Any]) -> None:
    """A stream that was disabled can be enabled anew. moto takes it for enabled for ever."""
    if parameters.get("StreamEnabled") and table.stream_specification["StreamEnabled"]:
        raise MockValidationException("Table already has an enabled stream")
    table.set_stream_specification(parameters)


@PATCHES.around(Table, "describe")
def _described(describe: Method, table: Any, base_key: str = "TableDescription") -> dict[str, Any]:
    """The same when it is shown. AWS shows no list that is empty."""
    shown: dict[str, Any] = describe(table, base_key)
    kept = {name: getattr(table, attribute, None) for name, attribute in _KEPT.items()}
    if kept["TableClass"]:
        shown[base_key]["TableClassSummary"] = {"TableClass": kept["TableClass"]}
    if kept["OnDemandThroughput"]:
        shown[base_key]["OnDemandThroughput"] = kept["OnDemandThroughput"]
    shown[base_key] = {name: value for name, value in shown[base_key].items() if value != []}
    return shown


@PATCHES.around(GlobalSecondaryIndex, "create")
def _index(create: Method, parameters: dict[str, Any], *keys: Any) -> Any:
    """The limits of an index stay."""
    index = create(parameters, *keys)
    index.on_demand = parameters.get("OnDemandThroughput")
    return index


@PATCHES.around(GlobalSecondaryIndex, "update")
def _changed(update: Method, index: Any, parameters: dict[str, Any]) -> None:
    """The same when they are changed."""
    update(index, parameters)
    index.on_demand = parameters.get("OnDemandThroughput", index.on_demand)


@PATCHES.around(GlobalSecondaryIndex, "describe")
def _shown(describe: Method, index: Any) -> dict[str, Any]:
    """The same when they are shown."""
    shown: dict[str, Any] = describe(index)
    return {**shown, **({"OnDemandThroughput": index.on_demand} if index.on_demand else {})}


@PATCHES.added(DynamoDBBackend)
def tag_resource(backend: Any, arn: str, tags: dict[str, str]) -> None:
    """A tag has one value. moto adds another beside it."""
    for table in backend.tables.values():
        if table.table_arn == arn:
            kept = {tag["Key"]: tag["Value"] for tag in table.tags}
            table.tags = [{"Key": key, "Value": value} for key, value in {**kept, **tags}.items()]


@PATCHES.around(DynamoDBBackend, "update_time_to_live")
def _expiring(update: Method, backend: Any, table_name: str, parameters: dict[str, Any]) -> None:
    """Items expire by one attribute at a time."""
    now = backend.get_table(table_name).ttl
    if now["TimeToLiveStatus"] == "ENABLED" and now["AttributeName"] != parameters["AttributeName"]:
        raise MockValidationException("TimeToLive is active on a different AttributeName")
    update(backend, table_name, parameters)
