"""Agents and clients at work in Chatwoot, by its own interfaces."""

from __future__ import annotations

import random
import time
from typing import Any

import httpx

from clobus_twins.chatwoot import model
from tests.chaos import records
from tests.support.twins import TwinProcess

ACCOUNTING, SUPPORT = "Консультация по ведению учёта", "Техническая поддержка"
OURS = "chaos"
"""The name of a query member by which faults tell our own calls from the platform's."""
RECENT, OLD = 60, 40


class Desk:
    """Draws what happens next in Chatwoot and does it."""

    def __init__(self, twin: TwinProcess, dice: random.Random) -> None:
        self.twin = twin
        self.dice = dice
        known = twin.credentials
        self.account, self.inbox = f"/api/v1/accounts/{known['account_id']}", known["inbox_id"]
        self.public = f"/public/api/v1/inboxes/{known['inbox_identifier']}"
        self.http = httpx.Client(
            base_url=twin.base_url,
            headers={"api_access_token": known["admin_token"]},
            params={OURS: "1"},
            timeout=30,
            trust_env=False,
        )
        self.agents = sorted(row.user_id for row in records.rows(twin.data, model.AccountUser) if row.role == "agent")
        self.contacts = [row.id for row in records.rows(twin.data, model.Contact)][:200]
        self.sources = {row.id: row.source_id for row in records.rows(twin.data, model.ContactInbox)}
        found = records.rows(twin.data, model.Conversation)
        self.old = [row.display_id for row in dice.sample(found, min(OLD, len(found)))]
        self.acts = {
            self.resolve: 6, self.open: 3, self.pending: 2, self.snooze: 1, self.assign: 5, self.unassign: 1,
            self.reply: 3, self.incoming: 5, self.client_resolves: 4, self.spoil_attributes: 3, self.label: 2,
            self.support: 4, self.team: 1, self.flicker: 2, self.note: 1,
        }  # fmt: skip

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def act(self) -> str:
        """Do something; tells what."""
        [act] = self.dice.choices(list(self.acts), list(self.acts.values()))
        act()
        return str(act.__name__)

    def resolve(self) -> None:
        """An agent resolves."""
        self._post(self._any(), "toggle_status", {"status": "resolved"})

    def open(self) -> None:
        """An agent opens again."""
        self._post(self._any(), "toggle_status", {"status": "open"})

    def pending(self) -> None:
        """An agent lets it wait."""
        self._post(self._any(), "toggle_status", {"status": "pending"})

    def snooze(self) -> None:
        """An agent snoozes it."""
        until = int(time.time()) + self.dice.choice((30, 86400))
        self._post(self._any(), "toggle_status", {"status": "snoozed", "snoozed_until": until})

    def flicker(self) -> None:
        """Resolved and opened again at once, some times."""
        row = self._any()
        for status in self.dice.choice((("resolved", "open"), ("open", "resolved"), ("resolved", "open", "resolved"))):
            self._post(row, "toggle_status", {"status": status})

    def assign(self) -> None:
        """Given to another agent."""
        self._post(self._any(), "assignments", {"assignee_id": self.dice.choice(self.agents)})

    def unassign(self) -> None:
        """Taken away from its agent."""
        self._post(self._any(), "assignments", {"assignee_id": 0})

    def team(self) -> None:
        """Put into another team."""
        self._post(self._any(), "assignments", {"team_id": self.dice.choice((0, 1, 2))})

    def reply(self) -> None:
        """An agent writes."""
        self._post(self._any(), "messages", {"content": f"ответ {self.dice.randrange(1000)}"})

    def note(self) -> None:
        """An agent writes for colleagues."""
        self._post(self._any(), "messages", {"content": "для своих", "private": True})

    def incoming(self) -> None:
        """The client writes, to an ended request too."""
        row = self._any()
        body = {"content": f"вопрос {self.dice.randrange(1000)}"}
        self._public(row, "messages", body)

    def client_resolves(self) -> None:
        """The client ends it from the site: allowed for support, refused for accounting."""
        self._public(self._any(), "toggle_status", {})

    def spoil_attributes(self) -> None:
        """Attributes edited by hand: one wrong, or one gone."""
        row = self._any()
        given = dict(row.custom_attributes)
        name = self.dice.choice(("status_1c", "date_con", "code_abonent", "con_end", "closed_without_con"))
        if self.dice.random() < 0.5:
            given.pop(name, None)
        else:
            given[name] = self.dice.choice((True, "closed", "рукой", "2020-01-01T00:00:00"))
        self._post(row, "custom_attributes", {"custom_attributes": given})

    def label(self) -> None:
        """A label of one's own, or one of ours taken away."""
        row = self._any()
        labels = [one for one in row.labels if self.dice.random() < 0.7]
        self._post(row, "labels", {"labels": [*labels, self.dice.choice(("срочно", "vip"))]})

    def support(self) -> None:
        """A client asks for technical support in Chatwoot."""
        contact = self.dice.choice(self.contacts)
        body: dict[str, Any] = {
            "inbox_id": self.inbox,
            "contact_id": contact,
            "custom_attributes": {"consultation_type": SUPPORT},
            "message": {"content": f"не открывается база {self.dice.randrange(1000)}", "message_type": "incoming"},
        }
        if self.dice.random() < 0.7:
            body["team_id"] = 2
        if self.dice.random() < 0.3:
            body["assignee_id"] = self.dice.choice(self.agents)
        answer = self.http.post(f"{self.account}/conversations", json=body)
        self._check(answer)
        number = answer.json()["id"]
        if self.dice.random() < 0.8:
            self.http.post(f"{self.account}/conversations/{number}/labels", json={"labels": ["тех"]})

    def _any(self) -> model.Conversation:
        """A conversation that goes on or is new, mostly; an old one sometimes."""
        found = records.rows(self.twin.data, model.Conversation)
        if self.dice.random() < 0.15:
            number = self.dice.choice(self.old)
            return next(row for row in found if row.display_id == number)
        fresh = found[-RECENT:] + [row for row in found[:-RECENT] if row.status != "resolved"]
        return self.dice.choice(fresh)

    def _post(self, row: model.Conversation, verb: str, body: dict[str, Any]) -> None:
        self._check(self.http.post(f"{self.account}/conversations/{row.display_id}/{verb}", json=body))

    def _public(self, row: model.Conversation, verb: str, body: dict[str, Any]) -> None:
        source = self.sources.get(row.contact_inbox_id)
        if source is None:
            self.sources = {one.id: one.source_id for one in records.rows(self.twin.data, model.ContactInbox)}
            source = self.sources[row.contact_inbox_id]
        path = f"{self.public}/contacts/{source}/conversations/{row.display_id}/{verb}"
        self._check(self.http.post(path, json=body))

    def _check(self, answer: httpx.Response) -> None:
        assert answer.status_code < 500, f"{answer.request.url}: {answer.status_code} {answer.text[:300]}"
