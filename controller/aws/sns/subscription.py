"""Who gets what is published."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from controller.aws.declaration.forms import attributes_of
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.wire import Item
from controller.aws.declaration.words import Attribute, Create, Detail, Listing, Setter, Single, States
from controller.aws.sns.attributes import PAIR
from controller.aws.sns.subscription_spec import SubscriptionSpec
from controller.core.model.call import Call
from controller.core.model.cloud import Cloud
from controller.core.model.live import Live, Phase, Refusal
from controller.core.model.reference import Address
from controller.core.model.writer import WriteContext

_ATTRIBUTES = attributes_of(SubscriptionSpec)
_UNCONFIRMED = "PendingConfirmation"
_NOT_YET = Refusal(
    None, "the subscription is pending confirmation: until then AWS neither returns nor accepts attributes"
)


class Subscription(AwsKind):
    """A subscription to a topic. It takes no tags: ownership follows its topic.

    An email or HTTP subscription is pending until somebody confirms it. Until then AWS shows neither its ARN nor its
    attributes, and takes no changes and no deletion: one that nobody confirms is gone after two days, or with its
    topic.
    """

    spec, service, id_field, parent = SubscriptionSpec, "sns", "SubscriptionArn", "topic"
    natural_key = ("topic", "protocol", "endpoint")
    listing = Listing("ListSubscriptionsByTopic", "Subscriptions", parent="TopicArn")
    single = Single("GetSubscriptionAttributes", "Attributes")
    # After it was deleted, it is shown for a while with a word in the place of its ARN.
    states = States(
        "SubscriptionArn",
        gone=frozenset({"deleted"}),
        awaits={
            _UNCONFIRMED.lower(): "confirm the subscription, with the link that AWS has sent to {endpoint}; "
            "if nobody does, AWS deletes it after two days"
        },
    )
    creation, deletion = Create("Subscribe", "", constant={"ReturnSubscriptionArn": True}), "Unsubscribe"
    reads = (Detail("attributes", "GetSubscriptionAttributes", "Attributes", fields=_ATTRIBUTES),)
    setters = (Setter("SetSubscriptionAttributes", one_at_a_time=True, pair=PAIR),)
    attributes = {"arn": Attribute("Its ARN.", "SubscriptionArn")}

    def live(self, item: Item) -> Live | None:
        """One that nobody has confirmed has no id of its own yet."""
        live = super().live(item)
        if live is None or live.phase is not Phase.PENDING:
            return live
        id = ":".join((_UNCONFIRMED, *(str(live.fields[name]) for name in self.natural_key)))
        return replace(live, id=id, attributes={}, refused=dict.fromkeys(_ATTRIBUTES, _NOT_YET))

    def answer(
        self, cloud: Cloud, operation: str, live: Live, parameters: Mapping[str, Any] = MappingProxyType({})
    ) -> Item:
        """Nothing is shown of one that nobody has confirmed."""
        return {} if live.phase is Phase.PENDING else super().answer(cloud, operation, live, parameters)

    def shows(self, cloud: Cloud, id: str) -> bool | None:
        """One that nobody has confirmed cannot be asked for."""
        return None if id.startswith(_UNCONFIRMED) else super().shows(cloud, id)

    def delete(self, address: Address, live: Live, around: WriteContext) -> tuple[Call, ...]:
        """AWS itself takes away what nobody confirms."""
        return () if live.phase is Phase.PENDING else super().delete(address, live, around)
