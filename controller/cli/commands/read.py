"""The commands that write nothing: validate, plan, graph, kinds, schema."""

import json
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.text import Text

from controller.cli.documents import read, source_at
from controller.cli.errors import complain
from controller.cli.spinner import look
from controller.cli.wiring import Parts
from controller.core.document.checks import Fault, values_are_taken
from controller.core.document.schema import json_schema
from controller.core.model.cloud import HoldfastError, Unreachable
from controller.core.model.facts import Facts
from controller.core.model.node import Node
from controller.core.model.paths import fields_in, rules_in
from controller.core.model.shape import Field, Many, Record, Scalar, Table
from controller.core.model.stack import Stack
from controller.core.model.wording import quantity
from controller.core.planning.objections import objections
from controller.core.planning.step import Plan, State
from controller.engine.loop import Result
from controller.engine.reconcile import Intent
from controller.kube.crd import crd_yaml
from controller.kube.memory_crd import memory_crd_yaml
from controller.report.graph_svg import svg
from controller.report.graph_text import dot, mermaid
from controller.report.picture import picture_of
from controller.report.plan_json import plan_document
from controller.report.plan_markdown import plan_markdown
from controller.report.plan_text import render_plan

LOOKING = Intent(write=False, fresh=True)
"""One observe with everything read anew, and no write."""


def validate(arguments: Namespace, parts: Parts) -> int:
    """Check documents offline, also against what AWS's pages and models say of values and calls."""

    def judge(nodes: Iterable[Node]) -> Iterator[Fault]:
        nodes = list(nodes)
        yield from values_are_taken(nodes, parts.catalog)
        for objection in objections(nodes, parts.catalog):
            yield Fault(objection.address, objection.at, objection.message, objection.hint)

    for stack in read(source_at(arguments.paths), parts.catalog, judge):
        parts.out.print(
            f"{stack.source}: stack {stack.name} is valid, {quantity(len(stack.nodes), 'node')}", soft_wrap=True
        )
    return 0


def plan(arguments: Namespace, parts: Parts) -> int:
    """Show what would be done."""
    stacks = read(source_at(arguments.paths), parts.catalog)
    results = look(parts, stacks, LOOKING)
    plans = plans_of(results)
    show_plans(plans, arguments.output, parts.out, several=len(stacks) > 1)
    complain(results, parts.err)
    unknown = any(step.state is State.UNKNOWN for plan in plans for step in plan.steps)
    if unknown or any(result.error for result in results):
        return 1
    return 2 if arguments.detailed_exitcode and not all(plan.empty for plan in plans) else 0


def plans_of(results: Sequence[Result]) -> list[Plan]:
    """The plans of those passes that could be made."""
    return [result.done.plan for result in results if result.done]


def show_plans(plans: Sequence[Plan], form: str, out: Console, several: bool = False) -> None:
    """Print plans in one of the forms; as JSON one object, or a list when there are `several` stacks."""
    if form == "json":
        documents = [plan_document(plan) for plan in plans]
        if several or documents:
            print_raw(out, json.dumps(documents if several else documents[0], indent=2))
        return
    for number, plan in enumerate(plans):
        if number:
            print_raw(out, "")
        if form == "markdown":
            print_raw(out, plan_markdown(plan))
        else:
            render_plan(plan, out)


def print_raw(out: Console, text: str) -> None:
    """Print for programs: no markup, no wrapping, no colour."""
    out.file.write(text.rstrip("\n") + "\n")


def graph(arguments: Namespace, parts: Parts) -> int:
    """Draw the graph; without AWS it has no states."""
    stacks = read(source_at(arguments.paths), parts.catalog)
    if arguments.output == "svg" and len(stacks) > 1:
        names = ", ".join(stack.name for stack in stacks)
        raise HoldfastError(
            f"an SVG file holds one picture, but there are {len(stacks)} stacks: {names}; name the file of one"
        )
    results = [] if arguments.offline else _states(stacks, parts)
    plans = {plan.stack: plan for plan in plans_of(results)}
    draw = {"mermaid": mermaid, "dot": dot, "svg": svg}[arguments.output]
    for stack in stacks:
        print_raw(parts.out, draw(picture_of(stack, plans.get(stack.name))))
    # A picture without states is what somebody wants who is far from AWS, and not who is at the wrong door.
    return 1 if any(result.error and not isinstance(result.error, Unreachable) for result in results) else 0


