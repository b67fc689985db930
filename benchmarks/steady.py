"""What a pass costs when everything is as the document says: calls, CPU, memory, and the time until the first."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from math import ceil
from pathlib import Path
from statistics import median

from benchmarks.aside import Ec2, Product
from benchmarks.figures import Figure
from controller.aws.catalog import catalog
from controller.aws.declaration.kind import AwsKind
from controller.aws.declaration.tags import ServiceTags
from controller.core.document.loader import load
from controller.core.model.kind import Catalog
from controller.core.model.reference import Lookup
from controller.core.model.stack import Stack
from controller.engine.details import attributes_wanted
from controller.engine.observe import kinds_of
from controller.sources.files import LocalFiles
from emulators.ec2.buckets import READS

STEADY_PASSES = 7
CPU_SECONDS, MEMORY_MB = 0.3, 200.0
"""The most that 1,000 nodes may take in a pass, and 10,000 nodes in memory."""
MANY = 10_000


def listings(stacks: Iterable[Stack], kinds: Catalog, names: Iterable[str], first: bool = False) -> Counter[str]:
    """The calls that list these kinds by operation, where nothing is live but what the stacks name.

    Σ ⌈n / page⌉, one listing for each parent where a kind is listed so, and what completes the listings: further
    bulk listings, and Σ ⌈n / batch⌉. The `first` pass also reads the tags that no listing shows, and asks for those
    of things that no document names.
    """
    live = Counter(address.kind for stack in stacks for address in stack.nodes)
    calls: Counter[str] = Counter()
    for name in names:
        kind = kinds[name]
        assert isinstance(kind, AwsKind)
        things = live[name] + _made_by_aws(kind, live)
        calls[kind.listing.operation] += _listed(kind, things, live)
        for join in kind.joins:
            calls[join.operation] += ceil(live[name] / join.batch) if join.batch else _pages(things, join.page)
        if first and isinstance(kind.tagging, ServiceTags) and kind.tagging.unlisted:
            calls[kind.tagging.read_with] += ceil(live[name] / kind.tagging.batch)
            calls["GetResources"] += bool(kind.tagging.search)
    return +calls


def _pages(things: int, page: int) -> int:
    return max(1, ceil(things / page)) if page else 1


def _listed(kind: AwsKind, things: int, live: Counter[str]) -> int:
    """The calls of a kind's own listing; the parents of one that is listed by them share its things evenly."""
    if not kind.listing.parent:
        return _pages(things, kind.listing.page)
    to = kind.shape.fields[kind.parent].to
    parents = sum(live[name] for name in to.kinds) if to else 0
    return parents * _pages(ceil(things / parents), kind.listing.page) if parents else 0


def _made_by_aws(kind: AwsKind, live: Counter[str]) -> int:
    """The things of a kind that AWS made together with others, one each."""
    if kind.created_with is None:
        return 0
    parent = kind.shape.fields[kind.created_with.parent].to
    return sum(live[name] for name in parent.kinds) if parent else 0


def details(stack: Stack, kinds: Catalog) -> int:
    """The reads for what no listing shows."""
    attributes = attributes_wanted(stack)
    return sum(
        len(kinds[address.kind].detailed(node.fields))
        + len(kinds[address.kind].unlisted(attributes.get(address, ())))
        for address, node in stack.nodes.items()
    )


def momentary(stack: Stack, kinds: Catalog) -> int:
    """The reads of every pass for what changes by itself: health, and what AWS is at work on."""
    names = ((kinds[a.kind], name) for a, node in stack.nodes.items() for name in kinds[a.kind].detailed(node.fields))
    return sum(kind.momentary(name) for kind, name in names)


def guarded(stack: Stack, kinds: Catalog) -> int:
    """The reads of every minute for what says who may reach a thing."""
    names = ((kinds[a.kind], name) for a, node in stack.nodes.items() for name in kinds[a.kind].detailed(node.fields))
    return sum(kind.guards(name) for kind, name in names)


