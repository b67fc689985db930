"""Secrets as AWS keeps them, see https://docs.aws.amazon.com/secretsmanager/latest/apireference/"""

from typing import Any

from moto.secretsmanager.models import FakeSecret

from emulators.patched_moto.patching import Method, Patches

PATCHES = Patches("secretsmanager")


@PATCHES.around(FakeSecret, "create_replicas")
def _replicate(replicate: Method, secret: Any, regions: list[dict[str, str]], *arguments: Any, **named: Any) -> Any:
    """A copy has the key that it was given. moto takes AWS's own for all of them."""
    replicas = replicate(secret, regions, *arguments, **named)
    for replica, region in zip(replicas, regions, strict=True):
        if "KmsKeyId" in region:
            replica.config["KmsKeyId"] = region["KmsKeyId"]
    return replicas
