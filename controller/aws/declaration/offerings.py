"""What AWS offers in a region as the value of a field, where a read tells."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.aws.declaration.wire import values_at
from controller.core.model.inquiry import Inquiry
from controller.core.model.paths import means, steps_of
from controller.core.model.shape import Tree
from controller.core.model.spec import Zone


@dataclass(frozen=True)
class Offering:
    """What AWS offers as the value of the field at the path `name`: `operation` shows it as `value` of its `items`.

    `filter` is the operation's filter that takes the values; `parameters` are plain ones, by the fields whose values
    they take. Where one of those fields is not known yet, nothing is asked. Without either the read shows all that
    there is.
    """

    name: str
    service: str
    operation: str
    items: str
    value: str
    filter: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    constant: Mapping[str, Any] = field(default_factory=dict)
    usable: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What the members of an item say of a value that can be used, those first that tell more."""
    besides: frozenset[str] = frozenset()
    """Values that stand for none in particular."""

    def concerns(self, path: str) -> bool:
        """Whether a change at this path is one of the field."""
        return all(map(means, steps_of(self.name), steps_of(path)))

    @property
    def shows_all(self) -> bool:
        """Whether the read shows all that there is."""
        return not (self.filter or self.parameters)

    def told(self, inquiry: Inquiry, fields: Tree) -> Iterator[str]:
        """What there is to say of the values that these fields have; nothing where AWS does not tell."""
        values = self.values(fields)
        asked = self.asked(fields, values) if values else None
        body = inquiry.answer(self.service, self.operation, asked) if asked is not None else None
        items = body.get(self.items) if body else None
        if not body or items is None or (self.shows_all and not items):
            return
        shown = {item.get(self.value): item for item in items}
        whole = None not in shown and not (body.get("NextToken") or body.get("Marker"))
        for value in values:
            if value in shown:
                yield from self.flaw(inquiry.region, value, shown[value])
            elif whole:
                yield self.absence(inquiry.region, value, fields, shown)

    def values(self, fields: Tree) -> list[str]:
        """The values of the field that are known, each once."""
        places = [value if isinstance(value, list) else [value] for value in values_at(fields, self.name)]
        known = (value for values in places for value in values if isinstance(value, str))
        return [*dict.fromkeys(value for value in known if value not in self.besides)]

    def asked(self, fields: Tree, values: list[str]) -> dict[str, Any] | None:
        """The parameters of the read; None where one of them is not known."""
        given = {name: fields.get(source) for name, source in self.parameters.items()}
        if not all(isinstance(value, str) for value in given.values()):
            return None
        filters = {"Filters": [{"Name": self.filter, "Values": values}]} if self.filter else {}
        return {**self.constant, **given, **filters}

    def absence(self, region: str, value: str, fields: Tree, shown: Mapping[str, Any]) -> str:
        """That AWS does not offer a value, and what it offers, as far as that was shown."""
        beside = "".join(f" for {name} {fields[name]}" for name in self.parameters.values() if name != self.name)
        others = sorted(other for other in shown if not [*self.flaw(region, other, shown[other])])
        instead = f", but {', '.join(others)}" if self.shows_all and others else ""
        return f"AWS does not offer {self.name} {value}{beside} in {region}{instead}"

    def flaw(self, region: str, value: str, item: Mapping[str, Any]) -> Iterator[str]:
        """Why a value that AWS shows cannot be used as it is."""
        for member, good in self.usable.items():
            if item.get(member, "") not in {"", *good}:
                yield f"AWS shows {self.name} {value} in {region} with {member} {item[member]}"
                return


def zone_at(path: str) -> Offering:
    """The zones of a region, for the field at a path that names some.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAvailabilityZones.html
    """
    return Offering(
        path,
        "ec2",
        "DescribeAvailabilityZones",
        "AvailabilityZones",
        "ZoneName",
        constant={"AllAvailabilityZones": True},
        usable={
            "OptInStatus": frozenset({"opt-in-not-required", "opted-in"}),
            "State": frozenset({"available"}),
        },
        besides=frozenset({Zone.EVERY}),
    )
