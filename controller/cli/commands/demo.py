"""The whole story on an embedded AWS emulator: a stack converges, drifts, and is brought back."""

import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from itertools import groupby
from pathlib import Path

from prometheus_client import CollectorRegistry
from rich.text import Text

from controller.cli.commands.run import keep, serving
from controller.cli.documents import Documents
from controller.cli.errors import complain
from controller.cli.spinner import look
from controller.cli.stories import STORIES, Outsider, Stage
from controller.cli.wiring import Parts
from controller.core.document.loader import load
from controller.core.model.stack import Stack
from controller.core.model.wording import quantity
from controller.core.planning.step import Plan
from controller.engine.loop import Result
from controller.engine.reconcile import Intent
from controller.report import logs
from controller.report.plan_text import render_plan
from controller.report.progress import progress_on
from controller.report.server import Server
from controller.report.shown import counts
from controller.sources.files import LocalFiles
from emulators.patched_moto import CREDENTIALS, emulator

CONVERGE_SECONDS = 120.0
INTERVAL = 5.0
_MOST_SERIES = 6


def demo(arguments: Namespace, parts: Parts) -> int:
    """Converge, break, see, mend; end by showing that there is nothing left to do."""
    path = document_path(arguments.stack)
    (stack,) = load(LocalFiles([path]), parts.catalog)
    # The port is taken before the story, not found in use after it.
    with (
        serving(arguments.address, INTERVAL, parts) if arguments.serve else nullcontext() as server,
        emulator() as url,
    ):
        story = _Story(parts, stack, path)
        good = story.tell()
        if server is None:
            story.read_on()
            return 0 if good else 1
        return _serve(parts, path, url, server)


