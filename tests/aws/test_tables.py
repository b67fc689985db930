"""The tables of DynamoDB where they are irregular: one change at a time, indexes, capacity, and what AWS refuses."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from controller.aws.dynamodb.table_spec import DynamoDbTableSpec
from controller.core.model.call import Call
from controller.core.model.cloud import Unreachable
from controller.core.model.live import Live, Phase
from controller.core.model.shape import Tree
from controller.core.planning.step import Step
from tests.aws.test_observing import kind
from tests.core.account import Account, at, stack_of, step
from tests.engine.harness import ScriptedCloud

TABLE = kind("DynamoDbTable")
ORDERS = at("DynamoDbTable/orders")
KEY = [{"attributeName": "order", "keyType": "HASH"}]
BY_REQUEST: Tree = {"keySchema": KEY, "attributeDefinitions": {"order": "S"}, "billingMode": "PAY_PER_REQUEST"}
FIVE = {"readCapacityUnits": 5, "writeCapacityUnits": 5}
BY_CAPACITY = {**BY_REQUEST, "billingMode": "PROVISIONED", "provisionedThroughput": FIVE}
ALL = {"projectionType": "ALL"}


def index(name: str, key: str = "", **more: Any) -> Tree:
    """An index as a document has it."""
    return {
        "indexName": name,
        "keySchema": [{"attributeName": key or name, "keyType": "HASH"}],
        "projection": ALL,
        **more,
    }


def indexed(*names: str, table: Tree | None = None, **more: Any) -> Tree:
    """A table with indexes, each with a key of its own name."""
    table = table or BY_REQUEST
    types = {**table["attributeDefinitions"], **dict.fromkeys(names, "S")}
    return {
        **table,
        "attributeDefinitions": types,
        "globalSecondaryIndexes": [index(name, **more) for name in names],
    }


def shown(*indexes: str, **more: Any) -> Live:
    """A table that is paid by request, as AWS describes it, with indexes as `name` or `name:STATUS`."""
    names = [each.partition(":")[::2] for each in indexes]
    item: Mapping[str, Any] = {
        "TableName": "web-orders",
        "TableArn": "arn:aws:dynamodb:us-east-1:123456789012:table/web-orders",
        "TableStatus": "ACTIVE",
        "KeySchema": [{"AttributeName": "order", "KeyType": "HASH"}],
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "S"} for name in ("order", *(name for name, _ in names))
        ],
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
        "GlobalSecondaryIndexes": [
            {
                "IndexName": name,
                "IndexStatus": status or "ACTIVE",
                "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
            }
            for name, status in names
        ],
        **more,
    }
    live = TABLE.live(item)
    assert live is not None
    return live


def planned(fields: Tree, live: Live) -> Step:
    """The step that brings a live table to these fields."""
    stack = stack_of({"DynamoDbTable": {"orders": fields}})
    account = Account()
    account.lives["orders"] = replace(live, tags=stack.nodes[ORDERS].tags)
    found = step(account.plan(stack), str(ORDERS))
    assert [] == [problem for call in found.calls for problem in TABLE.problems(call)]
    return found


def sent(call: Call) -> Mapping[str, Any]:
    """The parameters of a call beside the name of the table."""
    return {name: value for name, value in call.parameters.items() if name != "TableName"}


# --- documents ---


@pytest.mark.parametrize(
    ("more", "faults"),
    [
        ({"keySchema": [{"attributeName": "order", "keyType": "RANGE"}]}, ["is a HASH key"]),
        ({"attributeDefinitions": {}}, ["no type for the key order"]),
        (
            {"attributeDefinitions": {"order": "S", "total": "N"}},
            ["total of attributeDefinitions is the key of nothing"],
        ),
        ({"billingMode": None}, ["the table needs provisionedThroughput"]),
        ({"provisionedThroughput": FIVE}, ["the table has no provisionedThroughput"]),
        (indexed("one", provisionedThroughput=FIVE), ["the index one has no provisionedThroughput"]),
        (indexed("one", table=BY_CAPACITY), ["the index one needs provisionedThroughput"]),
        (
            {**BY_CAPACITY, "onDemandThroughput": {"maxReadRequestUnits": 1}},
            ["the table has onDemandThroughput only"],
        ),
        (indexed("one", projection={"projectionType": "INCLUDE"}), ["the index one has nonKeyAttributes"]),
        (indexed("one", projection={**ALL, "nonKeyAttributes": ["two"]}), ["the index one has nonKeyAttributes"]),
        (indexed("one", keySchema=[]), ["has HASH keys first", "one of attributeDefinitions is the key of nothing"]),
        ({"localSecondaryIndexes": [index("order")]}, ["has the HASH key of the table, and a RANGE key"]),
        (
            {**indexed("one"), "localSecondaryIndexes": [index("one", "order")]},
            ["two indexes are called one", "RANGE key"],
        ),
        ({"localSecondaryIndexes": [index("order")]}, ["only a table with a RANGE key"]),
        (
            {"keySchema": [*KEY, {"attributeName": "order", "keyType": "RANGE"}]},
            ["is a HASH key, and perhaps a RANGE"],
        ),
        ({"onDemandThroughput": {"maxReadRequestUnits": 0}}, ["a limit in onDemandThroughput of the table is 1"]),
        ({"streamSpecification": {"streamEnabled": True}}, ["streamViewType is set where"]),
        ({"streamSpecification": {"streamEnabled": False, "streamViewType": "KEYS_ONLY"}}, ["streamViewType is set"]),
        ({"timeToLiveSpecification": {"enabled": True}}, ["attributeName of timeToLiveSpecification"]),
        ({"sseSpecification": {"enabled": False, "sseType": "KMS"}}, ["sseSpecification has no sseType"]),
        (
            {
                "pointInTimeRecoverySpecification": {
                    "pointInTimeRecoveryEnabled": False,
                    "recoveryPeriodInDays": 7,
                },
                "timeToLiveSpecification": {"enabled": False, "attributeName": "expires"},
            },
            ["attributeName of timeToLiveSpecification", "recoveryPeriodInDays goes with"],
        ),
    ],
)
def test_what_aws_would_refuse_is_told_offline(more: Tree, faults: list[str]) -> None:
    """All that is wrong with a table is told at once, and in words that say what would be right."""
    with pytest.raises(ValidationError) as error:
        DynamoDbTableSpec.model_validate({**BY_REQUEST, **more})
    for fault in faults:
        assert fault in str(error.value)


def test_an_expression_breaks_no_rule() -> None:
    """What nobody knows yet may be right."""
    unknown = {"from": "Parameter/a", "attribute": "value"}
    document = {
        **BY_REQUEST,
        "billingMode": unknown,
        "keySchema": [{"attributeName": unknown, "keyType": "HASH"}],
        "streamSpecification": {"streamEnabled": unknown},
    }
    DynamoDbTableSpec.model_validate(document)


# --- one change at a time ---


def test_each_change_of_a_table_is_a_call_of_its_own() -> None:
    """AWS takes each of them alone and is at work on it then: the one after it is for a later pass."""
    changes = {
        "deletionProtectionEnabled": True,
        "onDemandThroughput": {"maxReadRequestUnits": 10},
        "streamSpecification": {"streamEnabled": True, "streamViewType": "KEYS_ONLY"},
        "sseSpecification": {"enabled": True},
        "tableClass": "STANDARD_INFREQUENT_ACCESS",
    }
    found = planned({**BY_REQUEST, **changes}, shown())
    assert [{*sent(call)} for call in found.calls] == [
        {"DeletionProtectionEnabled"},
        {"OnDemandThroughput"},
        {"StreamSpecification"},
        {"SSESpecification"},
        {"TableClass"},
    ]
    assert all(call.occupies for call in found.calls)


def test_indexes_are_made_and_deleted_one_by_one() -> None:
    """A new one comes with the types of all keys, and none goes before the new ones are asked for."""
    found = planned(indexed("one", "two"), shown("old"))
    types = [{"AttributeName": name, "AttributeType": "S"} for name in ("order", "one", "two")]
    assert [sent(call) for call in found.calls] == [
        *(
            {
                "AttributeDefinitions": types,
                "GlobalSecondaryIndexUpdates": [
                    {
                        "Create": {
                            "IndexName": name,
                            "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}],
                            "Projection": {"ProjectionType": "ALL"},
                        }
                    }
                ],
            }
            for name in ("one", "two")
        ),
        {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "old"}}]},
    ]
    assert [call.fields for call in found.calls] == [
        ("attributeDefinitions[one]", "globalSecondaryIndexes[one]"),
        ("attributeDefinitions[two]", "globalSecondaryIndexes[two]"),
        ("globalSecondaryIndexes[old]",),
    ]
    assert [False, False, True] == [call.takes_away for call in found.calls]


def test_what_begins_to_be_paid_by_capacity_has_one_for_each_index() -> None:
    """AWS wants all of it in the same call: an index that the document leaves to others gets that of the table."""
    document = {**BY_CAPACITY, "provisionedThroughput": {"readCapacityUnits": 2, "writeCapacityUnits": 1}}
    (call,) = planned(document, shown("theirs")).calls
    capacity = {"ReadCapacityUnits": 2, "WriteCapacityUnits": 1}
    assert sent(call) == {
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": capacity,
        "GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "theirs", "ProvisionedThroughput": capacity}}],
    }


def test_capacity_of_table_and_indexes_is_one_call() -> None:
    """Only what differs is sent: AWS refuses a capacity that is there already."""
    live = shown(
        "one",
        BillingModeSummary=None,
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 5, "NumberOfDecreasesToday": 0},
    )
    (call,) = planned(indexed("one", table=BY_CAPACITY, provisionedThroughput=FIVE), live).calls
    capacity = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    assert sent(call) == {
        "ProvisionedThroughput": capacity,
        "GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "one", "ProvisionedThroughput": capacity}}],
    }


def test_a_stream_of_another_view_is_another_stream() -> None:
    """The old one is disabled first, and its ARN is nobody's to read then."""
    stream = {"streamSpecification": {"streamEnabled": True, "streamViewType": "KEYS_ONLY"}}
    arn = {"LatestStreamArn": "arn:stream"}
    was = shown(**arn, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    off, on = planned({**BY_REQUEST, **stream}, was).calls
    assert {"StreamSpecification": {"StreamEnabled": False}} == sent(off)
    assert {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}} == sent(on)
    assert ({}, {"streamArn": "TableDescription.LatestStreamArn"}) == (off.renews, on.renews)
    assert "arn:stream" == was.attributes["streamArn"]
    assert "streamArn" not in shown(**arn).attributes


