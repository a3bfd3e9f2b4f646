"""The standing things of an account: people, teams, inboxes, labels, attributes, webhooks (chatwoot.md §2.5-2.8)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import httpx
import msgspec

from clobus.core.errors import Missing, Refused
from clobus.core.http import Http, Params
from clobus.gateways.chatwoot.wire import (
    Agent,
    AttributeDefinition,
    DashboardApp,
    Inbox,
    Label,
    Profile,
    SurveyAnswer,
    Team,
    Webhook,
    decode,
)

T = TypeVar("T")
LABEL_COLOR = "#1f93ff"
# Numbers on the way in, names on the way out: so the vendor's file and a recorded server have it (§2.6).
DISPLAY_TYPES = ("text", "number", "currency", "percent", "link", "date", "list", "checkbox")
MODELS = ("conversation_attribute", "contact_attribute")


class Payload(msgspec.Struct):
    """The wrapper of many answers."""

    payload: msgspec.Raw


class _Webhooks(msgspec.Struct):
    webhooks: list[Webhook]


class _OneWebhook(msgspec.Struct):
    webhook: Webhook


class ChatwootDirectory:
    """What is set up once in an account and then only kept in shape."""

    def __init__(self, http: Http, account_id: int) -> None:
        self.http = http
        self.account_id = account_id
        self._root = f"api/v1/accounts/{account_id}/"

    async def ping(self) -> None:
        """Ask for a sign of life: GET /health (GET /api reports nonsense); raises a GatewayError when there is none."""
        await self.http.get("health")

    async def profile(self) -> Profile:
        """Who owns the token."""
        response = await self.http.get("api/v1/profile")
        return decode(response.content, Profile)

    async def agents(self) -> list[Agent]:
        """All agents; there is no reading of one."""
        return await self._read("agents", list[Agent])

    async def create_agent(
        self, name: str, email: str, *, role: str = "agent", auto_offline: bool = False, availability: str = "online"
    ) -> Agent:
        """Invite an agent by e-mail (unconfirmed until the mail is answered); Refused when already a member.

        `auto_offline` False keeps people whom nobody sees in the dashboard assignable.
        """
        agent = {
            "name": name, "email": email, "role": role, "availability": availability, "auto_offline": auto_offline,
        }  # fmt: skip
        return await self._write("POST", "agents", {"agent": agent}, Agent)

    async def update_agent(self, agent_id: int, **changes: Any) -> Agent:
        """Change name, role, availability or auto_offline; an e-mail can't be changed."""
        return await self._write("PATCH", f"agents/{agent_id}", {"agent": changes}, Agent, repeatable=True)

    async def teams(self) -> list[Team]:
        """All teams."""
        return await self._read("teams", list[Team])

    async def create_team(self, name: str, description: str = "", *, allow_auto_assign: bool = False) -> Team:
        """Create a team; its name is stored in lower case and must be new."""
        team = {"name": name, "description": description, "allow_auto_assign": allow_auto_assign}
        return await self._write("POST", "teams", {"team": team}, Team)

    async def ensure_team(self, name: str, description: str = "") -> Team:
        """Find a team by name whatever its case, or create it."""
        for team in await self.teams():
            if team.name.lower() == name.lower():
                return team
        return await self.create_team(name, description)

    async def team_members(self, team_id: int) -> list[Agent]:
        """Who is in a team."""
        return await self._read(f"teams/{team_id}/team_members", list[Agent])

    async def add_team_members(self, team_id: int, user_ids: Iterable[int]) -> list[Agent]:
        """Add members; returns only those that were not in before."""
        body = {"user_ids": list(user_ids)}
        return await self._write("POST", f"teams/{team_id}/team_members", body, list[Agent], repeatable=True)

    async def set_team_members(self, team_id: int, user_ids: Iterable[int]) -> list[Agent]:
        """Make the members exactly these."""
        body = {"user_ids": list(user_ids)}
        return await self._write("PATCH", f"teams/{team_id}/team_members", body, list[Agent], repeatable=True)

    async def inboxes(self) -> list[Inbox]:
        """All inboxes."""
        return await self._read_payload("inboxes", list[Inbox])

    async def ensure_survey(self, inbox_id: int, label: str, message: str) -> None:
        """Let an inbox ask clients of conversations with a label what they think; its other settings stay (§2.10)."""
        shown = next((inbox for inbox in await self.inboxes() if inbox.id == inbox_id), None)
        if shown is None:
            return
        rules = {"operator": "contains", "values": [label]}
        config = {"message": message, "display_type": "star"} | {k: v for k, v in shown.csat_config.items() if v}
        if shown.csat_survey_enabled and shown.csat_config.get("survey_rules") == rules:
            return
        body = {"csat_survey_enabled": True, "csat_config": config | {"survey_rules": rules}}
        await self._send("PATCH", f"inboxes/{inbox_id}", body, repeatable=True)

    async def survey_answers(self, since: int, until: int, page: int = 1) -> list[SurveyAnswer]:
        """Answers to surveys between two epoch seconds, newest first, 25 a page; administrators only (§2.10)."""
        params: Params = {"since": since, "until": until, "sort": "-created_at", "page": page}
        return await self._read("csat_survey_responses", list[SurveyAnswer], params)

    async def inbox_members(self, inbox_id: int) -> list[Agent]:
        """Who serves an inbox."""
        return await self._read_payload(f"inbox_members/{inbox_id}", list[Agent])

    async def add_inbox_members(self, inbox_id: int, user_ids: Iterable[int]) -> None:
        """Add people to an inbox."""
        await self._inbox_members("POST", inbox_id, user_ids)

    async def set_inbox_members(self, inbox_id: int, user_ids: Iterable[int]) -> None:
        """Make the people of an inbox exactly these."""
        await self._inbox_members("PATCH", inbox_id, user_ids)

    async def labels(self) -> list[Label]:
        """All labels of the account."""
        return await self._read_payload("labels", list[Label])

    async def ensure_labels(self, titles: Iterable[str]) -> None:
        """Create the labels that are absent; titles are stored in lower case."""
        have = {label.title for label in await self.labels()}
        for title in dict.fromkeys(title.lower() for title in titles):
            if title in have:
                continue
            label = {"title": title, "description": "", "color": LABEL_COLOR, "show_on_sidebar": True}
            try:
                await self._send("POST", "labels", {"label": label})
            except Refused as exc:
                if "title" not in exc.data.get("attributes", ()):
                    raise  # only "taken", by somebody faster, is what we wanted

    async def attribute_definitions(self, model: str = "conversation_attribute") -> list[AttributeDefinition]:
        """Custom attributes of conversations (or `contact_attribute`)."""
        return await self._read(
            "custom_attribute_definitions", list[AttributeDefinition], params={"attribute_model": MODELS.index(model)}
        )

    async def ensure_attribute_definitions(self, definitions: Sequence[AttributeDefinition]) -> None:
        """Define the attributes that are absent: filters know only defined ones (§2.3.4)."""
        for model in dict.fromkeys(definition.attribute_model for definition in definitions):
            have = {definition.attribute_key for definition in await self.attribute_definitions(model)}
            for definition in definitions:
                if definition.attribute_model != model or definition.attribute_key in have:
                    continue
                members = msgspec.to_builtins(definition)
                body = {name: value for name, value in members.items() if value is not None} | {
                    "attribute_display_type": DISPLAY_TYPES.index(definition.attribute_display_type),
                    "attribute_model": MODELS.index(model),
                }
                await self._send("POST", "custom_attribute_definitions", {"custom_attribute_definition": body})

    async def webhooks(self) -> list[Webhook]:
        """All webhooks of the account, with their secrets."""
        return (await self._read_payload("webhooks", _Webhooks)).webhooks

    async def create_webhook(self, url: str, subscriptions: Sequence[str], name: str = "Clobus") -> Webhook:
        """Subscribe an address; Refused when it is subscribed already."""
        body = {"webhook": {"url": url, "name": name, "subscriptions": list(subscriptions)}}
        response = await self._send("POST", "webhooks", body)
        return decode(decode(response.content, Payload).payload, _OneWebhook).webhook

    async def delete_webhook(self, webhook_id: int) -> None:
        """Remove a subscription, its secret with it."""
        await self._send("DELETE", f"webhooks/{webhook_id}", None)

    async def ensure_webhook(self, url: str, subscriptions: Sequence[str], name: str = "Clobus") -> Webhook:
        """Subscribe an address to exactly these events; the secret stays when it was subscribed before."""
        for webhook in await self.webhooks():
            if webhook.url != url:
                continue
            if set(webhook.subscriptions) == set(subscriptions):
                return webhook
            body = {"webhook": {"url": url, "name": name, "subscriptions": list(subscriptions)}}
            await self._send("PATCH", f"webhooks/{webhook.id}", body, repeatable=True)
            webhook.subscriptions = list(subscriptions)
            return webhook
        return await self.create_webhook(url, subscriptions, name)

    async def dashboard_apps(self) -> list[DashboardApp]:
        """All pages of others that the dashboard shows beside a conversation (§2.8)."""
        return await self._read("dashboard_apps", list[DashboardApp])

    async def create_dashboard_app(self, title: str, url: str) -> DashboardApp:
        """Show a page beside every conversation; Chatwoot takes the same one twice."""
        body = {"dashboard_app": {"title": title, "content": _frame(url)}}
        return await self._write("POST", "dashboard_apps", body, DashboardApp)

    async def ensure_dashboard_app(self, title: str, url: str, known: int | None = None) -> DashboardApp:
        """Show a page, once: `known` is the app that was made before, whose address is mended; its title stays.

        Without it the app with exactly this address is taken: so one whose creation was not heard of is found again.
        """
        found = await self.dashboard_apps()
        ours = next((each for each in found if each.id == known), None) or next(
            (each for each in found if each.content == _frame(url)), None
        )
        if ours is None:
            return await self.create_dashboard_app(title, url)
        if ours.content == _frame(url):
            return ours
        body = {"dashboard_app": {"content": _frame(url)}}
        return await self._write("PATCH", f"dashboard_apps/{ours.id}", body, DashboardApp, repeatable=True)

    async def delete_dashboard_app(self, app_id: int) -> None:
        """Show a page no more; fine when it is gone already."""
        with contextlib.suppress(Missing):
            await self._send("DELETE", f"dashboard_apps/{app_id}", None)

    async def close(self) -> None:
        """Close the connections."""
        await self.http.close()

    async def _inbox_members(self, method: str, inbox_id: int, user_ids: Iterable[int]) -> None:
        body = {"inbox_id": inbox_id, "user_ids": list(user_ids)}
        await self._send(method, "inbox_members", body, repeatable=True)

    async def _read(self, path: str, kind: type[T], params: Params | None = None) -> T:
        response = await self.http.get(self._root + path, params=params, route=_route(path))
        return decode(response.content, kind)

    async def _read_payload(self, path: str, kind: type[T], params: Params | None = None) -> T:
        return decode((await self._read(path, Payload, params)).payload, kind)

    async def _send(
        self, method: str, path: str, body: object, *, repeatable: bool = False, params: Params | None = None
    ) -> httpx.Response:
        return await self.http.request(
            method, self._root + path, body=body, repeatable=repeatable, params=params, route=_route(path)
        )

    async def _write(self, method: str, path: str, body: object, kind: type[T], *, repeatable: bool = False) -> T:
        response = await self._send(method, path, body, repeatable=repeatable)
        return decode(response.content, kind)


def _frame(url: str) -> list[dict[str, Any]]:
    return [{"type": "frame", "url": url}]


def _route(path: str) -> str:
    return "/".join("{id}" if part.isdigit() else part for part in path.split("/"))
