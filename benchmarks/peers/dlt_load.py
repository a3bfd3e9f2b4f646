"""dlt: `rest_api` into PostgreSQL, CSV, `duck_case`, upsert, tuned. Run by the environment of the peers, from anywhere.

`python dlt_load.py SOURCE DSN`. Other namings lose 34 of 43 members without a word (performance.md §2.4).
"""

import json
import os
import sys
import tempfile
import time

WORKDIR = tempfile.mkdtemp(prefix="bench-dlt-")
os.environ.update(
    {
        "DLT_DATA_DIR": WORKDIR,
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "SCHEMA__NAMING": "duck_case",
        "NORMALIZE__LOADER_FILE_FORMAT": "csv",
        "DATA_WRITER__BUFFER_MAX_ITEMS": "50000",
        "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true",
        "LOAD__WORKERS": "4",
    }
)

import dlt  # noqa: E402 - settings must stand before
from dlt.destinations import postgres  # noqa: E402 - as above
from dlt.sources.rest_api import rest_api_source  # noqa: E402 - as above

ENTITY = "Document_ТелефонныйЗвонок"


def main() -> None:
    """Load everything once."""
    source_url, dsn = sys.argv[1:3]
    started = time.perf_counter()
    source = rest_api_source(
        {
            "client": {"base_url": source_url},
            "resources": [
                {
                    "name": "docs",
                    "primary_key": "Ref_Key",
                    "write_disposition": {"disposition": "merge", "strategy": "upsert"},
                    "endpoint": {
                        "path": ENTITY,
                        "params": {"$format": "json", "$orderby": "ДатаИзменения asc"},
                        "data_selector": "value",
                        "paginator": {
                            "type": "offset", "limit": 1000, "limit_param": "$top", "offset_param": "$skip",
                            "total_path": None, "stop_after_empty_page": True,
                        },
                    },
                }
            ],
        }
    )  # fmt: skip
    pipeline = dlt.pipeline("bench", destination=postgres(dsn), dataset_name="peer", pipelines_dir=WORKDIR)
    pipeline.run(source, loader_file_format="csv")
    wall = time.perf_counter() - started
    with pipeline.sql_client() as client:
        count = client.execute_sql("select count(*) from docs")[0][0]
    sys.stdout.write(json.dumps({"wall": wall, "created": count, "cpu": time.process_time()}) + "\n")


if __name__ == "__main__":
    main()
