"""What a document says of a queue."""

from typing import Annotated, Any, Literal

from pydantic import model_validator

from controller.aws.declaration.forms import TRUTH, attribute, check_fifo_name
from controller.core.model.conditions import Has, Is
from controller.core.model.equality import Blank, JsonSettings
from controller.core.model.limits import Bounds, Legal
from controller.core.model.policy import Policy
from controller.core.model.rules import AtMostOne, Check, Only
from controller.core.model.spec import Aws, Form, Immutable, Named, Tagged

_NUMBER = Form(read=int, write=str)
_REMOVABLE = Form(read=lambda document: document, write=lambda text: "" if text == "{}" else text)
"""A JSON document that an empty text removes."""


def _name(url: str) -> str:
    return url.rpartition("/")[2]


_NAME = Legal(r"[A-Za-z0-9_-]+(\.fifo)?", "it must consist of letters, digits, _ and -")
_FIFO = Is("fifoQueue", True, default=False)


class QueueSpec(Tagged):
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""

    constraints = (
        Only("contentBasedDeduplication", "deduplicationScope", "fifoThroughputLimit", when=_FIFO),
        AtMostOne("sqsManagedSseEnabled", "kmsMasterKeyId"),
        Check(
            "fifoThroughputLimit perMessageGroupId requires the deduplicationScope messageGroup",
            lambda limit, scope: limit != "perMessageGroupId" or scope == "messageGroup",
            "fifoThroughputLimit",
            "deduplicationScope",
        ),
        Check(
            "maxReceiveCount of redrivePolicy is 1 to 1000",
            lambda count: not isinstance(count, int) or 1 <= count <= 1000,
            "redrivePolicy.maxReceiveCount",
        ),
        Check(
            "the dead-letter queue is a FIFO queue where this is one, and none where it is not",
            lambda own, other: own is other,
            "fifoQueue",
            "redrivePolicy.deadLetterTargetArn.fifoQueue",
            when=(Has("redrivePolicy.deadLetterTargetArn"),),
            default=False,
        ),
        Only("redriveAllowPolicy.sourceQueueArns", when=Is("redriveAllowPolicy.redrivePermission", "byQueue")),
    )

    queue_name: Annotated[
        str | None,
        Immutable(),
        Named(limit=80),
        _NAME,
        Aws("QueueUrl", write="QueueName"),
        Form(read=_name, write=str),
    ] = None
    """Its name, unique in the account and region; that of a FIFO queue ends in `.fifo`. The name of a
    deleted queue is free again after 60 seconds. Unset: `<stack>-<name>`."""
    fifo_queue: Annotated[bool | None, Immutable(), Blank(), attribute("FifoQueue"), TRUTH] = None
    """Whether it is a FIFO queue, with message ordering and exactly-once processing; it needs a `queueName`. AWS's
    default: false."""
    content_based_deduplication: Annotated[bool | None, Blank(), attribute("ContentBasedDeduplication"), TRUTH] = None
    """Content-based deduplication of a FIFO queue. AWS's default: false."""
    deduplication_scope: Annotated[Literal["messageGroup", "queue"] | None, attribute("DeduplicationScope")] = None
    """Whether a FIFO queue deduplicates within a message group or the whole queue. AWS's default: `queue`."""
    fifo_throughput_limit: Annotated[
        Literal["perQueue", "perMessageGroupId"] | None, attribute("FifoThroughputLimit")
    ] = None
    """What the throughput quota of a FIFO queue applies to; `perMessageGroupId` needs the `deduplicationScope`
    `messageGroup`. AWS's default: `perQueue`."""
    visibility_timeout: Annotated[int | None, Bounds(0, 43_200), attribute("VisibilityTimeout"), _NUMBER] = None
    """How long a received message is hidden from others, in seconds. AWS's default: 30."""
    message_retention_period: Annotated[
        int | None, Bounds(60, 1_209_600), attribute("MessageRetentionPeriod"), _NUMBER
    ] = None
    """How long messages are kept, in seconds. AWS's default: 345600, four days."""
    delay_seconds: Annotated[int | None, Bounds(0, 900), attribute("DelaySeconds"), _NUMBER] = None
    """How long the delivery of messages is delayed, in seconds. AWS's default: 0."""
    maximum_message_size: Annotated[int | None, Bounds(1024, 1_048_576), attribute("MaximumMessageSize"), _NUMBER] = (
        None
    )
    """The largest message in bytes."""
    receive_message_wait_time_seconds: Annotated[
        int | None, Bounds(0, 20), attribute("ReceiveMessageWaitTimeSeconds"), _NUMBER
    ] = None
    """How long a receive call waits for a message, in seconds. AWS's default: 0."""
    redrive_policy: Annotated[dict[str, Any] | None, JsonSettings(), attribute("RedrivePolicy"), _REMOVABLE] = None
    """The dead-letter queue: `{deadLetterTargetArn: {from: Queue/dead, attribute: arn}, maxReceiveCount: 5}`; `{}`
    removes it."""
    redrive_allow_policy: Annotated[
        dict[str, Any] | None, JsonSettings(), attribute("RedriveAllowPolicy"), _REMOVABLE
    ] = None
    """Which queues may use it as their dead-letter queue: `{redrivePermission: denyAll}`, or `byQueue` with
    `sourceQueueArns`; `{}` allows all."""
    policy: Annotated[dict[str, Any] | None, Policy(), attribute("Policy"), _REMOVABLE] = None
    """The access policy, as JSON; `{}` removes it."""
    kms_master_key_id: Annotated[str | None, Blank(), attribute("KmsMasterKeyId")] = None
    """The KMS key that encrypts its messages, by id, ARN or alias (`alias/aws/sqs`); `""` removes it."""
    kms_data_key_reuse_period_seconds: Annotated[
        int | None, Bounds(60, 86_400), attribute("KmsDataKeyReusePeriodSeconds"), _NUMBER
    ] = None
    """How long a data key is used before KMS is asked again, in seconds. AWS's default: 300."""
    sqs_managed_sse_enabled: Annotated[bool | None, Blank(), attribute("SqsManagedSseEnabled"), TRUTH] = None
    """Encryption by keys that SQS keeps; not together with `kmsMasterKeyId`. AWS's default: true."""

    @model_validator(mode="after")
    def _fifo_by_name(self) -> "QueueSpec":
        check_fifo_name("queue", self.fifo_queue, self.queue_name)
        return self
