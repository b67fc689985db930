"""How RDS writes tags."""

from dataclasses import replace

from controller.aws.declaration.tags import ServiceTags

_BY_ARN = ServiceTags("AddTagsToResource", "RemoveTagsFromResource", "ResourceName")


def listed_tags() -> ServiceTags:
    """The tags of a database, which its listing shows."""
    return replace(_BY_ARN, listed="TagList")


def tags_of(resource_type: str) -> ServiceTags:
    """The tags of everything else, each read by itself; `resource_type` is the word for it in its ARN."""
    return replace(_BY_ARN, read_with="ListTagsForResource", tags="TagList", search=f"rds:{resource_type}")