def test_items_expire_by_another_attribute() -> None:
    """The one that is in force is switched off by its own name first, also where there shall be none."""
    was = shown()
    was = replace(was, fields={**was.fields, "timeToLiveSpecification": {"enabled": True, "attributeName": "old"}})
    off, on = planned({**BY_REQUEST, "timeToLiveSpecification": {"enabled": True, "attributeName": "new"}}, was).calls
    (only,) = planned({**BY_REQUEST, "timeToLiveSpecification": {"enabled": False}}, was).calls
    assert sent(off) == sent(only) == {"TimeToLiveSpecification": {"Enabled": False, "AttributeName": "old"}}
    assert sent(on) == {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "new"}}


# --- what AWS refuses ---


def test_while_aws_is_at_work_nothing_is_asked_for() -> None:
    """A table serves meanwhile; the change is told, with what it waits for, and follows."""
    live = shown(TableStatus="UPDATING")
    found = planned({**BY_REQUEST, "deletionProtectionEnabled": True}, live)
    assert (Phase.USABLE, ()) == (live.phase, found.calls)
    assert found.blocked is not None
    assert "refused" == found.blocked.by
    assert "AWS is at work on the table (UPDATING); the next change follows" in found.blocked.why


def test_while_an_index_is_filled_the_others_wait() -> None:
    """AWS calls the table active then, and refuses no change of anything else."""
    live = shown("one:CREATING")
    assert (Phase.USABLE, "index one creating") == (live.phase, live.progress)
    found = planned({**indexed("one", "two"), "deletionProtectionEnabled": True}, live)
    assert [{"DeletionProtectionEnabled": True}] == [sent(call) for call in found.calls]
    assert "index one creating" in found.note