def document_path(name: str) -> Path:
    """The document of a story: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).parents[2]
    places = [folder / "desired" / f"{name}.yaml" for folder in (package.parent, package)]
    return next((place for place in places if place.exists()), places[-1])


class _Story:
    def __init__(self, parts: Parts, stack: Stack, path: Path) -> None:
        self.parts, self.stack, self.path = parts, stack, path
        self.out = parts.out
        self.chapter = 0
        self.began = time.monotonic()

    def tell(self) -> bool:
        """Tell it; whether every chapter ended in sync."""
        self.say("An AWS emulator runs inside this program: no account is needed, and nothing leaves this machine.")
        self.title(f"An empty account, and {self.path.name}: {quantity(len(self.stack.nodes), 'node')}")
        good = self.mend(self.overview)
        for mishaps in STORIES[self.path.stem].mishaps:
            self.title(mishaps.title)
            self.break_things(mishaps)
            good = self.mend() and good
        self.title("A second pass when nothing has changed")
        result = self.passes(Intent(fresh=True))
        quiet = result.done is not None and result.done.outcome.done == 0 and result.done.plan.in_sync
        text, style = ("0 writes, every node in sync", "bold green") if quiet else ("NOT in sync", "bold red")
        self.say(text, style)
        return good and quiet

    def title(self, text: str) -> None:
        self.chapter += 1
        self.out.print()
        self.say(f"━━ {self.chapter}. {text}", "bold")

    def say(self, text: str, style: str = "") -> None:
        self.out.print(Text(text, style=style), soft_wrap=True)

    def read_on(self) -> None:
        """Where to go from here; on standard error, for the story ends with its last chapter."""
        lines = (
            "",
            f"That took {time.monotonic() - self.began:.0f} s. What to read and try next:",
            "  README.md, docs/manual.md    what it guarantees; documents, plans, the guard, metrics",
            f"  {f'desired/{self.path.name}':28} the document of this demo, with comments",
            "  holdfast kinds               every kind and field",
            f"  holdfast demo --stack …      another document: {', '.join(STORIES)}",
            "  holdfast demo --serve        the same, then it keeps running: break things and watch",
        )
        for line in lines:
            self.parts.err.print(Text(line), soft_wrap=True)

    def break_things(self, mishaps: Outsider) -> None:
        cloud = self.parts.controller.clouds(self.stack.region)
        stage = Stage(cloud, dict(self.parts.controller.reconciler(self.stack).memory.ids))
        for service, operation, parameters in mishaps.calls(stage):
            self.say(f"$ aws {service} {operation}  (somebody else)", "dim")
            cloud.call(service, operation, parameters)

    def mend(self, show: Callable[[Plan], None] | None = None) -> bool:
        """Show the plan and the metrics, apply it, show that it is mended."""
        looked = self.command("plan", Intent(write=False, fresh=True))
        if looked.done is None:
            complain([looked], self.parts.err)
            return False
        (show or self.whole)(looked.done.plan)
        self.metrics()
        result = self.command("apply --yes", Intent(fresh=True))
        ready = result.done is not None and result.done.plan.in_sync
        nodes = len(self.stack.nodes)
        self.say(
            f"{quantity(nodes, 'node')} in sync" if ready else "not ready", "bold green" if ready else "bold red"
        )
        return ready

    def whole(self, plan: Plan) -> None:
        render_plan(plan, self.out)

    def overview(self, plan: Plan) -> None:
        """A plan that makes everything, in a screenful."""
        for kind, steps in groupby(sorted(plan.steps, key=lambda step: step.address.kind), lambda s: s.address.kind):
            self.say(f"+ {kind}  {', '.join(step.address.name for step in steps)}", "green")
        self.say("Shortened; `holdfast plan` shows every field and every call.", "dim")
        self.say(counts(plan), "bold")

    def command(self, words: str, intent: Intent) -> Result:
        """One command as if typed: like a program of its own, it remembers nothing of those before."""
        self.parts.controller.memories.pop(self.stack.name, None)
        name, *options = words.split()
        self.say(" ".join(["$ holdfast", name, self.path.name, *options]), "dim")
        if not intent.write:
            return self.passes(intent)
        with progress_on(self.parts.err) as progress:
            self.parts.telemetry.progress = progress
            return self.parts.controller.converge(self.stack, intent, CONVERGE_SECONDS)

    def passes(self, intent: Intent) -> Result:
        return look(self.parts, [self.stack], intent)[0]

    def metrics(self) -> None:
        """The gauges that an alert would see now."""
        lines = drifting(self.parts.registry)
        for line in lines[:_MOST_SERIES]:
            self.say(line, "magenta")
        if len(lines) > _MOST_SERIES:
            self.say(f"… and {len(lines) - _MOST_SERIES} more", "magenta")


def drifting(registry: CollectorRegistry) -> list[str]:
    """The series of `holdfast_node_drifted` that are not zero, as Prometheus reads them."""
    samples = [s for metric in registry.collect() for s in metric.samples if s.name == "holdfast_node_drifted"]
    return [f"{s.name}{{{_labels(s.labels)}}} {s.value:g}" for s in samples if s.value]


def _labels(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{value}"' for name, value in labels.items())


def _serve(parts: Parts, path: Path, endpoint: str, server: Server) -> int:
    """Keep the emulator and the loop running until told to stop; what the loop does is in the log."""
    lines = (
        "",
        f"Still running, with a pass every {INTERVAL:.0f} seconds. Break something from another terminal and watch:",
        f"  export AWS_ENDPOINT_URL={endpoint} {' '.join('='.join(pair) for pair in CREDENTIALS.items())}",
        "  export AWS_DEFAULT_REGION=us-east-1",
        *(f"  {line}" for line in STORIES[path.stem].by_hand),
        f"  curl http://{server.address}/metrics | grep node_drifted",
        "Stop with Ctrl-C.",
    )
    for line in lines:
        parts.out.print(Text(line), soft_wrap=True)
    parts.out.file.flush()
    logs.set_up("info")
    parts.telemetry.looped = True
    parts.controller.memories.clear()
    documents = Documents([path], parts.catalog, parts.telemetry)
    documents.read()
    return keep(documents, INTERVAL, Intent(), parts, server)
