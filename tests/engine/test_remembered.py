"""What passes remember of one another: forgotten, forgiven or recalled when somebody says so."""

from collections.abc import Mapping
from typing import Any

from controller.core.model.reference import Address
from controller.core.planning.guard import REPEAT_LIMIT
from controller.engine.reconcile import Intent, Pass
from emulators.ec2.store import Fault
from tests.clock import Clock
from tests.core.account import network
from tests.engine.crowd import PASS, VPC, VPCS, done, live, many, side_by_side
from tests.engine.harness import Account, step

VPC_MAIN = Address("Vpc", "main")


def test_a_restart_forgets_all_and_loses_nothing(account: Account) -> None:
    """As after a real one: all is looked at anew, and all is in sync."""
    stacks = many(account, 3)
    controller = account.starts()
    side_by_side(account, stacks, controller)
    controller.one_pass(stacks[0], stacks, PASS)
    controller.restart()
    assert all(not each for each in (controller.memories, controller.views, controller.details, controller.searched))
    since = account.mark()
    assert done(controller.one_pass(stacks[1], stacks, PASS)).plan.in_sync
    assert account.reads(since)["DescribeNetworkAcls"] == 1  # it searches for orphans again
    assert [] == account.operations(since)


def test_a_restart_in_the_midst_of_making_loses_nothing(account: Account) -> None:
    """What was made just now, and is remembered only here, is found by its tags."""
    stack = account.stack(network())
    controller = account.starts()
    done(controller.one_pass(stack, [stack], PASS))
    for _ in range(5):
        controller.restart()
        done(controller.one_pass(stack, [stack], PASS))
    assert {1} == {count for (_, name, _), count in live(account).items() if name == stack.name}


def test_one_that_is_forgotten_begins_anew(account: Account) -> None:
    """The others are remembered as before."""
    one, two = many(account, 2, VPC)
    controller = account.starts()
    side_by_side(account, [one, two], controller)
    kept = controller.memory_of(two)
    controller.forget(one.name)
    controller.forget("never there")
    assert frozenset() == controller.memory_of(one).seen
    assert kept is controller.memory_of(two)
    assert kept.seen


def test_who_is_pardoned_is_tried_again_at_once(account: Account) -> None:
    """What failed waits ever longer by itself; a person who has mended it does not want to."""
    stack = account.stack(VPC)
    controller = account.starts()

    def refuse(operation: str, asked: Mapping[str, Any], moment: str) -> None:
        if operation == "CreateVpc":
            raise Fault("UnauthorizedOperation", 403, "You are not authorized.")

    account.server.before_reply = refuse
    assert done(controller.one_pass(stack, [stack], PASS)).outcome.failed
    account.server.before_reply = None
    waiting = step(done(controller.one_pass(stack, [stack], PASS)).plan, "Vpc/main")
    assert waiting.blocked
    assert "backoff" == waiting.blocked.by
    controller.memory_of(stack).reset_failures()
    assert done(controller.one_pass(stack, [stack], PASS)).outcome.born


def test_what_came_back_again_and_again_is_pardoned_too(account: Account, clock: Clock) -> None:
    """Whoever changed it back has been found."""
    stack = account.stack(network())
    controller = account.starts()
    side_by_side(account, [stack], controller)

    def drift() -> Pass:
        clock.time += 60
        tag = {"Key": "Name", "Value": "by hand"}
        account.by_hand("CreateTags", Resources=[account.ids("vpc")[0]], Tags=[tag])
        return done(controller.one_pass(stack, [stack], PASS))

    for _ in range(REPEAT_LIMIT):
        assert drift().outcome.done
    blocked = step(drift().plan, "Vpc/main").blocked
    assert blocked
    assert "repeat" == blocked.by
    controller.memory_of(stack).reset_failures()
    assert drift().outcome.done


NAMED = {"Vpc": {"main": {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True}}}
FORCED = Intent(fresh=True, alone=True)


def hide_names(account: Account) -> None:
    """Somebody changes what no listing shows, in every VPC."""
    for id in account.ids("vpc"):
        account.by_hand("ModifyVpcAttribute", VpcId=id, EnableDnsHostnames={"Value": False})


