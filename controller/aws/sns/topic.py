"""Where messages are published, for all that subscribe."""

from typing import Annotated, Any, Literal

from pydantic import model_validator

from controller.aws.declaration.forms import TRUTH, attribute, attributes_of, check_fifo_name
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.words import Attribute, Create, Detail, Listing, Setter, Single
from controller.aws.sns.attributes import PAIR
from controller.core.model.conditions import Is
from controller.core.model.equality import Blank, Default, JsonSettings
from controller.core.model.limits import Legal, Length
from controller.core.model.policy import Policy
from controller.core.model.rules import Only
from controller.core.model.spec import Aws, Form, Immutable, Named, Tagged


def _name(arn: str) -> str:
    return arn.rpartition(":")[2]


_NAME = Legal(r"[A-Za-z0-9_-]+(\.fifo)?", "it must consist of letters, digits, _ and -")


class TopicSpec(Tagged):
    """https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html"""

    constraints = (
        Only(
            "contentBasedDeduplication",
            "fifoThroughputScope",
            "archivePolicy",
            when=Is("fifoTopic", True, default=False),
        ),
    )

    name: Annotated[
        str | None, Immutable(), Named(limit=256), _NAME, Aws("TopicArn", write="Name"), Form(read=_name, write=str)
    ] = None
    """Its name, unique in the account and region; that of a FIFO topic ends in `.fifo`. Unset: `<stack>-<name>`."""
    fifo_topic: Annotated[bool | None, Immutable(), Blank(), attribute("FifoTopic"), TRUTH] = None
    """Whether it is a FIFO topic, with message ordering and deduplication; it needs a `name`. AWS's default:
    false."""
    content_based_deduplication: Annotated[bool | None, Blank(), attribute("ContentBasedDeduplication"), TRUTH] = None
    """Content-based deduplication of a FIFO topic. AWS's default: false."""
    fifo_throughput_scope: Annotated[Literal["Topic", "MessageGroup"] | None, attribute("FifoThroughputScope")] = None
    """The throughput scope of a FIFO topic."""
    archive_policy: Annotated[dict[str, Any] | None, JsonSettings(), attribute("ArchivePolicy")] = None
    """The message archive of a FIFO topic, for replay: `{MessageRetentionPeriod: "30"}`; `{}` removes it."""
    display_name: Annotated[str | None, Length(0, 100), Blank(), attribute("DisplayName")] = None
    """The display name in SMS and email messages."""
    policy: Annotated[dict[str, Any] | None, Policy(), attribute("Policy")] = None
    """The access policy, as JSON. AWS's default: access for its owner."""
    delivery_policy: Annotated[dict[str, Any] | None, JsonSettings(), attribute("DeliveryPolicy")] = None
    """The delivery (retry) policy for HTTP, as JSON."""
    kms_master_key_id: Annotated[str | None, Blank(), attribute("KmsMasterKeyId")] = None
    """The KMS key that encrypts its messages, by id, ARN or alias (`alias/aws/sns`); `""` removes it."""
    tracing_config: Annotated[
        Literal["PassThrough", "Active"] | None, Default("PassThrough"), attribute("TracingConfig")
    ] = None
    """X-Ray active tracing. AWS's default: `PassThrough`."""
    signature_version: Annotated[Literal["1", "2"] | None, Default("1"), attribute("SignatureVersion")] = None
    """The signature algorithm: `1` is SHA1, `2` is SHA256. AWS's default: `1`."""

    @model_validator(mode="after")
    def _fifo_by_name(self) -> "TopicSpec":
        check_fifo_name("topic", self.fifo_topic, self.name)
        return self


class Topic(AwsKind):
    """A topic; its id is its ARN. Its listing shows only that: the rest takes one read per topic of a document."""

    spec, service, id_field = TopicSpec, "sns", "TopicArn"
    natural_key, id_recurs = ("name",), True
    tagging = ServiceTags(
        "TagResource", "UntagResource", "ResourceArn", of="id", read_with="ListTagsForResource", search="sns"
    )
    listing = Listing("ListTopics", "Topics")
    single = Single("GetTopicAttributes", "Attributes")
    creation, deletion = Create("CreateTopic", ""), "DeleteTopic"
    reads = (
        Detail(
            "attributes",
            "GetTopicAttributes",
            "Attributes",
            fields=attributes_of(TopicSpec),
            always=True,
            guards=True,
        ),
    )
    setters = (Setter("SetTopicAttributes", one_at_a_time=True, pair=PAIR),)
    attributes = {"arn": Attribute("Its ARN.", "TopicArn")}
