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
    asked = {
        name: value for name, value in response.body.items() if name not in ("TableName", "AttributeDefinitions")
    }
    table = response.dynamodb_backend.get_table(response.body["TableName"])
    _refuse(table, asked)
    types = table.attr
    answer = update(response)
    _keep(table, asked)
    if asked.get("BillingMode") == "PAY_PER_REQUEST":
        for each in (table, *table.global_indexes):
            each.throughput = dict(_NOTHING)
    if "SSESpecification" in asked:
        key = table._get_default_encryption_key(table.account_id, table.region_name)
        table.sse_specification = {"KMSMasterKeyId": key, **asked["SSESpecification"]}
    merged = {each["AttributeName"]: each for each in (*types, *table.attr)}
    table.attr = [each for name, each in merged.items() if name in table.attribute_keys]
    answer.result["TableDescription"] = table.describe()["TableDescription"]
    return answer


def _keep(table: Any, asked: dict[str, Any]) -> None:
    for name, attribute in _KEPT.items():
        if name in asked:
            setattr(table, attribute, asked[name])


def _refuse(table: Any, asked: dict[str, Any]) -> None:
    updates = [update for update in asked.get(_UPDATES, ()) if "Update" not in update]
    if len(updates) > 1 or (updates and len(asked) > 1):
        raise MockValidationException("Cannot perform more than one GSI creation or deletion in a single update")
    if len(asked) > 1 and {"TableClass", "StreamSpecification", "SSESpecification"} & {*asked}:
        raise MockValidationException("Table class, streams and encryption cannot be changed with anything else")
    wanted = asked.get("ProvisionedThroughput")
    if wanted and all(table.throughput.get(name) == value for name, value in wanted.items()):
        raise MockValidationException("The provisioned throughput for the table will not change.")


@PATCHES.added(DynamoDBBackend)
def update_table_streams(backend: Any, table: Any, asked: dict[str, Any]) -> None:
    """A stream that was disabled can be enabled anew. moto takes it for enabled for ever."""
    if asked.get("StreamEnabled") and table.stream_specification["StreamEnabled"]:
        raise MockValidationException("Table already has an enabled stream")
    table.set_stream_specification(asked)


@PATCHES.around(Table, "describe")
def _described(describe: Method, table: Any, base_key: str = "TableDescription") -> dict[str, Any]:
    """The same when it is shown. AWS shows no list that is empty."""
    shown: dict[str, Any] = describe(table, base_key)
    found = {name: getattr(table, attribute, None) for name, attribute in _KEPT.items()}
    if found["TableClass"]:
        shown[base_key]["TableClassSummary"] = {"TableClass": found["TableClass"]}
    if found["OnDemandThroughput"]:
        shown[base_key]["OnDemandThroughput"] = found["OnDemandThroughput"]
    shown[base_key] = {name: value for name, value in shown[base_key].items() if value != []}
    return shown


@PATCHES.around(GlobalSecondaryIndex, "create")
def _index(create: Method, asked: dict[str, Any], *keys: Any) -> Any:
    """The limits of an index stay."""
    index = create(asked, *keys)
    index.on_demand = asked.get("OnDemandThroughput")
    return index


@PATCHES.around(GlobalSecondaryIndex, "update")
def _changed(update: Method, index: Any, asked: dict[str, Any]) -> None:
    """The same when they are changed."""
    update(index, asked)
    index.on_demand = asked.get("OnDemandThroughput", index.on_demand)


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
def _expiring(update: Method, backend: Any, table_name: str, asked: dict[str, Any]) -> None:
    """Items expire by one attribute at a time."""
    now = backend.get_table(table_name).ttl
    if now["TimeToLiveStatus"] == "ENABLED" and now["AttributeName"] != asked["AttributeName"]:
        raise MockValidationException("TimeToLive is active on a different AttributeName")
    update(backend, table_name, asked)
