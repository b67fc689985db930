"""What the tests of the engine stand on: time that a test passes, a journal that is kept, clouds that obey.

`Account` is a whole account on the strict stand-in for EC2; `starts()` gives a program that remembers nothing.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from controller.aws.catalog import catalog
from controller.aws.client.cloud import AwsCloud
from controller.core.document.loader import load
from controller.core.model.cloud import Answer, Refused, Unreachable
from controller.core.model.reference import Placeholder, Token, replace_expressions
from controller.core.model.stack import Stack
from controller.core.planning.step import Plan, Step
from controller.engine.loop import Controller, Result
from controller.engine.reconcile import Intent, Pass
from controller.sources.files import LocalFiles
from emulators.ec2.server import Call as Request
from emulators.ec2.server import StrictEc2
from tests.clock import Clock, Patient
from tests.diary import Diary
from tests.unlimited import Unlimited

CATALOG = catalog()
REGION = "us-east-1"
EVERYTHING = ["Create", "Update", "Replace", "Delete"]
Tree = dict[str, Any]
LISTINGS = (
    "DescribeVpcs",
    "DescribeSubnets",
    "DescribeInternetGateways",
    "DescribeAddresses",
    "DescribeNatGateways",
    "DescribeRouteTables",
    "DescribeSecurityGroups",
)


Replying = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]


class ScriptedCloud:
    """A cloud whose answers a test writes; `pause` is what the bucket of an operation asks for."""

    region = REGION

    def __init__(self, reply: Replying = lambda operation, parameters: {}) -> None:
        self.reply = reply
        self.pause: dict[str, float] = {}
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.lock = threading.Lock()

    def at(self, region: str) -> "ScriptedCloud":
        """The one region."""
        return self

    def account(self) -> str:
        """Always the same."""
        return "123456789012"

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Answer:
        """What the script says; it may raise."""
        with self.lock:
            self.asked.append((operation, parameters))
        return Answer(self.reply(operation, parameters), "r-1")

    def delay(self, service: str, operation: str, parameters: Mapping[str, Any], ahead: int = 0) -> float:
        """What the test set."""
        return self.pause.get(operation, 0.0)

    def pages(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """One page."""
        yield self.call(service, operation, parameters).body


class Account:
    """One account on the strict stand-in, its documents, and the programs that look after it."""

    def __init__(self, server: StrictEc2, clock: Clock, folder: Path) -> None:
        self.server, self.clock, self.folder = server, clock, folder
        self.cloud = AwsCloud(REGION, limits=Unlimited())
        self.controllers: list[Controller] = []
        self.diary = Diary()

    def starts(self, stop: threading.Event | None = None) -> Controller:
        """A program that was just started."""
        stop = stop or Patient(self.clock)
        controller = Controller(CATALOG, lambda region: self.cloud, self.diary, stop, self.clock)
        self.controllers.append(controller)
        return controller

    def close(self) -> None:
        """Let all threads go."""
        for controller in self.controllers:
            controller.close()

    def stack(self, resources: Mapping[str, Any], name: str = "web", **spec: Any) -> Stack:
        """The stack of a document with these resources, read as any document is."""
        wanted = {kind: nodes for kind, nodes in resources.items() if nodes}
        spec = {"region": REGION, "allow": EVERYTHING, "resources": wanted, **spec}
        document = {"apiVersion": "holdfast.dev/v1alpha1", "kind": "Stack", "metadata": {"name": name}, "spec": spec}
        path = self.folder / f"{name}.yaml"
        path.write_text(json.dumps(document))
        (stack,) = load(LocalFiles([path]), CATALOG)
        return stack

    def turn(self, stack: Stack, controller: Controller | None = None, **intent: Any) -> Pass:
        """One pass over one stack, by a fresh program unless one is given."""
        (result,) = (controller or self.starts()).passes([stack], Intent(**intent))
        assert result.done is not None, result.error
        return result.done

    def plan(self, stack: Stack, controller: Controller | None = None, **intent: Any) -> Plan:
        """The plan of a pass that writes nothing."""
        return self.turn(stack, controller, write=False, **intent).plan

    def converge(self, stack: Stack, controller: Controller | None = None, **intent: Any) -> Result:
        """Pass after pass until nothing more can be done."""
        return (controller or self.starts()).converge(stack, Intent(**{"fresh": True, **intent}), 3600)

    def settled(self, stack: Stack, controller: Controller | None = None) -> Plan:
        """Converge, and see that all is in sync."""
        result = self.converge(stack, controller)
        assert result.done is not None, result.error
        assert result.done.plan.in_sync, unsettled(result.done.plan)
        return result.done.plan

    # --- what was asked ---

    def mark(self) -> int:
        """A place in the record of requests."""
        return len(self.server.calls)

    def requests(self, since: int = 0) -> list[Request]:
        """Every request since then."""
        return self.server.calls[since:]

    def writes(self, since: int = 0) -> list[Request]:
        """Every request since then that is not a read."""
        return [each for each in self.requests(since) if not each.operation.startswith(("Describe", "Get"))]

    def operations(self, since: int = 0) -> list[str]:
        """The operations of all writes since then."""
        return [each.operation for each in self.writes(since)]

    def reads(self, since: int = 0) -> Counter[str]:
        """How often each read was asked for since then."""
        return Counter(each.operation for each in self.requests(since)) - Counter(self.operations(since))

    def by_hand(self, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Somebody else changes something; not in the record."""
        already = self.mark()
        body = self.cloud.call("ec2", operation, parameters).body
        del self.server.calls[already:]
        return body

    def ids(self, prefix: str) -> list[str]:
        """The ids of all live things of a kind, in order of their making."""
        gone = ("deleted", "failed")
        things = self.server.world.things[prefix].values()
        return [thing.id for thing in things if thing.get("State") not in gone]


