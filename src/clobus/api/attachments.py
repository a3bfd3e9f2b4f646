"""Routes of files that are put to a request."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse

from clobus.api.acts import noted
from clobus.api.answers import problems_of
from clobus.api.consultations import Holder, Maker
from clobus.api.replies import answer, is_staff, named, settings_of
from clobus.api.uploads import Uploaded, uploaded
from clobus.core import idempotency
from clobus.core.auth import Principal
from clobus.core.db import Connection
from clobus.core.errors import TooLarge
from clobus.modules.consultations import attachments, service
from clobus.modules.consultations.attachments import Rules, Upload
from clobus.modules.consultations.forms import AttachmentsOut
from clobus.settings import Attachments

router = APIRouter(prefix="/api/consultations", tags=["consultations"])
PATH = "/{name}/attachments"
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {
                            "type": "array", "minItems": 1,
                            "items": {"type": "string", "contentMediaType": "application/octet-stream"},
                        },
                        "comment": {"type": "string", "maxLength": 10_000},
                    },
                },
                "example": {"files": ["report.pdf"], "comment": "The report that does not add up"},
            }
        },
    }
}  # fmt: skip
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The content of the file.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post(
    PATH, response_model=AttachmentsOut, status_code=201, openapi_extra=BODY, summary="Put files to a request",
    responses=problems_of(
        "consultation.unknown", "consultation.ended", "attachment.none", "attachment.malformed", "attachment.empty",
        "attachment.too_large", "attachment.too_many", "attachment.type", "http.413", "http.415",
        "idempotency.key_length", "idempotency.other_body",
    ),
)  # fmt: skip
async def add(
    request: Request, name: str, principal: Maker, idempotency_key: Annotated[str | None, Header()] = None
) -> Response:
    """Keep files (multipart, `files`; words with them in `comment`) and send each into the conversation of the
    request, once; while Chatwoot is away they wait. All are taken or none, and once for an Idempotency-Key.
    """
    given, db = settings_of(request).attachments, request.app.state.runtime.db
    async with db.read() as connection:
        cons_id = await named(connection, name, principal)  # nobody's files are read before it is known that he may
    async with uploaded(request, given) as what:
        digest = await what.digest() if idempotency_key is not None else ""
        key = idempotency.key_of(principal.id, f"attach:{cons_id}", idempotency_key, digest)
        async with db.transaction() as connection:

            async def work() -> dict[str, Any]:
                kept = await _keep(connection, cons_id, principal, what, given)
                after = {"files": len(what.files)}
                await noted(connection, request, principal, "request.files_added", str(cons_id), after=after)
                return kept

            return answer(await idempotency.once(connection, key, cons_id, work()), 201)


async def _keep(
    connection: Connection, cons_id: UUID, principal: Principal, what: Uploaded, given: Attachments
) -> dict[str, Any]:
    rules = Rules(given.file_bytes, given.per_consultation, given.types)
    side = "staff" if is_staff(principal) else "client"
    row = (await service.load(connection, [cons_id]))[cons_id]
    if len(what.files) > given.per_consultation:
        raise TooLarge("attachment.too_many", {"limit": given.per_consultation})
    ids = [
        await attachments.add(
            connection, row, Upload(file.filename, file.read), rules, side=side, by=principal.id,
            comment=what.comment if at == 0 else None,
        )
        for at, file in enumerate(what.files)
    ]  # fmt: skip
    return {"attachments": await attachments.finish(connection, row, ids, rules, by=principal.id)}


@router.get(PATH, response_model=AttachmentsOut, responses=problems_of("consultation.unknown"), summary="List files")
async def listed(request: Request, name: str, principal: Holder) -> Response:
    """The files that were put to the request here, oldest first."""
    async with request.app.state.runtime.db.read() as connection:
        cons_id = await named(connection, name, principal)
        return answer({"attachments": await attachments.of_request(connection, cons_id)})


@router.get(
    PATH + "/{attachment_id}", response_class=StreamingResponse, summary="Get a file",
    responses=problems_of("consultation.unknown", "attachment.unknown") | FILE,
)  # fmt: skip
async def content(
    request: Request, name: str, attachment_id: UUID, principal: Holder,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:  # fmt: skip
    """The content of a file, to be saved: it is never shown in the page."""
    db = request.app.state.runtime.db
    async with db.read() as connection:
        cons_id = await named(connection, name, principal)
        file = await attachments.shown(connection, cons_id, attachment_id)
    tag = f'"{attachment_id}"'
    headers = {
        "etag": tag,
        "cache-control": "private, max-age=86400, immutable",
        "content-disposition": f"attachment; filename*=UTF-8''{quote(file['name'], safe='')}",
        "content-length": str(file["size"]),
    }
    if if_none_match == tag:
        del headers["content-length"]
        return Response(status_code=304, headers=headers)
    pieces = attachments.read_pieces(db, attachment_id)
    return StreamingResponse(pieces, media_type=file["content_type"], headers=headers)
