"""Load what ids are called, and keep it for a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID
from zoneinfo import ZoneInfo

from clobus.core import clock
from clobus.core.db import Database, rows
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.modules.consultations.types import Row
from clobus.modules.staff import service as staff
from clobus.sync.chatwoot.mapping import Names

KEEP_SECONDS = 30.0
MAPPING_SECONDS = 2.0


class Directory:
    """Agents and teams of Chatwoot, managers' mapping, dictionary words; read anew after a while or on demand."""

    def __init__(self, db: Database, chatwoot: ChatwootClient, zone: ZoneInfo) -> None:
        self.db = db
        self.chatwoot = chatwoot
        self.zone = zone
        self._partner: tuple[float, dict[int, str], dict[str, int]] | None = None
        self._ours: tuple[float, Names] | None = None

    def forget(self) -> None:
        """Read all anew next time."""
        self._partner = self._ours = None

    async def names(self, requests: Sequence[Row] = ()) -> Names:
        """The names, with the subscriber codes of these requests' clients."""
        agents, teams = await self._chatwoot_side()
        now = clock.monotonic()
        if self._ours is None or now - self._ours[0] > MAPPING_SECONDS:
            self._ours = (now, await self._our_side())
        found = replace(self._ours[1], known_agents=agents, teams=teams)
        return replace(found, codes=await self._codes([r.client_id for r in requests if r.client_id]))

    async def _chatwoot_side(self) -> tuple[dict[int, str], dict[str, int]]:
        now = clock.monotonic()
        if self._partner is None or now - self._partner[0] > KEEP_SECONDS:
            agents = {agent.id: agent.name for agent in await self.chatwoot.agents()}
            teams = {team.name: team.id for team in await self.chatwoot.teams()}
            self._partner = (now, agents, teams)
        return self._partner[1], self._partner[2]

    async def _our_side(self) -> Names:
        async with self.db.read() as connection:
            agents = await staff.agents_of(connection)
            categories = await rows(connection, "select ref_key, description from dict.online_question_cat")
            questions = await rows(connection, "select ref_key, description from dict.online_question")
        return Names(
            zone=self.zone,
            agents=agents,
            managers={agent: manager for manager, agent in agents.items()},
            known_agents={},
            teams={},
            categories={row["ref_key"]: row["description"] for row in categories},
            questions={row["ref_key"]: row["description"] for row in questions},
        )

    async def _codes(self, clients: Sequence[UUID]) -> dict[UUID, str]:
        if not clients:
            return {}
        async with self.db.read() as connection:
            found = await rows(
                connection,
                "select client_id, code_abonent from cons.clients where client_id = any(%s)"
                " and code_abonent is not null",
                (list(set(clients)),),
            )
        return {row["client_id"]: row["code_abonent"] for row in found}
