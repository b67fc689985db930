"""`holdfast destroy`: in order, only what is ours, and never what is retained."""

from emulators.ec2.store import Fault, Members
from tests.cli.conftest import Write
from tests.cli.kit import NETWORK, Account, operations, run, things, writes


def test_everything_goes_in_order(ec2: Account) -> None:
    """What is used goes after what uses it: AWS refuses nothing on the way, and nothing is left."""
    run("apply", NETWORK, "--yes")
    before = len(ec2.calls)
    ran = run("destroy", NETWORK, "--yes")
    assert 0 == ran.code
    assert "ha-network: destroyed, nothing is left (19 deleted; " in ran.out.splitlines()[-1]
    assert [] == [call for call in ec2.calls[before:] if call.error]
    done = operations(ec2)
    assert done.index("DeleteNatGateway") < done.index("ReleaseAddress")
    assert done.index("DeleteSubnet") < done.index("DeleteVpc")
    assert {} == {prefix: count for prefix, count in things(ec2).items() if prefix != "nat"}


def test_it_shows_and_asks_first(ec2: Account, write: Write) -> None:
    """Where nobody can be asked, the plan is shown and nothing is deleted without `--yes`."""
    run("apply", write(), "--yes")
    ran = run("destroy", write())
    assert (1, ["CreateVpc"]) == (ran.code, operations(ec2))
    assert "- Vpc/main" in ran.out
    assert "--yes carries out the plan" in ran.err


RETAINED = """\
Vpc: {main: {cidrBlock: 10.0.0.0/16}}
Subnet:
  kept: {vpc: main, cidrBlock: 10.0.1.0/24, lifecycle: {retain: true}}
  gone: {vpc: main, cidrBlock: 10.0.2.0/24}
"""


def test_nothing_is_begun_where_something_cannot_go(ec2: Account, write: Write) -> None:
    """What stays is found before the first call: no stack is taken apart around it, and code 1 says so."""
    kept, other = write("kept", RETAINED), write("other", "Vpc: {main: {cidrBlock: 10.9.0.0/16}}")
    run("apply", kept, other, "--yes")
    before = operations(ec2)
    ran = run("destroy", kept, other, "--yes")
    assert 1 == ran.code
    assert before == operations(ec2)
    assert "blocked by partial: not everything can be deleted, so nothing is: Subnet/kept is kept (retain" in ran.out
    assert "Nothing was deleted: not everything in kept can be deleted, and --partial was not given." in ran.err


def test_what_was_never_taken_over_is_not_deleted(ec2: Account, write: Write) -> None:
    """A document that adopts something and was never applied owns nothing: there is nothing to destroy."""
    vpc = ec2.world.perform("CreateVpc", {"CidrBlock": "10.8.0.0/16"})["Vpc"].id
    resources = f"Vpc: {{main: {{cidrBlock: 10.8.0.0/16, lifecycle: {{adopt: {{id: {vpc}}}}}}}}}"
    ran = run("destroy", write("small", resources), "--yes")
    assert (0, []) == (ran.code, writes(ec2))
    assert vpc in ec2.world.things["vpc"]


def test_what_is_retained_stays_and_is_said(ec2: Account, write: Write) -> None:
    """`lifecycle.retain` outlives a destroy, with what it stands on; with --partial the rest goes; the code is 1."""
    path = write("small", RETAINED)
    run("apply", path, "--yes")
    ran = run("destroy", path, "--yes", "--partial")
    assert 1 == ran.code
    assert ["DeleteSubnet"] == operations(ec2)[3:]
    assert "Subnet/kept (subnet-" in ran.out
    assert "blocked by retain: lifecycle.retain keeps subnet-" in ran.out
    assert "Subnet/kept, which is kept, refers to vpc-" in ran.out
    assert "small: not destroyed, 2 resources are left (1 deleted; 1 call in" in ran.out


def test_a_copy_of_what_was_destroyed_is_left_and_told(ec2: Account, write: Write) -> None:
    """It carries our marks and is not ours: it stays, in later passes and programs too; the code is 1."""
    run("apply", write(), "--yes")
    (ours,) = ec2.world.things["vpc"].values()
    copy = ec2.world.perform("CreateVpc", {"CidrBlock": "10.9.0.0/16"})["Vpc"].id
    ec2.world.perform("CreateTags", {"Resources": [copy], "Tags": ours["Tags"]})
    for _ in range(2):
        ran = run("destroy", write(), "--yes")
        assert (1, [copy]) == (ran.code, list(ec2.world.things["vpc"]))
        assert f"Vpc/main ({copy}): left as it is: {copy} carries the owner tags of Vpc/main" in ran.out


def test_what_is_not_ours_stays(ec2: Account, write: Write) -> None:
    """Invariant 3: a destroy deletes what carries the stack's mark, and nothing beside it."""
    run("apply", write(), "--yes")
    run("apply", write("other", "Vpc: {main: {cidrBlock: 10.9.0.0/16}}"), "--yes")
    ec2.world.perform("CreateVpc", {"CidrBlock": "10.8.0.0/16"})
    assert 0 == run("destroy", write(), "--yes").code
    ranges = {thing["CidrBlock"] for thing in ec2.world.things["vpc"].values()}
    assert {"10.8.0.0/16", "10.9.0.0/16"} <= ranges
    assert "10.0.0.0/16" not in ranges


def test_what_cannot_be_listed_is_not_called_destroyed(ec2: Account, write: Write) -> None:
    """While one kind cannot be seen, something may be left: code 1, and the kind is named."""
    run("apply", write(), "--yes")

    def hook(asked: str, parameters: Members, moment: str) -> None:
        if asked == "DescribeNatGateways":
            raise Fault("UnauthorizedOperation", 403, "You are not authorized to perform this operation.")

    ec2.before_reply = hook
    ran = run("destroy", write(), "--yes")
    assert 1 == ran.code
    assert "could not be listed, so something may be left: NatGateway: ec2:DescribeNatGateways" in ran.out
    assert "small: not destroyed" in ran.out


def test_a_stack_of_which_nothing_is_left(ec2: Account, write: Write) -> None:
    """Destroying twice is no error, and asks nothing."""
    ran = run("destroy", write())
    assert (0, []) == (ran.code, writes(ec2))
    assert "small: destroyed, nothing is left (0 calls in " in ran.out


def test_observe_mode_is_kept(ec2: Account, write: Write) -> None:
    """A document that says never to write is not destroyed either."""
    run("apply", write(), "--yes")
    ran = run("destroy", write("small", mode="Observe"), "--yes")
    assert (1, {"vpc": 1}) == (ran.code, things(ec2))
    assert "blocked by mode: spec.mode is Observe" in ran.out
