"""What a listener does with requests of one sort."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Create, Listing, Setter, States
from controller.aws.elbv2.actions import Action, in_order
from controller.aws.elbv2.marks import elbv2_tags
from controller.core.model.call import Call, Change
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import Tree
from controller.core.model.spec import Aws, Form, Immutable, Keyed, Spec, Tagged, To, Unordered
from controller.core.model.writer import WriteContext

_PLACES = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}


class QueryString(Spec):
    """A key-value pair in the query string."""

    key: str | None = None
    """The key. Unset: any."""
    value: str
    """The value; `*` matches any characters, `?` exactly one."""


class Condition(Spec):
    """One condition; it matches if any of its values does."""

    field: Literal["host-header", "path-pattern", "http-header", "http-request-method", "query-string", "source-ip"]
    """The part of the request to match."""
    http_header_name: Annotated[str | None, Aws("HttpHeaderConfig.HttpHeaderName")] = None
    """For `http-header`: the name of the header."""
    values: Annotated[list[str] | None, Unordered()] = None
    """The values to match: hosts, paths, header values, methods, or source CIDR blocks. In the first three `*`
    matches any characters, `?` exactly one."""
    query_strings: Annotated[list[QueryString] | None, Keyed("key", "value"), Aws("QueryStringConfig.Values")] = None
    """For `query-string`: key-value pairs in the query string."""

    @model_validator(mode="after")
    def _complete(self) -> "Condition":
        asked = self.field == "query-string"
        if asked is not bool(self.query_strings) or asked is bool(self.values):
            message = "a condition on {field} says what that is to be in {wanted}, and in nothing else"
            words = {"field": self.field, "wanted": "queryStrings" if asked else "values"}
            raise PydanticCustomError("condition", message, words)
        if (self.field == "http-header") is (self.http_header_name is None):
            message = "a condition on http-header names it in httpHeaderName, and no other condition does"
            raise PydanticCustomError("condition", message)
        return self


def _placed(conditions: Iterable[Mapping[str, Any]]) -> list[Item]:
    """Conditions as AWS takes them: the values in a structure for what is looked at."""
    return [_within(condition) for condition in conditions]


def _within(condition: Mapping[str, Any]) -> Item:
    place = _PLACES[condition["Field"]]
    values = {"Values": condition["Values"]} if "Values" in condition else {}
    return {"Field": condition["Field"], place: {**condition.get(place, {}), **values}}


def _flat(condition: Item) -> Item:
    """A condition of AWS with its values beside what is looked at; pairs in the query stay where they are."""
    place = condition.get(_PLACES.get(condition["Field"], ""), {})
    return {**condition, **place} if condition["Field"] != "query-string" else condition


class ListenerRuleSpec(Tagged):
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html"""

    listener: Annotated[str, To("Listener"), Immutable(), Aws("ListenerArn")]
    """The listener."""
    priority: Annotated[int, Form(read=int, write=int)]
    """The priority, 1 to 50000; the first matching rule applies."""
    conditions: Annotated[list[Condition], Form(read=list, write=_placed)]
    """The conditions; all of them must match."""
    actions: list[Action]
    """The actions for matching requests."""


class ListenerRule(AwsKind):
    """A listener rule; its id is its ARN. The default rule is the listener's `defaultActions`."""

    spec, service, id_field, tagging = ListenerRuleSpec, "elbv2", "RuleArn", elbv2_tags()
    natural_key = ("listener", "priority")
    parent = "listener"
    listing = Listing("DescribeRules", "Rules", page=400, size="PageSize", parent="ListenerArn")
    states = States("IsDefault", gone=frozenset({"true"}))
    creation, deletion = Create("CreateRule", "Rules[0]"), "DeleteRule"
    setters = (Setter("ModifyRule", ("conditions", "actions")),)

    def desired(self, stack: str, address: Address, fields: Tree) -> Tree:
        """Conditions and actions in the order in which they are compared."""
        return _ordered(fields)

    def fields(self, item: Item) -> Tree:
        """Conditions and actions in the order in which they are compared."""
        return _ordered(super().fields({**item, "Conditions": [*map(_flat, item["Conditions"])]}))

    def update(
        self, node: Node, changes: Iterable[Change], live: Live | None, around: WriteContext
    ) -> tuple[Call, ...]:
        """The priority by an operation of its own."""
        changes = tuple(changes)
        moves = [self.move(node, live, around) for change in changes if live and change.field == "priority"]
        return (*moves, *super().update(node, changes, live, around))

    def move(self, node: Node, live: Live, around: WriteContext) -> Call:
        """To another place. A rule of ours that is there changes places with it: neither could move by itself. Where
        three go round, that takes another pass."""
        wanted, left = node.fields["priority"], live.fields["priority"]
        places = [{"RuleArn": Placeholder(node.address), "Priority": wanted}]
        for other in around.alike():
            if other.fields["listener"] == live.fields["listener"] and other.fields["priority"] == wanted:
                places += [{"RuleArn": other.id, "Priority": left}] if _of_one_stack(other, live) else []
        return Call(self.service, "SetRulePriorities", {"RulePriorities": places}, ("priority",))


def _of_one_stack(one: Live, other: Live) -> bool:
    return bool(one.owner and other.owner and one.owner.stack == other.owner.stack)


def _ordered(fields: Tree) -> Tree:
    conditions = sorted(
        fields["conditions"], key=lambda each: (str(each["field"]), str(each.get("httpHeaderName", "")))
    )
    return {**fields, "conditions": conditions, "actions": in_order(fields["actions"])}
