"""The whole story on an embedded AWS emulator: a stack converges, drifts, and is brought back."""

import logging
import os
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from rich.console import Console
from rich.text import Text

from controller.cli.running import run
from controller.cli.wiring import Parts
from controller.core.cloud import Cloud, HoldfastError
from controller.core.document import load
from controller.core.kind import OWNER_NAME, OWNER_STACK
from controller.core.reference import Address
from controller.core.stack import Stack
from controller.engine.loop import Result
from controller.engine.reconcile import Intent
from controller.report.plan_text import render_plan
from controller.report.progress import progress_on

DOCUMENT = "network.yaml"
CONVERGE_SECONDS = 120.0


@dataclass(frozen=True)
class Sabotage:
    """One thing that goes wrong behind Holdfast's back: a title, and the calls that somebody else makes."""

    title: str
    calls: Callable[["Stage"], Iterator[tuple[str, dict[str, Any]]]]


@dataclass(frozen=True)
class Stage:
    """The emulator as somebody else sees it, with the stack's live ids by address."""

    cloud: Cloud
    ids: dict[Address, str]

    def id(self, address: str) -> str:
        """The live id of a node, written `Kind/name`."""
        return self.ids[Address.parse(address)]


def _delete_route(stage: Stage) -> Iterator[tuple[str, dict[str, Any]]]:
    table = stage.id("RouteTable/private-a")
    yield "DeleteRoute", {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}


def _open_database(stage: Stage) -> Iterator[tuple[str, dict[str, Any]]]:
    world = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    yield (
        "AuthorizeSecurityGroupIngress",
        {"GroupId": stage.id("SecurityGroup/db"), "IpPermissions": [world]},
    )


def _change_subnet(stage: Stage) -> Iterator[tuple[str, dict[str, Any]]]:
    subnet = stage.id("Subnet/private-b")
    yield "ModifySubnetAttribute", {"SubnetId": subnet, "MapPublicIpOnLaunch": {"Value": True}}


def _delete_nat(stage: Stage) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "DeleteNatGateway", {"NatGatewayId": stage.id("NatGateway/b")}
    # AWS frees the address by itself when the gateway is gone; the emulator leaves that to us.
    found = stage.cloud.call("ec2", "DescribeAddresses", {"AllocationIds": [stage.id("ElasticIp/nat-b")]})
    for address in found.body["Addresses"]:
        if address.get("AssociationId"):
            yield "DisassociateAddress", {"AssociationId": address["AssociationId"]}


def _misroute(stage: Stage) -> Iterator[tuple[str, dict[str, Any]]]:
    yield (
        "ReplaceRoute",
        {
            "RouteTableId": stage.id("RouteTable/private-a"),
            "DestinationCidrBlock": "0.0.0.0/0",
            "GatewayId": stage.id("InternetGateway/main"),
        },
    )


def _strip_tags(stage: Stage) -> Iterator[tuple[str, dict[str, Any]]]:
    tags = [{"Key": key} for key in (OWNER_STACK, OWNER_NAME, "Name")]
    yield "DeleteTags", {"Resources": [stage.id("Vpc/main")], "Tags": tags}


SABOTAGE = (
    Sabotage("A NAT route is deleted: zone a loses its way out", _delete_route),
    Sabotage("The database port is opened to the world", _open_database),
    Sabotage("A private subnet begins to hand out public addresses", _change_subnet),
    Sabotage("A NAT gateway is deleted: one node is missing, the route to it is a consequence", _delete_nat),
    Sabotage("A private route is pointed at the internet gateway", _misroute),
    Sabotage("The owner tags of the VPC are stripped: nothing is replaced, the tags come back", _strip_tags),
)


def demo(arguments: Namespace, parts: Parts) -> int:
    """Converge, break, see, mend; end by showing that there is nothing left to do."""
    path = document_path()
    (stack,) = load([path], parts.catalog)
    with emulator() as endpoint:
        story = _Story(parts, stack, path)
        succeeded = story.tell()
        if not arguments.serve:
            return 0 if succeeded else 1
        return _serve(arguments, parts, path, endpoint)


