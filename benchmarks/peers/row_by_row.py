"""The predecessor's way: for each document a SELECT, then INSERT or UPDATE through the async ORM, a commit per hundred.

`python -m benchmarks.peers.row_by_row SOURCE DSN LIMIT`, by the environment of the peers. Kinder than the real one:
nothing else is asked for per row.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any
from urllib.parse import quote

import httpx
from sqlalchemy import Boolean, Column, ForeignKey, Integer, MetaData, String, Table, delete
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import registry

from benchmarks.documents import ENTITY, document

SAMPLE = json.loads(document(7, 100))
PLAIN = [name for name, value in SAMPLE.items() if not isinstance(value, list)]
SECTIONS = [name for name, value in SAMPLE.items() if isinstance(value, list)]
KINDS = {bool: Boolean, int: Integer, str: String}
metadata = MetaData()
docs = Table(
    "docs", metadata,
    *(Column(name, KINDS[type(SAMPLE[name])](), primary_key=name == "Ref_Key") for name in PLAIN),
)  # fmt: skip
lines = Table(
    "qa", metadata,
    Column("ref_key", String, ForeignKey("docs.Ref_Key"), primary_key=True),
    Column("section", String, primary_key=True),
    Column("LineNumber", String, primary_key=True),
    *(Column(name, String) for name in ("ВидПО_Key", "РазделПО_Key", "НаличиеПомех_Key", "ПомощьМенеджера_Key")),
    Column("ПовторноеОбращение", Boolean), Column("Вопрос", String), Column("Ответ", String),
)  # fmt: skip


class Document:
    """Mapped below: a class is what the ORM wants."""


class Line:
    """Mapped below."""


registry().map_imperatively(Document, docs)
registry().map_imperatively(Line, lines)


async def keep(session: AsyncSession, item: dict[str, Any]) -> None:
    """One document and its lines."""
    found = await session.get(Document, item["Ref_Key"])
    target = found or Document()
    for name in PLAIN:
        setattr(target, name, item[name])
    if found is None:
        session.add(target)
    await session.flush()
    if found is not None:
        await session.execute(delete(Line).where(lines.c.ref_key == item["Ref_Key"]))
    for section in SECTIONS:
        for row in item[section]:
            line = Line()
            for name, value in {"ref_key": item["Ref_Key"], "section": section, **row}.items():
                setattr(line, name, value)
            session.add(line)
    await session.flush()


async def load(source: str, dsn: str, limit: int) -> None:
    """Page by page, row by row."""
    engine = create_async_engine(dsn.replace("postgresql://", "postgresql+psycopg://"))
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    done = 0
    async with httpx.AsyncClient(base_url=source) as client, AsyncSession(engine, expire_on_commit=False) as session:
        while done < limit:
            order = quote("ДатаИзменения asc")
            page = (await client.get(f"/{quote(ENTITY)}?$orderby={order}&$top=1000&$skip={done}")).json()["value"]
            for item in page:
                await keep(session, item)
                done += 1
                if done % 100 == 0:
                    await session.commit()
                    session.expunge_all()
        await session.commit()
    await engine.dispose()


def main() -> None:
    """Run and tell."""
    source, dsn, limit = sys.argv[1:4]
    started = time.perf_counter()
    asyncio.run(load(source, dsn, int(limit)))
    result = {"wall": time.perf_counter() - started, "created": int(limit), "cpu": time.process_time()}
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
