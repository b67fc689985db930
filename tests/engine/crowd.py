"""Many stacks of one region, and passes over all of them at once."""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from controller.core.model.stack import Stack
from controller.engine.loop import Controller, Result
from controller.engine.reconcile import Intent, Pass
from tests.core.account import network
from tests.engine.harness import Account, unsettled

PASS = Intent()
HANDS = 8
VPC = {"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}}
VPCS = {"Vpc": {f"v{number}": {"cidrBlock": f"10.{number}.0.0/16"} for number in range(10)}}


def many(account: Account, count: int, resources: Mapping[str, Any] | None = None) -> list[Stack]:
    """So many stacks in one region."""
    return [account.stack(resources or network(), f"web-{number}") for number in range(count)]


def at_once(controller: Controller, stacks: Sequence[Stack], intent: Intent = PASS) -> list[Result]:
    """One pass over each of them, all begun at the same moment."""
    start = threading.Barrier(len(stacks))

    def one(stack: Stack) -> Result:
        start.wait(10)
        return controller.one_pass(stack, stacks, intent)

    with ThreadPoolExecutor(len(stacks)) as hands:
        return list(hands.map(one, stacks))


def side_by_side(account: Account, stacks: Sequence[Stack], controller: Controller) -> None:
    """Pass after pass over all of them until nothing is left to do."""
    for _ in range(10):
        if all(done(result).plan.in_sync for result in at_once(controller, stacks)):
            return
        account.clock.time += 1
    raise AssertionError([unsettled(done(result).plan) for result in at_once(controller, stacks)])


def one_by_one(account: Account, stacks: Sequence[Stack], controller: Controller) -> None:
    """The same, as a program with one pair of hands does it."""
    for _ in range(10):
        if all(done(result).plan.in_sync for result in controller.passes(stacks, PASS)):
            return
        account.clock.time += 1


def done(result: Result) -> Pass:
    """What a pass did that could be made."""
    assert result.done is not None, result.error
    return result.done


def live(account: Account) -> Counter[tuple[str, str, str]]:
    """What there is, by the beginning of its id, and whose it is."""
    found: Counter[tuple[str, str, str]] = Counter()
    for prefix, things in account.server.world.things.items():
        for thing in (each for each in things.values() if each.get("State") not in ("deleted", "failed")):
            tags = {each["Key"]: each["Value"] for each in thing.get("Tags") or ()}
            found[prefix, tags.get("holdfast.dev/stack", ""), tags.get("holdfast.dev/name", "")] += 1
    return found
