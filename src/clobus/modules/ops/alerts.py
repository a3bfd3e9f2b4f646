"""Alerts: what is wrong is a row, told to people once when it begins and once when it is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import structlog
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from clobus.core import clock, i18n
from clobus.core.db import Connection, Database, one, rows, run
from clobus.core.errors import GatewayDown, GatewayError, Transient
from clobus.gateways.telegram.sender import TelegramSender

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When people are told. `intervals`: seconds between the cycles of each process as they are now.

    `watched`: seconds for which the processes could have run; what did not run before that is no process' fault.
    """

    errors: int
    minutes: int
    away_seconds: float
    drift_minutes: float
    refusals: int
    refusal_minutes: int
    intervals: Mapping[str, float]
    watched: float


@dataclass(slots=True)
class Watch:
    """For how long this worker has looked, counted from its first look."""

    began: float | None = None

    def seconds(self) -> float:
        """Seconds since the first call."""
        if self.began is None:
            self.began = clock.monotonic()
        return clock.monotonic() - self.began


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something wrong now: `key` tells it from others, `text` is a key of the catalogues."""

    key: str
    text: str
    params: dict[str, Any]


def stale_after(every: float) -> float:
    """Seconds without a success after which a process counts as stale."""
    return max(3 * every, every + 60)


async def troubles(connection: Connection, limits: Thresholds) -> list[Trouble]:
    """Everything that people should know of, as it is now."""
    found = [await _errors(connection, limits), await _drift(connection, limits), await _guessing(connection, limits)]
    others = await _stale(connection, limits) + await _away(connection, limits) + await _noted(connection)
    others += await _unsent(connection)
    return [t for t in found if t] + others


async def note_trouble(
    connection: Connection, key: str, text: str, params: Mapping[str, Any] | None = None
) -> None:  # fmt: skip
    """Something is wrong that only its finder can tell; it is so until `forget_trouble`. `text`: of the catalogues."""
    await run(
        connection,
        "insert into sys.settings (key, value) values (%s, %s) on conflict (key) do update set value = excluded.value"
        " where sys.settings.value is distinct from excluded.value",
        (f"trouble:{key}", Jsonb({"text": text, "params": dict(params or {})})),
    )


async def forget_trouble(connection: Connection, keys: Sequence[str]) -> None:
    """These are over."""
    await run(connection, "delete from sys.settings where key = any(%s)", ([f"trouble:{key}" for key in keys],))


async def _noted(connection: Connection) -> list[Trouble]:
    found = await rows(connection, "select key, value from sys.settings where key like 'trouble:%%'")
    return [Trouble(row["key"].removeprefix("trouble:"), row["value"]["text"], row["value"]["params"]) for row in found]


async def note_partner(connection: Connection, system: str, *, answers: bool) -> None:
    """Remember since when a partner does not answer; an answer forgets it."""
    if answers:
        await run(connection, "delete from sys.settings where key = %s", (f"away:{system}",))
        return
    await run(
        connection,
        "insert into sys.settings (key, value) values (%s, %s) on conflict (key) do nothing",
        (f"away:{system}", Jsonb({"system": system})),
    )


async def update(connection: Connection, now_wrong: Sequence[Trouble]) -> None:
    """Raise what is new and end what is no more; one that comes back before its end was told just goes on."""
    for trouble in now_wrong:
        await run(
            connection,
            "insert into sys.alerts as a (key, text) values (%s, %s) on conflict (key) do update"
            " set text = excluded.text, over_at = null,"
            " raised_at = case when a.over_told_at is null then a.raised_at else now() end,"
            " told_at = case when a.over_told_at is null then a.told_at end, over_told_at = null"
            " where a.over_at is not null",
            (trouble.key, Jsonb({"text": trouble.text, "params": trouble.params})),
        )
    await run(
        connection,
        "update sys.alerts set over_at = now(), over_told_at = case when told_at is null then now() end"
        " where over_at is null and key <> all(%s)",
        ([trouble.key for trouble in now_wrong],),
    )


async def tell(db: Database, telegram: TelegramSender | None, chat_id: int | str | None, language: str) -> int:
    """Tell what has not been told, each at most once: marked before it is sent; returns how many went out."""
    sent = 0
    while True:
        async with db.transaction() as connection:
            row = await _claim(connection)
        if row is None:
            return sent
        text = _text(row, language)
        log.warning("alert", key=row["key"], over=row["over"], text=text)
        if telegram is None or chat_id is None:
            continue
        try:
            await telegram.send_message(chat_id, text)
        except GatewayError as error:
            surely_not = isinstance(error, GatewayDown) or (isinstance(error, Transient) and error.not_done)
            log.warning("alert.not_sent", key=row["key"], error=str(error), again=surely_not)
            if surely_not:
                async with db.transaction() as connection:
                    await _unclaim(connection, row)
                return sent
        else:
            sent += 1


async def _claim(connection: Connection) -> DictRow | None:
    return await one(
        connection,
        "update sys.alerts a set told_at = coalesce(a.told_at, now()),"
        " over_told_at = case when a.told_at is not null then now() end from (select key from sys.alerts"
        " where (told_at is null and over_at is null) or (over_at is not null and over_told_at is null)"
        " order by raised_at limit 1 for update skip locked) c where a.key = c.key"
        " returning a.key, a.text, a.over_told_at is not null as over",
    )


async def _unclaim(connection: Connection, row: DictRow) -> None:
    column = "over_told_at" if row["over"] else "told_at"
    await run(connection, f"update sys.alerts set {column} = null where key = %s", (row["key"],))  # noqa: S608 - ours


def _text(row: DictRow, language: str) -> str:
    params = dict(row["text"]["params"])
    if "system" in params:
        params["system"] = i18n.catalogue(language).get(f"system.{params['system']}", params["system"])
    if "report" in params:
        params["report"] = i18n.text(language, f"report.{params['report']}")
    if "day" in params:
        params["day"] = i18n.day(language, date.fromisoformat(params["day"]))
    said = i18n.text(language, row["text"]["text"], params)
    return i18n.text(language, "alert.over", {"text": said}) if row["over"] else said


async def _errors(connection: Connection, limits: Thresholds) -> Trouble | None:
    row = await one(
        connection,
        "with failed as (select started_at as at, process || ': ' || coalesce(error, '') as said,"
        " (outcome = 'failed')::int + failed_count as times from log.etl_runs"
        " where started_at > now() - make_interval(mins => %(m)s) and (outcome = 'failed' or failed_count > 0)"
        " union all select last_at, kind || ': ' || coalesce(error, ''), 1 from sys.dead_letters"
        " where kind <> 'record' and last_at > now() - make_interval(mins => %(m)s))"
        " select coalesce(sum(times), 0)::int as count, (array_agg(said order by at desc))[1] as last from failed",
        {"m": limits.minutes},
    )
    if row is None or row["count"] <= limits.errors:
        return None
    params = {"minutes": limits.minutes, "count": row["count"], "limit": limits.errors, "last": row["last"][:300]}
    return Trouble("errors", "alert.errors", params)


async def _stale(connection: Connection, limits: Thresholds) -> list[Trouble]:
    found = await rows(
        connection,
        "select p.process, p.every, extract(epoch from now() - l.finished_at)::int as seconds"
        " from unnest(%s::text[], %s::float8[], %s::float8[]) as p (process, every, patience)"
        " cross join lateral (select r.finished_at from log.etl_runs r where r.process = p.process"
        " and r.outcome in ('ok', 'partial') order by r.id desc limit 1) l"
        " where l.finished_at < now() - make_interval(secs => p.patience)"
        # After a rest of the whole platform each has its time to come through; what was told before it goes on.
        " and (p.patience < %s or exists (select from sys.alerts a"
        " where a.key = 'stale:' || p.process and a.over_at is null))",
        (
            list(limits.intervals),
            list(limits.intervals.values()),
            [stale_after(every) for every in limits.intervals.values()],
            limits.watched,
        ),
    )
    return [
        Trouble(
            f"stale:{row['process']}",
            "alert.stale",
            {"process": row["process"], "seconds": row["seconds"], "every": f"{row['every']:g}"},
        )
        for row in found
    ]


async def _away(connection: Connection, limits: Thresholds) -> list[Trouble]:
    found = await rows(
        connection,
        "select value ->> 'system' as system, extract(epoch from now() - updated_at)::int as seconds"
        " from sys.settings where key like 'away:%%' and updated_at < now() - make_interval(secs => %s)",
        (limits.away_seconds,),
    )
    return [
        Trouble(f"away:{row['system']}", "alert.away", {"system": row["system"], "seconds": row["seconds"]})
        for row in found
    ]


async def _drift(connection: Connection, limits: Thresholds) -> Trouble | None:
    row = await one(
        connection,
        "select count(*) as count, extract(epoch from now() - min(since))::int / 60 as age from sys.drift"
        " where since < now() - make_interval(secs => %s)",
        (limits.drift_minutes * 60,),
    )
    if row is None or not row["count"]:
        return None
    minutes = f"{limits.drift_minutes:g}"
    return Trouble("drift", "alert.drift", {"minutes": minutes, "count": row["count"], "age": row["age"]})


async def _guessing(connection: Connection, limits: Thresholds) -> Trouble | None:
    """More log-ins refused than people's mistakes explain: the row that is one too many is of just now."""
    found = await one(
        connection,
        "select from (select at from log.audit where act = 'session.refused' order by id desc offset %s limit 1) a"
        " where at > now() - make_interval(mins => %s)",
        (limits.refusals, limits.refusal_minutes),
    )
    if found is None:
        return None
    return Trouble("guessing", "alert.guessing", {"minutes": limits.refusal_minutes, "limit": limits.refusals})


async def _unsent(connection: Connection) -> list[Trouble]:
    """Scheduled reports, and the digest, whose last sending failed, or may have: until the next one, or its end."""
    found = await rows(
        connection,
        "select distinct on (g.subject) g.subject, g.day::text as day, g.state, coalesce(g.error, '') as error,"
        " s.report"
        " from rep.sendings g left join rep.schedules s on s.schedule_id::text = g.subject and s.active"
        " where s.report is not null or (g.subject = 'digest' and g.at > now() - interval '7 days')"
        " order by g.subject, g.day desc",
    )
    troubles = []
    for row in found:
        if row["state"] in ("failed", "unknown"):
            params = {"day": row["day"], "error": row["error"][:300]} | (
                {"report": row["report"]} if row["report"] else {}
            )
            text = "alert.report" if row["report"] else "alert.digest"
            troubles.append(Trouble(f"report:{row['subject']}", text, params))
    return troubles
