"""The client of one 1C base: pages, objects, versions; created once, changed as often as needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import msgspec

from clobus.core.breaker import BreakerPolicy
from clobus.core.errors import BadAnswer, OutcomeUnknown, Permanent, Refused, Transient
from clobus.core.http import Http, RetryPolicy, is_json, open_client, timeouts
from clobus.gateways.onec import odata, verdict
from clobus.gateways.onec.entities import Consultation
from clobus.gateways.onec.wire import SYSTEM, Version, decode_page, decode_row, instant_to_local

E = TypeVar("E", bound=msgspec.Struct)
JSON = "?$format=json"
BIG_PAGE = 1000
VERSION_FIELDS = ("Ref_Key", "DataVersion", "DeletionMark")
MARKER_FIELDS = ("Ref_Key", "DataVersion", "DeletionMark", "Number", "ДатаСоздания", "ДатаИзменения", "Комментарий")


class _Count(msgspec.Struct):
    count: str | int = msgspec.field(name="odata.count")


class _Root(msgspec.Struct):
    value: list[dict[str, Any]]


def open_onec(
    base_url: str,
    user: str,
    password: str,
    *,
    zone: ZoneInfo,
    verify: bool | str | Path = True,
    connections: int = 2,
    connect: float = 10.0,
    read: float = 120.0,
    retry: RetryPolicy | None = None,
    breaker: BreakerPolicy | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> OnecClient:
    """Open a base by its address up to `/odata/standard.odata`; seconds for time-outs.

    Each connection may hold a client licence: keep them few (onec.md §1.12). The password goes as UTF-8 (§1.10).
    """
    http = open_client(
        SYSTEM,
        base_url,
        timeout=timeouts(connect, read),
        verify=verify,
        auth=httpx.BasicAuth(user.encode(), password.encode()),
        headers={"Accept": "application/json", "User-Agent": "clobus"},
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=30.0),
        retry=retry,
        breaker=breaker,
        judge=verdict.judge,
        transport=transport,
    )
    return OnecClient(http, zone)


class OnecClient:
    """One base of 1C. Every method raises a GatewayError of core/errors.py; times go out as local wall clock."""

    def __init__(self, http: Http, zone: ZoneInfo) -> None:
        self.http = http
        self.zone = zone
        self._counts = True

    async def page(
        self,
        entity: str,
        *,
        filter: str | None = None,  # noqa: A002 - the protocol's own word
        orderby: str | None = None,
        top: int | None = None,
        skip: int | None = None,
        select: Sequence[str] | None = None,
        time_limit: float | None = None,
    ) -> bytes:
        """Read one page as the JSON it is; without `top` the whole set comes.

        Of more than 1000 rows any time-out or 5xx is Transient and not repeated here: ask for less.
        """
        query = odata.query(filter=filter, orderby=orderby, top=top, skip=skip, select=select)
        limit = None if time_limit is None else timeouts(10.0, time_limit)
        big = top is not None and top > BIG_PAGE
        try:
            response = await self.http.get(
                f"{odata.address(entity)}?{query}", route=entity, time_limit=limit, attempts=1 if big else None
            )
        except Refused as exc:
            if not big or (exc.status or 0) < 500:
                raise
            raise Transient(
                SYSTEM, f"{exc.text} for {top} rows", status=exc.status, code="onec.page_too_big",
                vendor_text=exc.vendor_text, trips=False,
            ) from exc  # fmt: skip
        if not is_json(response):
            raise BadAnswer(SYSTEM, f"a page of {entity} is not JSON", status=response.status_code)
        return response.content

    async def rows(
        self,
        entity: str,
        type: type[E],  # noqa: A002 - reads as in the protocol's documentation
        *,
        filter: str | None = None,  # noqa: A002 - the protocol's own word
        orderby: str | None = None,
        top: int | None = None,
        skip: int | None = None,
        select: Sequence[str] | None = None,
    ) -> list[E]:
        """Read one page, typed; BadAnswer when one row does not fit."""
        data = await self.page(entity, filter=filter, orderby=orderby, top=top, skip=skip, select=select)
        return decode_page(data, type)

    async def count(self, entity: str, filter: str | None = None) -> int:  # noqa: A002 - the protocol's own word
        """Count by `/$count`, or by `$inlinecount` where a publication lacks it (onec.md §1.7); remembers which."""
        if self._counts:
            try:
                return await self._count(entity, filter)
            except Permanent:
                number = await self._inline_count(entity, filter)  # a wrong filter fails here again, as it should
                self._counts = False
                return number
        return await self._inline_count(entity, filter)

    async def get(self, entity: str, key: UUID, type: type[E]) -> E:  # noqa: A002 - as in `rows`
        """Read one object; Missing only on 1C's explicit "instance not found" (code 9)."""
        response = await self.http.get(odata.address(entity, key) + JSON, route=entity)
        return decode_row(response.content, type)

    async def by_keys(
        self,
        entity: str,
        keys: Iterable[UUID],
        type: type[E],  # noqa: A002 - as in `rows`
        field: str = "Ref_Key",
        *,
        select: Sequence[str] | None = None,
    ) -> list[E]:
        """Read objects by keys, as many in a request as the address may hold; absent ones are just not in the list."""
        found: list[E] = []
        for chunk in odata.split_keys(keys, field, fits=lambda term: odata.fitting(filter=term, select=select)):
            found += await self.rows(entity, type, filter=chunk, select=select)
        return found

    async def versions(
        self,
        entity: str,
        filter: str | None = None,  # noqa: A002 - the protocol's own word
        *,
        orderby: str | None = None,
        top: int | None = None,
        skip: int | None = None,
    ) -> list[Version]:
        """Read what a sweep compares: key, version and deletion mark of each row."""
        return await self.rows(
            entity, Version, filter=filter, orderby=orderby, top=top, skip=skip, select=VERSION_FIELDS
        )

    async def create(self, entity: str, body: Mapping[str, Any], type: type[E]) -> E:  # noqa: A002 - as in `rows`
        """Create an object, sent once. Refused with 1C's text on a business rule, OutcomeUnknown on a lost answer.

        Aware datetimes in `body` become local wall clock; GUIDs and plain values go as they are.
        """
        response = await self.http.request("POST", odata.address(entity) + JSON, body=self._local(body), route=entity)
        try:
            return decode_row(response.content, type)
        except BadAnswer as exc:
            text = f"created in {entity}, but the answer is unreadable"
            raise OutcomeUnknown(SYSTEM, text, status=response.status_code) from exc

    async def patch(self, entity: str, key: UUID, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change members of an object (tabular sections whole); repeated when lost. {} when 1C answers nothing."""
        path = odata.address(entity, key) + JSON
        response = await self.http.request("PATCH", path, body=self._local(body), repeatable=True, route=entity)
        return _members(response)

    async def create_record(self, register: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Add a record to an independent register, sent once; Refused when its key exists already."""
        response = await self.http.request(
            "POST", odata.address(register) + JSON, body=self._local(body), route=register
        )
        return _members(response)

    async def patch_record(
        self, register: str, key: Mapping[str, UUID | int | datetime], body: Mapping[str, Any]
    ) -> None:
        """Change members of a record, named by all of its key; repeated when lost, Missing when there is none."""
        local = {
            name: datetime.fromisoformat(instant_to_local(value, self.zone)) if isinstance(value, datetime) else value
            for name, value in key.items()
        }
        path = odata.record(register, local) + JSON
        await self.http.request("PATCH", path, body=self._local(body), repeatable=True, route=register)

    async def find_documents_by_marker(
        self, marker: str, *, client_key: UUID | None, since: datetime, until: datetime
    ) -> list[Consultation]:
        """Look for requests whose comment begins with `marker`, created in [since, until): the probe after a lost POST.

        The text is compared here: only `eq` and dates are sure to work in a filter on every publication. Those marked
        for deletion are found too. Rows hold the key, version, mark, number, dates and comment.
        """
        start, end = instant_to_local(since, self.zone), instant_to_local(until, self.zone)
        owner = odata.eq("Абонент_Key", client_key) if client_key is not None else None
        rows = await self.rows(
            Consultation.entity_set,
            Consultation,
            filter=odata.both(owner, odata.between("ДатаСоздания", start, end)),
            select=MARKER_FIELDS,
        )
        return [row for row in rows if (row.comment or "").partition("\n")[0].strip() == marker]

    async def ping(self) -> list[str]:
        """Ask what is published; BadAnswer: nothing. A first call after a rest takes 10 to 30 s (onec.md §1.12)."""
        response = await self.http.get(JSON, route="root")
        try:
            names = [str(item["name"]) for item in msgspec.json.decode(response.content, type=_Root).value]
        except (msgspec.MsgspecError, KeyError) as exc:
            raise BadAnswer(SYSTEM, "the service document is unreadable", status=response.status_code) from exc
        if not names:
            raise BadAnswer(SYSTEM, "no object is published over OData", code="onec.nothing_published")
        return names

    async def close(self) -> None:
        """Close the connections."""
        await self.http.close()

    async def _count(self, entity: str, filter: str | None) -> int:  # noqa: A002 - the protocol's own word
        query = odata.query(filter=filter, json=False)
        path = odata.address(entity, tail="/$count") + (f"?{query}" if query else "")
        response = await self.http.get(path, route=f"{entity}/$count")
        try:
            return int(response.text.strip().lstrip("\ufeff"))
        except ValueError as exc:
            raise BadAnswer(SYSTEM, f"the count of {entity} is no number", status=response.status_code) from exc

    async def _inline_count(self, entity: str, filter: str | None) -> int:  # noqa: A002 - the protocol's own word
        # $top=1 and not 0: some publications take 0 for "no limit"; the manual says the count ignores it anyway.
        query = odata.query(filter=filter, top=1, select=("Ref_Key",), inlinecount=True)
        response = await self.http.get(f"{odata.address(entity)}?{query}", route=f"{entity}/$inlinecount")
        try:
            return int(msgspec.json.decode(response.content, type=_Count).count)
        except (msgspec.MsgspecError, ValueError) as exc:
            raise BadAnswer(SYSTEM, f"no count of {entity}", status=response.status_code) from exc

    def _local(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return instant_to_local(value, self.zone)
        if isinstance(value, Mapping):
            return {name: self._local(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._local(inner) for inner in value]
        return value


def _members(response: httpx.Response) -> dict[str, Any]:
    if not response.content.strip():
        return {}
    try:
        return msgspec.json.decode(response.content, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}  # done by its status; who needs the members reads the object again
