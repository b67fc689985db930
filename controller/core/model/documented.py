"""Models whose fields are documented where they are declared: by the text below each of them.

Most commands never show these texts, so they are read when somebody asks: reading the sources of all kinds takes a
fifth of a start. For the same reason a model's validator is built when something is first validated.
"""

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema


class Documented(BaseModel):
    """A part of the document, strict, with AWS's or Kubernetes' own names in camelCase."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel, defer_build=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        made = handler(schema)
        properties, docs = handler.resolve_ref_schema(made)["properties"], field_docs(cls)
        for attribute, field in cls.model_fields.items():
            if attribute in docs:
                properties[field.alias or attribute]["description"] = docs[attribute]
        return made


@cache
def field_docs(model: type[BaseModel]) -> Mapping[str, str]:
    """What is said of each field of a model, by its attribute; fields of which nothing is said are left out."""
    docs: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, Documented):
            own = inspect.get_annotations(base)
            inherited = {attribute: text for attribute, text in docs.items() if attribute not in own}
            docs = {**inherited, **_classes_of(base.__module__).get(base.__qualname__, {})}
    return docs


@cache
def _classes_of(module: str) -> Mapping[str, Mapping[str, str]]:
    """The documented attributes of every class of a module, by the class's qualified name."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {name: dict(_documented(body)) for name, body in _classes_in(tree, "")}


def _classes_in(node: ast.AST, within: str) -> Iterator[tuple[str, list[ast.stmt]]]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.ClassDef():
                yield f"{within}{child.name}", child.body
                yield from _classes_in(child, f"{within}{child.name}.")
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _classes_in(child, f"{within}{child.name}.<locals>.")
            case _:
                yield from _classes_in(child, within)


def _documented(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for declared, below in pairwise(body):
        match declared, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)
