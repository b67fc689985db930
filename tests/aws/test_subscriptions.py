"""A subscription that nobody has confirmed yet, which no emulator has."""

from controller.aws.sns.subscription import Subscription
from controller.core.model.live import Live, Phase
from controller.core.model.reference import Address
from controller.core.model.writer import WriteContext

TOPIC = "arn:aws:sns:us-east-1:123456789012:ops"
KIND = Subscription()
AROUND = WriteContext(known=lambda value: value)


def listed(endpoint: str, arn: str = "PendingConfirmation") -> Live:
    """A subscription of an address, as AWS lists it."""
    item = {"SubscriptionArn": arn, "Owner": "123456789012", "Protocol": "email", "Endpoint": endpoint}
    live = KIND.live({**item, "TopicArn": TOPIC})
    assert live is not None
    return live


def test_the_unconfirmed_are_told_apart() -> None:
    """AWS shows one and the same word for the ARNs of all of them; each has an id of its own all the same."""
    first, second = listed("a@example.com"), listed("b@example.com")
    assert [Phase.PENDING, Phase.PENDING] == [first.phase, second.phase]
    assert first.id != second.id


def test_the_unconfirmed_take_no_changes() -> None:
    """What AWS neither shows nor takes is told to be refused, and no ARN is handed on that is none."""
    live = listed("a@example.com")
    assert {} == live.attributes
    assert {name for detail in KIND.reads for name in detail.fields} == set(live.refused)


def test_the_unconfirmed_are_left_to_aws() -> None:
    """No call can delete one, so that none is planned; one that was confirmed is unsubscribed by its ARN."""
    address = Address("Subscription", "it")
    assert () == KIND.delete(address, listed("a@example.com"), AROUND)
    (call,) = KIND.delete(address, listed("a@example.com", f"{TOPIC}:1234"), AROUND)
    assert ("Unsubscribe", {"SubscriptionArn": f"{TOPIC}:1234"}) == (call.operation, call.parameters)


def test_what_is_gone_is_not_listed() -> None:
    """AWS lists a subscription for a while after it was deleted, with a word in the place of its ARN."""
    item = {"SubscriptionArn": "Deleted", "Protocol": "email", "Endpoint": "a@example.com", "TopicArn": TOPIC}
    assert KIND.live(item) is None