def test_a_forced_pass_reads_all_anew(account: Account) -> None:
    """What an ordinary one still believes to be in sync is found and mended by it, and it believes nothing."""
    one, _ = stacks = many(account, 2, NAMED)
    controller = account.starts()
    side_by_side(account, stacks, controller)
    for stack in stacks:
        done(controller.one_pass(stack, stacks, PASS))
    account.clock.time += 60
    hide_names(account)
    ordinary = done(controller.one_pass(one, stacks, PASS)).plan
    assert ordinary.in_sync
    assert (60.0, ("enableDnsHostnames",)) == (ordinary.believed[VPC_MAIN].seconds, ordinary.believed[VPC_MAIN].what)
    since = account.mark()
    forced = done(controller.one_pass(one, stacks, FORCED))
    assert ["enableDnsHostnames"] == [change.path for change in step(forced.plan, "Vpc/main").changes]
    assert {} == forced.plan.believed
    assert ["ModifyVpcAttribute"] == account.operations(since)


def test_what_a_neighbour_looked_at_serves_no_forced_pass(account: Account) -> None:
    """Were it a moment ago; and what was looked at for a forced pass shows nothing of the neighbours."""
    one, two = stacks = many(account, 2, NAMED)
    controller = account.starts()
    side_by_side(account, stacks, controller)
    done(controller.one_pass(one, stacks, PASS))
    done(controller.one_pass(two, stacks, PASS))
    for stack, intent, listings, details in ((one, FORCED, 1, 1), (two, PASS, 1, 0), (one, PASS, 0, 0)):
        since = account.mark()
        assert done(controller.one_pass(stack, stacks, intent)).plan.in_sync
        reads = account.reads(since)
        assert (listings, details) == (reads["DescribeVpcs"], reads["DescribeVpcAttribute"])


def test_a_forced_pass_searches_for_orphans_of_its_stack_alone(account: Account) -> None:
    """In kinds that no document names as well; the search for those of its neighbours comes no later for it."""
    one, two = stacks = many(account, 2, NAMED)
    controller = account.starts()
    side_by_side(account, stacks, controller)
    searched = dict(controller.searched)
    account.clock.time += 30
    account.by_hand("AllocateAddress", TagSpecifications=[owned_by(one.name)])
    assert done(controller.one_pass(two, stacks, PASS)).plan.in_sync
    orphaned = done(controller.one_pass(one, stacks, FORCED)).plan
    assert ["ElasticIp/lost"] == [str(each.address) for each in orphaned.steps if each.state == "orphaned"]
    assert searched == controller.searched


def owned_by(stack: str) -> dict[str, Any]:
    """The owner tags of something that is in no document any more."""
    tags = {"holdfast.dev/stack": stack, "holdfast.dev/name": "lost"}
    return {"ResourceType": "elastic-ip", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def disappear(account: Account) -> None:
    """All VPCs are gone."""
    for id in account.ids("vpc"):
        account.by_hand("DeleteVpc", VpcId=id)


def test_a_mass_disappearance_is_noticed_right_after_a_start(account: Account) -> None:
    """By what an earlier program saw and somebody kept; without that, all would be made anew."""
    stack = account.stack(VPCS)
    account.settled(stack)
    disappear(account)
    controller = account.starts()
    controller.memory_of(stack).recall(stack.nodes)
    result = done(controller.one_pass(stack, [stack], PASS))
    assert {"mass-disappearance"} == {each.blocked.by for each in result.plan.steps if each.blocked}
    assert 0 == result.outcome.done
    believing = done(controller.one_pass(stack, [stack], Intent(believe=True)))
    assert len(VPCS["Vpc"]) == believing.outcome.done


def test_what_was_seen_by_oneself_counts_more(account: Account) -> None:
    """What was kept elsewhere may be old."""
    stack = account.stack(VPCS)
    controller = account.starts()
    side_by_side(account, [stack], controller)
    seen = controller.memory_of(stack).seen
    assert stack.nodes.keys() == seen
    controller.memory_of(stack).recall([])
    controller.memory_of(stack).recall([next(iter(stack.nodes))])
    assert seen == controller.memory_of(stack).seen
