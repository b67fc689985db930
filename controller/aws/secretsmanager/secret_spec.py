"""What a document says of a secret."""

from typing import Annotated, Any

from controller.core.model.equality import Blank, Default
from controller.core.model.limits import Legal
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
