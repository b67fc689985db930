"""A secret that AWS keeps."""

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Attribute, Collection, Create, Detail, Listing, Op, Setter, Single
from controller.aws.secretsmanager.secret_spec import SecretSpec
from controller.core.model.live import Phase


class Secret(AwsKind):
    """A Secrets Manager secret; its id is its ARN. Its value is never read.

    Once deleted, it is no longer listed, and AWS keeps it for 30 days, in which it can be restored. For that time its
    name stays taken: AWS refuses a new secret of that name. A restored secret still has its owner tags and is the
    node again.
    """

    spec, service, id_field, id_parameter = SecretSpec, "secretsmanager", "ARN", "SecretId"
    natural_key = ("name",)
    tagging = ServiceTags("TagResource", "UntagResource", "SecretId", of="id", listed="Tags")
    listing = Listing("ListSecrets", "SecretList", page=100, stamp="LastChangedDate")
    single = Single("DescribeSecret")
    creation, deletion = Create("CreateSecret", ""), "DeleteSecret"
    reads = (
        Detail("resourcePolicy", "GetResourcePolicy", "ResourcePolicy", guards=True),
        Detail("replicaRegions", "DescribeSecret", "ReplicationStatus"),
    )
    setters = (
        Setter("UpdateSecret", ("description", "kmsKeyId"), separable=True),
        Setter("PutResourcePolicy", ("resourcePolicy",), empty="DeleteResourcePolicy"),
    )
    members = (
        Collection(
            "replicaRegions",
            add=Op("ReplicateSecretToRegions", batch="AddReplicaRegions"),
            remove=Op("RemoveRegionsFromReplication", batch="RemoveReplicaRegions"),
            binding=True,
        ),
    )
    attributes = {"arn": Attribute("Its ARN.", "ARN")}

    def phase(self, item: Item) -> Phase | None:
        """The copy of a secret of another region is none of its own, though it has the same tags; one that is to be
        deleted is gone, though it can be asked for by its ARN."""
        primary = item.get("PrimaryRegion")
        elsewhere = primary and f":{primary}:" not in item["ARN"]
        return None if elsewhere or "DeletedDate" in item else super().phase(item)
