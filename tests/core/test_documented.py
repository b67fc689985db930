"""What stands below a field is what is said of it, wherever the model is declared."""

from controller.core.model.documented import field_docs
from controller.core.model.shape import shape_of
from controller.core.model.spec import Spec


class Hinge(Spec):
    """Something small."""

    side: str
    """Where it
    is."""
    oiled: bool = False


class Door(Spec):
    """Something with more fields."""

    """No field stands above this."""
    hinge: Hinge
    """What it hangs on."""
    wide_open: bool = False
    """Whether it is open."""


class Gate(Door):
    """The same again, with another word on one field and none on a second."""

    hinge: Hinge
    wide_open: bool = True
    """Whether anybody may come in."""
    height: int = 0
    """How high it is."""


def test_each_field_has_what_stands_below_it() -> None:
    """A text belongs to the field above it, without its margin; a field without one has none."""
    assert {"side": "Where it\nis."} == field_docs(Hinge)
    assert {"hinge": "What it hangs on.", "wide_open": "Whether it is open."} == field_docs(Door)


def test_a_field_that_is_declared_anew_is_documented_anew() -> None:
    """What a base says holds until the field is declared again, with another text or with none."""
    assert {"wide_open": "Whether anybody may come in.", "height": "How high it is."} == field_docs(Gate)


def test_a_class_within_a_function_is_documented_as_any_other() -> None:
    """Where a class stands makes no difference, and a class of the same name elsewhere is another one."""

    class Hinge(Spec):
        screws: int
        """How many there are."""

    assert {"screws": "How many there are."} == field_docs(Hinge)


def test_the_json_schema_and_the_shape_say_the_same() -> None:
    """Editors and the command `kinds` are told what stands in the source, of structures as of plain values."""
    properties = Door.model_json_schema()["properties"]
    assert {"hinge": "What it hangs on.", "wideOpen": "Whether it is open."} == {
        name: part["description"] for name, part in properties.items()
    }
    assert ["What it hangs on.", "Whether it is open."] == [field.doc for field in shape_of(Door).fields.values()]
