"""Files that were put to a request here go into its conversation: one message each, looked for before written."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from uuid import UUID

from clobus.core.db import Database
from clobus.core.errors import OutcomeUnknown
from clobus.gateways.chatwoot.client import ChatwootClient
from clobus.modules.consultations import attachments

IN_MEMORY = 1_000_000


def mark(attachment_id: UUID) -> str:
    """The `source_id` by which the message of a file is found."""
    return f"file-{attachment_id}"


@dataclass(frozen=True, slots=True)
class AttachmentPush:
    """The handler of the subjects `attachment` of system `chatwoot`."""

    db: Database
    chatwoot: ChatwootClient

    async def handle(self, attachment_id: UUID) -> None:
        """Send one file; nothing when it was sent, or when there is no conversation yet: its link wakes us again."""
        async with self.db.read() as connection:
            file = await attachments.waiting(connection, attachment_id)
        if file is None or file.conversation_id is None:
            return
        message = await self.chatwoot.find_message(file.conversation_id, mark(attachment_id))
        if message is None:
            try:
                await self._send(file, file.conversation_id)
            except OutcomeUnknown:
                message = await self.chatwoot.find_message(file.conversation_id, mark(attachment_id))
                if message is None:
                    raise
        if message is not None:
            await self._note(attachment_id, message.id)

    async def _send(self, file: attachments.Waiting, conversation_id: int) -> None:
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as body:
            async for piece in attachments.read_pieces(self.db, file.attachment_id):
                body.write(piece)
            body.seek(0)
            message = await self.chatwoot.create_file_message(
                conversation_id, body, name=file.name, media_type=file.content_type, content=file.comment,
                message_type="incoming" if file.incoming else "outgoing", source_id=mark(file.attachment_id),
            )  # fmt: skip
        await self._note(file.attachment_id, message.id)

    async def _note(self, attachment_id: UUID, message_id: int) -> None:
        async with self.db.transaction() as connection:
            await attachments.sent(connection, attachment_id, message_id)
