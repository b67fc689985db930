"""Where messages wait for whoever works them off."""

from controller.aws.declaration.forms import attributes_of
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.words import Attribute, Create, Detail, Listing, Setter, Single
from controller.aws.sqs.queue_spec import QueueSpec


class Queue(AwsKind):
    """A queue; its id is its URL. Its listing shows only that: the rest takes one read per queue of a document."""

    spec, service, id_field = QueueSpec, "sqs", "QueueUrl"
    natural_key, id_recurs = ("queueName",), True
    tagging = ServiceTags(
        "TagQueue",
        "UntagQueue",
        "QueueUrl",
        of="id",
        parameter="tags",
        read_with="ListQueueTags",
        sparse=True,
        search="sqs",
    )
    listing = Listing("ListQueues", "QueueUrls", page=1000)
    single = Single("GetQueueAttributes", "Attributes", constant={"AttributeNames": ["QueueArn"]})
    creation, deletion = Create("CreateQueue", ""), "DeleteQueue"
    reads = (
        Detail(
            "attributes",
            "GetQueueAttributes",
            "Attributes",
            {"AttributeNames": ["All"]},
            fields=attributes_of(QueueSpec),
            always=True,
            guards=True,
        ),
    )
    setters = (Setter("SetQueueAttributes", separable=True),)
    attributes = {
        "url": Attribute("Its URL.", "QueueUrl"),
        "arn": Attribute(
            "Its ARN.", "Attributes.QueueArn", "GetQueueAttributes", parameters={"AttributeNames": ["QueueArn"]}
        ),
    }
