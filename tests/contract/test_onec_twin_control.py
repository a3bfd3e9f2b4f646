"""The control doors that every twin has, over a socket: faults, record, clock, what a killed process keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from clobus_twins.__main__ import build
from clobus_twins.onec.schema import CALL
from tests.support.twins import TwinProcess

PATH = f"/odata/standard.odata/{CALL}?$format=json"


@pytest.fixture(scope="module")
def process() -> Iterator[TwinProcess]:
    with TwinProcess("onec") as started:
        yield started


@pytest.fixture
def twin(process: TwinProcess) -> TwinProcess:
    process.reset(state=True)
    return process


@pytest.fixture
def client(twin: TwinProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=twin.base_url, auth=("odata", "odata"), timeout=5, trust_env=False) as made:
        yield made


def count(client: httpx.Client) -> int:
    return len(client.get(PATH).json()["value"])


def test_a_cut_after_the_write_leaves_the_write(twin: TwinProcess, client: httpx.Client) -> None:
    twin.fault("cut_after_write", match="^POST ")
    assert count(client) == 0, "the fault waits for a POST"
    with pytest.raises(httpx.RemoteProtocolError):
        client.post(PATH, json={"Тема": "x"})
    assert count(client) == 1
    twin.fault("cut", match="^POST ")
    with pytest.raises(httpx.RemoteProtocolError):
        client.post(PATH, json={"Тема": "y"})
    assert count(client) == 1
    assert client.post(PATH, json={"Тема": "y"}).status_code == 201


def test_statuses(twin: TwinProcess, client: httpx.Client) -> None:
    twin.fault("status", 2, status=503, retry_after=7)
    answers = [client.get(PATH) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].headers["retry-after"] == "7"
    twin.fault("status", status=500)
    assert client.get(PATH).json()["odata.error"]["code"] == "-1"
    twin.fault("status", status=504, after=True, match="POST")
    assert client.post(PATH, json={}).status_code == 504
    assert count(client) == 1
    twin.fault("status", status=429, body={"error": "slow down"}, headers={"x-y": "z"})
    answer = client.get(PATH)
    assert (answer.status_code, answer.json(), answer.headers["x-y"]) == (429, {"error": "slow down"}, "z")


def test_slow_and_hanging_answers(twin: TwinProcess, client: httpx.Client) -> None:
    twin.fault("slow", seconds=0.3)
    assert client.get(PATH).elapsed.total_seconds() >= 0.3
    twin.fault("hang", match="POST")
    with pytest.raises(httpx.ReadTimeout):
        client.post(PATH, json={}, timeout=0.3)
    twin.fault("hang", seconds=0.1)
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(PATH)
    assert count(client) == 0


def test_faults_are_listed_and_cleared(twin: TwinProcess, client: httpx.Client) -> None:
    twin.fault("status", None, probability=0.5)
    (shown,) = twin.control("GET", "faults")
    assert (shown["times"], shown["probability"]) == (None, 0.5)
    statuses = {client.get(PATH).status_code for _ in range(60)}
    assert statuses == {200, 503}
    twin.clear_faults()
    assert twin.control("GET", "faults") == []


@pytest.mark.parametrize(
    "body",
    [
        "{",
        '"status"',
        "{}",
        '{"kind": "nonsense"}',
        '{"kind": "status", "status": 99}',
        '{"kind": "status", "times": 0}',
        '{"kind": "status", "times": "x"}',
        '{"kind": "status", "match": "("}',
        '{"kind": "status", "colour": 1}',
        '{"kind": "slow", "seconds": -1}',
        '{"kind": "slow", "probability": 2}',
        '[{"kind": "slow"}, {"kind": "nonsense"}]',
    ],
)
def test_faults_that_make_no_sense(twin: TwinProcess, client: httpx.Client, body: str) -> None:
    answer = client.post("/_control/faults", content=body)
    assert (answer.status_code, bool(answer.json()["error"])) == (400, True)
    assert twin.control("GET", "faults") == []


def test_what_was_received(twin: TwinProcess, client: httpx.Client) -> None:
    client.post(PATH, json={"Тема": "x"})
    client.get(PATH)
    first, second = twin.received()
    assert (first["method"], first["body"], first["status"]) == ("POST", {"Тема": "x"}, 201)
    assert first["path"] == f"/odata/standard.odata/{CALL}"
    assert second["query"] == "$format=json"
    assert first["headers"]["authorization"] == "***"
    assert twin.received(since=first["seq"]) == [second]
    assert twin.received(match="^POST") == [first]


def test_the_clock(twin: TwinProcess, client: httpx.Client) -> None:
    twin.clock(now="2027-01-31T09:00:00+05:00")
    made = client.post(PATH, json={}).json()
    assert made["ДатаИзменения"].startswith("2027-01-31T09:00:0")
    twin.clock(shift_seconds=86_400)
    assert 86_399 < twin.clock()["shift_seconds"] <= 86_400
    wrong: list[dict[str, Any]] = [{}, {"now": "x"}, {"now": "2027-01-31T09:00:00"}, {"shift_seconds": "1"}, {"x": 1}]
    for body in wrong:
        assert client.post("/_control/clock", json=body).status_code == 400
    twin.reset()
    assert twin.clock()["shift_seconds"] == 0


def test_a_killed_twin_goes_on(twin: TwinProcess, client: httpx.Client) -> None:
    made = [client.post(PATH, json={"Тема": str(index)}).json() for index in range(5)]
    twin.kill()
    twin.start()
    with httpx.Client(base_url=twin.base_url, auth=("odata", "odata"), trust_env=False) as again:
        rows = again.get(PATH).json()["value"]
        assert [row["DataVersion"] for row in rows] == [row["DataVersion"] for row in made]
        assert again.post(PATH, json={}).json()["Number"] == "00000000006"


def test_a_seeding_that_was_cut_short_starts_again(tmp_path: Path) -> None:
    (tmp_path / ".seeding").touch()
    (tmp_path / "onec.sqlite").write_bytes(b"half of a file")
    (tmp_path / "credentials.json").write_text('{"user": "u", "password": "p"}', encoding="utf-8")
    app: Any = build("onec", tmp_path, "small")
    seeded = app.store.count(CALL)
    assert seeded > 2000
    assert not (tmp_path / ".seeding").exists()
    assert json.loads((tmp_path / "credentials.json").read_text(encoding="utf-8"))["user"] == "u"
    app.store.close()
    again: Any = build("onec", tmp_path, "small")
    assert again.store.count(CALL) == seeded
    again.store.close()
