"""Google's audit of sign-in, home and a request: what it judges without a clock (`make lighthouse` measures)."""

from __future__ import annotations

import pytest

from tests.e2e.instance import Sandbox
from tests.e2e.lighthouse import JUDGED, audited

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


async def test_lighthouse_finds_nothing_in_its_way(sandbox: Sandbox) -> None:
    found = await audited(sandbox, times=1, goals=JUDGED)
    assert [each.page for each in found] == ["sign-in", "home", "request"]
    assert {each.page: (each.scores, each.lost) for each in found if each.below()} == {}
