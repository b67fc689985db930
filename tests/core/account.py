"""An account as its listings would show it, made from a document: no network and no clock, only values.

The kinds are those of the catalog. `Account(stack)` is in sync with the stack; a test then changes it and
asks for the plan.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from controller.aws.catalog import catalog
from controller.core.model.live import Live, Phase
from controller.core.model.node import Lifecycle, Node
from controller.core.model.ownership import OWNER_NAME, OWNER_RETAIN, OWNER_STACK
from controller.core.model.reference import Address, Expression, Placeholder, replace_expressions
from controller.core.model.shape import tree_of
from controller.core.model.stack import Allow, Mode, Stack
from controller.core.planning.candidates import Remembered
from controller.core.planning.guard import GuardContext
from controller.core.planning.inventory import Inventory
from controller.core.planning.match import Match
from controller.core.planning.matching import match
from controller.core.planning.plan import make_plan
from controller.core.planning.plan_input import PlanInput
from controller.core.planning.removal import make_destroy_plan
from controller.core.planning.step import Plan, Step

CATALOG = catalog()
ACCOUNT, REGION = "123456789012", "us-east-1"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ANYWHERE = "0.0.0.0/0"
PREFIX = {
    "Vpc": "vpc",
    "Subnet": "subnet",
    "InternetGateway": "igw",
    "ElasticIp": "eipalloc",
    "NatGateway": "nat",
    "RouteTable": "rtb",
    "SecurityGroup": "sg",
    "NetworkAcl": "acl",
    "VpcEndpoint": "vpce",
    "DbProxy": "prx",
}
MADE_WITH_VPC = {"mainRouteTable": "rtb", "defaultSecurityGroup": "sg", "defaultNetworkAcl": "acl"}

Resources = Mapping[str, Mapping[str, Mapping[str, Any]]]


def stack_of(
    resources: Resources,
    name: str = "web",
    *,
    allow: frozenset[Allow] = frozenset(Allow),
    mode: Mode = Mode.ENFORCE,
    account_id: str = "",
) -> Stack:
    """The stack of a document's `resources`; `lifecycle` of a node is given as a `Lifecycle`."""
    nodes = {}
    for kind, specs in resources.items():
        for node, spec in specs.items():
            address = Address(kind, node)
            nodes[address] = _node(name, address, {**spec})
    return Stack(name, REGION, nodes, account_id, mode, allow)


def _node(stack: str, address: Address, spec: dict[str, Any]) -> Node:
    kind, lifecycle = CATALOG[address.kind], spec.pop("lifecycle", Lifecycle())
    tree = tree_of(kind.spec.model_validate(spec))
    tags = tree.pop("tags", {})
    fields = kind.desired(stack, address, tree)
    owner = {OWNER_STACK: stack, OWNER_NAME: address.name}
    retain = {OWNER_RETAIN: "true"} if lifecycle.retain else {}
    marks = {"Name": f"{stack}-{address.name}", **tags, **owner, **retain}
    return Node(address, fields, marks, lifecycle, kind.alias(fields))


def at(text: str) -> Address:
    """An address from `Kind/name`."""
    return Address.parse(text)


