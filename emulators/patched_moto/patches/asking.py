"""What a caller asked for, kept on the thing it was asked of: most of what moto loses is lost in between."""

from collections.abc import Iterable
from typing import Any

from moto.core.utils import camelcase_to_underscores


def given(response: Any, names: Iterable[str]) -> dict[str, Any]:
    """Those of the named parameters that the call has."""
    parameters = {name: response._get_param(name) for name in names}
    return {name: value for name, value in parameters.items() if value is not None}


def keep(response: Any, thing: Any, names: Iterable[str]) -> None:
    """What the call gives of the named parameters becomes part of the thing, under the name that moto shows it by."""
    for name, value in given(response, names).items():
        setattr(thing, camelcase_to_underscores(name), value)


def default(thing: Any, **values: Any) -> None:
    """What AWS fills in where the caller says nothing, and moto does not."""
    for name, value in values.items():
        if getattr(thing, name, None) is None:
            setattr(thing, name, value)
