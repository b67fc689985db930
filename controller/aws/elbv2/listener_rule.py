"""What a listener does with requests of one sort."""

from collections.abc import Iterable

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Create, Listing, Setter, States
from controller.aws.elbv2.actions import in_order
from controller.aws.elbv2.listener_rule_spec import PLACES, ListenerRuleSpec
from controller.aws.elbv2.tags import elbv2_tags
from controller.core.model.call import Call, Change
from controller.core.model.live import Live
from controller.core.model.node import Node
from controller.core.model.reference import Address, Placeholder
from controller.core.model.shape import Tree
from controller.core.model.writer import WriteContext


def _flat(condition: Item) -> Item:
    """A condition of AWS with its values beside what is looked at; pairs in the query stay where they are."""
    place = condition.get(PLACES.get(condition["Field"], ""), {})
    return {**condition, **place} if condition["Field"] != "query-string" else condition


class ListenerRule(AwsKind):
    """A listener rule; its id is its ARN. The default rule is the listener's `defaultActions`."""

    spec, service, id_field = ListenerRuleSpec, "elbv2", "RuleArn"
    tagging = elbv2_tags("elasticloadbalancing:listener-rule")
    natural_key = ("listener", "priority")
    parent = "listener"
    listing = Listing("DescribeRules", "Rules", page=400, parent="ListenerArn")
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
        """To another place, with all rules of ours that move too: no request meets some of them in their old places
        and some in their new. A rule of ours that is there and does not move by itself changes places with it."""
        wanted, left = node.fields["priority"], live.fields["priority"]
        places: list[Item] = [{"RuleArn": Placeholder(node.address), "Priority": wanted}]
        moving = around.wanted("priority")
        for other in around.alike():
            if other.id == live.id or other.fields.get("listener") != live.fields["listener"]:
                continue
            goes_to, there = moving.get(other.id, other.fields["priority"]), other.fields["priority"]
            if goes_to != there:
                places.append({"RuleArn": other.id, "Priority": goes_to})
            elif there == wanted and _of_one_stack(other, live):
                places.append({"RuleArn": other.id, "Priority": left})
        return Call(self.service, "SetRulePriorities", {"RulePriorities": places}, ("priority",))


def _of_one_stack(one: Live, other: Live) -> bool:
    return bool(one.owner and other.owner and one.owner.stack == other.owner.stack)


def _ordered(fields: Tree) -> Tree:
    conditions = sorted(
        fields["conditions"],
        key=lambda condition: (str(condition["field"]), str(condition.get("httpHeaderName", ""))),
    )
    return {**fields, "conditions": conditions, "actions": in_order(fields["actions"])}
