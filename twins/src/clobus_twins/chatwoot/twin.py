"""The twin as a whole: store, control, courier, settings, and what happens by itself as time passes."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Callable
from typing import Any

from clobus_twins.chatwoot import activity, automation, csat, hooks, model, reporting
from clobus_twins.chatwoot.deliveries import KINDS, Courier
from clobus_twins.chatwoot.settings import Settings
from clobus_twins.chatwoot.store import Store
from clobus_twins.chatwoot.times import iso_seconds
from clobus_twins.chatwoot.work import Work
from clobus_twins.control import Control

CRON_SECONDS = 300
SNOOZE_WINDOW = 3 * 86400
AUTO_RESOLVE_BULK = 100
TICK = 0.25


class Twin:
    """Everything that handlers need."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.settings = settings
        self.store = store
        self.control = Control(kinds=KINDS, wipe=store.wipe)
        store.clock = lambda: self.control.clock.now().timestamp()
        self.courier = Courier(self.control, settings)
        self.base_url = settings.frontend_url or "http://127.0.0.1"
        self._timer: asyncio.Task[None] | None = None
        self._cron_at = 0.0

    async def start(self) -> None:
        """Start deliveries and the timer."""
        await self.courier.start()
        self._cron_at = self._next_cron()
        self._timer = asyncio.get_running_loop().create_task(self._tick())

    async def stop(self) -> None:
        """Stop, keeping the state on disk."""
        if self._timer is not None:
            self._timer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._timer
        await self.courier.stop()
        self.store.close()

    # --- what changes cause

    def after_change(self, work: Work, row: model.Conversation, changes: dict[str, tuple[Any, Any]]) -> None:
        """Survey, reports, rules and automatic assignment after a conversation's change."""
        if "assignee_id" in changes and row.assignee_id and self.assignable(row, row.assignee_id):
            row.participants = list(dict.fromkeys([*row.participants, row.assignee_id]))
        if "status" in changes:
            reporting.status_changed(work, row)
            if row.status == "resolved":
                csat.offer(work, row)
            if row.status in ("open", "resolved"):
                name = "conversation_opened" if row.status == "open" else "conversation_resolved"
                self.run_rules(work, row, name, changes=changes)
            if row.status == "open":
                self.auto_assign(work, row)
        self.run_rules(work, row, "conversation_updated", changes=changes)

    def run_rules(
        self,
        work: Work,
        row: model.Conversation,
        event: str,
        *,
        message: model.Message | None = None,
        changes: dict[str, tuple[Any, Any]] | None = None,
    ) -> None:
        """Run automation rules after the answer is made; changes made by rules trigger none."""
        if work.rule is None and any(rule.active for rule in self.store.rules.of(row.account_id)):
            work.defer(lambda: automation.run(work, row, event, message, changes or {}))

    def write_activity(self, work: Work, row: model.Conversation, text: str) -> None:
        """Write an activity line."""
        activity.write(work, row, text)

    def shown_bot(self, bot: model.AgentBot, *, raw_token: bool, admin: bool) -> dict[str, Any]:
        """A bot as an inbox shows it."""
        return hooks.shown_bot(bot, raw_token=raw_token, admin=admin)

    def delete_contact(self, row: model.Contact) -> None:
        """Delete a contact with its conversations, addresses and notes; silent."""
        for conversation in list(self.store.conversation_index[row.account_id].by_contact[row.id].values()):
            self.store.remove(conversation)
        for address in list(self.store.sources.by_contact[row.id].values()):
            self.store.remove(address)
        for note in self.store.notes.of(row.account_id):
            if note.contact_id == row.id:
                self.store.remove(note)
        self.store.remove(row)

    def assignable(self, row: model.Conversation, user_id: int) -> bool:
        """True for a member of the conversation's inbox and for an administrator."""
        membership = self.store.membership_of(row.account_id, user_id)
        inbox = self.store.inboxes.rows[row.inbox_id]
        return membership is not None and (membership.role == "administrator" or user_id in inbox.members)

    def auto_assign(self, work: Work, row: model.Conversation) -> None:
        """Give an open conversation of an inbox with automatic assignment to a member who is online."""
        inbox = self.store.inboxes.rows[row.inbox_id]

        def job() -> None:
            team = self.store.teams.rows.get(row.team_id or 0)
            if not inbox.enable_auto_assignment or row.assignee_id or row.assignee_agent_bot_id or row.status != "open":
                return
            if team is not None and not team.allow_auto_assign:
                return
            found = self.online_member(row, team.members if team else inbox.members)
            if found is not None:
                work.user = work.bot = None  # a job of its own: nobody's name is in its line, so there is none
                work.change(row, assignee_id=found)

        work.defer(job)

    def online_member(self, row: model.Conversation, user_ids: list[int]) -> int | None:
        """The online inbox member among these users with the fewest open conversations."""
        inbox = self.store.inboxes.rows[row.inbox_id]
        index = self.store.conversation_index[row.account_id]
        online = []
        for user_id in user_ids:
            membership = self.store.membership_of(row.account_id, user_id)
            if membership and user_id in inbox.members and not membership.auto_offline:
                if membership.availability != "online":
                    continue
                load = sum(one.status == "open" for one in index.by_assignee[user_id].values())
                online.append((load, user_id))
        return min(online)[1] if online else None

    # --- failed deliveries

    def inbox_failure(self, message: model.Message) -> Callable[[str], None]:
        """The API inbox's failure chain (chatwoot.md §5.6)."""

        def failed(reason: str) -> None:
            row = self.store.messages.rows.get(message.id)
            if row is None:
                return
            error = row.content_attributes.get("external_error")
            if row.status == "failed" and error == reason:
                return
            work = Work(self)
            row.status = "failed"
            row.content_attributes = row.content_attributes | {"external_error": reason}
            self.store.touch(row)
            work.emit("message_updated", row)
            work.finish()

        return failed

    def bot_failure(self, message: model.Message) -> Callable[[str], None]:
        """A bot that does not answer loses a pending conversation to the agents (chatwoot.md §5.1)."""

        def failed(_: str) -> None:
            row = self.store.conversations.rows.get(message.conversation_id)
            if row is None or row.status != "pending":
                return
            if self.store.accounts.rows[row.account_id].settings.get("keep_pending_on_bot_failure"):
                return
            work = Work(self)
            work.change(row, status="open")
            activity.write(work, row, activity.BOT_FAILED)
            work.finish()

        return failed

    # --- time

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            now = self.store.now()
            if self.store.avatars_due:
                self._avatars(now)
            if now >= self._cron_at or self._cron_at - now > CRON_SECONDS:
                self._cron_at = self._next_cron()
                self.cron()

    def _next_cron(self) -> float:
        return (self.store.now() // CRON_SECONDS + 1) * CRON_SECONDS

    def _avatars(self, now: float) -> None:
        """The avatar look-up half a minute after a contact got an e-mail: silent, and it changes the contact."""
        for contact_id in [one for one, due in self.store.avatars_due.items() if due <= now]:
            del self.store.avatars_due[contact_id]
            row = self.store.contacts.rows.get(contact_id)
            if row is None:
                continue
            row.avatar_due = None
            row.additional_attributes = row.additional_attributes | {
                "avatar_url_hash": hashlib.sha256((row.email or "").encode()).hexdigest(),
                "last_avatar_sync_at": iso_seconds(now),
            }
            self.store.put(row)
        self.store.commit()

    def cron(self) -> None:
        """The five-minute job: reopen what was snoozed until now, resolve what was left alone too long."""
        now = self.store.now()
        for account in list(self.store.accounts.rows.values()):
            work = Work(self)
            index = self.store.conversation_index[account.id]
            for row in list(index.by_status["snoozed"].values()):
                if row.snoozed_until and now - SNOOZE_WINDOW <= row.snoozed_until <= now:
                    work.change(row, status="open")
            minutes = account.settings.get("auto_resolve_after")
            if minutes:
                self._auto_resolve(work, account, now - float(minutes) * 60)
            work.finish()

    def _auto_resolve(self, work: Work, account: model.Account, before: float) -> None:
        minutes = int(account.settings["auto_resolve_after"])
        waiting = not account.settings.get("auto_resolve_ignore_waiting")
        index = self.store.conversation_index[account.id]
        stale = [
            row
            for row in index.by_status["open"].values()
            if row.last_activity_at < before and (waiting or row.waiting_since is None)
        ]
        for row in stale[:AUTO_RESOLVE_BULK]:
            work.change(row, status="resolved")
            amount, unit = next(
                ((minutes // size, unit) for size, unit in ((1440, "days"), (60, "hours")) if minutes % size == 0),
                (minutes, "minutes"),
            )
            text = f"Conversation was marked resolved by system due to {amount} {unit} of inactivity"
            activity.write(work, row, text)
