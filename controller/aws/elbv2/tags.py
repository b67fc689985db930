"""How Elastic Load Balancing tags what it has: tags are asked for by ARN, twenty at a time."""

from controller.aws.declaration.tags import ServiceTags


def elbv2_tags(search: str) -> ServiceTags:
    """The tag dialect of the service; `search` is the resource type by which AWS's tagging API finds such things.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html
    """
    return ServiceTags(
        add="AddTags",
        remove="RemoveTags",
        target="ResourceArns",
        of="id",
        read_with="DescribeTags",
        batch=20,
        items="TagDescriptions",
        item_target="ResourceArn",
        search=search,
    )
