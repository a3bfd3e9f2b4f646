"""What Prometheus is shown: one registry, every series declared here."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

RUNS = Counter("clobus_runs_total", "Cycles of a process by outcome", ["process", "outcome"])
RUN_SECONDS = Histogram(
    "clobus_run_seconds", "Duration of a cycle", ["process"], buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300)
)
RUN_RECORDS = Counter("clobus_run_records_total", "Records of a process by what became of them", ["process", "kind"])
PUSHES = Counter("clobus_pushes_total", "Pushes to a partner by outcome", ["system", "outcome"])
INBOX = Counter("clobus_inbox_total", "Foreign messages by source and outcome", ["source", "outcome"])
MESSAGES = Counter("clobus_messages_total", "Messages to people by type and outcome", ["type", "outcome"])
DRIFT = Gauge("clobus_drift", "Requests that differ between the systems, at the last comparison", ["kind"])
QUEUE = Gauge("clobus_queue", "Rows waiting, by queue and state", ["queue", "state"])
LAG = Gauge("clobus_process_lag_seconds", "Seconds since a process last succeeded", ["process"])
REQUESTS = Counter("clobus_api_requests_total", "Requests to the API", ["route", "method", "status"])
REQUEST_SECONDS = Histogram(
    "clobus_api_request_seconds", "Time to answer a request", ["route"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)  # fmt: skip
CALLS = Counter("clobus_gateway_requests_total", "Requests to a partner by outcome", ["system", "method", "outcome"])
CALL_SECONDS = Histogram(
    "clobus_gateway_request_seconds", "Time until a partner's whole answer is read", ["system", "method"],
    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 120, 300),
)  # fmt: skip
BREAKER = Gauge("clobus_gateway_breaker", "Circuit breaker of a partner: 0 closed, 1 half-open, 2 open", ["system"])
LIVE_PAGES = Gauge("clobus_live_pages", "Open pages that listen in this process")
LIVE_MESSAGES = Counter("clobus_live_messages_total", "News told to pages")
