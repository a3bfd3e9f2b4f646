"""The commands that people and programs use, over a running worker."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from clobus.gateways.onec.entities import Consultation
from clobus.runtime import Runtime
from tests.flows.conftest import World
from tests.support.platform import ask, environment_for, running, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


async def clobus(env: Mapping[str, str], *arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "clobus", *arguments,
        env={**{name: value for name, value in os.environ.items() if not name.startswith("CLOBUS_")}, **env},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, error = await process.communicate()
    return process.returncode or 0, out.decode(), error.decode()


async def spoiled(runtime: Runtime, world: World) -> dict[str, Any]:
    """A request whose document was changed while nobody looks: its row is set back to what it was."""
    [row] = await ask(runtime, "select cons_id, number, topic from cons.cons where status = 'closed' limit 1")
    async with runtime.db.transaction() as connection:
        await connection.execute("update cons.cons set topic = 'other' where cons_id = %s", (row["cons_id"],))
    return row


async def test_the_commands(world: World) -> None:
    env = environment_for(world.settings)
    async with running(world.settings) as runtime:
        code, out, _ = await clobus(env, "drift", "--json")
        said = json.loads(out)
        assert (code, said["total"], said["items"]) == (0, 0, [])
        assert said["compared"]["onec"] == 2976
        assert said["compared"]["postgres"] == 3000

        row = await spoiled(runtime, world)
        code, out, _ = await clobus(env, "drift", "--json")
        [item] = json.loads(out)["items"]
        assert code == 1
        assert (item["consultation"], item["kind"], item["systems"]) == (
            str(row["cons_id"]), "fields", ["onec", "postgres"],
        )  # fmt: skip
        assert (await clobus(env, "drift", "--repair"))[0] == 0
        [mended] = await ask(runtime, "select topic from cons.cons where cons_id = %s", row["cons_id"])
        assert mended["topic"] == row["topic"]

        code, out, _ = await clobus(env, "sync", "run", "redate")
        assert (code, out.split(",")[0]) == (0, "redate: ok")
        code, _, error = await clobus(env, "sync", "run", "nothing")
        assert code == 2
        assert "there is no process nothing" in error
        code, out, _ = await clobus(env, "sync", "status", "--json")
        assert {"clients", "cons", "redate", "rates", "calls", "queue_closing", "users", "open_update"} <= {
            process["process"] for process in json.loads(out)
        }

        for name in (str(row["cons_id"]), row["number"]):
            code, out, _ = await clobus(env, "explain", name, "--json")
            story = json.loads(out)
            assert (code, story["consultation"]) == (0, str(row["cons_id"]))
            assert story["now"]["onec"]["number"] == story["now"]["postgres"]["number"] == row["number"]
        code, out, _ = await clobus(env, "explain", row["number"])
        assert "PostgreSQL" in out
        assert (await clobus(env, "explain", "nobody"))[0] == 2


async def test_a_dead_letter_is_listed_retried_and_dropped(world: World) -> None:
    env = environment_for(world.settings)
    async with running(world.settings) as runtime:
        [row] = await ask(runtime, "select cl_ref_key from cons.cons where status = 'open' limit 1")
        change = {"set": Consultation.entity_set, "key": str(row["cl_ref_key"])}
        world.onec.change(change | {"fields": {"ДатаСоздания": "1753-01-01T00:00:00"}})

        async def kept() -> bool:
            return bool(await ask(runtime, "select 1 from sys.bad_records"))

        await until(kept)
        code, out, _ = await clobus(env, "dead-letters", "list", "--json")
        [letter] = json.loads(out)
        assert str(row["cl_ref_key"]) in letter["id"]
        assert (await clobus(env, "dead-letters", "show", letter["id"]))[0] == 0
        assert (await clobus(env, "dead-letters", "retry", letter["id"]))[1] == "1 to be tried again\n"
        assert (await clobus(env, "dead-letters", "show", "record:none"))[0] == 2
        code, out, error = await clobus(env, "explain", str(row["cl_ref_key"]))
        assert (code, error) == (0, "")
        assert "the creation date lies outside of 2000 to 2100" in out
        code, _, error = await clobus(env, "dead-letters", "list", "--limit", "-1")
        assert (code, "Traceback" in error) == (2, False)
        code, out, _ = await clobus(env, "sync", "run", "dictionaries")
        read = int(out.split(" read")[0].rpartition(", ")[2])
        [kept] = await ask(runtime, "select count(*) as n from dict.knowledge_base")
        assert (code, read > kept["n"]) == (0, True), "all sets of the process are counted, not the last alone"
        assert (await clobus(env, "sync", "run", "alerts"))[:2] == (0, "alerts: done; its cycles are not recorded\n")
