"""How AWS wants fields to go together: rules as data, judged offline, printed in the manual.

    class VolumeSpec(Tagged):
        constraints = (Only("throughput", when=Is("volumeType", "gp3")),)

A rule refuses only what AWS would always refuse; what nobody can tell offline is left to AWS. Paths and conditions
are in `conditions.py`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any, ClassVar

from controller.core.model.conditions import Condition, Is, View, is_known, says_something
from controller.core.model.limits import Broken, Place
from controller.core.model.reference import EXPRESSIONS, Placeholder
from controller.core.model.wording import enumerated, shown


def place_of(path: str) -> Place:
    """Where a path begins to lead somewhere else."""
    return tuple(path.split("[]", maxsplit=1)[0].split("."))


def one_of(fields: Iterable[str]) -> dict[str, Any]:
    """The JSON Schema of a structure that has one of these fields."""
    return {"anyOf": [{"required": [name]} for name in fields]}


class Rule(ABC):
    """How fields go together. `paths` are those that it is about.

    One `of_values` is about what AWS revises from time to time, as it does limits.

    `page` is where AWS says so, if that is not the page of the kind.
    """

    of_values: ClassVar[bool] = False

    def __init__(self, *paths: str, when: Condition | None = None, page: str = "") -> None:
        self.paths, self.when, self.page = paths, when, page

    @property
    @abstractmethod
    def told(self) -> str:
        """The rule in words for people."""

    @property
    def fields(self) -> frozenset[str]:
        """The fields of the structure that it looks at."""
        paths = (*self.paths, *([self.when.path] if self.when else ()))
        return frozenset(str(place_of(path)[0]) for path in paths)

    def given(self, view: View) -> list[str]:
        """Those of its fields that say something."""
        return [path for path in self.paths if says_something(view.at(path))]

    @property
    def schema(self) -> dict[str, Any] | None:
        """The rule as far as a JSON Schema of the structure can have it; None where it cannot."""
        return None

    @abstractmethod
    def broken(self, view: View) -> Iterator[Broken]:
        """Where it is not kept."""


class Only(Rule):
    """AWS takes these fields only under the condition; what is false, 0 or empty says nothing."""

    when: Condition

    @property
    def told(self) -> str:
        """Such as `iops only with volumeType gp3, io1 or io2`."""
        return f"{enumerated(self.paths)} only with {self.when.told}"

    def broken(self, view: View) -> Iterator[Broken]:
        """Each of them where the condition does not hold."""
        given = [path for path in self.given(view) if view.at(path) != 0]
        for path in given if given and self.when.holds(view) is False else ():
            hint = f"omit it, or change {self.when.path}"
            yield Broken(place_of(path), f"AWS takes {path} only with {self.when.told}", hint)


class Needs(Rule):
    """Under the condition AWS wants all of these fields."""

    when: Condition

    @property
    def told(self) -> str:
        """Such as `volumeType io1 or io2 requires iops`."""
        return f"{self.when.told} requires {enumerated(self.paths)}"

    def broken(self, view: View) -> Iterator[Broken]:
        """Where the condition is said, once for all that is missing."""
        missing = [path for path in self.paths if view.at(path) in (None, "")]
        if missing and self.when.holds(view):
            place = place_of(self.when.path)
            at = place if place[0] in view.fields else ()
            yield Broken(at, f"{self.when.told} requires {enumerated(missing)}", f"add {enumerated(missing)}")

    @property
    def schema(self) -> dict[str, Any] | None:
        """For a value of a field of the structure itself."""
        if type(self.when) is not Is or any("." in path for path in (self.when.path, *self.paths)):
            return None
        said = {"properties": {self.when.path: {"enum": list(self.when.values)}}, "required": [self.when.path]}
        return {"if": said, "then": {"required": list(self.paths)}}


class AtMostOne(Rule):
    """AWS takes only one of these fields."""

    @property
    def told(self) -> str:
        """Such as `only one of subnets and subnetMappings`."""
        return f"only one of {enumerated(self.paths)}"

    def broken(self, view: View) -> Iterator[Broken]:
        """The second of two."""
        for path in self.given(view)[1:2]:
            yield Broken(place_of(path), f"AWS takes only one of {enumerated(self.paths)}", "keep one of them")


class ExactlyOne(AtMostOne):
    """AWS wants one of these fields, and takes no other with it."""

    @property
    def told(self) -> str:
        """Such as `exactly one of subnets and subnetMappings`."""
        return f"exactly one of {enumerated(self.paths)}"

    @property
    def schema(self) -> dict[str, Any] | None:
        """One of them is there."""
        return one_of(self.paths)

    def broken(self, view: View) -> Iterator[Broken]:
        """The second of two, or the structure that has none of them."""
        yield from super().broken(view)
        if not self.given(view):
            yield Broken((), f"one of {enumerated(self.paths)} is missing", "AWS wants exactly one of them")


class AtLeastOne(Rule):
    """AWS wants one of these fields."""

    @property
    def told(self) -> str:
        """Such as `at least one of host, path, port and protocol`."""
        return f"at least one of {enumerated(self.paths)}"

    @property
    def schema(self) -> dict[str, Any] | None:
        """One of them is there."""
        return one_of(self.paths)

    def broken(self, view: View) -> Iterator[Broken]:
        """The structure that has none of them."""
        if all(view.at(path) is None for path in self.paths):
            yield Broken((), f"AWS wants {self.told} here", f"add one of them: {enumerated(self.paths, 'or')}")


class Ordered(Rule):
    """Numbers of which none is greater than the next; `strictly` all are less than the next."""

    def __init__(self, *paths: str, strictly: bool = False, page: str = "") -> None:
        super().__init__(*paths, page=page)
        self.strictly = strictly

    @property
    def told(self) -> str:
        """Such as `minSize is at most maxSize`."""
        word = "less than" if self.strictly else "at most"
        return f"{self.paths[0]} is {f', which is {word} '.join([f'{word} {self.paths[1]}', *self.paths[2:]])}"

    def broken(self, view: View) -> Iterator[Broken]:
        """The first that is too small beside the greatest before it."""
        values = [(path, view.at(path)) for path in self.paths]
        numbers = [(path, value) for path, value in values if isinstance(value, int | float)]
        for (low, less), (high, more) in pairwise(numbers):
            if less > more or (self.strictly and less == more):
                how = f"must be less than {high}" if self.strictly else f"is greater than {high}"
                yield Broken(place_of(high), f"{low} ({shown(less)}) {how} ({shown(more)})")


class Check(Rule):
    """`test` holds for the values at the paths, under all conditions `when`; `says` tells what it wants.

    Nothing is judged while one of the values is not known, or not set and without a `default`; with `partly` those of
    a list that are known are judged without the others. The message stands at the last path.
    """

    of_values = True

    def __init__(
        self,
        says: str,
        test: Callable[..., bool],
        *paths: str,
        when: tuple[Condition, ...] = (),
        partly: bool = False,
        default: Any = None,
        page: str = "",
    ) -> None:
        super().__init__(*paths, page=page)
        self.says, self.test, self.conditions = says, test, when
        self.partly, self.default = partly, default

    @property
    def told(self) -> str:
        """What it wants, and when."""
        conditions = f", with {enumerated(each.told for each in self.conditions)}" if self.conditions else ""
        return f"{self.says}{conditions}"

    @property
    def fields(self) -> frozenset[str]:
        """The fields of the structure that it looks at."""
        return super().fields | {str(place_of(each.path)[0]) for each in self.conditions}

    def broken(self, view: View) -> Iterator[Broken]:
        """The values for which it does not hold."""
        values = [self.settled(view.at(path), "[]" not in path) for path in self.paths]
        if any(value is None or not is_known(value) for value in values) or self.test(*values):
            return
        if all(each.holds(view) for each in self.conditions):
            told = enumerated(f"{path} is {shown(value)}" for path, value in zip(self.paths, values, strict=True))
            yield Broken(place_of(self.paths[-1]), f"AWS would refuse this: {told}", f"the rule: {self.told}")

    def settled(self, value: Any, single: bool) -> Any:
        """The value, or what is known of it if that is enough; a list that is not set has no values."""
        if isinstance(value, list):
            parts = [self.settled(part, True) for part in value]
            return [part for part in parts if part is not None and is_known(part)] if self.partly else parts
        return self.default if value is None and single else value


class Same(Rule):
    """What the paths lead to is one and the same thing, as far as that is known."""

    @property
    def told(self) -> str:
        """Such as `subnets[].vpc and securityGroups[].vpc are the same`."""
        return f"{enumerated(self.paths)} are the same"

    def broken(self, view: View) -> Iterator[Broken]:
        """The first that leads elsewhere than one before it."""
        first: dict[type, Any] = {}
        for path in self.paths:
            for thing in _things(view.at(path)):
                other = first.setdefault(type(thing), thing)
                if other != thing:
                    message = f"{path} is {thing} here, and {other} elsewhere: AWS wants them to be the same"
                    yield Broken(place_of(path)[:1], message)
                    return


def _things(value: Any) -> Iterable[Any]:
    """What is referred to: nodes, and ids. Which of the former is one of the latter is not known."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, list):
            yield from _things(each)
        elif isinstance(each, Placeholder):
            yield each.address
        elif isinstance(each, str) and not isinstance(each, EXPRESSIONS):
            yield each
