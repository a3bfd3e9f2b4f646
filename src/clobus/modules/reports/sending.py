"""Send what is due: scheduled reports by mail and Telegram, and the digest of the day with its picture."""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog

from clobus.core import clock, i18n
from clobus.core.db import Connection, Database, one
from clobus.core.errors import GatewayDown, GatewayError, OutcomeUnknown, Transient
from clobus.core.ids import new_id
from clobus.gateways.mail.smtp import Enclosure, Letter, Mailer
from clobus.gateways.telegram.client import Blob, TelegramClient
from clobus.modules.reports import files, schedules, tables, words
from clobus.modules.reports.files import File
from clobus.modules.reports.schedules import Schedule
from clobus.modules.reports.types import Filters, Period
from clobus.modules.reports.worktime import WorkCalendar

log = structlog.get_logger()
DIGEST = "digest"
DIGEST_DAYS = 14
TELLS = ("requests", "closed", "cancelled_share", "first_average", "closing_average", "csat", "first_sla",
         "closing_sla")  # fmt: skip


Sending = Callable[[], Awaitable[None]]
Making = Callable[[], Awaitable[Sending]]
"""Makes all that is sent, and answers what sends it: until then nothing has gone out."""


@dataclass(frozen=True, slots=True)
class Digest:
    """To which chat the day is told, in which language, and at what local time."""

    chat: int | str
    language: str
    at: time


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends reports; a channel that is not set up refuses what is meant for it."""

    db: Database
    zone: ZoneInfo
    calendar: WorkCalendar
    mailer: Mailer | None
    telegram: TelegramClient | None
    digest: Digest | None = None

    async def all_due(self) -> int:
        """Send what is due now; returns how many went out."""
        local = clock.now().astimezone(self.zone)
        async with self.db.transaction() as connection:
            await schedules.mark_lost(connection)
            ready = await schedules.due(connection, local)
        sent = 0
        for each, day, period in ready:
            sent += await self._once(str(each.schedule_id), day, self._report(each, period))
        if self.digest is not None and self.digest.at <= local.time() and self.calendar.works(local.date()):
            sent += await self._once(DIGEST, local.date(), self._digest(self.digest, local))
        return sent

    async def _once(self, subject: str, day: date, make: Making) -> bool:
        async with self.db.transaction() as connection:
            if not await schedules.claim(connection, subject, day):
                return False
        state, error = await _sent(make)
        if error:
            log.warning("reports.not_sent", subject=subject, state=state, error=error)
        async with self.db.transaction() as connection:
            await schedules.note(connection, subject, day, state, error)
        return state == "sent"

    def _report(self, each: Schedule, period: Period) -> Making:
        async def make() -> Sending:
            report = tables.REPORTS[each.report]
            async with self.db.read() as connection:
                table = await tables.table(connection, report, period, each.narrowed())
                names = await files.filter_names(connection, table)
            file = await files.make(table, each.format, each.language, names)  # type: ignore[arg-type]  # checked by the database
            title, days = words.title(each.language, report.name), words.subtitle(each.language, table, names)

            async def send() -> None:
                if each.channel == "email":
                    await self._mail(each, title, days, file)
                else:
                    blob = Blob("document", file.name, file.content, file.media_type)
                    caption = f"<b>{html.escape(title)}</b>\n{html.escape(days)}"
                    await self._bot().send_file(_chat(each.recipient), blob, caption=caption)

            return send

        return make

    async def _mail(self, each: Schedule, title: str, days: str, file: File) -> None:
        if self.mailer is None:
            raise GatewayError("mail", "no mail server is set up", code="mail.off")
        values = {"title": title, "period": days}
        text = i18n.text(each.language, "report.mail.text", values)
        page = "<p>" + html.escape(text).replace("\n\n", "</p><p>").replace("\n", "<br>") + "</p>"
        subject = i18n.text(each.language, "report.mail.subject", values)
        enclosure = Enclosure(file.name, file.media_type.partition(";")[0], file.content)
        await self.mailer.send(Letter(each.recipient, subject, text, page, new_id().hex, (enclosure,)))

    def _bot(self) -> TelegramClient:
        if self.telegram is None:
            raise GatewayError("telegram", "no bot is set up", code="telegram.off")
        return self.telegram

    def _digest(self, given: Digest, local: datetime) -> Making:
        async def make() -> Sending:
            day = local.date()
            period = Period(day - timedelta(days=DIGEST_DAYS - 1), day)
            async with self.db.read() as connection:
                text = await self.told(connection, given.language, day)
                table = await tables.table(connection, tables.REPORTS["volume"], period, Filters(), "day")
            picture = await files.make(table, "png", given.language, {})
            blob = Blob("photo", picture.name, picture.content, picture.media_type)

            async def send() -> None:
                await self._bot().send_file(given.chat, blob, caption=text)  # type: ignore[arg-type]  # a name of a channel goes as well

            return send

        return make

    async def told(self, connection: Connection, language: str, day: date) -> str:
        """The digest of a day in HTML of Telegram: its figures beside those of the working day before."""
        before = day - timedelta(days=1)
        while not self.calendar.works(before) and (day - before).days < 14:
            before -= timedelta(days=1)
        columns = [column for column in tables.OVERVIEW if column.name in TELLS]
        now = await tables.totals(connection, columns, Period(day, day), Filters())
        then = await tables.totals(connection, columns, Period(before, before), Filters())
        lines = [f"<b>{html.escape(i18n.text(language, 'report.digest', {'day': i18n.day(language, day)}))}</b>"]
        for column in columns:
            values = {
                "name": words.column(language, column),
                "value": words.value(language, column, now[column.name]),
                "before": words.value(language, column, then[column.name]),
            }
            lines.append(html.escape(i18n.text(language, "report.digest.line", values)))
        waiting = await one(
            connection,
            "select count(*) as open, count(*) filter (where f.first_missed + f.closing_missed > 0) as late"
            " from cons.cons c left join rep.facts f using (cons_id)"
            " where c.status in ('new', 'open', 'pending', 'other') and not c.deleted",
        )
        lines.append(html.escape(i18n.text(language, "report.digest.open", waiting)))
        return "\n".join(lines)


async def _sent(make: Making) -> tuple[str, str | None]:
    """Make and send: what became of it, and why it did not go out. What could not even be made is tried again."""
    try:
        send = await make()
    except Exception as failed:  # whatever it was, the reports behind this one are due, too
        log.exception("reports.not_made")
        return "later", type(failed).__name__
    try:
        await send()
    except OutcomeUnknown as lost:
        return "unknown", str(lost)
    except Transient as passing:
        surely_not = passing.not_done or isinstance(passing, GatewayDown)
        return ("later" if surely_not else "unknown"), str(passing)
    except GatewayError as refused:
        return "failed", f"{refused.code}: {refused}"
    return "sent", None


def _chat(recipient: str) -> int:
    """A chat's number, or the name of a channel, which the Bot API takes in the same place."""
    return int(recipient) if recipient.lstrip("-").isdigit() else recipient  # type: ignore[return-value]  # see above
