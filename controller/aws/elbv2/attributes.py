"""Attributes: the settings that the service keeps as pairs of texts, apart from everything else."""

from typing import Annotated

from controller.aws.declaration.forms import TAG_LIST
from controller.aws.declaration.words import Detail, Setter
from controller.core.model.equality import AsText

Attributes = Annotated[dict[str, Annotated[str, AsText()]] | None, TAG_LIST]
"""A table of attributes, which AWS lists as it lists tags; a value may also be written as a number, true or false."""


def attributes_of(thing: str, guards: bool = False) -> tuple[Detail, Setter]:
    """The read and the write of the attributes of a `LoadBalancer`, a `TargetGroup` or a `Listener`."""
    return (
        Detail("attributes", f"Describe{thing}Attributes", "Attributes", always=True, guards=guards),
        Setter(f"Modify{thing}Attributes", ("attributes",), merges=True),
    )
