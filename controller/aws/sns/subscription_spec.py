"""What a document says of a subscription."""

from typing import Annotated, Any, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from controller.aws.declaration.forms import TRUTH, attribute
from controller.core.model.equality import Blank, Default, Json
from controller.core.model.spec import Aws, Immutable, Spec, To


class SubscriptionSpec(Spec):
    """https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html"""

    topic: Annotated[str, To("Topic"), Immutable(), Aws("TopicArn")]
    """The topic."""
    protocol: Annotated[
        Literal["http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose"],
        Immutable(),
    ]
    """The delivery protocol."""
    endpoint: Annotated[str, Immutable()]
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
    redrive_policy: Annotated[dict[str, Any] | None, Json(), attribute("RedrivePolicy")] = None
    """The dead-letter queue: `{deadLetterTargetArn: …}`."""
    delivery_policy: Annotated[dict[str, Any] | None, Json(), attribute("DeliveryPolicy")] = None
    """The delivery (retry) policy for HTTP, as JSON."""
    subscription_role: Annotated[str | None, To("Role", attribute="arn"), attribute("SubscriptionRoleArn")] = None
    """The role with which SNS delivers to a Firehose stream."""

    @model_validator(mode="after")
    def _scope_of_a_filter(self) -> "SubscriptionSpec":
        if self.filter_policy_scope == "MessageBody" and not self.filter_policy:
            raise PydanticCustomError("subscription", "filterPolicyScope requires a filterPolicy")
        return self
