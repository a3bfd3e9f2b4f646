"""Reports v2, computed from what is there (chatwoot.md §2.11). Durations are seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from clobus_twins.chatwoot import model
from clobus_twins.chatwoot.call import Answer, Call, crashed, missing, unprocessable
from clobus_twins.chatwoot.render import presence
from clobus_twins.chatwoot.times import parse_instant

_AVERAGES = {
    "avg_first_response_time": "first_response",
    "avg_resolution_time": "conversation_resolved",
    "reply_time": "reply_time",
}
_EVENT_COUNTS = {
    "resolutions_count": "conversation_resolved",
    "bot_resolutions_count": "conversation_bot_resolved",
    "bot_handoffs_count": "conversation_bot_handoff",
}
# A step that lands within the next period, whatever the length of this one, in seconds.
_SPANS = {"hour": 3600, "day": 86400, "week": 7 * 86400, "month": 31 * 86400, "year": 366 * 86400}
HALF_YEAR = 184 * 86400
Range = tuple[float, float]
Row = model.Conversation | model.Message | model.ReportingEvent


def _range(call: Call) -> Range:
    since, until = parse_instant(call.params.get("since")), parse_instant(call.params.get("until"))
    return since or 0.0, until if until is not None else call.store.now()


def _selector(call: Call) -> Callable[[model.Conversation | None, int | None], bool]:
    """Whether a conversation (and the user of a fact) belongs to what is reported on."""
    kind = call.params.get("type")
    if kind is None:
        raise crashed()
    wanted = call.number("id")
    if kind == "account":
        return lambda row, user_id: True
    _known(call, kind, wanted)
    if kind == "agent":
        return lambda row, user_id: user_id == wanted
    if kind == "inbox":
        return lambda row, user_id: row is not None and row.inbox_id == wanted
    if kind == "team":
        return lambda row, user_id: row is not None and row.team_id == wanted
    if kind == "label":
        label = call.store.labels.get(wanted, call.account.id)
        return lambda row, user_id: row is not None and label is not None and label.title in row.labels
    raise crashed()


def _known(call: Call, kind: str, wanted: int | None) -> None:
    """404 when what is reported on does not exist."""
    store, account_id = call.store, call.account.id
    tables: dict[str, Any] = {"inbox": store.inboxes, "team": store.teams, "label": store.labels}
    if kind == "agent":
        found = wanted is not None and store.membership_of(account_id, wanted) is not None
    else:
        found = kind not in tables or tables[kind].get(wanted, account_id) is not None
    if not found:
        raise missing()


def _facts(call: Call, name: str, span: Range) -> list[model.ReportingEvent]:
    fits, rows = _selector(call), call.store.conversations.rows
    return [
        one
        for one in call.store.reporting_events.of(call.account.id)
        if one.name == name
        and span[0] <= one.created_at < span[1]
        and fits(rows.get(one.conversation_id or 0), one.user_id)
    ]


def _counted(call: Call, metric: str, span: Range) -> Iterable[Row] | None:
    """The rows whose number is the metric; None when it is no counter."""
    fits, rows = _selector(call), call.store.conversations.rows
    if metric == "conversations_count":
        index = call.store.conversation_index[call.account.id]
        return [row for row in index.rows.values() if _within(row, span) and fits(row, row.assignee_id)]
    if metric in ("incoming_messages_count", "outgoing_messages_count"):
        kind = model.INCOMING if metric.startswith("incoming") else model.OUTGOING
        return [
            one
            for one in call.store.messages.by_account.get(call.account.id, {}).values()
            if one.message_type == kind
            and _within(one, span)
            and fits(rows.get(one.conversation_id), one.sender_id if one.sender_type == "User" else None)
        ]
    if metric in _EVENT_COUNTS:
        return _facts(call, _EVENT_COUNTS[metric], span)
    return None


def _within(row: model.Row, span: Range) -> bool:
    return span[0] <= row.created_at < span[1]


def _average(facts: list[model.ReportingEvent]) -> float | None:
    return sum(one.value for one in facts) / len(facts) if facts else None


def _bucket(stamp: float, group: str, offset: float) -> int:
    local = datetime.fromtimestamp(stamp + offset * 3600, UTC)
    start = local.replace(minute=0, second=0, microsecond=0)
    if group != "hour":
        start = start.replace(hour=0)
    if group == "week":
        start -= timedelta(days=(start.weekday() + 1) % 7)
    elif group in ("month", "year"):
        start = start.replace(day=1, month=1 if group == "year" else start.month)
    return int(start.timestamp() - offset * 3600)


def timeseries(call: Call) -> Any:
    """`GET reports?metric=&type=`; an unknown metric gives {}."""
    metric, span = str(call.params.get("metric")), _range(call)
    group = str(call.params.get("group_by") or "day")
    group = group if group in _SPANS else "day"
    try:
        offset = float(call.params.get("timezone_offset") or 0)
    except ValueError:
        offset = 0.0
    rows = _counted(call, metric, span)
    average = metric in _AVERAGES
    if average:
        rows = _facts(call, _AVERAGES[metric], span)
    if rows is None:
        return {}
    buckets: dict[int, list[Row]] = {}
    for row in rows:
        buckets.setdefault(_bucket(row.created_at, group, offset), []).append(row)
    out: list[dict[str, Any]] = []
    for stamp in _stamps(call, sorted(buckets), group, offset):
        rows_then = buckets.get(stamp, [])
        facts = [one for one in rows_then if isinstance(one, model.ReportingEvent)]
        value: Any = (_average(facts) or 0) if average else len(rows_then)
        out.append({"value": value, "timestamp": stamp} | ({"count": len(facts)} if average else {}))
    return out


def _stamps(call: Call, known: list[int], group: str, offset: float) -> list[int]:
    """The beginnings of all periods of the range, also of those in which nothing happened."""
    since, until = parse_instant(call.params.get("since")), parse_instant(call.params.get("until"))
    if since is None or until is None:
        if not known:
            return []
        since, until = float(known[0]), float(known[-1]) + 1
    stamps = []
    stamp = _bucket(since, group, offset)
    while stamp < until:
        stamps.append(stamp)
        stamp = _bucket(stamp + _SPANS.get(group, 86400), group, offset)
    return stamps


def _summary(call: Call, span: Range) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for metric in ("conversations_count", "incoming_messages_count", "outgoing_messages_count"):
        out[metric] = len(list(_counted(call, metric, span) or ()))
    for metric, name in _AVERAGES.items():
        out[metric] = _average(_facts(call, name, span))
    out["resolutions_count"] = len(_facts(call, "conversation_resolved", span))
    return out


def summary(call: Call) -> Any:
    """`GET reports/summary`, with the period before."""
    since, until = _range(call)
    return _summary(call, (since, until)) | {"previous": _summary(call, (since - (until - since), since))}


def bot_summary(call: Call) -> Any:
    """`GET reports/bot_summary`."""
    call.params.setdefault("type", "account")
    since, until = _range(call)

    def counts(span: Range) -> dict[str, int]:
        return {
            "bot_resolutions_count": len(_facts(call, "conversation_bot_resolved", span)),
            "bot_handoffs_count": len(_facts(call, "conversation_bot_handoff", span)),
        }

    return counts((since, until)) | {"previous": counts((since - (until - since), since))}


def bot_metrics(call: Call) -> Any:
    """`GET reports/bot_metrics`."""
    call.params.setdefault("type", "account")
    span = _range(call)
    inboxes = {inbox.id for inbox in call.store.inboxes.of(call.account.id) if inbox.agent_bot_id}
    index = call.store.conversation_index[call.account.id]
    rows = [row for row in index.rows.values() if row.inbox_id in inboxes and _within(row, span)]
    spoken = sum(
        one.sender_type == "AgentBot" and _within(one, span) for row in rows for one in call.store.messages_of[row.id]
    )
    total = len(rows)
    done = len(_facts(call, "conversation_bot_resolved", span))
    handed = len(_facts(call, "conversation_bot_handoff", span))
    return {
        "conversation_count": total,
        "message_count": spoken,
        "resolution_rate": int(done * 100 / total) if total else 0,
        "handoff_rate": int(handed * 100 / total) if total else 0,
    }


def _unattended(row: model.Conversation) -> bool:
    return row.first_reply_created_at is None or row.waiting_since is not None


def _live(rows: Iterable[model.Conversation], pending: int) -> dict[str, int]:
    still = list(rows)
    return {
        "open": len(still),
        "unattended": sum(map(_unattended, still)),
        "unassigned": sum(row.assignee_id is None for row in still),
        "pending": pending,
    }


def conversations(call: Call) -> Any:
    """`GET reports/conversations?type=account|agent` and live metrics."""
    index = call.store.conversation_index[call.account.id]
    still = list(index.by_status["open"].values())
    pending = list(index.by_status["pending"].values())
    if call.params.get("type") == "agent":
        members = call.store.account_users.of(call.account.id)
        members = members[(call.page - 1) * 25 : call.page * 25]
        return [_of_agent(call, member, still) for member in members]
    if (team := call.number("team_id")) is not None:
        still = [row for row in still if row.team_id == team]
        pending = [row for row in pending if row.team_id == team]
    return _live(still, len(pending))


def _of_agent(call: Call, member: model.AccountUser, still: list[model.Conversation]) -> dict[str, Any]:
    user = call.store.users.rows[member.user_id]
    mine = [row for row in still if row.assignee_id == user.id]
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "thumbnail": "",
        "availability": presence(member),
        "metric": {"open": len(mine), "unattended": sum(map(_unattended, mine))},
    }


def grouped_live(call: Call) -> Any:
    """`GET live_reports/grouped_conversation_metrics?group_by=team_id|assignee_id`."""
    group = str(call.params.get("group_by"))
    if group not in ("team_id", "assignee_id"):
        raise unprocessable("invalid group_by")
    groups: dict[int | None, list[model.Conversation]] = {}
    for row in call.store.conversation_index[call.account.id].by_status["open"].values():
        groups.setdefault(getattr(row, group), []).append(row)
    return [
        {group: key, "open": len(rows), "unattended": sum(map(_unattended, rows))}
        | ({"unassigned": sum(row.assignee_id is None for row in rows)} if group == "team_id" else {})
        for key, rows in groups.items()
    ]


def by_group(call: Call) -> Any:
    """`GET summary_reports/agent|team|inbox|label`."""
    kind, span = call.path["kind"], _range(call)
    store, account_id = call.store, call.account.id
    subjects: list[tuple[int, str]]
    if kind == "agent":
        subjects = [(one.user_id, "") for one in store.account_users.of(account_id)]
    elif kind == "team":
        subjects = [(one.id, one.name) for one in store.teams.of(account_id)]
    elif kind == "inbox":
        subjects = [(one.id, one.name) for one in store.inboxes.of(account_id)]
    else:
        subjects = [(one.id, one.title) for one in store.labels.of(account_id)]
    out = []
    for subject_id, name in subjects:
        call.params |= {"type": kind, "id": subject_id}
        line: dict[str, Any] = {"id": subject_id}
        line["conversations_count"] = len(list(_counted(call, "conversations_count", span) or ()))
        line["resolved_conversations_count"] = len(_facts(call, "conversation_resolved", span))
        for key, fact in (
            ("avg_resolution_time", "conversation_resolved"),
            ("avg_first_response_time", "first_response"),
            ("avg_reply_time", "reply_time"),
        ):
            line[key] = _average(_facts(call, fact, span))
        if kind == "label":
            line = {"name": name} | {key: 0 if value is None else value for key, value in line.items()}
        out.append(line)
    return out


def by_channel(call: Call) -> Any:
    """`GET summary_reports/channel`."""
    span = _range(call)
    if span[1] - span[0] > HALF_YEAR:
        raise unprocessable("Date range cannot exceed 6 months")
    counts: dict[str, int] = dict.fromkeys((*model.STATUSES, "total"), 0)
    for row in call.store.conversation_index[call.account.id].rows.values():
        if _within(row, span):
            counts[row.status] += 1
            counts["total"] += 1
    return {"Channel::Api": counts} if counts["total"] else {}


def first_response_distribution(call: Call) -> Any:
    """`GET reports/first_response_time_distribution`."""
    call.params.setdefault("type", "account")
    limits = (("0-1h", 3600.0), ("1-4h", 14400.0), ("4-8h", 28800.0), ("8-24h", 86400.0), ("24h+", float("inf")))
    counts = dict.fromkeys((name for name, _ in limits), 0)
    for one in _facts(call, "first_response", _range(call)):
        counts[next(name for name, limit in limits if one.value < limit)] += 1
    return {"Channel::Api": counts} if any(counts.values()) else {}


def inbox_label_matrix(call: Call) -> Any:
    """`GET reports/inbox_label_matrix`."""
    span = _range(call)
    inboxes, labels = call.store.inboxes.of(call.account.id), call.store.labels.of(call.account.id)
    rows = [row for row in call.store.conversation_index[call.account.id].rows.values() if _within(row, span)]
    matrix = [
        [sum(row.inbox_id == inbox.id and label.title in row.labels for row in rows) for label in labels]
        for inbox in inboxes
    ]
    return {
        "inboxes": [{"id": one.id, "name": one.name} for one in inboxes],
        "labels": [{"id": one.id, "title": one.title} for one in labels],
        "matrix": matrix,
    }


def outgoing_by(call: Call) -> Any:
    """`GET reports/outgoing_messages_count?group_by=agent|team|inbox|label`."""
    group, span, store = str(call.params.get("group_by")), _range(call), call.store
    named: dict[str, dict[Any, str]] = {
        "agent": {one.user_id: store.users.rows[one.user_id].name for one in store.account_users.of(call.account.id)},
        "team": {one.id: one.name for one in store.teams.of(call.account.id)},
        "inbox": {one.id: one.name for one in store.inboxes.of(call.account.id)},
        "label": {one.title: one.title for one in store.labels.of(call.account.id)},
    }
    names = named.get(group, {})
    counts: dict[Any, int] = {}
    for one in store.messages.by_account.get(call.account.id, {}).values():
        if one.message_type != model.OUTGOING or not _within(one, span):
            continue
        row = store.conversations.rows[one.conversation_id]
        keyed: dict[str, list[Any]] = {
            "agent": [one.sender_id] if one.sender_type == "User" else [],
            "team": [row.team_id],
            "inbox": [row.inbox_id],
            "label": list(row.labels),
        }
        for key in keyed.get(group, []):
            if key in names:
                counts[key] = counts.get(key, 0) + 1
    return [{"id": key, "name": names[key], "outgoing_messages_count": count} for key, count in counts.items()]


def csv(_: Call) -> Any:
    """`GET reports/agents|inboxes|labels|teams|…`: a CSV with its head only."""
    return Answer(200, b"Reporting period\n", media_type="text/csv")
