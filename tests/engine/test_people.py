"""What waits for a person is not waited for: the work ends, and says who has to do what."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.model import ListShape, Shape, StringShape, StructureShape

from controller.aws.catalog import catalog
from controller.aws.client.models import service_model
from controller.aws.declaration.kind import AwsKind
from controller.core.model.cloud import Meaning, Refused
from controller.core.model.node import Lifecycle
from controller.core.model.stack import Allow, Stack
from controller.engine.loop import Controller, Result, allowing
from controller.engine.reconcile import Intent
from tests.clock import Clock, Patient
from tests.core.account import stack_of
from tests.diary import Diary
from tests.engine.harness import CATALOG, ScriptedCloud, step

TOPIC = "arn:aws:sns:us-east-1:123456789012:web-ops"
ELSEWHERE = "arn:aws:sns:us-east-1:123456789012:theirs"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1"
BALANCER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/theirs/1"
SUBSCRIPTION = {"protocol": "email", "endpoint": "ops@example.com"}


class Aws:
    """Topics with subscriptions that nobody confirms, and certificates whose domains nobody validates."""

    def __init__(self, clock: Clock) -> None:
        self.topics: dict[str, list[Mapping[str, Any]]] = {ELSEWHERE: []}
        self.tags: dict[str, list[Any]] = {}
        self.certificates: dict[str, Mapping[str, Any]] = {}
        self.cloud = ScriptedCloud(self.reply)
        self.clock, self.began = clock, clock.time
        self.controller = Controller(CATALOG, lambda region: self.cloud, Diary(), Patient(clock), clock)

    def reply(self, operation: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """AWS's answers; everything else is empty."""
        answer: Mapping[str, Any] = getattr(self, operation, lambda asked: {})(asked)
        return answer

    def ListTopics(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802 - AWS's names
        return {"Topics": [{"TopicArn": arn} for arn in self.topics]}

    def ListTagsForResource(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802
        return {"Tags": self.tags.get(asked["ResourceArn"], [])}

    def GetTopicAttributes(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802
        return {"Attributes": {"TopicArn": self.topic(asked)}}

    def CreateTopic(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802
        self.topics[TOPIC], self.tags[TOPIC] = [], asked["Tags"]
        return {"TopicArn": TOPIC}

    def DeleteTopic(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802
        del self.topics[self.topic(asked)]
        return {}

    def Subscribe(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802
        names = {name: asked[name] for name in ("TopicArn", "Protocol", "Endpoint")}
        self.topics[self.topic(asked)].append({"SubscriptionArn": "PendingConfirmation", "Owner": "1", **names})
        return {"SubscriptionArn": f"{TOPIC}:6b0e71bd"}

    def ListSubscriptionsByTopic(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802
        return {"Subscriptions": self.topics[self.topic(asked)]}

    def ListCertificates(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802
        return {"CertificateSummaryList": list(self.certificates.values())}

    def ListTagsForCertificate(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802
        return {"Tags": self.tags.get(asked["CertificateArn"], [])}

    def RequestCertificate(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802
        told = {"CertificateArn": CERTIFICATE, "DomainName": asked["DomainName"], "Status": "PENDING_VALIDATION"}
        self.certificates[CERTIFICATE], self.tags[CERTIFICATE] = told, asked["Tags"]
        return {"CertificateArn": CERTIFICATE}

    def DescribeCertificate(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: N802
        return {"Certificate": self.certificates[asked["CertificateArn"]]}

    def topic(self, asked: Mapping[str, Any]) -> str:
        """The topic that is asked for, if there is one."""
        if asked["TopicArn"] not in self.topics:
            raise Refused("sns", "Read", "NotFoundException", Meaning.NOT_FOUND, "Topic does not exist")
        return str(asked["TopicArn"])

    def converge(self, stack: Stack, **intent: Any) -> Result:
        """Pass after pass, for an hour at most."""
        return self.controller.converge(stack, Intent(fresh=True, believe=True, **intent), 3600)

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.clock.time - self.began

    def asked(self, operation: str) -> int:
        """How often."""
        return [each for each, _ in self.cloud.asked].count(operation)


@pytest.fixture
def aws(clock: Clock) -> Iterator[Aws]:
    aws = Aws(clock)
    yield aws
    aws.controller.close()


def subscribed() -> Stack:
    """A topic with a subscription of its own."""
    return stack_of({"Topic": {"ops": {}}, "Subscription": {"mail": {"topic": "ops", **SUBSCRIPTION}}})


def test_an_unconfirmed_subscription_is_not_waited_for(aws: Aws) -> None:
    """Its topic is there, a message with a link is sent, and apply is over; nobody counts it as ready."""
    done = aws.converge(subscribed()).done
    assert done is not None
    assert (1, 1) == (aws.asked("CreateTopic"), aws.asked("Subscribe"))
    assert aws.seconds < 120
    assert not done.plan.ready
    assert "confirm the subscription" in step(done.plan, "Subscription/mail").awaits
    assert "ops@example.com" in step(done.plan, "Subscription/mail").awaits


def test_a_topic_takes_its_unconfirmed_subscriptions_along(aws: Aws) -> None:
    """No call deletes one, so that the topic does not wait for it."""
    aws.converge(subscribed())
    aws.began = aws.clock.time
    done = aws.converge(allowing(subscribed(), Allow.DELETE), destroy=True).done
    assert done is not None
    assert done.plan.in_sync
    assert ([ELSEWHERE], 0) == ([*aws.topics], aws.asked("Unsubscribe"))
    assert aws.seconds < 120


def test_an_unconfirmed_subscription_of_a_topic_that_stays(aws: Aws) -> None:
    """Nobody can delete it but AWS, two days later: that is said, and not waited for."""
    topic, subscription = {"ops": {"lifecycle": Lifecycle(retain=True)}}, {"mail": {"topic": "ops", **SUBSCRIPTION}}
    stack = stack_of({"Topic": topic, "Subscription": subscription})
    aws.converge(stack)
    aws.began = aws.clock.time
    done = aws.converge(allowing(stack, Allow.DELETE), destroy=True, partial=True).done
    assert done is not None
    assert "after two days" in step(done.plan, "Subscription/mail").awaits
    assert not done.plan.in_sync
    assert aws.seconds < 120


def test_a_certificate_is_not_waited_for_nor_what_uses_it(aws: Aws) -> None:
    """Only somebody who may write the zone can validate it; what it is for comes after that."""
    action = {"type": "fixed-response", "fixedResponseConfig": {"statusCode": "404"}}
    listener = {"loadBalancer": {"id": BALANCER}, "port": 443, "protocol": "HTTPS", "certificate": "main"}
    stack = stack_of(
        {
            "Certificate": {"main": {"domainName": "example.com"}},
            "Listener": {"https": {**listener, "defaultActions": [action]}},
        }
    )
    done = aws.converge(stack).done
    assert done is not None
    assert (1, 0) == (aws.asked("RequestCertificate"), aws.asked("CreateListener"))
    assert aws.seconds < 120
    awaits = step(done.plan, "Certificate/main").awaits
    assert f"--certificate-arn {CERTIFICATE}" in awaits
    assert {f"waiting for Certificate/main: {awaits}"} == set(done.outcome.deferred.values())
    aws.certificates[CERTIFICATE] = {**aws.certificates[CERTIFICATE], "Status": "ISSUED"}
    aws.converge(stack)
    assert 0 < aws.asked("CreateListener")


# --- over all kinds ---

_HOPELESS = (
    "fail",
    "error",
    "incompatible",
    "inaccessible",
    "invalid",
    "expired",
    "revoked",
    "acceptance",
    "timed_out",
)
KINDS = [pytest.param(kind, id=name) for name, kind in catalog().items() if kind.states]  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", KINDS)
def test_what_aws_does_not_leave_by_itself_is_not_waited_for(kind: AwsKind) -> None:
    """Whoever reads a state like `failed` waits in vain: each has the words for whoever can do something about it."""
    assert kind.states is not None
    named = kind.states.pending | kind.states.usable
    hopeless = {state for state in named | states_of(kind) if any(word in state for word in _HOPELESS)}
    assert hopeless <= {*kind.states.awaits} | kind.states.gone | kind.states.leaving


@pytest.mark.parametrize("kind", KINDS)
def test_the_words_for_a_person_name_what_aws_always_shows(kind: AwsKind) -> None:
    """They can be said of every thing: by its id, or by fields that it cannot be without."""
    assert kind.states is not None
    needed = {name: name for name, part in kind.shape.fields.items() if part.required}
    assert all(words.format(id="id", **needed) for words in kind.states.awaits.values())


def states_of(kind: AwsKind) -> set[str]:
    """The states that AWS's model has, where it lists them."""
    assert kind.states is not None
    shape: Shape | None = service_model(kind.service).operation_model(kind.listing.operation).output_shape
    for name in f"{kind.listing.items}.{kind.states.path}".split("."):
        while isinstance(shape, ListShape):
            shape = shape.member
        shape = shape.members.get(name.partition("[")[0]) if isinstance(shape, StructureShape) else None
    return {value.lower() for value in shape.enum} if isinstance(shape, StringShape) else set()
