"""How long an empty account takes to become what a document says, against the least that any program needs."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.aside import Ec2, Product, written
from benchmarks.bound import Bound, Bucket, lower_bound
from benchmarks.figures import Figure
from controller.aws.catalog import catalog
from controller.core.document.loader import load
from controller.core.model.kind import Catalog
from controller.core.model.stack import Stack
from controller.core.planning.graph import Task, tasks_of
from controller.core.planning.guard import GuardContext
from controller.core.planning.inventory import Inventory
from controller.core.planning.matching import match
from controller.core.planning.plan import make_plan
from controller.core.planning.plan_input import PlanInput
from controller.engine.apply import IN_FLIGHT
from controller.sources.files import LocalFiles
from emulators.ec2.buckets import LIMITS, WRITES
from emulators.ec2.elsewhere import READS
from emulators.ec2.scenery import populate
from emulators.ec2.store import ACCOUNT, REGION
from emulators.ec2.world import World as Account

LATENCY = 0.08
"""Seconds that every call takes."""
LOOKS = 3
"""Calls around the writes, each after the other: the listings before, the listings and the details after."""
RATIO = 1.35
"""The most that convergence may take, as a multiple of the bound."""


def writes(stack: Stack, kinds: Catalog) -> list[Task]:
    """Every call that makes the stack in an empty account, with what it waits for."""
    empty = Inventory(ACCOUNT, REGION, dict.fromkeys(kinds, ()))
    guard = GuardContext(stack, ACCOUNT, datetime.now(UTC))
    plan = make_plan(PlanInput(stack, kinds, empty, match(stack, kinds, empty), guard))
    return tasks_of(plan, stack, kinds)


def bucket(operation: str) -> Bucket:
    """AWS's bucket of a write."""
    return LIMITS.get(operation, WRITES)


def bound(tasks: Collection[Task], preferences: bool) -> Bound:
    """The bound of the writes with the edges that must be kept, or with the preferences too."""
    before = {task: {*task.after, *task.over, *(task.rather if preferences else ())} for task in tasks}
    return lower_bound(before, lambda task: task.call.operation, bucket, LATENCY, IN_FLIGHT)


@dataclass(frozen=True)
class Attempt:
    """One convergence from an empty account, and the calls that the account was asked for."""

    in_sync: bool
    first_look: float
    seconds: float
    writes: int
    reads: int
    """Those of the look before it included."""
    rejected: int


def attempt(document: Path) -> Attempt:
    """Make everything once, 80 ms a call, AWS's buckets enforced."""
    with Ec2("--buckets", "--latency", str(LATENCY)) as ec2, Product("converge", ec2, document) as product:
        product.told()
        looked, made = product.told(), product.told()
        calls, rejected = ec2.counts()
    writes = sum(count for operation, count in calls.items() if not operation.startswith(READS))
    reads = sum(calls.values()) - writes
    return Attempt(made["in_sync"], looked["seconds"], made["seconds"], writes, reads, rejected)


def measure(nodes: int, folder: Path, attempts: int = 1) -> list[Figure]:
    """About `nodes` nodes from nothing; of several attempts the fastest is told."""
    document = written(populate(Account(lambda: 0.0, 0, 0), nodes, "bench"), folder / f"new-{nodes}.yaml")
    kinds = catalog()
    [stack] = load(LocalFiles([document]), kinds)
    tasks = writes(stack, kinds)
    made = min((attempt(document) for _ in range(attempts)), key=lambda run: run.seconds)
    hard, soft = bound(tasks, preferences=False), bound(tasks, preferences=True)
    least = hard.seconds + LOOKS * LATENCY
    of = f"From an empty account, {len(stack.nodes):,} nodes, 80 ms a call"
    return [
        Figure(of, "stacks that are not in sync at the end", int(not made.in_sync), exactly=0),
        Figure(of, "writes", made.writes, exactly=len(tasks)),
        Figure(of, "reads, those of the first look included", made.reads),
        Figure(of, "calls that AWS rejected as too many", made.rejected, exactly=0),
        Figure(of, "first look at AWS, with clients made", made.first_look, "s"),
        Figure(of, "bound by the longest chain of calls", hard.chain, "s"),
        Figure(of, "  with the preferences", soft.chain, "s"),
        Figure(of, f"bound by {IN_FLIGHT} calls in flight", hard.in_flight, "s"),
        Figure(of, f"bound by AWS's bucket of {hard.api}", hard.bucket, "s"),
        Figure(of, "least time, looks before and after included", least, "s"),
        Figure(of, "time taken", made.seconds, "s"),
        Figure(of, "time taken ÷ least time", made.seconds / least, most=RATIO),
    ]
