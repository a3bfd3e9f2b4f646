"""Stands in for Python when the supervisor starts a part: `stub_part.py -m clobus_twins|clobus WHAT ...`.

Behaviour by environment: STUB_DIE names a part that leaves at once with a word.
"""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psycopg

from clobus.sandbox.progress import FIRST_LOAD


class _Yes(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


def _option(name: str) -> str:
    return sys.argv[sys.argv.index(name) + 1]


def _serve() -> None:
    HTTPServer(("127.0.0.1", int(_option("--port"))), _Yes).serve_forever()


def _twin(name: str) -> None:
    home = Path(_option("--data"))
    runs = home / "starts"
    runs.write_text((runs.read_text() if runs.exists() else "") + "x")
    (home / "credentials.json").write_text(json.dumps({"user": "odata", "password": "p", "token": "t"}))
    sys.stderr.write(f"seeding {name}\n")
    _serve()


def _worker() -> None:
    with psycopg.connect(os.environ["CLOBUS_DATABASE_URL"], autocommit=True) as connection:
        for process in FIRST_LOAD:
            connection.execute(
                "insert into log.etl_runs (process, outcome, read_count, finished_at) values (%s, 'ok', 10, now())",
                (process,),
            )
    time.sleep(600)


def main() -> None:
    """Play the part."""
    package, what = sys.argv[2], sys.argv[3]
    if os.environ.get("STUB_DIE") == what:
        raise SystemExit(f"{what} has had enough")
    if package == "clobus_twins":
        _twin(what)
    elif what == "worker":
        _worker()
    elif what == "bot":
        time.sleep(600)
    else:
        _serve()


if __name__ == "__main__":
    main()
