"""What is there already, and no look shows: somebody else's, or AWS is slow. It is not asked for without end."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from controller.aws.catalog import catalog
from controller.aws.client.errors import translated
from controller.aws.client.meanings import NOT_YET_SECONDS, meaning_of
from controller.aws.client.models import service_model
from controller.aws.declaration.kind import AwsKind
from controller.core.model.cloud import Meaning
from controller.engine.loop import Controller
from controller.engine.reconcile import Intent
from tests.aws.test_errors import refusal
from tests.clock import Clock, Patient
from tests.core.account import stack_of
from tests.diary import Diary
from tests.engine.harness import CATALOG, ScriptedCloud, step

REFUSED: dict[str, tuple[Mapping[str, Any], str, str, str]] = {
    "LogGroup": ({}, "CreateLogGroup", "ResourceAlreadyExistsException", "The specified log group already exists"),
    "Bucket": ({}, "CreateBucket", "BucketAlreadyOwnedByYou", "you already own it."),
    "SecurityGroup": (
        {"vpc": {"id": "vpc-1"}},
        "CreateSecurityGroup",
        "InvalidGroup.Duplicate",
        "The security group 'web-it' already exists for VPC 'vpc-1'",
    ),
    "Role": (
        {"assumeRolePolicyDocument": {}},
        "CreateRole",
        "EntityAlreadyExists",
        "Role with name web-it already exists.",
    ),
    "Subscription": (
        {"topic": {"id": "arn:aws:sns:us-east-1:1:ops"}, "protocol": "sqs", "endpoint": "arn:aws:sqs:us-east-1:1:q"},
        "Subscribe",
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes",
    ),
    "Subnet": (
        {"vpc": {"id": "vpc-1"}, "cidrBlock": "10.0.0.0/24"},
        "CreateSubnet",
        "InvalidSubnet.Conflict",
        "The CIDR '10.0.0.0/24' conflicts with another subnet",
    ),
}


class Refusing:
    """A cloud that shows nothing, and refuses one operation."""

    def __init__(self, clock: Clock, operation: str, code: str, message: str) -> None:
        self.operation, self.code, self.message = operation, code, message
        self.clock, self.began = clock, clock.time
        self.cloud, self.diary = ScriptedCloud(self.reply), Diary()
        self.controller = Controller(CATALOG, lambda region: self.cloud, self.diary, Patient(clock), clock)

    def reply(self, operation: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Nothing is there, and the one call is refused in AWS's words."""
        if operation == self.operation:
            raise translated(refusal(operation, Code=self.code, Message=self.message), "aws", operation, "us-east-1")
        return {}

    @property
    def tries(self) -> int:
        """How often the call was made."""
        return [operation for operation, _ in self.cloud.asked].count(self.operation)


@pytest.fixture(params=REFUSED)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def refusing(kind: str, clock: Clock) -> Iterator[Refusing]:
    refusing = Refusing(clock, *REFUSED[kind][1:])
    yield refusing
    refusing.controller.close()


def test_apply_ends_where_it_is_there_already(kind: str, refusing: Refusing) -> None:
    """A few tries while a listing may lag, then no more: not one in each pass, nor to the end of the time."""
    stack = stack_of({kind: {"it": REFUSED[kind][0]}})
    done = refusing.controller.converge(stack, Intent(fresh=True), 36000).done
    assert done is not None
    assert NOT_YET_SECONDS < refusing.clock.time - refusing.began < 3 * NOT_YET_SECONDS
    assert 3 < refusing.tries < 15
    blocked = step(done.plan, f"{kind}/it").blocked
    assert blocked is not None
    assert "backoff" == blocked.by
    assert refusing.message.rstrip(".") in blocked.why


def test_the_loop_counts_it_as_a_failure(kind: str, refusing: Refusing) -> None:
    """A pass that meets it after another look, for longer than a listing lags, is no success, and names the node."""
    stack, tried = stack_of({kind: {"it": REFUSED[kind][0]}}), dict[float, str]()
    for _ in range(120):
        before, seconds = refusing.tries, refusing.clock.time - refusing.began
        result = refusing.controller.one_pass(stack, [stack], Intent())
        if refusing.tries > before:
            tried[seconds] = result.trouble
        refusing.clock.time += 30
    assert {""} == {trouble for at, trouble in tried.items() if at <= NOT_YET_SECONDS}
    assert {f"1 node failed: {kind}/it"} == {trouble for at, trouble in tried.items() if at > NOT_YET_SECONDS + 30}
    assert len(tried) < 20


# --- over all kinds ---

KINDS = [pytest.param(kind, id=name) for name, kind in catalog().items()]


@pytest.mark.parametrize("kind", KINDS)
def test_each_error_of_a_create_call_that_says_so_is_known(kind: AwsKind) -> None:
    """As far as AWS's model names the errors of the call: whatever says that a name is taken means that."""
    operation = service_model(kind.service).operation_model(kind.creation.operation)
    codes = [shape.metadata.get("error", {}).get("code", shape.name) for shape in operation.error_shapes]
    taken = [code for code in codes if ("Exist" in code and "NotExist" not in code) or "Duplicate" in code]
    # The first is another account's; the other is about the request.
    others = dict.fromkeys(("BucketAlreadyExists", "DuplicateTagKeys"), Meaning.INVALID)
    assert {code: others.get(code, Meaning.EXISTS) for code in taken} == {
        code: meaning_of(code, 400) for code in taken
    }
