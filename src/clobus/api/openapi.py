"""The OpenAPI document: who may call each route, an example of all that is sent and answered, every refusal."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from clobus.api.answers import MEDIA, Problem, problems_of
from clobus.core.auth import STAFF, Guard, Role, guard_of

AUDIENCES = {
    "client": "For a client: his session, his Mini App, his key. He sees what is his organisation's.",
    "staff": "For staff.",
    "service": "For programs with a service key.",
    "public": "For everybody.",
}
JSON = "application/json"
_EXAMPLES = json.loads(Path(__file__).with_name("examples.json").read_text(encoding="utf-8"))
_REF = "#/components/schemas/"
_SAMPLES = {
    "date-time": "2026-11-26T05:00:00Z", "date": "2026-11-26", "time": "10:00:00",
    "uuid": "019ab2c4-7d1e-7c3a-9b55-0242ac120002", "uri": "https://example.uz/", "binary": "",
}  # fmt: skip


def describe(app: FastAPI) -> dict[str, Any]:
    """The document of an application; the same for the same code, whatever the settings."""
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema()
    document["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "front": {"type": "apiKey", "in": "header", "name": "X-Front-Secret"},
    }
    for route in routes_of(app.routes):
        for method in route.methods or ():
            operation = document["paths"].get(route.path_format, {}).get(method.lower())
            if operation is not None:
                _complete(operation, route, schemas)
    used = sorted({tag for item in document["paths"].values() for op in item.values() for tag in op.get("tags", ())})
    document["tags"] = [{"name": tag, "description": AUDIENCES.get(tag, f"About {tag}.")} for tag in used]
    document["x-tagGroups"] = [
        {"name": "by audience", "tags": [tag for tag in AUDIENCES if tag in used]},
        {"name": "by subject", "tags": [tag for tag in used if tag not in AUDIENCES]},
    ]
    return document


def routes_of(given: Iterable[Any]) -> Iterator[APIRoute]:
    """The routes of an application, those of its routers among them."""
    for route in given:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from routes_of(route.original_router.routes)


def audience_of(guard: Guard | None) -> list[str]:
    """Whom a guard lets in."""
    if guard is None or not guard.roles:
        return ["public"]
    kinds = {"client": {Role.CLIENT}, "staff": {*STAFF, Role.AUDITOR}, "service": {Role.SERVICE}}
    return [name for name, roles in kinds.items() if roles & guard.roles]


def _complete(operation: dict[str, Any], route: APIRoute, schemas: Mapping[str, Any]) -> None:
    guards = [guard for part in route.dependant.dependencies if (guard := guard_of(part.call)) is not None]
    audience = audience_of(guards[0] if guards else None)
    operation["tags"] = [*audience, *(str(tag) for tag in route.tags)]
    operation["x-audience"] = audience
    operation["security"] = [] if audience == ["public"] else [{"bearer": []}, {"front": []}]
    if guards and guards[0].scope:
        operation["x-scope"] = guards[0].scope
    responses: dict[str, Any] = operation["responses"]
    takes = "requestBody" in operation or operation.get("parameters")
    for status, entry in _common(public=audience == ["public"], takes=bool(takes)).items():
        known = responses.get(str(status))
        if known is None or MEDIA not in known.get("content", {}):
            responses[str(status)] = entry
        else:
            known["content"][MEDIA]["examples"] |= entry["content"][MEDIA]["examples"]
    for content in [operation.get("requestBody", {}).get("content", {}), *_contents(responses)]:
        for media, body in content.items():
            if media == MEDIA:
                body["schema"] = {"$ref": _REF + "Problem"}
            elif media == JSON and body.get("schema") and not {"example", "examples"} & body.keys():
                body["example"] = example_of(body["schema"], schemas)
    operation["responses"] = dict(sorted(responses.items()))


def _contents(responses: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [entry["content"] for entry in responses.values() if "content" in entry]


def _common(*, public: bool, takes: bool) -> dict[int | str, dict[str, Any]]:
    """What every route may refuse with."""
    codes = ["rate.limit", "database.away", *(["request.invalid"] if takes else [])]
    return problems_of(*codes, *([] if public else ["auth.unknown", "auth.role"]))


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int = 0) -> Any:
    """An example that fits a schema: the one that was written for its name, else one made from its members."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REF)
        if name in _EXAMPLES:
            return _EXAMPLES[name]
        return example_of(schemas[name], schemas, depth + 1)
    for key in ("example", "const", "default"):
        if key in schema:
            return schema[key]
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return example_of(schema[key][0], schemas, depth + 1)
    return _by_type(schema, schemas, depth)


def _by_type(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int) -> Any:
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        members = schema.get("properties", {})
        return {} if depth > 8 else {name: example_of(of, schemas, depth + 1) for name, of in members.items()}
    if kind == "array":
        return [] if depth > 8 else [example_of(schema.get("items", {}), schemas, depth + 1)]
    if kind == "string":
        text = _SAMPLES.get(schema.get("format", ""), "text")
        return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength", 1000)]
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    return {"boolean": True, "null": None}.get(str(kind))