def unsettled(plan: Plan) -> list[str]:
    """What is not in sync, in words."""
    return [f"{s.address} {s.state} {s.action} {s.blocked} {s.note} {s.changes}" for s in plan.steps if not s.settled]


def step(plan: Plan, address: str) -> Step:
    """The one step of an address."""
    (found,) = [each for each in plan.steps if str(each.address) == address]
    return found


def acting(plan: Plan) -> dict[str, str]:
    """The action of every step that the plan would do."""
    return {str(each.address): str(each.action) for each in plan.acting()}


def resolved(plan: Plan, later: Plan) -> list[str]:
    """The calls of all acting steps, placeholders filled in from a later plan, in a form to be compared."""
    ids = {str(each.address): each.id for each in later.steps}

    def value(expression: object) -> object:
        if isinstance(expression, Token):
            return str(expression)
        assert isinstance(expression, Placeholder)
        if expression.attribute == "id":
            return ids[str(expression.address)]
        return plan.known[expression]

    calls = [call for each in plan.acting() for call in (*each.calls, *each.removal)]
    return sorted(_told(call.operation, replace_expressions(call.parameters, value)) for call in calls)


def made(requests: list[Request]) -> list[str]:
    """The same of requests that arrived."""
    return sorted(_told(each.operation, each.parameters) for each in requests)


def _told(operation: str, parameters: Mapping[str, Any]) -> str:
    # A plan does not know the token that a call gets when it is made.
    asked = {name: value for name, value in parameters.items() if name != "ClientToken"}
    return f"{operation} {json.dumps(asked, sort_keys=True)}"


class Listener:
    """Told what is out of order; all that was said, each with its keys."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Mapping[str, Any]]] = []

    def __call__(self, event: str, **keys: Any) -> None:
        self.said.append((event, keys))

    @property
    def events(self) -> list[str]:
        """What was said, without the keys."""
        return [event for event, _ in self.said]


def names(folder: Path) -> list[str]:
    """All that is in a folder."""
    return sorted(each.name for each in folder.iterdir())


def pool_of(size: int = 32) -> ThreadPoolExecutor:
    """Threads as the engine has them."""
    return ThreadPoolExecutor(size)


def refusing(error: Refused | Unreachable) -> Replying:
    """A script that refuses everything."""

    def reply(operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        raise error

    return reply