def test_an_index_that_goes_is_not_deleted_again() -> None:
    """It is shown for as long as it takes; its attributes are no difference."""
    found = planned(BY_REQUEST, shown("old:DELETING"))
    assert ((), ()) == (found.changes, found.calls)
    missing = planned(indexed("old"), shown("old:DELETING"))
    assert ["globalSecondaryIndexes[old]"] == [change.path for change in missing.changes]
    assert () == missing.calls


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (indexed("one", projection={"projectionType": "KEYS_ONLY"}), "cannot change the keySchema or the projection"),
        (
            {**indexed("one"), "attributeDefinitions": {"order": "S", "one": "N"}},
            "cannot change the type of a key",
        ),
        ({**BY_REQUEST, "attributeDefinitions": {"order": "N"}}, "cannot change the type of a key"),
    ],
)
def test_what_aws_cannot_change_is_told_with_the_way_out(document: Tree, why: str) -> None:
    """An index is not deleted for another of its name, nor a table: whoever reads it would find nothing."""
    found = planned(document, shown(*(["one"] if "globalSecondaryIndexes" in document else [])))
    assert () == found.calls
    assert found.blocked is not None
    assert why in found.blocked.why
    assert "another name" in found.blocked.why


@pytest.mark.parametrize(
    ("status", "phase", "healthy"),
    [
        ("CREATING", Phase.PENDING, True),
        ("ACTIVE", Phase.READY, True),
        ("DELETING", Phase.LEAVING, False),
        ("INACCESSIBLE_ENCRYPTION_CREDENTIALS", Phase.PENDING, False),
        ("ARCHIVED", Phase.PENDING, False),
    ],
)
def test_how_far_a_table_has_come(status: str, phase: Phase, healthy: bool) -> None:
    """What AWS cannot read the key of, or has archived, serves nobody."""
    live = shown(TableStatus=status)
    assert live.health is not None
    assert (phase, healthy) == (live.phase, live.health.healthy)


