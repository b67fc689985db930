"""A table is changed as AWS takes it: one change at a time, each pass the next, and none that AWS would refuse."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from moto.dynamodb.models.table import GlobalSecondaryIndex

from controller.core.model.live import Live
from tests.kinds.backends import Moto
from tests.kinds.fixtures import Tree, kinds, samples_of
from tests.kinds.kit import Trial, created

SHOWN_UNTIL_FILLED = 5
"""So many times AWS shows an index as one that it makes."""


TYPES = {"order": "S", "placedAt": "N", "total": "N"}


def index(key: str) -> Tree:
    """An index by one attribute."""
    return {
        "indexName": f"by-{key}",
        "keySchema": [{"attributeName": key, "keyType": "HASH"}],
        "projection": {"projectionType": "KEYS_ONLY"},
    }


def indexes(live: Live | None) -> list[str]:
    """The indexes of a live table."""
    return [each["indexName"] for each in live.fields["globalSecondaryIndexes"]] if live else []


@pytest.fixture
def trial(moto: Moto, tmp_path: Path) -> Trial:
    """A table with an index, a stream and all the rest, as its document has made it."""
    (kind,) = (each for each in kinds() if each.name == "DynamoDbTable")
    (sample,) = (each for each in samples_of(kind) if each.name == "document")
    made, _ = created(sample, moto, tmp_path)
    return made


def test_many_changes_of_a_table_are_one_a_pass(trial: Trial) -> None:
    """An edit of many fields is carried out in as many passes, and each of them asks for what AWS takes then."""
    edited = trial.changed(
        {
            "attributeDefinitions": {**TYPES, "state": "S"},
            "globalSecondaryIndexes": [index("state")],
            "tableClass": "STANDARD",
            "streamSpecification": {"streamEnabled": True, "streamViewType": "KEYS_ONLY"},
        }
    )
    turns = trial.program.converge(edited)
    written = [[(write.call.operation, write.outcome) for write in turn.writes] for turn in turns]
    assert [[("UpdateTable", "ok")]] * 5 + [[]] == written
    last = turns[-1].step(trial.sample.it)
    assert last.settled
    assert ["by-state"] == indexes(last.live)


def test_while_an_index_is_filled_aws_is_asked_for_no_other(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told what is waited for; the next index follows when the first is there, and no call is refused."""
    shown, describe = Counter[str](), GlobalSecondaryIndex.describe

    def slowly(made: Any) -> dict[str, Any]:
        shown[made.name] += 1
        filled = made.name == "by-customer" or shown[made.name] > SHOWN_UNTIL_FILLED
        return {**describe(made), "IndexStatus": "ACTIVE" if filled else "CREATING"}

    monkeypatch.setattr(GlobalSecondaryIndex, "describe", slowly)
    kept = trial.stack.nodes[trial.sample.it].fields["globalSecondaryIndexes"]
    edited = trial.changed(
        {
            "attributeDefinitions": {**TYPES, "customer": "S", "state": "S", "zone": "S"},
            "globalSecondaryIndexes": [*kept, index("state"), index("zone")],
        }
    )
    turns = trial.program.converge(edited)
    assert {"ok"} == {write.outcome for turn in turns for write in turn.writes}
    waiting = [turn.step(trial.sample.it) for turn in turns if not turn.writes]
    blocked = [step.blocked.why for step in waiting if step.blocked]
    assert any("index by-state creating" in why for why in blocked)
    assert waiting[-1].settled
    assert ["by-customer", "by-state", "by-zone"] == sorted(indexes(waiting[-1].live))