def look_ups(stack: Stack, kinds: Catalog) -> int:
    """The reads of every pass for what is looked up by asking AWS; an id in a public parameter is read from there."""
    named = (look_up for look_up in chain.from_iterable(stack.elsewhere.values()) if isinstance(look_up, Lookup))
    queries = {(look_up.kind, look_up.query) for look_up in named if kinds[look_up.kind].searched_by}
    return sum(2 if "parameter" in dict(query) else 1 for _, query in queries)


def reads_seconds(reads: int) -> float:
    """How long AWS's bucket of one API makes so many reads take."""
    burst, refill = READS
    return max(0.0, reads - burst) / refill


def measure(nodes: int, folder: Path) -> list[Figure]:
    """One stack of about `nodes` nodes, in sync, AWS's buckets enforced."""
    with Ec2("--buckets") as ec2:
        document = ec2.populate(nodes, "bench", folder)
        with Product("passes", ec2, document) as product:
            loading, first, seconds = product.told(), product.one_pass(), product.age
            first_calls, rejected = ec2.counts()
            steady = [product.one_pass() for _ in range(STEADY_PASSES)]
            steady_calls, rejected_later = ec2.counts()
    kinds = catalog()
    [stack] = load(LocalFiles([document]), kinds)
    nodes, read = len(stack.nodes), details(stack, kinds)
    calls_first = sum(first_calls.values()) - first_calls["GetCallerIdentity"]
    least_first = listings([stack], kinds, kinds, first=True).total() + read
    calls = sum(steady_calls.values()) / STEADY_PASSES
    least = listings([stack], kinds, {kind for kind, _ in kinds_of([stack])}).total()
    out_of_sync = sum(not result["in_sync"] for result in (first, *steady))
    cpu = median(result["cpu"] for result in steady) / nodes * 1000
    memory = steady[-1]["peak_mb"]
    of = f"In sync, {nodes:,} nodes"
    return [
        Figure(of, "passes that did not find all in sync", out_of_sync, exactly=0),
        Figure(of, "calls of the first pass: all kinds, all details", calls_first, exactly=least_first),
        Figure(of, "calls of a steady pass", calls, exactly=least),
        Figure(of, "calls that AWS rejected as too many", rejected + rejected_later, exactly=0),
        Figure(of, "CPU of a steady pass, for 1,000 nodes", cpu, "s", most=CPU_SECONDS),
        Figure(of, "CPU of the first pass, for 1,000 nodes", first["cpu"] / nodes * 1000, "s"),
        Figure(of, "CPU of loading the document", loading["cpu"], "s"),
        Figure(of, "most memory", memory, "MB", most=MEMORY_MB if nodes >= MANY else None),
        Figure(of, "from the start of the process to its first plan", seconds, "s"),
        Figure(of, "  of which AWS's bucket for the details asks", reads_seconds(read), "s"),
    ]


def measure_sharing(folder: Path) -> list[Figure]:
    """What more nodes and more stacks add: nothing, as long as their things fit into one page."""
    few, many = _steady_listings(folder, [21]), _steady_listings(folder, [210])
    ten = _steady_listings(folder, [21] * 10)
    of = "Sharing"
    return [
        Figure(of, "calls that 10 × as many nodes add within a page", many - few, exactly=0),
        Figure(of, "calls that ten stacks make more than one as large", ten - many, exactly=0),
    ]


def _steady_listings(folder: Path, stacks: Sequence[int]) -> int:
    """The calls of a steady pass over stacks of so many nodes each."""
    with Ec2("--buckets") as ec2:
        documents = [ec2.populate(nodes, f"stack-{number}", folder) for number, nodes in enumerate(stacks)]
        with Product("passes", ec2, *documents) as product:
            product.told()
            product.one_pass()
            ec2.counts()
            product.one_pass()
            calls, _ = ec2.counts()
    return sum(calls.values())
