"""Twins as processes, with the doors that every one of them has."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.support.twins import KINDS, TwinProcess


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_twin_starts_takes_faults_and_goes_on_after_a_kill(kind: str, tmp_path: Path) -> None:
    with TwinProcess(kind, data=tmp_path / "state") as twin:
        twin.fault("status", status=503, match="/anything")
        assert httpx.get(f"{twin.base_url}/anything", trust_env=False).status_code == 503
        assert httpx.get(f"{twin.base_url}/anything", trust_env=False).status_code in {401, 404}
        assert [row["status"] for row in twin.received("/anything")][:1] == [503]
        twin.clock(shift_seconds=3600)
        assert twin.clock()["shift_seconds"] == 3600
        twin.reset()
        assert twin.received() == []
        assert twin.clock()["shift_seconds"] == 0
        port = twin.port
        twin.kill()
        twin.start()
        assert twin.port == port


def test_a_twin_that_can_not_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("not a directory")
    with pytest.raises(AssertionError, match="FileExistsError|NotADirectoryError"):
        TwinProcess("telegram", data=tmp_path / "state").start()
