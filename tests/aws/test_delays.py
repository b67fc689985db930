"""How long AWS may list, show and know late is a fact of each service, and each kind has its service's."""

from controller.aws.declaration.delays import DELAYS
from controller.core.model.delays import Delays
from tests.kinds.fixtures import kinds


def test_each_kind_has_the_delays_of_its_service() -> None:
    """Those with AWS's page, or else the usual ones; no page is for a service of no kind."""
    found = {kind.name: kind.delays for kind in kinds()}
    assert found == {kind.name: DELAYS.get(kind.service, Delays()) for kind in kinds()}
    assert DELAYS.keys() <= {kind.service for kind in kinds()}
    assert (found["Secret"].listed, found["Vpc"].known, found["Role"]) == (300.0, 300.0, Delays())
