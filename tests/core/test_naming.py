"""Names: what a document leaves open may vary, what it fixes stays, and neither makes two of one name."""

from controller.core.naming import OpenName, named, varied
from controller.core.step import Action
from tests.core.account import Account, stack_of, step


def test_an_open_name_is_the_stack_and_the_node() -> None:
    """A name that nobody gave says whose it is."""
    assert named("web", "app", 255) == "web-app"


def test_a_long_name_is_cut_within_its_limit_and_stays_its_own() -> None:
    """Two long names that begin alike are two names, and a variant fits within the limit too."""
    one, two = named("web", "a" * 60 + "1", 32), named("web", "a" * 60 + "2", 32)
    assert one != two
    assert len(varied(one, one)) <= 32


def test_every_variant_of_an_open_name_is_as_good() -> None:
    """A replacement under a varied name is no difference, another name is."""
    name = OpenName("web-app")
    assert name.fits("web-app")
    assert name.fits(varied(name, "web-app"))
    assert not name.fits("web-app-old")
    assert varied(name, "web-app") != varied(name, varied(name, "web-app"))


def test_a_replacement_varies_a_name_that_the_document_leaves_open() -> None:
    """The new group can be made while the old one still has the name."""
    before = stack_of({"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}, "SecurityGroup": {"app": {"vpc": "main"}}})
    after = stack_of(
        {
            "Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}},
            "SecurityGroup": {"app": {"vpc": "main", "description": "new"}},
        }
    )
    found = step(Account(before).plan(after), "SecurityGroup/app")
    assert (Action.REPLACE, None) == (found.action, found.blocked)
    assert varied(OpenName("web-app"), "web-app") == found.calls[1].parameters["GroupName"]


def test_a_replacement_that_would_need_a_taken_name_is_blocked() -> None:
    """A name that the document fixes is never fought over: the plan says what to do."""
    group = {"vpc": "main", "groupName": "servers"}
    before = stack_of({"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}, "SecurityGroup": {"app": group}})
    after = stack_of(
        {
            "Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}},
            "SecurityGroup": {"app": {**group, "description": "new"}},
        }
    )
    found = step(Account(before).plan(after), "SecurityGroup/app")
    assert found.blocked is not None
    assert ("name", "groupName" in found.blocked.why) == (found.blocked.by, True)


def test_a_varied_name_is_in_sync() -> None:
    """After the replacement the next plan has nothing to say of the name."""
    stack = stack_of({"Vpc": {"main": {"cidrBlock": "10.0.0.0/16"}}, "SecurityGroup": {"app": {"vpc": "main"}}})
    account = Account(stack)
    account.set("SecurityGroup/app", groupName=varied(OpenName("web-app"), "web-app"))
    assert step(account.plan(stack), "SecurityGroup/app").settled
