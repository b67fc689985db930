"""A secret that AWS keeps."""

from typing import Annotated, Any

from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Attribute, Collection, Create, Detail, Listing, Op, Setter, Single
from controller.core.model.equality import Blank, Default
from controller.core.model.limits import Legal
from controller.core.model.live import Phase
from controller.core.model.policy import Policy
from controller.core.model.spec import Aws, Immutable, Keyed, Named, Sensitive, Spec, Tagged, WriteOnly


class ReplicaRegion(Spec):
    """A region with a replica of the secret."""

    region: str
    """The region."""
    kms_key_id: Annotated[str | None, Default("alias/aws/secretsmanager")] = None
    """The KMS key of the replica. AWS's default: `alias/aws/secretsmanager`."""


_NAME = Legal(r"[A-Za-z0-9/_+=.@!-]+", "it must consist of letters, digits and /_+=.@-")


class SecretSpec(Tagged):
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html"""

    name: Annotated[str | None, Immutable(), Named(limit=512), _NAME] = None
    """Its name, unique in the account and region, such as `ha-web/db`. Unset: `<stack>-<name>`."""
    description: Annotated[str | None, Blank()] = None
    """What it is for; `""` removes it."""
    kms_key_id: Annotated[str | None, Default("alias/aws/secretsmanager")] = None
    """The KMS key that encrypts it, by its id, ARN or alias. AWS's default: `alias/aws/secretsmanager`."""
    secret_string: Annotated[
        str | None, Sensitive(), WriteOnly("it is sent when the secret is created and never read back")
    ] = None
    """The initial secret value, by where it is kept: `{secret: {env: NAME}}`. It is sent once: later values are set
    by others, such as a rotation. Unset: the secret is created empty, and somebody else sets its value."""
    resource_policy: Annotated[dict[str, Any] | None, Policy()] = None
    """The resource policy, as JSON; `{}` removes it."""
    replica_regions: Annotated[
        list[ReplicaRegion] | None, Keyed("region"), Aws("ReplicationStatus", write="AddReplicaRegions")
    ] = None
    """The replica regions. If set, the list is authoritative: other replicas are drift."""


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
