"""A 1C document becomes a snapshot of a request: status table A, local time to instants, texts within limits."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from clobus.gateways.onec.entities import AnswerRow, Consultation, TopicRow
from clobus.gateways.onec.wire import NO_DATE, local_to_instant
from clobus.modules.consultations.types import USUAL, AnswerLine, ConsultationSnapshot, Status
from clobus.sync.onec.feed import Context, InvalidRecord

QUEUED = "ВОчередьНаКонсультацию"
IN_WORK = "КонсультацияИТС"
OTHER = "Другое"
STAGES = {IN_WORK: Status.OPEN, QUEUED: Status.PENDING, OTHER: Status.OTHER}

IMPORTANCE = {1: "Низкая", USUAL: "Обычная", 3: "Высокая"}
IMPORTANCE_OF = {text: number for number, text in IMPORTANCE.items()}

LANGUAGES = {
    UUID("15d38cda-1812-11ef-b824-c67597d01fa8"): "ru",
    UUID("15d38cdb-1812-11ef-b824-c67597d01fa8"): "uz",
}
TEXT_LIMIT = 20_000
LAST_LINE = 2**31 - 1
MARKER = re.compile(r"Clobus ([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})\s*(?:\n|$)")
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def status_of(stage: str, *, ended: bool, denied: bool) -> Status:
    """Table A of domain.md §3.13; the first row that fits wins."""
    if denied:
        return Status.CANCELLED
    if ended:
        return Status.CLOSED
    return STAGES.get(stage, Status.NEW)


def from_onec(doc: Consultation, ctx: Context) -> ConsultationSnapshot:
    """Translate a document; InvalidRecord says what makes no sense, without its value."""
    if doc.created_at is None or doc.stage is None:
        raise InvalidRecord("the creation date or the stage is absent")
    ended = _instant(doc.ended_at, ctx.zone, "the end")
    created = _instant(doc.created_at, ctx.zone, "the creation date") or _instant(doc.date, ctx.zone, "the date")
    if created is None:
        raise InvalidRecord("the document has no creation date and no date")
    denied = bool(doc.closed_without)
    status = status_of(doc.stage, ended=ended is not None, denied=denied)
    if doc.deletion_mark:
        status = Status.CANCELLED
    return ConsultationSnapshot(
        ref_key=doc.ref_key,
        data_version=doc.data_version,
        deleted=doc.deletion_mark,
        number=(doc.number or "").strip() or None,
        status=status,
        denied=denied,
        client_key=doc.client_key,
        manager=doc.manager_key,
        author=doc.author_key,
        create_date=created,
        changed_date=_instant(doc.changed_at, ctx.zone, "the change date"),
        start_date=_instant(doc.planned_at, ctx.zone, "the planned date"),
        end_date=ended,
        lang=LANGUAGES.get(doc.language_key) if doc.language_key else None,
        topic=_text(doc.topic),
        comment=_text(doc.description) or _text(doc.question),
        online_question_cat=doc.category_key,
        online_question=doc.question_key,
        con_blocks=next((row.interference_key for row in doc.topics if row.interference_key), None),
        answers=_answers(doc.topics, doc.answers),
        our_id=_our_id(doc.comment),
        importance=IMPORTANCE_OF.get(doc.importance or "", USUAL),
    )


def _answers(topics: list[TopicRow], answers: list[AnswerRow]) -> tuple[AnswerLine, ...]:
    lines = [
        AnswerLine("its", row.line_number or at, row.po_type_key, row.po_section_key, row.interference_key,
                   row.helper_key, row.repeated, _text(row.question), _text(row.answer))
        for at, row in enumerate(topics, 1)
    ] + [
        AnswerLine("qa", row.line_number or at, question=_text(row.question), answer=_text(row.answer))
        for at, row in enumerate(answers, 1)
    ]  # fmt: skip
    if len({(line.section, line.line_number) for line in lines}) != len(lines):
        raise InvalidRecord("a tabular section has two lines of one number")
    if any(not 0 < line.line_number <= LAST_LINE for line in lines):
        raise InvalidRecord("a line of a tabular section has no number that could be")
    return tuple(lines)


@lru_cache(maxsize=4096)
def _offset(day: str, zone: ZoneInfo) -> timedelta | None:
    """How far the zone is from UTC on a day; None on a day on which that changes."""
    first = datetime.fromisoformat(day).replace(tzinfo=zone)
    offset = first.utcoffset()
    return offset if offset == (first + timedelta(days=1)).utcoffset() else None


def _instant(text: str | None, zone: ZoneInfo, what: str) -> datetime | None:
    if not text or text.startswith(NO_DATE):
        return None
    try:
        offset = _offset(text[:10], zone)  # of a million dates most share their day with another
        if offset is None:
            instant = local_to_instant(text, zone)
        else:
            instant = (datetime.fromisoformat(text[:19]) - offset).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InvalidRecord(f"{what} is no date") from None
    if instant is not None and not EARLIEST <= instant < LATEST:
        raise InvalidRecord(f"{what} lies outside of 2000 to 2100")
    return instant


def _text(value: str | None) -> str | None:
    """Cut and clean a text; PostgreSQL can't hold a zero character."""
    if not value:
        return None
    return value.replace("\x00", "")[:TEXT_LIMIT].rstrip() or None


def _our_id(comment: str | None) -> UUID | None:
    if not comment or not comment.startswith("Clobus "):
        return None
    found = MARKER.match(comment)
    return UUID(found.group(1)) if found else None
