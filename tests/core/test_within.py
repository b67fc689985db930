"""What is in something that AWS does not let go stays in it."""

from dataclasses import replace
from typing import Any

from tests.core.account import Account, stack_of


def test_what_is_within_an_orphan_that_cannot_go_stays_with_it() -> None:
    """A balancer that AWS protects is not left without the listener that the document does not name either."""
    action = {"type": "fixed-response", "fixedResponseConfig": {"statusCode": "404"}}
    resources: dict[str, Any] = {
        "LoadBalancer": {"web": {"subnets": [{"id": "subnet-1"}, {"id": "subnet-2"}]}},
        "Listener": {
            "web": {"loadBalancer": "web", "port": 80, "protocol": "HTTP", "defaultActions": [action]},
        },
        "ListenerRule": {
            "web": {
                "listener": "web",
                "priority": 1,
                "conditions": [{"field": "path-pattern", "values": ["/a"]}],
                "actions": [action],
            }
        },
    }
    account = Account(stack_of(resources))
    balancer = account["LoadBalancer/web"]
    account.lives["LoadBalancer/web"] = replace(balancer, protection="it is protected")
    plan = account.plan(stack_of({}))
    blocked = {str(each.address): each.blocked for each in plan.steps}
    listener = blocked["Listener/web"]
    assert listener
    assert ("reference", "it is in LoadBalancer/web, which is kept") == (listener.by, listener.why)
    assert blocked["ListenerRule/web"]
    account.lives["LoadBalancer/web"] = balancer
    assert [] == [each.address for each in account.plan(stack_of({})).steps if each.blocked]