def _states(stacks: Sequence[Stack], parts: Parts) -> list[Result]:
    results = look(parts, stacks, LOOKING)
    complain(results, parts.err)
    unseen = [result.stack.name for result in results if result.error]
    if unseen:
        parts.err.print(f"Drawn without states: {', '.join(unseen)} (--offline draws without AWS)", soft_wrap=True)
    return results


def schema(arguments: Namespace, parts: Parts) -> int:
    """Print the JSON Schema of the document, or the CRDs of Kubernetes, of which the first is made from it."""
    if arguments.output == "crd":
        print_raw(parts.out, f"{crd_yaml(parts.catalog)}---\n{memory_crd_yaml()}")
    else:
        print_raw(parts.out, json.dumps(json_schema(parts.catalog), indent=2))
    return 0


def kinds(arguments: Namespace, parts: Parts) -> int:
    """List the kinds, or explain one."""
    if arguments.kind is None:
        width = max(map(len, parts.catalog)) + 2
        for name, kind in parts.catalog.items():
            parts.out.print(Text.assemble((name.ljust(width), "bold"), first_line(kind)), soft_wrap=True)
        return 0
    if arguments.kind not in parts.catalog:
        raise HoldfastError(f"there is no kind {arguments.kind}; the kinds are {', '.join(parts.catalog)}")
    for line in explained(parts.catalog[arguments.kind]):
        parts.out.print(line, soft_wrap=True)
    return 0


def first_line(kind: Facts) -> str:
    """What a kind is, in one line."""
    return (type(kind).__doc__ or "").strip().splitlines()[0]


def explained(kind: Facts) -> list[Text]:
    """Everything about one kind: its fields with their words, and what others may refer to."""
    lines = [
        Text.assemble((kind.name, "bold"), f"  {first_line(kind)}"),
        Text((kind.spec.__doc__ or "").strip(), "dim"),
    ]
    lines += [Text(), Text("Fields", "bold underline"), *_fields(kind.shape)]
    rules = list(rules_in(kind.shape))
    if rules:
        lines += [Text(), Text("Rules", "bold underline")]
        lines += [Text.assemble((f"  {path}  " if path else "  ", "cyan"), rule.told) for path, rule in rules]
    if kind.exports:
        lines += [Text(), Text("Attributes for references", "bold underline")]
        lines += [Text.assemble(("  " + name, "cyan"), f"  {text}") for name, text in kind.exports.items()]
    return lines


def _fields(record: Record) -> Iterator[Text]:
    """Each field by the path that `lifecycle.ignore` takes."""
    for path, part in fields_in(record):
        words = ", ".join(_words(part))
        yield Text.assemble((f"  {path}", "cyan"), (f"  {type_of(part)}", "green"), (f"  {words}", "dim"))
        yield Text(f"    {part.doc}")


def _words(part: Field) -> list[str]:
    words = {"required": part.required, "immutable": part.immutable, "unique": part.unique}
    words["interrupting"] = part.interrupts is not None
    holding = [word for word, holds in words.items() if holds]
    return [*holding, *(["write-only"] if part.write_only else []), *(limit.told for limit in part.limits)]


def type_of(part: Field) -> str:
    """What a field holds, in a few words."""
    shape = part.shape
    if isinstance(shape, Many):
        inner = shape.item
        key = f" by {', '.join(shape.key)}{', in order' if shape.ordered else ''}" if shape.key else ""
        return f"list of {_scalar(inner) if isinstance(inner, Scalar) else 'elements'}{key}"
    if isinstance(shape, Table):
        return f"map of {_scalar(shape.value)}"
    return _scalar(shape) if isinstance(shape, Scalar) else "mapping"


def _scalar(shape: Scalar) -> str:
    if shape.to:
        return f"→ {' or '.join(shape.to.kinds)}"
    if shape.choices:
        return " | ".join(str(choice) for choice in shape.choices)
    return {str: "text", int: "number", bool: "true/false", dict: "JSON"}.get(shape.type, shape.type.__name__)
