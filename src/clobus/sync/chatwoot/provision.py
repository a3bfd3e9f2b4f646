"""Chatwoot is given what the desk needs: teams, labels, attributes, webhook, agents of managers, our panel."""

from __future__ import annotations

import secrets as random_secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from clobus.core import i18n, memory, outbox
from clobus.core.db import Connection, Database, rows, run
from clobus.core.events import Event, Origin, publish
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.gateways.chatwoot.platform import ChatwootPlatform
from clobus.gateways.chatwoot.wire import Agent
from clobus.modules.staff import service as staff
from clobus.sync.chatwoot import panel
from clobus.sync.chatwoot import vocabulary as words
from clobus.sync.chatwoot.names import Directory
from clobus.sync.chatwoot.webhook import SETTING

SYNTHETIC = "@cons.local"


@dataclass(slots=True)
class Report:
    """What provisioning did: how many managers, and the conflicts that it mended, in words."""

    managers: int = 0
    created: int = 0
    mended: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Present:
    """Chatwoot's side, read once for a pass."""

    agents: list[Agent]
    teams: dict[str, set[int]]
    inbox: set[int]


class Provisioner:
    """Keeps Chatwoot's set-up and its agents as the desk needs them."""

    def __init__(
        self, db: Database, chatwoot: ChatwootClient, platform: ChatwootPlatform | None, directory: Directory,
        inbox_id: int, webhook_url: str, *, csat: bool = False, panel_url: str | None = None,
    ) -> None:  # fmt: skip
        """`panel_url`: the page of ours that Chatwoot frames beside a conversation; None: it frames none of ours."""
        self.db = db
        self.chatwoot = chatwoot
        self.platform = platform
        self.directory = directory
        self.inbox_id = inbox_id
        self.webhook_url = webhook_url
        self.csat = csat
        self.panel_url = panel_url

    async def all(self) -> Report:
        """Provide everything; a second pass changes nothing."""
        await self.setting_up()
        async with self.db.read() as connection:
            managers = await staff.managers(connection)
        report = Report(managers=len(managers))
        await self._managers(managers, report)
        await panel.ensure(self.db, self.chatwoot, self.panel_url)  # last: nobody's work waits for it
        return report

    async def one(self, account_id: UUID) -> None:
        """Provide one manager who is new or changed; nothing for who takes no requests."""
        async with self.db.read() as connection:
            managers = [m for m in await staff.managers(connection) if m["account_id"] == account_id]
        if managers:
            await self._managers(managers, Report())

    async def setting_up(self) -> None:
        """Teams, labels, attribute definitions, the survey about support, and our webhook."""
        await self.chatwoot.ensure_team(words.ACCOUNTING_TEAM)
        await self.chatwoot.ensure_team(words.SUPPORT_TEAM)
        await self.chatwoot.ensure_labels(sorted(words.LABELS))
        await self.chatwoot.ensure_attribute_definitions(words.DEFINITIONS)
        if self.csat:
            # One text for all: Chatwoot knows no language of a conversation.
            asked = " · ".join(i18n.text(language, "rate.survey") for language in i18n.LANGUAGES)
            await self.chatwoot.ensure_survey(self.inbox_id, words.SUPPORT_LABEL, asked)
        webhook = await self.chatwoot.ensure_webhook(self.webhook_url, words.SUBSCRIPTIONS)
        async with self.db.transaction() as connection:
            secrets = [webhook.secret] if webhook.secret else []
            await memory.remember(connection, SETTING, {"id": webhook.id, "secrets": secrets})

    async def _managers(self, managers: Sequence[dict[str, Any]], report: Report) -> None:
        present = await self._present(managers)
        taken: dict[int, UUID] = {}
        async with self.db.read() as connection:
            mapped = {m: a for m, a in (await staff.agents_of(connection)).items()}
        known = {agent.id: agent for agent in present.agents}
        for manager in managers:
            agent = await self._agent(manager, present, mapped, known, report)
            if agent.id in taken:
                report.mended.append(f"two managers shared agent {agent.id}")
            taken[agent.id] = manager["cl_ref_key"]
            await self._place(manager, agent, present)
        await self._remember(managers, {m: a for a, m in taken.items()}, mapped, report)
        self.directory.forget()

    async def _present(self, managers: Sequence[dict[str, Any]]) -> Present:
        names = sorted({m["chatwoot_team"] for m in managers if m["chatwoot_team"]})
        teams = {}
        for name in names:
            team = await self.chatwoot.ensure_team(name)
            teams[name] = {agent.id for agent in await self.chatwoot.team_members(team.id)}
        members = {agent.id for agent in await self.chatwoot.inbox_members(self.inbox_id)}
        return Present(await self.chatwoot.agents(), teams, members)

    async def _agent(
        self, manager: dict[str, Any], present: Present, mapped: dict[UUID, int], known: dict[int, Agent],
        report: Report,
    ) -> Agent:  # fmt: skip
        """The manager's own agent: by the real e-mail, else by the made-up one if it does not bear another's name."""
        key, name = manager["cl_ref_key"], manager["description"]
        by_mail = {agent.email.lower(): agent for agent in present.agents}
        made_up = f"{key}{SYNTHETIC}"
        agent = by_mail.get((manager["email"] or made_up).lower())
        if agent is None and manager["email"]:
            agent = by_mail.get(made_up)
        if agent is not None and not manager["email"] and not _alike(agent.name, name):
            others = {m.name for m in present.agents if m.id != agent.id}
            if agent.name in others:
                report.mended.append(f"{key}: agent {agent.id} bears another's name")
        if agent is None or not agent.confirmed:
            if agent is not None:
                report.mended.append(f"{key}: agent {agent.id} was not confirmed")
            agent = await self._confirmed(manager, agent.email if agent else manager["email"] or made_up)
            known[agent.id] = agent
            present.agents[:] = [a for a in present.agents if a.id != agent.id] + [agent]
            report.created += 1
        look_alike = by_mail.get(made_up)
        if look_alike is not None and look_alike.id != agent.id and mapped.get(key) != agent.id:
            report.mended.append(f"{key}: look-alike agent {look_alike.id} is not used")
        if key in mapped and mapped[key] != agent.id:
            report.mended.append(f"{key}: mapping pointed to agent {mapped[key]}")
        changes = {
            name_: value
            for name_, value, now in (("name", name, agent.name), ("role", manager["role"], agent.role))
            if now != value and not (name_ == "role" and now == "administrator")
        }
        return await self.chatwoot.update_agent(agent.id, **changes) if changes else agent

    async def _confirmed(self, manager: dict[str, Any], email: str) -> Agent:
        """Make or confirm an agent: by the platform API nobody has to answer a mail (chatwoot.md §2.5, §4)."""
        if self.platform is None:
            for agent in await self.chatwoot.agents():
                if agent.email.lower() == email.lower():
                    return agent
            return await self.chatwoot.create_agent(manager["description"], email, role=manager["role"])
        password = f"{random_secrets.token_urlsafe(24)}aA1!"
        user = await self.platform.create_user(manager["description"], email, password)
        await self.platform.ensure_account_user(self.chatwoot.account_id, user.id, manager["role"])
        return Agent(id=user.id, name=user.name, email=user.email, role=manager["role"], confirmed=True)

    async def _place(self, manager: dict[str, Any], agent: Agent, present: Present) -> None:
        team = manager["chatwoot_team"]
        if team and agent.id not in present.teams[team]:
            found = await self.chatwoot.ensure_team(team)
            await self.chatwoot.add_team_members(found.id, [agent.id])
            present.teams[team].add(agent.id)
        if agent.id not in present.inbox:
            await self.chatwoot.add_inbox_members(self.inbox_id, [agent.id])
            present.inbox.add(agent.id)

    async def _remember(
        self, managers: Sequence[dict[str, Any]], found: dict[UUID, int], mapped: dict[UUID, int], report: Report
    ) -> None:
        changed = [(m, a) for m, a in found.items() if mapped.get(m) != a]
        async with self.db.transaction() as connection:
            await _map(connection, changed)
            await run(
                connection,
                "update cons.users u set chatwoot_user_id = g.agent, confirmed = true"
                " from unnest(%s::uuid[], %s::integer[]) as g (manager, agent) where u.cl_ref_key = g.manager"
                " and (u.chatwoot_user_id, u.confirmed) is distinct from (g.agent, true)",
                (list(found), list(found.values())),
            )
            await publish(
                connection,
                [Event("MappingMended", None, Origin.PLATFORM, what.split(":")[0], {"what": (None, what)})
                 for what in report.mended],
            )  # fmt: skip
            await _look_again(connection, [m for m, _ in changed])


def _alike(one_: str, other: str) -> bool:
    return one_.casefold().split() == other.casefold().split()


async def _map(connection: Connection, pairs: Sequence[tuple[UUID, int]]) -> None:
    if not pairs:
        return
    managers, agents = [m for m, _ in pairs], [a for _, a in pairs]
    await run(
        connection,
        "delete from sys.user_mapping where cl_manager_key = any(%s) or chatwoot_user_id = any(%s)",
        (managers, agents),
    )
    await run(
        connection,
        "update cons.users set chatwoot_user_id = null where chatwoot_user_id = any(%s) and not cl_ref_key = any(%s)",
        (agents, managers),
    )
    await run(
        connection,
        "insert into sys.user_mapping (cl_manager_key, chatwoot_user_id)"
        " select * from unnest(%s::uuid[], %s::integer[])",
        (managers, agents),
    )


async def _look_again(connection: Connection, managers: Sequence[UUID]) -> None:
    """The open requests of those whose agent is another now."""
    found = await rows(
        connection,
        "select cons_id from cons.cons where manager = any(%s) and status in ('new', 'open', 'pending', 'other')",
        (list(managers),),
    )
    await outbox.touch(connection, "chatwoot", "consultation", [row["cons_id"] for row in found])
