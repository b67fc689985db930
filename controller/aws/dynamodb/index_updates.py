"""The global secondary indexes of a table, in the forms in which AWS makes and changes them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from botocore.model import StructureShape

from controller.aws.declaration.wire import Item, inner_shape, input_shape, parameters_of
from controller.aws.dynamodb.table_spec import GlobalIndex
from controller.core.model.call import Call, Change
from controller.core.model.live import Live
from controller.core.model.shape import Tree, shape_of

INDEXES = "globalSecondaryIndexes"
UPDATES = "GlobalSecondaryIndexUpdates"
INDEX = shape_of(GlobalIndex)
_RESIZED = ("provisionedThroughput", "onDemandThroughput")
"""What AWS changes of an index."""
_UNLIMITED = {"maxReadRequestUnits": -1, "maxWriteRequestUnits": -1}


def index_shape(action: str) -> StructureShape:
    """What AWS takes of an index that is to be made, changed or deleted."""
    shape = inner_shape(input_shape("dynamodb", "UpdateTable"), [f"{UPDATES}[0]", action])
    assert isinstance(shape, StructureShape)
    return shape


def limited(tree: Tree) -> Tree:
    """What is new, without what AWS takes only for a change: empty lists, and -1 for no limit."""
    kept = {name: [limited(index) for index in value] if name == INDEXES else value for name, value in tree.items()}
    limits = {name: units for name, units in tree.get("onDemandThroughput", {}).items() if units != -1}
    return {n: v for n, v in {**kept, "onDemandThroughput": limits}.items() if v not in ([], {})}


def resizing(call: Call, changes: list[Change], live: Live | None) -> Call:
    """A call with the capacity of indexes too. What begins to be paid by capacity needs one for each: those that the
    document does not speak of get that of the table."""
    updates = [_resized(change) for change in changes]
    if live and call.parameters.get("BillingMode") == "PROVISIONED":
        named = {update["IndexName"] for update in updates}
        names = [index["indexName"] for index in live.fields.get(INDEXES) or ()]
        given = {"ProvisionedThroughput": call.parameters.get("ProvisionedThroughput")}
        updates += [{"IndexName": name, **given} for name in names if name not in named]
    more = {UPDATES: [{"Update": update} for update in updates]} if updates else {}
    return replace(
        call, parameters={**call.parameters, **more}, fields=(*call.fields, *(change.path for change in changes))
    )


def _resized(change: Change) -> Item:
    """The capacity of an index where it differs: AWS refuses what it has already. A limit that the document does not
    name is lifted."""
    wanted = change.desired
    if "onDemandThroughput" in change.observed and "provisionedThroughput" not in wanted:
        wanted = {**wanted, "onDemandThroughput": {**_UNLIMITED, **wanted.get("onDemandThroughput", {})}}
    names = [name for name in _RESIZED if wanted.get(name) not in (None, change.observed.get(name))]
    index = {"indexName": wanted["indexName"], **{name: wanted[name] for name in names}}
    return parameters_of(INDEX, index, index_shape("Update"))


def kept(index: Mapping[str, Any]) -> Any:
    """What stays as it is for as long as an index does."""
    projection = index.get("projection") or {}
    more = sorted(projection.get("nonKeyAttributes") or (), key=str)
    return index.get("keySchema"), projection.get("projectionType"), more