def document_path() -> Path:
    """The demo's document: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).parents[1]
    places = (package.parent / "desired" / DOCUMENT, package / "desired" / DOCUMENT)
    return next((place for place in places if place.exists()), places[-1])


@contextmanager
def emulator() -> Iterator[str]:
    """moto's server on a free port of the loopback interface, and this program's AWS settings pointed at it.

    Raises `HoldfastError` when the extra `demo` is not installed.
    """
    try:
        from moto.server import ThreadedMotoServer
    except ImportError:
        raise HoldfastError("the demo needs the emulator: install holdfast[demo]") from None
    # The emulator's web server logs each request; that is not part of the story.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    settings = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "demo",
        "AWS_SECRET_ACCESS_KEY": "demo",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    unset = ("AWS_PROFILE", "AWS_SESSION_TOKEN")
    before = {name: os.environ.get(name) for name in (*settings, *unset)}
    os.environ.update(settings)
    for name in unset:
        os.environ.pop(name, None)
    try:
        yield endpoint
    finally:
        server.stop()
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({name: value} if value is not None else {})


class _Story:
    def __init__(self, parts: Parts, stack: Stack, path: Path) -> None:
        self.parts, self.stack, self.path = parts, stack, path
        self.out = parts.out
        self.chapter = 0

    def tell(self) -> bool:
        """Tell it; whether every chapter ended in sync."""
        self.title(f"An empty account, and {self.path.name}: {len(self.stack.nodes)} nodes")
        good = self.mend()
        for sabotage in SABOTAGE:
            self.title(sabotage.title)
            self.break_things(sabotage)
            good = self.mend() and good
        self.title("A second pass over an unchanged world")
        result = self.passes(Intent(fresh=True))
        quiet = result.done is not None and result.done.outcome.done == 0 and result.done.plan.in_sync
        self.say(
            f"{'0 writes, every node in sync' if quiet else 'NOT quiet'}",
            "bold green" if quiet else "bold red",
        )
        return good and quiet

    def title(self, text: str) -> None:
        self.chapter += 1
        self.out.print()
        self.out.print(Text(f"━━ {self.chapter}. {text}", style="bold"), soft_wrap=True)

    def say(self, text: str, style: str = "") -> None:
        self.out.print(Text(text, style=style), soft_wrap=True)

    def break_things(self, sabotage: Sabotage) -> None:
        cloud = self.parts.controller.clouds(self.stack.region)
        stage = Stage(cloud, dict(self.parts.controller.reconciler(self.stack).memory.ids))
        for operation, parameters in sabotage.calls(stage):
            self.say(f"$ aws ec2 {operation}  (somebody else)", "dim")
            cloud.call("ec2", operation, parameters)

    def mend(self) -> bool:
        """Show the plan and the metrics, apply it, show that it is mended."""
        looked = self.passes(Intent(write=False, fresh=True))
        if looked.done is None:
            self.say(str(looked.error), "bold red")
            return False
        self.say(f"$ holdfast plan {self.path.name}", "dim")
        render_plan(looked.done.plan, self.out)
        self.metrics()
        self.say(f"$ holdfast apply {self.path.name} --yes", "dim")
        with progress_on(self.parts.err) as progress:
            self.parts.telling.progress = progress
            result = self.parts.controller.converge(self.stack, Intent(fresh=True), CONVERGE_SECONDS)
        ready = result.done is not None and result.done.plan.in_sync
        nodes = len(self.stack.nodes)
        self.say(f"{nodes} nodes in sync" if ready else "not ready", "bold green" if ready else "bold red")
        return ready

    def passes(self, intent: Intent) -> Result:
        return next(self.parts.controller.passes([self.stack], intent))

    def metrics(self) -> None:
        """The gauges that an alert would see now."""
        lines = drifting(self.parts.registry)
        for line in lines[:6]:
            self.say(line, "magenta")
        if len(lines) > 6:
            self.say(f"… and {len(lines) - 6} more", "magenta")


def drifting(registry: CollectorRegistry) -> list[str]:
    """The series of `holdfast_node_drifted` that are not zero, as Prometheus reads them."""
    samples = [s for metric in registry.collect() for s in metric.samples if s.name == "holdfast_node_drifted"]
    return [f"{s.name}{{{_labels(s.labels)}}} {s.value:g}" for s in samples if s.value]


def _labels(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{value}"' for name, value in labels.items())


def _serve(arguments: Namespace, parts: Parts, path: Path, endpoint: str) -> int:
    """Keep the emulator and the loop running until told to stop."""
    _invite(parts.out, endpoint, arguments.address)
    arguments.paths, arguments.interval = [path], 5.0
    arguments.once, arguments.accept_disappearance = False, False
    return run(arguments, parts)


def _invite(out: Console, endpoint: str, address: str) -> None:
    lines = (
        "",
        "It goes on: a pass every 5 seconds. Break something from another terminal and watch:",
        f"  export AWS_ENDPOINT_URL={endpoint} AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo",
        "  export AWS_DEFAULT_REGION=us-east-1",
        "  aws ec2 describe-nat-gateways --query 'NatGateways[].NatGatewayId'",
        "  aws ec2 delete-nat-gateway --nat-gateway-id nat-…",
        f"  curl http://{address}/metrics | grep node_drifted",
        "Stop with Ctrl-C.",
    )
    for line in lines:
        out.print(Text(line), soft_wrap=True)
