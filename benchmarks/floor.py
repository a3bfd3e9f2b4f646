"""The floor: fetch, raw parse, COPY to a staging table, merge; no more. `python -m benchmarks.floor WHAT SOURCE DSN`.

`floor` keeps all 43 members as performance.md §2 does; `floor_narrow` only those that ours keeps. A JSON string body is
valid COPY text as it is (`\\n \\t \\\\ \\"` mean the same in both), so texts are never decoded.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
import uvloop
from psycopg import AsyncConnection

from benchmarks.documents import ENTITY, document

PAGE, BATCH = 1_000, 5
KEPT = (
    "Ref_Key", "DataVersion", "Number", "Абонент_Key", "Менеджер_Key", "Автор_Key", "ВидОбращения", "ДатаСоздания",
    "ДатаИзменения", "ДатаКонсультации", "Конец", "Язык_Key", "Тема", "Описание", "КатегорияВопроса_Key",
    "ВопросНаКонсультацию_Key", "DeletionMark", "ЗакрытоБезКонсультации",
)  # fmt: skip
TOPICS = (
    "LineNumber", "ВидПО_Key", "РазделПО_Key", "НаличиеПомех_Key", "ПомощьМенеджера_Key", "Вопрос", "Ответ",
    "ПовторноеОбращение",
)  # fmt: skip
ANSWERS = ("LineNumber", "Вопрос", "Ответ")


def _struct(name: str, members: Sequence[str], more: Sequence[Any] = ()) -> Any:
    fields = [(f"f{at}", msgspec.Raw, msgspec.field(name=member)) for at, member in enumerate(members)]
    return msgspec.defstruct(name, [*fields, *more], gc=False)


class Plan:
    """Which members become which columns: texts first, then what has no quotes in JSON."""

    def __init__(self, narrow: bool) -> None:
        sample = json.loads(document(7, 100))
        members = [name for name, value in sample.items() if not isinstance(value, list)]
        members = [name for name in members if not narrow or name in KEPT]
        self.texts = [name for name in members if isinstance(sample[name], str)]
        self.plain = [name for name in members if not isinstance(sample[name], str)]
        self.types = {name: _type(name, sample[name]) for name in members}
        sections = [
            ("topics", list[_struct("T", TOPICS)], msgspec.field(name="КонсультацииИТС")),
            ("answers", list[_struct("A", ANSWERS)], msgspec.field(name="ВопросыИОтветы")),
        ]
        row = _struct("Row", [*self.texts, *self.plain], sections)
        self.decode = msgspec.json.Decoder(msgspec.defstruct("Page", [("value", list[row])])).decode

    def tables(self) -> str:
        """Two plain tables and their staging."""
        columns = ", ".join(f'"{name}" {self.types[name]}' for name in [*self.texts, *self.plain])
        kinds = ("int", "uuid", "uuid", "uuid", "uuid", "text", "text", "bool")
        lines = ", ".join(f'"{name}" {kind}' for name, kind in zip(TOPICS, kinds, strict=True))
        return (
            f'create table docs ({columns}, primary key ("Ref_Key"));'
            f'create table qa (ref_key uuid, section text, {lines}, primary key (ref_key, section, "LineNumber"));'
            f"create unlogged table stage_docs ({columns}); create unlogged table stage_qa (like qa)"
        )

    def encode(self, page: bytes) -> tuple[bytes, bytes]:
        """COPY text of the documents and of their lines."""
        if b"\\u" in page:
            page = msgspec.json.encode(msgspec.json.decode(page))
        docs, lines, texts = [], [], len(self.texts)
        for row in self.decode(page).value:
            fields = msgspec.structs.astuple(row)
            docs.append(b"\t".join(fields[:texts])[1:-1].replace(b'"\t"', b"\t") + b"\t" + b"\t".join(fields[texts:-2]))
            key = bytes(fields[0])[1:-1]
            for line in fields[-2]:
                values = msgspec.structs.astuple(line)
                body = b"\t".join(values[:-1])[1:-1].replace(b'"\t"', b"\t")
                lines.append(key + b"\tits\t" + body + b"\t" + bytes(values[-1]))
            for line in fields[-1]:
                number, question, answer = msgspec.structs.astuple(line)
                lines.append(
                    b"%b\tqa\t%b\t\\N\t\\N\t\\N\t\\N\t%b\t%b\t\\N"
                    % (key, bytes(number)[1:-1], bytes(question)[1:-1], bytes(answer)[1:-1])
                )
        return b"\n".join(docs) + b"\n", b"\n".join(lines) + b"\n"

    def merge(self) -> list[str]:
        """Only what is new or has another version; lines only of those."""
        names = [f'"{name}"' for name in [*self.texts, *self.plain]]
        return [
            "create temp table changed on commit drop as select null::uuid as ref_key, false as old limit 0",
            f'with done as (insert into docs select distinct on ("Ref_Key") * from stage_docs on conflict ("Ref_Key")'
            f" do update set ({', '.join(names[1:])}) = row({', '.join('excluded.' + name for name in names[1:])})"
            ' where docs."DataVersion" is distinct from excluded."DataVersion" returning "Ref_Key", xmax <> 0)'
            " insert into changed select * from done",
            "delete from qa where ref_key = any (array(select ref_key from changed where old))",
            "insert into qa select s.* from stage_qa s join changed c using (ref_key)",
            "truncate stage_docs, stage_qa",
        ]


def _type(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if name.endswith("_Key"):
        return "uuid"
    return "timestamp" if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}", str(value)) else "text"


async def fetch(source: str) -> AsyncIterator[bytes]:
    """Pages by `$skip`, over a bare connection."""
    place = urlsplit(source)
    reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=2**24)
    skip = 0
    while True:
        query = f"$format=json&$orderby={quote('ДатаИзменения asc')}&$top={PAGE}&$skip={skip}"
        writer.write(f"GET /{quote(ENTITY)}?{query} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        page = await reader.readexactly(size)
        if size < 100:
            break
        yield page
        skip += PAGE
    writer.close()


async def load(source: str, dsn: str, *, narrow: bool) -> int:
    """Three stages with short queues between: fetch, encode, write."""
    plan = Plan(narrow)
    connection = await AsyncConnection.connect(dsn, autocommit=True)
    exists = await (await connection.execute("select to_regclass('docs')")).fetchone()
    if exists is None or exists[0] is None:
        await connection.execute(plan.tables())  # type: ignore[arg-type]  # our own text
    pages: asyncio.Queue[bytes | None] = asyncio.Queue(2)
    batches: asyncio.Queue[list[tuple[bytes, bytes]] | None] = asyncio.Queue(1)

    async def read() -> None:
        async for page in fetch(source):
            await pages.put(page)
        await pages.put(None)

    async def parse() -> None:
        batch: list[tuple[bytes, bytes]] = []
        while (page := await pages.get()) is not None:
            batch.append(plan.encode(page))
            await asyncio.sleep(0)
            if len(batch) == BATCH:
                await batches.put(batch)
                batch = []
        if batch:
            await batches.put(batch)
        await batches.put(None)

    async with asyncio.TaskGroup() as group:
        group.create_task(read())
        group.create_task(parse())
        while (ready := await batches.get()) is not None:
            await _write(connection, plan, ready)
    row = await (await connection.execute("select count(*) from docs")).fetchone()
    await connection.close()
    return int(row[0]) if row else 0


async def _write(connection: AsyncConnection[Any], plan: Plan, batch: list[tuple[bytes, bytes]]) -> None:
    async with connection.transaction():
        for at, table in enumerate(("stage_docs", "stage_qa")):
            async with connection.cursor().copy(f"copy {table} from stdin") as copy:
                for part in batch:
                    await copy.write(part[at])
        for statement in plan.merge():
            await connection.execute(statement)  # type: ignore[arg-type]  # our own text


def main() -> None:
    """Run and tell."""
    what, source, dsn = sys.argv[1:4]
    started = time.perf_counter()
    count = uvloop.run(load(source, dsn, narrow=what == "floor_narrow"))
    result = {"wall": time.perf_counter() - started, "created": count, "cpu": time.process_time()}
    with open("/proc/self/status", encoding="ascii") as status:
        result["rss"] = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
