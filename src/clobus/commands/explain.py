"""`clobus explain`: the whole story of one request, and what each system shows of it now."""

from __future__ import annotations

import json
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from clobus.commands import session
from clobus.modules.consultations import selection
from clobus.parts import assemble
from clobus.runtime import Runtime
from clobus.sync.story import STORY, Teller


def explain(
    consultation: Annotated[str, typer.Argument(help="Our id, the 1C key or number, or the conversation's number.")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Tell the whole story of one request: events, pushes, webhooks, messages, its state in each system."""
    story = session.run(lambda runtime: _teller(runtime).tell(consultation))
    if story is None:
        typer.echo(f"error: no request is known by {consultation}", err=True)
        raise typer.Exit(2)
    typer.echo(json.dumps(story, ensure_ascii=False, indent=2, default=str) if as_json else _text(story))


def _teller(runtime: Runtime) -> Teller:
    return Teller(runtime.db, runtime.onec, runtime.chatwoot, assemble(runtime).reader.ctx)


_SIDE_BY_SIDE = (
    # what it is about, our column, 1C's member of the snapshot, Chatwoot's member
    ("status", "status", "status", "status"),
    ("1C status", "status", "status", "status_1c"),
    ("number", "number", "number", "number_con"),
    ("manager", "manager", "manager", "manager"),
    ("manager's agent", "manager_agent", None, "manager"),
    ("planned", "start_date", "start_date", "date_con"),
    ("ended", "end_date", "end_date", "con_end"),
    ("denied", "denied", "denied", "closed_without_con"),
    ("deleted", "deleted", "deleted", None),
    ("created", "create_date", "create_date", None),
    ("version", "data_version", "data_version", "updated_at"),
    ("conversation", "conversation_id", None, "conversation_id"),
    ("kind", "consultation_type", None, "consultation_type"),
    ("not confirmed", "wanted", None, None),
)


def _text(story: dict[str, Any]) -> str:
    ours, theirs, desk = (story["now"][name] for name in ("postgres", "onec", "chatwoot"))
    lines = [
        f"request {story['consultation']}, number {ours['number'] or '-'}, made by {story['source']}",
        "",
        f"{'now':<16} {'PostgreSQL':<38} {'1C':<38} Chatwoot",
    ]
    for label, mine, onec, chatwoot in _SIDE_BY_SIDE:
        cells = [ours.get(mine), theirs.get(onec) if onec else None, desk.get(chatwoot) if chatwoot else None]
        first, second, third = ("-" if cell in (None, "", {}) else str(cell) for cell in cells)
        lines.append(f"  {label:<14} {first:<38} {second:<38} {third}".rstrip())
    for name, side in (("1C", theirs), ("Chatwoot", desk)):
        said = "does not have it" if side.get("missing") else side.get("error")
        lines += [f"  {name}: {said}"] if said else []
    if desk.get("labels"):
        lines.append(f"  labels {', '.join(desk['labels'])}; team {desk.get('team') or '-'}")
    for name in STORY:
        if story[name]:
            lines += ["", name.replace("_", " ")] + [f"  {_line(entry)}" for entry in story[name]]
    return "\n".join(lines)


def _line(entry: dict[str, Any]) -> str:
    at = entry.get("at")
    when = f"{at:%Y-%m-%d %H:%M:%S}" if at else " " * 19
    parts = []
    for name, value in entry.items():
        if name == "at" or value in (None, "", {}, []):
            continue
        if name == "changes":
            parts.append(", ".join(_change(field, *pair) for field, pair in value.items()))
        elif name in ("name", "origin", "process", "event", "type", "system", "state", "kind", "outcome"):
            parts.append(str(value))
        else:
            parts.append(f"{name}={value}")
    return f"{when}  {'  '.join(parts)}"


def _change(field: str, old: Any, new: Any) -> str:
    if field == "why":
        return "why: " + selection.explain("en", new, ZoneInfo("UTC"))  # as all times here
    return f"{field} {_old(old)} -> {_old(new)}"


def _old(value: Any) -> str:
    return "-" if value is None else str(value)[:60]
