"""What clients answer to Chatwoot's own survey comes in as a rating, once (chatwoot.md §2.10).

No webhook tells of it but `message_updated` of the survey's message; what that missed is read from the list of answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog

from clobus.core import clock, runs
from clobus.core.db import Database
from clobus.core.errors import Conflict
from clobus.core.events import Origin
from clobus.core.runs import Run
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.modules.consultations import ratings, service
from clobus.modules.consultations.ratings import MARKS, Answer, Rater

log = structlog.get_logger()

SURVEY = "input_csat"
PAGE = 25
QUESTION = 1


class Surveys:
    """Takes answers of surveys into our database."""

    def __init__(self, db: Database, chatwoot: ChatwootClient) -> None:
        self.db = db
        self.chatwoot = chatwoot

    async def look(self, conversation_id: int, changed: Sequence[int]) -> None:
        """Read those of the messages that changed which are surveys."""
        for number in sorted(set(changed)):
            found = await self.chatwoot.messages(conversation_id, after=number - 1)
            message = next((m for m in found if m.id == number and m.content_type == SURVEY), None)
            values = (message.content_attributes if message else {}).get("submitted_values")
            given = values.get("csat_survey_response") if isinstance(values, dict) else None
            if isinstance(given, dict):
                await self._take(conversation_id, given.get("rating"), given.get("feedback_message"), clock.now())

    async def recent(self, seconds: float) -> Run:
        """Read the answers of the last so many seconds, whatever webhooks told."""
        until = clock.now() + timedelta(minutes=5)  # clocks differ
        since = until - timedelta(seconds=seconds)
        async with runs.record(self.db, "chatwoot_csat") as this:
            page = 1
            while batch := await self.chatwoot.survey_answers(int(since.timestamp()), int(until.timestamp()), page):
                this.read += len(batch)
                for one in batch:
                    at = datetime.fromtimestamp(one.created_at, UTC)
                    if one.conversation_id is not None:
                        this.updated += await self._take(
                            one.conversation_id, one.rating, one.feedback_message, min(at, clock.now())
                        )
                if len(batch) < PAGE:
                    break
                page += 1
        return this

    async def _take(self, conversation_id: int, mark: object, comment: object, at: datetime) -> bool:
        """Keep an answer; False when it is none, or the request was rated otherwise, or goes on again."""
        if not isinstance(mark, int) or mark not in MARKS:
            return False
        said = comment if isinstance(comment, str) else None
        rater = Rater(f"chatwoot:{conversation_id}", "chatwoot", "chatwoot", Origin.CHATWOOT)
        async with self.db.transaction() as connection:
            row = (await service.load_by_conversation(connection, [conversation_id], lock=True)).get(conversation_id)
            if row is None:
                return False
            before = row.con_rates
            try:
                after = await ratings.give(connection, row, [Answer(QUESTION, mark, comment=said)], rater, at)
            except Conflict as error:
                log.info("chatwoot.rating_not_taken", conversation=conversation_id, why=error.code)
                return False
        return after != (before or ratings.NOTHING)
