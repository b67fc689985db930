"""Which cluster this is. Its name is part of the owner tags of all that its Stacks own, see `stacks.origin_of`."""

import re
from dataclasses import dataclass

from controller.core.model.cloud import HoldfastError
from controller.kube.api import Api, ApiRefused

_OLDEST = "/api/v1/namespaces/kube-system"
"""Is made with the cluster and cannot be deleted, so its uid is the cluster's."""
_UID = r"([0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@dataclass
class ClusterUnknown(HoldfastError):
    """Nothing can be tagged, and so nothing be kept, before it is known for which cluster."""

    reason: str

    def __str__(self) -> str:
        return (
            f"the cluster cannot be identified: {self.reason}; allow the operator to read that namespace, "
            "or name the cluster with --cluster (chart value operator.cluster)"
        )


def cluster_of(api: Api) -> str:
    """A name for the cluster that stays the same as long as it lives. Raises `ClusterUnknown`, `ApiUnreachable`."""
    try:
        namespace = api.ask("GET", _OLDEST)
    except ApiRefused as error:
        raise ClusterUnknown(str(error)) from None
    uid = re.fullmatch(_UID, str((namespace.get("metadata") or {}).get("uid")))
    if not uid:
        raise ClusterUnknown("the namespace kube-system has no valid uid")
    return uid[1]