def test_what_aws_takes_only_for_a_change_is_left_out_of_a_new_table() -> None:
    """It takes no empty list of indexes, and no limit of -1, when it makes one; a KMS key is said to be one."""
    limits = {"onDemandThroughput": {"maxReadRequestUnits": -1}}
    stack = stack_of(
        {
            "DynamoDbTable": {
                "orders": {**BY_REQUEST, **limits, "globalSecondaryIndexes": []},
                "bills": {
                    **indexed("one", **limits),
                    "sseSpecification": {"enabled": True, "kmsMasterKeyId": "1234"},
                },
            }
        }
    )
    bare, more = (TABLE.create(node)[0].parameters for node in stack.nodes.values())
    assert not {"GlobalSecondaryIndexes", "OnDemandThroughput"} & {*bare}
    assert "OnDemandThroughput" not in more["GlobalSecondaryIndexes"][0]
    assert {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "1234"} == more["SSESpecification"]


def test_of_a_table_that_is_being_made_nothing_is_asked_that_aws_does_not_answer() -> None:
    """DescribeTimeToLive is refused until the table is there; the rest of what is read is read."""
    cloud = ScriptedCloud()
    new, there = shown(TableStatus="CREATING"), shown()
    assert {"timeToLiveSpecification": {"enabled": False}} == TABLE.details(cloud, new, ["timeToLiveSpecification"])
    assert [] == cloud.asked
    with pytest.raises(Unreachable, match="lacks what it always contains"):
        TABLE.details(cloud, there, ["timeToLiveSpecification"])


def test_limits_are_not_sent_with_those_of_indexes() -> None:
    """AWS takes those of the table with the billing mode alone."""
    document = {
        **indexed("one", onDemandThroughput={"maxReadRequestUnits": 7}),
        "onDemandThroughput": {"maxReadRequestUnits": 9},
    }
    table, indexes = planned(document, shown("one")).calls
    assert {"OnDemandThroughput": {"MaxReadRequestUnits": 9}} == sent(table)
    update = {"IndexName": "one", "OnDemandThroughput": {"MaxReadRequestUnits": 7}}
    assert {"GlobalSecondaryIndexUpdates": [{"Update": update}]} == sent(indexes)


def test_encryption_is_changed_once_at_a_time() -> None:
    """AWS calls the table active meanwhile."""
    live = shown(SSEDescription={"Status": "UPDATING", "SSEType": "KMS", "KMSMasterKeyArn": "arn:aws:kms:x:1:key/a"})
    assert (Phase.USABLE, "encryption updating") == (live.phase, live.progress)
    assert () == planned({**BY_REQUEST, "sseSpecification": {"enabled": False}}, live).calls
