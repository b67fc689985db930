"""How long each service takes to be of one mind, where AWS's page says other than `Delays` does by itself."""

from collections.abc import Mapping

from controller.core.model.delays import Delays

DELAYS: Mapping[str, Delays] = {
    # "increasing gradually up to five minutes of wait time":
    # https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
    "ec2": Delays(known=300.0),
    # "bucket configurations have an eventual consistency model", and rules for the life of objects come with a lag:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel
    "s3": Delays(shown=60.0),
    # "ListSecrets might not reflect changes from the last five minutes":
    # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html
    "secretsmanager": Delays(listed=300.0, shown=300.0),
    # "the change can take up to 60 seconds for most of the attributes to propagate":
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
    "sqs": Delays(shown=60.0),
}
