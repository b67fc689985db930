"""Tables of items, found by their keys."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.wire import Item, input_shape, parameters_of, value_at, values_at
from controller.aws.declaration.words import (
    Attribute,
    Create,
    Detail,
    HealthSource,
    Join,
    Listing,
    Setter,
    Single,
    States,
)
from controller.aws.dynamodb.index_updates import INDEX, INDEXES, UPDATES, index_shape, kept, limited, resizing
from controller.aws.dynamodb.table_spec import DynamoDbTableSpec
from controller.core.model.call import Call, Change
from controller.core.model.cloud import Cloud
from controller.core.model.live import Live, Phase, Refusal
from controller.core.model.node import Node
from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import Tree
from controller.core.model.writer import WriteContext

_STREAM, _ENCRYPTION = "streamSpecification", "sseSpecification"
_EXPIRY, _RECOVERY = "timeToLiveSpecification", "pointInTimeRecoverySpecification"
_TYPES = "attributeDefinitions"
_CAPACITY = ("billingMode", "provisionedThroughput", "onDemandThroughput")
_ALONE = (("deletionProtectionEnabled",), _CAPACITY, (_STREAM,), (_ENCRYPTION,), ("tableClass",))
"""What AWS takes in one call, and in no call with anything else; capacity alone goes with that of indexes.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
https://github.com/hashicorp/terraform-provider-aws/issues/35673
https://github.com/hashicorp/terraform-provider-aws/pull/29816
"""


class DynamoDbTable(AwsKind):
    """A DynamoDB table; its id is its name. AWS makes one change of it at a time, the next in a later pass."""

    spec, service, id_field, id_from = DynamoDbTableSpec, "dynamodb", "TableName", "tableName"
    natural_key = ("tableName",)
    tagging = ServiceTags(
        "TagResource", "UntagResource", "ResourceArn", read_with="ListTagsOfResource", search="dynamodb:table"
    )
    listing = Listing("ListTables", "TableNames", page=100)
    joins = (Join("DescribeTable", "Table", "TableName", ids="TableName", batch=1),)
    single = Single("DescribeTable", "Table")
    states = States(
        "TableStatus",
        pending=frozenset({"creating", "archiving"}),
        usable=frozenset({"updating"}),
        leaving=frozenset({"deleting"}),
        awaits={
            "inaccessible_encryption_credentials": "give the table its KMS key back: enable the key, or cancel its "
            "deletion; a week later AWS archives the table",
            "archived": "restore the table from the backup that AWS made when its KMS key became unavailable",
        },
    )
    health_source = HealthSource("TableStatus", frozenset({"active", "creating", "updating"}))
    protected_by = "deletionProtectionEnabled"
    creation, deletion = Create("CreateTable", "TableDescription"), "DeleteTable"
    gives_initially = {_EXPIRY: {"enabled": False}, _RECOVERY: {"pointInTimeRecoveryEnabled": False}}
    reads = (
        Detail(_EXPIRY, "DescribeTimeToLive", "TimeToLiveDescription", always=True),
        Detail(
            "backups", "DescribeContinuousBackups", "ContinuousBackupsDescription", fields=(_RECOVERY,), always=True
        ),
    )
    setters = (
        Setter("UpdateContinuousBackups", (_RECOVERY,)),
        Setter("UpdateTimeToLive", (_EXPIRY,)),
        *(
            Setter("UpdateTable", fields, occupies=True, renews={"streamArn": "TableDescription.LatestStreamArn"})
            if _STREAM in fields
            else Setter("UpdateTable", fields, occupies=True)
            for fields in _ALONE
        ),
    )
    attributes = {
        "arn": Attribute("Its ARN.", "TableArn"),
        "tableId": Attribute("Its unique id: another table with the same name has a different one.", "TableId"),
        "streamArn": Attribute("The ARN of its stream, a new one whenever a stream is enabled.", "LatestStreamArn"),
    }

    # --- writes ---

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        """Capacity is for what is paid by capacity; AWS wants to be told that a key is one of KMS."""
        encryption = fields.get(_ENCRYPTION, {})
        told = {_ENCRYPTION: {"sseType": "KMS", **encryption}} if "kmsMasterKeyId" in encryption else {}
        return {"billingMode": "PROVISIONED", **super().desired(stack, address, {**fields, **told})}

    def create(self, node: Node) -> tuple[Call, ...]:
        """AWS takes no empty list of indexes, and no limit of a new table that says that there is none."""
        return super().create(replace(node, fields=limited(node.fields)))

    def update(
        self, node: Node, changes: Iterable[Change], live: Live | None, around: WriteContext
    ) -> tuple[Call, ...]:
        """The settings, capacity with that of the indexes; then new indexes, and those that go."""
        changes = tuple(changes)
        indexes = [change for change in changes if change.field == INDEXES]
        settings = super().update(node, [c for c in changes if c.field not in (INDEXES, _TYPES)], live, around)
        resized = [change for change in indexes if change.op == "change"]
        whole = [call for call in settings if "ProvisionedThroughput" in call.parameters]
        calls = [resizing(call, resized, live) if call in whole else call for call in settings]
        if resized and not whole:
            calls.append(resizing(self.index_call(node, (), {}), resized, live))
        calls += [self.made(node, change, changes) for change in indexes if change.observed is None]
        return (*calls, *(self.gone(node, change) for change in indexes if change.desired is None))

    def settings(self, node: Node, changes: Iterable[Change], live: Live | None, me: Placeholder) -> Iterator[Call]:
        """What is on is switched off first: AWS takes no other view of a stream, and no other attribute of expiry."""
        for call in super().settings(node, changes, live, me):
            name = call.fields[0]
            switched = name in (_STREAM, _EXPIRY)
            was = live.fields.get(name) if live and switched else None
            if was and _on(was):
                off = {**call.parameters, **_off(name, was)}
                yield replace(call, parameters=off, renews={}, occupies=True)
            if not switched or _on(node.fields[name]):
                yield call

    def made(self, node: Node, change: Change, changes: tuple[Change, ...]) -> Call:
        """The call that makes an index, with the types of all keys: AWS takes those that it needs."""
        paths = [change.path, *(f"{_TYPES}[{key['attributeName']}]" for key in change.desired["keySchema"])]
        fields = tuple(other.path for other in changes if other.path in paths)
        types = parameters_of(self.shape, {_TYPES: node.fields[_TYPES]}, input_shape(self.service, "UpdateTable"))
        index = parameters_of(INDEX, limited(change.desired), index_shape("Create"))
        return self.index_call(node, fields, types, {"Create": index})

    def gone(self, node: Node, change: Change) -> Call:
        """The call that deletes an index."""
        index = {"IndexName": change.observed["indexName"]}
        return replace(self.index_call(node, (change.path,), {}, {"Delete": index}), takes_away=True)

    def index_call(self, node: Node, paths: tuple[str, ...], more: Item, *updates: Item) -> Call:
        """One call for indexes."""
        parameters = {"TableName": Placeholder(node.address), **more, UPDATES: [*updates]}
        return Call(self.service, "UpdateTable", parameters, paths, occupies=True)

    def refusal(self, live: Live, change: Change) -> str:
        """A key keeps its type; an index that is there, its keys and what it holds.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html
        """
        if change.op == "change" and change.field == _TYPES:
            return "AWS cannot change the type of a key: give the index, or the table, another name"
        if change.op == "change" and change.field == INDEXES and kept(change.desired) != kept(change.observed):
            return (
                "AWS cannot change the keySchema or the projection of an index: add one under another name, "
                "and take this one out when nothing reads it any more"
            )
        return super().refusal(live, change)

    # --- reads ---

    def live(self, item: Item) -> Live | None:
        """With what has to wait until AWS is done with the change before."""
        live = super().live(item)
        if live is None or live.phase is not Phase.USABLE:
            return live
        why = f"AWS is at work on the table ({live.progress}); the next change follows when it is done"
        busy = _CHANGED if item["TableStatus"] == "UPDATING" else (INDEXES, _TYPES, _ENCRYPTION)
        return replace(live, refused=dict.fromkeys(busy, Refusal(None, why)))

    def phase(self, item: Item) -> Phase | None:
        """Usable while an index is made or deleted, or the encryption changed: AWS calls the table active then."""
        phase = super().phase(item)
        return Phase.USABLE if phase is Phase.READY and _at_work(item) else phase

    def progress(self, item: Item) -> str:
        """What AWS is at work on."""
        return _at_work(item) or super().progress(item)

    def detail(self, cloud: Cloud, live: Live, name: str) -> Any:
        """AWS does not say of a table that it is making how its items expire: as those of any new one, not at all."""
        new = name == _EXPIRY and live.phase is Phase.PENDING
        return self.gives_initially[_EXPIRY] if new else super().detail(cloud, live, name)

    def shown(self, item: Item) -> dict[str, Any]:
        """AWS goes on showing the stream that was; it is nobody's to read."""
        attributes = super().shown(item)
        return (
            attributes if "StreamSpecification" in item else {n: v for n, v in attributes.items() if n != "streamArn"}
        )


_CHANGED = (_TYPES, INDEXES, *(name for fields in _ALONE for name in fields))
"""What UpdateTable changes."""


def _on(tree: Tree) -> bool:
    return bool(tree.get("enabled") or tree.get("streamEnabled"))


def _off(name: str, was: Tree) -> Item:
    """What switches off a stream, or expiry by the attribute that it goes by."""
    if name == _STREAM:
        return {"StreamSpecification": {"StreamEnabled": False}}
    return {"TimeToLiveSpecification": {"Enabled": False, "AttributeName": was["attributeName"]}}


def _at_work(item: Item) -> str:
    """The indexes that are made, changed or deleted, and encryption that is changed, with AWS's words for that."""
    indexes = values_at(item, "GlobalSecondaryIndexes[]")
    states = {f"index {index['IndexName']}": index.get("IndexStatus", "ACTIVE") for index in indexes}
    states["encryption"] = value_at(item, "SSEDescription.Status") or ""
    return ", ".join(f"{name} {state.lower()}" for name, state in states.items() if state.endswith("ING"))
