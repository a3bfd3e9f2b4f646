"""sling: NDJSON on its stdin, upsert by key. `python sling_load.py SOURCE DSN`, with the binary of its package.

The tabular sections stay JSON columns: sling has no child tables.
"""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, urlsplit

ENTITY = "Document_ТелефонныйЗвонок"


def binary() -> str:
    """The program inside of the package for this machine."""
    spec = find_spec("sling_linux_amd64")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "bin" / "sling-linux-amd64"
    path.chmod(0o755)
    return str(path)


def main() -> None:
    """Feed every page to it as lines; the cutting of a page into lines is as cheap as it can be."""
    source, dsn = sys.argv[1:3]
    started = time.perf_counter()
    command = [binary(), "run", "--src-stream", "stdin", "--src-options", '{"format": "jsonlines", "flatten": true}',
               "--tgt-conn", "PEER",
               "--tgt-object", "public.docs", "--mode", "incremental", "--primary-key", "Ref_Key",
               "--tgt-options", '{"column_casing": "source"}']  # fmt: skip
    env = {"PEER": dsn + "?sslmode=disable", "PATH": os.defpath, "HOME": tempfile.mkdtemp(prefix="bench-sling-")}
    sling = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=sys.stderr, env=env)
    assert sling.stdin is not None
    connection = http.client.HTTPConnection(urlsplit(source).netloc)
    skip = 0
    while True:
        query = f"$format=json&$orderby={quote('ДатаИзменения asc')}&$top=1000&$skip={skip}"
        connection.request("GET", f"/{quote(ENTITY)}?{query}")
        page = connection.getresponse().read()
        start = page.index(b"[") + 1
        if len(page) < 100:
            break
        # A document begins with its key, which no line of a section has.
        sling.stdin.write(page[start:-2].replace(b',{"Ref_Key"', b'\n{"Ref_Key"') + b"\n")
        skip += 1000
    sling.stdin.close()
    code = sling.wait()
    sys.stdout.write(json.dumps({"wall": time.perf_counter() - started, "code": code}) + "\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
