"""What a document says of an image."""

from typing import Annotated

from controller.aws.structures.rules import ACCOUNT
from controller.core.model.limits import Legal
from controller.core.model.spec import Immutable, Named, Tagged, To, Unordered, WriteOnly, WriteSetting

_NAME = Legal(
    r"[A-Za-z0-9()\[\] ./\-'@_]{3,128}",
    "it must have 3 to 128 letters, digits, spaces and ()[]./-'@_",
)


class ImageSpec(Tagged):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html"""

    name: Annotated[str | None, Immutable(), Named(limit=128), _NAME] = None
    """Its name, unique among the account's AMIs in the region. Unset: `<stack>-<name>`."""
    instance: Annotated[str, To("Instance", dangles=True), WriteOnly("AWS only uses it to create the image")]
    """The instance that it is created from. It is created once, and stays when the instance is replaced or
    deleted."""
    no_reboot: Annotated[bool | None, WriteSetting()] = None
    """True images a running instance without a reboot. AWS's default: the instance is rebooted."""
    description: str | None = None
    """What it is for."""
    user_ids: Annotated[list[str] | None, Unordered(), ACCOUNT] = None
    """The accounts with launch permission, besides its own."""
