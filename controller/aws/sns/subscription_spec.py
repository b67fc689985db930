"""What a document says of a subscription."""

import re
from collections.abc import Hashable
from typing import Annotated, Any, Literal

from controller.aws.declaration.forms import TRUTH, attribute
from controller.core.model.conditions import Is
from controller.core.model.equality import Blank, Default, Equality, Json, JsonSettings
from controller.core.model.rules import Check, Needs
from controller.core.model.spec import Aws, Immutable, Spec, To

_UNORDERED = ("email", "email-json", "sms", "http", "https", "application")
_BEGINNING = {
    "http": "http://",
    "https": "https://",
    **dict.fromkeys(("sqs", "lambda", "firehose", "application"), "arn:"),
}


def _fits(protocol: str, endpoint: str) -> bool:
    return endpoint.lower().startswith(_BEGINNING.get(protocol, ""))


class Endpoint(Equality):
    """Where messages go to; AWS shows a password in a URL as `****`."""

    def normal(self, value: Any) -> Hashable:
        """Without the password."""
        return re.sub(r"(?<=://)([^/@]*):[^/@]*@", r"\1:****@", str(value))


class SubscriptionSpec(Spec):
    """https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html"""

    constraints = (
        Needs("subscriptionRole", when=Is("protocol", "firehose")),
        Needs("filterPolicy", when=Is("filterPolicyScope", "MessageBody")),
        Check(
            "endpoint begins with http:// for http, with https:// for https, and with arn: for sqs, lambda, firehose "
            "and application",
            _fits,
            "protocol",
            "endpoint",
        ),
        Check(
            "a FIFO topic has no protocol that is delivered to people or URLs",
            lambda protocol: protocol not in _UNORDERED,
            "protocol",
            when=(Is("topic.fifoTopic", True),),
            page="https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html",
        ),
    )

    topic: Annotated[str, To("Topic"), Immutable(), Aws("TopicArn")]
    """The topic."""
    protocol: Annotated[
        Literal["http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose"],
        Immutable(),
    ]
    """The delivery protocol."""
    endpoint: Annotated[str, Endpoint(), Immutable()]
    """The endpoint: an email address, a phone number, a URL, or the ARN of a queue, function or delivery stream."""
    filter_policy: Annotated[dict[str, Any] | None, Json(), attribute("FilterPolicy")] = None
    """The filter policy, as JSON; `{}` means all messages."""
    filter_policy_scope: Annotated[
        Literal["MessageAttributes", "MessageBody"] | None,
        Default("MessageAttributes"),
        attribute("FilterPolicyScope"),
    ] = None
    """What the filter policy applies to. AWS's default, shown only with a filter policy: `MessageAttributes`."""
    raw_message_delivery: Annotated[bool | None, Blank(), attribute("RawMessageDelivery"), TRUTH] = None
    """Whether messages are delivered raw, without the SNS envelope. AWS's default: false."""
    redrive_policy: Annotated[dict[str, Any] | None, JsonSettings(), attribute("RedrivePolicy")] = None
    """The dead-letter queue: `{deadLetterTargetArn: …}`."""
    delivery_policy: Annotated[dict[str, Any] | None, JsonSettings(), attribute("DeliveryPolicy")] = None
    """The delivery (retry) policy for HTTP, as JSON."""
    subscription_role: Annotated[str | None, To("Role", attribute="arn"), attribute("SubscriptionRoleArn")] = None
    """The role with which SNS delivers to a Firehose stream."""
