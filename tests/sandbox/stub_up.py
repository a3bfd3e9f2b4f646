"""`clobus up` with stubs for parts: `stub_up.py PORT DATA`."""

import os
import stat
import sys
from pathlib import Path

from clobus.sandbox.up import up


def main() -> None:
    """Run it with a `python` that is the stub."""
    port, data = int(sys.argv[1]), Path(sys.argv[2])
    stub = data.with_name(data.name + "-python")
    script = Path(__file__).with_name("stub_part.py")
    stub.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
    stub.chmod(stub.stat().st_mode | stat.S_IXUSR)
    sys.executable = os.fspath(stub)
    raise SystemExit(up("small", port, data))


if __name__ == "__main__":
    main()