def network(**more: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """One zone of a usual network, its nodes by kind; `more` adds kinds or takes their place."""
    return {
        "Vpc": {"main": {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True}},
        "InternetGateway": {"main": {"vpc": "main"}},
        "Subnet": {
            "public": {"vpc": "main", "cidrBlock": "10.0.0.0/24", "availabilityZone": "us-east-1a"},
            "private": {"vpc": "main", "cidrBlock": "10.0.1.0/24", "availabilityZone": "us-east-1a"},
        },
        "ElasticIp": {"nat": {}},
        "NatGateway": {"a": {"subnet": "public", "elasticIp": "nat"}},
        "RouteTable": {
            "public": {
                "vpc": "main",
                "subnets": ["public"],
                "routes": [{"destination": ANYWHERE, "internetGateway": "main"}],
            },
            "private": {
                "vpc": "main",
                "subnets": ["private"],
                "routes": [{"destination": ANYWHERE, "natGateway": "a"}],
            },
        },
        "SecurityGroup": {
            "door": {
                "vpc": "main",
                "ingress": [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidr": ANYWHERE}],
            },
            "app": {
                "vpc": "main",
                "ingress": [{"protocol": "tcp", "fromPort": 8080, "toPort": 8080, "group": "door"}],
            },
        },
        **{kind: dict(specs) for kind, specs in more.items()},
    }


def changed(resources: Resources, address: str, **fields: Any) -> dict[str, dict[str, Any]]:
    """The same resources with fields of one node set anew; None takes a field away."""
    kind, name = Address.parse(address)
    spec = {**resources[kind].get(name, {}), **fields}
    spec = {field: value for field, value in spec.items() if value is not None}
    return {**{k: dict(v) for k, v in resources.items()}, kind: {**resources[kind], name: spec}}


def without(resources: Resources, *addresses: str) -> dict[str, dict[str, Any]]:
    """The same resources without some nodes."""
    return {
        kind: {name: spec for name, spec in specs.items() if f"{kind}/{name}" not in addresses}
        for kind, specs in resources.items()
    }


class Account:
    """What is live. `lives` may be changed at will; the key is only a handle for the test."""

    def __init__(self, *stacks: Stack) -> None:
        """In sync with these stacks."""
        self.lives: dict[str, Live] = {}
        self.failed: dict[str, str] = {}
        for stack in stacks:
            for address in stack.nodes:
                self.lives[str(address)] = self.as_documented(stack, address)

    def as_documented(self, stack: Stack, address: Address, id: str = "") -> Live:
        """The live thing that a node asks for."""
        node, kind = stack.nodes[address], CATALOG[address.kind]

        def value(expression: Expression) -> object:
            assert isinstance(expression, Placeholder), "only nodes of the stack itself are live here"
            if expression.address == address and id:
                return id
            return _shown(stack, expression)

        shown = {**kind.initial(node.fields), **replace_expressions(node.fields, value)}
        return Live(
            address.kind,
            id or id_of(node),
            shown,
            node.tags,
            attributes=_attributes(node),
            members={"subnets": {subnet: f"assoc-of-{subnet}" for subnet in shown.get("subnets", ())}},
        )

    def __getitem__(self, address: str) -> Live:
        return self.lives[address]

    def lose(self, *addresses: str) -> None:
        """These are gone without a trace."""
        for address in addresses:
            del self.lives[address]

    def set(self, address: str, **fields: Any) -> None:
        """Somebody changes fields by hand."""
        live = self.lives[address]
        self.lives[address] = replace(live, fields={**live.fields, **fields})

    def phase(self, address: str, phase: Phase) -> None:
        """AWS is still working on it."""
        self.lives[address] = replace(self.lives[address], phase=phase)

    def retag(self, address: str, tags: Mapping[str, str]) -> None:
        """Somebody gives it exactly these tags."""
        self.lives[address] = replace(self.lives[address], tags=tags)

    def unmark(self, *addresses: str) -> None:
        """Somebody takes the owner tags away."""
        for address in addresses:
            tags = self.lives[address].tags
            self.retag(address, {key: value for key, value in tags.items() if not key.startswith("holdfast")})

    def inventory(self) -> Inventory:
        """What the listings show, those that fail left out."""
        live: dict[str, tuple[Live, ...]] = {kind: () for kind in sorted(CATALOG) if kind not in self.failed}
        for thing in self.lives.values():
            if thing.kind in live:
                live[thing.kind] += (thing,)
        return Inventory(ACCOUNT, REGION, live, self.failed)

    def match(
        self,
        stack: Stack,
        remembered: Mapping[Address, str] | None = None,
        recalled: Collection[Address] = (),
    ) -> Match:
        """Which live thing is which node."""
        return match(stack, CATALOG, self.inventory(), Remembered(remembered or {}, recalled))

    def world(self, stack: Stack, **more: Any) -> PlanInput:
        """What a plan is made from; `more` goes to the situation, or is `settling` or `unread`."""
        settling, unread = more.pop("settling", {}), more.pop("unread", {})
        matched = self.match(stack)
        known = {"stack": stack, "account": ACCOUNT, "now": NOW, "without_owner_tags": matched.without_owner_tags}
        situation = GuardContext(**{**known, **more})
        return PlanInput(stack, CATALOG, self.inventory(), matched, situation, settling, unread)

    def plan(self, stack: Stack, **more: Any) -> Plan:
        """The plan for the stack."""
        return make_plan(self.world(stack, **more))

    def destroy_plan(self, stack: Stack, **more: Any) -> Plan:
        """The plan that deletes what the stack owns."""
        partial = more.pop("partial", False)
        return make_destroy_plan(self.world(stack, **more), partial)


def id_of(node: Node) -> str:
    """The id that a node's live thing has here."""
    if node.alias:
        return f"{MADE_WITH_VPC[node.alias.attribute]}-made-with-{node.alias.address.name}"
    return f"{PREFIX.get(node.address.kind, node.address.kind.lower())}-{node.address.name}"


def _shown(stack: Stack, placeholder: Placeholder) -> object:
    node = stack.nodes[placeholder.address]
    return id_of(node) if placeholder.attribute == "id" else _attributes(node).get(placeholder.attribute)


def _attributes(node: Node) -> dict[str, str]:
    if node.address.kind != "Vpc":
        return {}
    return {name: f"{prefix}-made-with-{node.address.name}" for name, prefix in MADE_WITH_VPC.items()}


def step(plan: Plan, address: str) -> Step:
    """The one step of an address."""
    (found,) = [each for each in plan.steps if str(each.address) == address]
    return found


def acting(plan: Plan) -> dict[str, str]:
    """The action of every step that the plan would do."""
    return {str(each.address): str(each.action) for each in plan.acting()}


def operations(plan: Plan) -> list[str]:
    """The operations of all calls of the steps that act, removals behind, in the order of the plan."""
    return [call.operation for each in plan.acting() for call in (*each.calls, *each.removal)]
