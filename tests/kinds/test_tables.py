"""A table is changed as AWS takes it: one change at a time, each pass the next, and none that AWS would refuse."""

from pathlib import Path

from tests.kinds.backends import Moto
from tests.kinds.fixtures import kinds, samples_of
from tests.kinds.kit import created


def test_many_changes_of_a_table_are_one_a_pass(moto: Moto, tmp_path: Path) -> None:
    """An edit of many fields is carried out in as many passes, and each of them asks for what AWS takes then."""
    (kind,) = (each for each in kinds() if each.name == "DynamoDbTable")
    (sample,) = (each for each in samples_of(kind) if each.name == "document")
    trial, _ = created(sample, moto, tmp_path)
    by_state = {
        "indexName": "by-state",
        "keySchema": [{"attributeName": "state", "keyType": "HASH"}],
        "projection": {"projectionType": "KEYS_ONLY"},
    }
    edited = trial.changed(
        {
            "attributeDefinitions": {"order": "S", "placedAt": "N", "total": "N", "state": "S"},
            "globalSecondaryIndexes": [by_state],
            "tableClass": "STANDARD",
            "streamSpecification": {"streamEnabled": True, "streamViewType": "KEYS_ONLY"},
        }
    )
    turns = trial.program.converge(edited)
    written = [[(write.call.operation, write.outcome) for write in turn.writes] for turn in turns]
    assert [[("UpdateTable", "ok")]] * 5 + [[]] == written
    last = turns[-1].step(sample.it)
    assert last.settled
    assert last.live is not None
    assert ["by-state"] == [index["indexName"] for index in last.live.fields["globalSecondaryIndexes"]]
