"""The graph as text and as a picture."""

from itertools import combinations
from xml.etree import ElementTree as Xml

from controller.core.model.reference import Address
from controller.core.planning.step import State, Step
from controller.report.graph_svg import svg
from controller.report.graph_text import dot, mermaid
from controller.report.layout import arrange, layers_of
from controller.report.picture import COLOURS, UNHEALTHY, Picture, picture_of
from tests.report.golden import assert_golden
from tests.report.samples import HA_WEB, ILL_STEP, ORPHAN_STEP, plan, stack

SVG = "{http://www.w3.org/2000/svg}"
STACK = stack(HA_WEB)
STATES = tuple(State)
PLAN = plan(*(Step(address, STATES[number % len(STATES)]) for number, address in enumerate(STACK.nodes)), ORPHAN_STEP)
CANONICAL = picture_of(STACK, PLAN)
EVIL = Picture({'Thing/<&"]>': "missing", "Thing/\x00\x1b#": ""}, [('Thing/<&"]>', "Thing/\x00\x1b#")])


def test_the_picture_is_read_off_the_references() -> None:
    """An edge for each node that is named, once, however deep or often; no plan, no states."""
    small = stack({"Vpc/main": [], "Subnet/a": ["Vpc/main", "Vpc/main", "Subnet/a", "Vpc/gone"]})
    assert picture_of(small, None) == Picture({"Vpc/main": "", "Subnet/a": ""}, (("Subnet/a", "Vpc/main"),))


def test_states_and_orphans_come_from_the_plan() -> None:
    """What only the plan knows is in the picture; of two steps for one node the first counts."""
    where = Address("Vpc", "main")
    shown = plan(Step(where, State.DRIFTED), ORPHAN_STEP, Step(where, State.ORPHANED))
    assert {"Vpc/main": "drifted", "Subnet/old": "orphaned"} == picture_of(stack({"Vpc/main": []}), shown).nodes


def test_an_unhealthy_node_is_marked_in_every_form() -> None:
    """By a word, for those who do not tell colours apart, and by its line; its state stays what it was."""
    drawn = picture_of(stack({"TargetGroup/web": [], "Vpc/main": []}), plan(ILL_STEP))
    assert "in-sync" == drawn.nodes["TargetGroup/web"]
    root = Xml.fromstring(svg(drawn))  # noqa: S314 - our own text
    assert "in-sync, unhealthy" in {element.text for element in root.iter(f"{SVG}text")}
    assert 'n0["TargetGroup/web, unhealthy"]:::in-sync\n' in mermaid(drawn)
    assert f"  style n0 stroke:{UNHEALTHY}\n" in mermaid(drawn)
    assert 'label="TargetGroup/web, unhealthy"' in dot(drawn)
    assert [1, 1] == [draw(drawn).count(f'"{UNHEALTHY}"') for draw in (svg, dot)]


def test_every_state_has_a_colour() -> None:
    """A new state cannot be forgotten in the pictures."""
    assert set(State) == set(COLOURS)


def test_mermaid_has_all_nodes_and_edges() -> None:
    """The whole graph, coloured, with names that cannot break it."""
    assert_golden("graph.mmd", mermaid(CANONICAL))
    assert '["Thing/#lt;&#quot;]>"]' in mermaid(EVIL)


def test_dot_has_all_nodes_and_edges() -> None:
    """The whole graph, coloured, with names that cannot break it."""
    assert_golden("graph.dot", dot(CANONICAL))
    assert 'label="Thing/<&\\"]>"' in dot(EVIL)


def test_the_svg_is_xml_with_every_node_edge_and_state() -> None:
    """A box for each node, an arrow for each reference, a legend for each state that occurs."""
    text = svg(CANONICAL)
    root = Xml.fromstring(text)  # noqa: S314 - our own text
    titles = [title.text for title in root.iter(f"{SVG}title")][1:]
    assert [f"{address}: {state}" for address, state in CANONICAL.nodes.items()] == titles
    assert len(CANONICAL.edges) == sum(path.get("class") == "e" for path in root.iter(f"{SVG}path"))
    words = {element.text for element in root.iter(f"{SVG}text")}
    assert {f"{state} {list(CANONICAL.nodes.values()).count(state)}" for state in State} <= words
    assert_golden("graph.svg", text)


def test_names_cannot_break_the_svg() -> None:
    """Markup is escaped, and what XML does not allow is written out."""
    root = Xml.fromstring(svg(EVIL))  # noqa: S314 - our own text
    assert {'<&"]>', "\\x00\\x1b#"} <= {element.text for element in root.iter(f"{SVG}text")}


def test_a_picture_of_nothing_is_a_picture() -> None:
    """A stack without nodes does not fail."""
    Xml.fromstring(svg(Picture({}, ())))  # noqa: S314 - our own text


def test_boxes_never_overlap() -> None:
    """Each of the canonical nodes can be read."""
    layout = arrange(dict.fromkeys(CANONICAL.nodes, 100.0), CANONICAL.edges, 40, 60)
    for one, other in combinations(layout.boxes.values(), 2):
        assert one.x != other.x or abs(one.y - other.y) >= 40
    assert all(box.x + box.width <= layout.width + 1e-9 for box in layout.boxes.values())
    assert all(-1e-9 <= box.y and box.y + box.height <= layout.height + 1e-9 for box in layout.boxes.values())


def test_lines_pass_no_box() -> None:
    """Where a line crosses a layer, it keeps clear of the boxes there."""
    layout = arrange(dict.fromkeys(CANONICAL.nodes, 100.0), CANONICAL.edges, 40, 60)
    crossings = [point for line in layout.lines.values() for point in line[1:-1]]
    assert crossings
    for x, y in crossings:
        beside = [box for box in layout.boxes.values() if box.x <= x <= box.x + box.width]
        assert not any(box.y < y < box.y + box.height for box in beside)


def test_layers_follow_the_references() -> None:
    """A node stands right of all it refers to; what nobody needs early stands close to its first user."""
    edges = [("b", "a"), ("c", "b"), ("d", "c"), ("d", "late"), ("alone", "a")]
    nodes = ["late", "a", "b", "c", "d", "alone"]
    assert {"late": 2, "a": 0, "b": 1, "c": 2, "d": 3, "alone": 1} == layers_of(nodes, edges)


def test_circles_are_drawn_too() -> None:
    """Two groups that name each other are no reason to fail, and both arrows are there."""
    edges = [("a", "b"), ("b", "a"), ("c", "a")]
    layout = arrange(dict.fromkeys("abc", 50.0), edges, 40, 60)
    assert set(edges) == set(layout.lines)
    for (user, used), line in layout.lines.items():
        assert line[0][0] in (layout.boxes[user].x, layout.boxes[user].x + 50)
        assert line[-1][0] in (layout.boxes[used].x, layout.boxes[used].x + 50)


def test_a_long_chain_does_not_exhaust_the_stack() -> None:
    """Depth costs no recursion."""
    nodes = [str(number) for number in range(5000)]
    layers = layers_of(nodes, list(zip(nodes[1:], nodes, strict=False)))
    assert 4999 == layers["4999"]
