"""What must hold when the trouble is over: nothing lost, nothing doubled, nothing said twice, nobody disagrees."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from clobus_twins.chatwoot import model
from clobus_twins.world.ids import EMPTY_DATE, EMPTY_KEY
from tests.chaos import records
from tests.chaos.site import ACCOUNTING, Order, Site
from tests.chaos.stack import Stack

MARKER = re.compile(r"Clobus ([0-9a-f-]{36})")
SAID_ONCE = ("note-", "question-")
ENDED = ("closed", "resolved", "cancelled")
BUGS = ("outbox.bug", "inbox.bug", "Traceback (most recent call last)")


def complaints(stack: Stack, site: Site, said: dict[str, Any]) -> list[str]:
    """Everything that is wrong, in words; empty when all is well. `said`: the last comparison of the systems."""
    found = list(site.wrong)
    found += _drift(said)
    found += _agreement(stack)
    found += _orders(stack, site)
    found += _doubles(stack)
    found += _letters(stack)
    return found


def waiting(stack: Stack) -> dict[str, int]:
    """What the platform has yet to do."""
    [row] = stack.rows(
        "select (select count(*) from sys.outbox where state <> 'dead'),"
        " (select count(*) from log.webhook_log where state in ('new', 'claimed')),"
        " (select count(*) from log.notification_log where state = 'sending')"
    )
    return {name: count for name, count in zip(("pushes", "webhooks", "messages"), row, strict=True) if count}


def compared(stack: Stack, *options: str) -> dict[str, Any]:
    """What `clobus drift --json` says, with its exit code."""
    ran = stack.clobus("drift", "--json", *options)
    try:
        said: dict[str, Any] = json.loads(ran.stdout)
    except ValueError:
        said = {"total": -1, "items": [], "error": (ran.stderr or ran.stdout)[-500:]}
    return said | {"code": ran.returncode}


def bugs(stack: Stack) -> Counter[str]:
    """Surprises that the platform's logs tell of."""
    found: Counter[str] = Counter()
    for log in (stack.home / "logs").glob("*.log"):
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            found.update(f"{log.stem}: {bug}" for bug in BUGS if bug in line)
    return found


def _drift(said: dict[str, Any]) -> list[str]:
    if said["code"] == 0 and said["total"] == 0:
        return []
    return [f"drift {said['total']}, exit code {said['code']}: {said['items'][:8]} {said.get('error', '')}"]


def _agreement(stack: Stack) -> list[str]:
    """The three systems compared by the judge's own eyes: whether `clobus drift` tells the truth."""
    kept = {
        str(ref): (status, str(manager or EMPTY_KEY), talk)
        for ref, status, manager, talk in stack.rows(
            "select cl_ref_key, status, manager, conversation_id from cons.cons where cl_ref_key is not null"
        )
    }
    talks = {row.display_id: row.status for row in records.rows(stack.chatwoot.data, model.Conversation)}
    found = []
    for paper in records.documents(stack.onec.data):
        status, manager, talk = kept.pop(paper["Ref_Key"], ("absent", "", None))
        wanted = stage(paper)
        if (status, manager) != (wanted, paper["Менеджер_Key"]):
            found.append(f"1C shows {paper['Ref_Key']} as {wanted} of {paper['Менеджер_Key']}, we {status} {manager}")
        shown = "resolved" if wanted in ENDED else "pending" if wanted == "pending" else "open"
        if talk is None and wanted not in ENDED:
            found.append(f"{paper['Ref_Key']} is {wanted} and has no conversation")
        elif talk is not None and talks.get(talk) != shown:
            found.append(f"{paper['Ref_Key']} is {wanted} and its conversation {talk} is {talks.get(talk)}")
    found += [f"1C has no document {ref}, we show it as {status}" for ref, (status, _, _) in kept.items()]
    return found


def stage(paper: records.Document) -> str:
    """Table A of domain.md §3.13, in the judge's own words."""
    if paper["DeletionMark"] or paper["ЗакрытоБезКонсультации"]:
        return "cancelled"
    if paper["Конец"] != EMPTY_DATE:
        return "closed"
    return {"КонсультацияИТС": "open", "ВОчередьНаКонсультацию": "pending", "Другое": "other"}.get(
        paper["ВидОбращения"], "new"
    )


def _orders(stack: Stack, site: Site) -> list[str]:
    kept = {
        str(number): row
        for number, *row in stack.rows(
            "select cons_id, status, cl_ref_key, conversation_id from cons.cons where source <> '1C_CL'"
        )
    }
    papers = Counter(
        match[1] for row in records.documents(stack.onec.data) if (match := MARKER.match(row["Комментарий"] or ""))
    )
    talks = {row.display_id for row in records.rows(stack.chatwoot.data, model.Conversation)}
    found = [f"{count} documents of 1C bear the marker {number}" for number, count in papers.items() if count > 1]
    for order in site.orders:
        found += _order(order, kept, papers, talks)
    told = Counter(tag for (tag,) in stack.rows("select comment from cons.cons where comment like 'chaos-%'"))
    found += [f"{count} requests were made of {tag}" for tag, count in told.items() if count > 1]
    return found


def _order(order: Order, kept: dict[str, list[Any]], papers: Counter[str], talks: set[int]) -> list[str]:
    if len(order.accepted) > 1:
        return [f"{order.key} was accepted as {sorted(order.accepted)}"]
    found = []
    for number in order.accepted:
        row = kept.get(number)
        if row is None:
            found.append(f"accepted and lost: {number}")
            continue
        status, ref, talk = row
        if order.kind == ACCOUNTING and not papers[number] and (ref or status != "cancelled"):
            found.append(f"accepted, and 1C has no document: {number} ({status})")
        if talk is None and status not in ENDED:
            found.append(f"accepted, and it has no conversation: {number} ({status})")
        if talk is not None and talk not in talks:
            found.append(f"the conversation {talk} of {number} does not exist")
    return found


def _doubles(stack: Stack) -> list[str]:
    numbers: Counter[str] = Counter()
    requests: Counter[str] = Counter()
    for talk in records.rows(stack.chatwoot.data, model.Conversation):
        if number := talk.custom_attributes.get("number_con"):
            numbers[str(number)] += 1
        if request := talk.custom_attributes.get("request_id"):
            requests[str(request)] += 1
    found = [f"{count} conversations for the number {name}" for name, count in numbers.items() if count > 1]
    found += [f"{count} conversations for the request {name}" for name, count in requests.items() if count > 1]
    said = Counter(
        row.source_id
        for row in records.rows(stack.chatwoot.data, model.Message)
        if row.source_id and row.source_id.startswith(SAID_ONCE)
    )
    found += [f"{name} was said {count} times" for name, count in said.items() if count > 1]
    for entity, _, count in stack.rows(
        "select entity_id, recipient, count(*) from log.notification_log where notification_type = 'accepted'"
        " group by 1, 2 having count(*) > 1"
    ):
        found.append(f"{entity} was told {count} times that it is accepted")
    return found


def _letters(stack: Stack) -> list[str]:
    found = []
    for query, what in (
        ("select system, subject_id, error_class, last_error from sys.outbox where state = 'dead'", "dead push"),
        ("select process, record_key, error from sys.bad_records", "bad record"),
        ("select id, event, error_message from log.webhook_log where state = 'dead'", "dead webhook"),
    ):
        found += [f"{what}: {' | '.join(str(value) for value in row)}"[:400] for row in stack.rows(query)]
    return found
