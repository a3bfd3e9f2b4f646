"""Check requests against Chatwoot's own OpenAPI file: the route, the query and the body."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

FILE = Path(__file__).parent / "recordings" / "chatwoot-openapi.json"
ROOT = "urn:chatwoot"
WRAPPERS = frozenset({"agent", "team", "label", "webhook", "custom_attribute_definition"})
# Routes and parameters of 4.15.1 that its file does not describe (chatwoot.md §0, §1.4, §1.6): known from the source.
UNDESCRIBED = (
    ("GET", re.compile(r"/health")),
    ("POST", re.compile(r"/api/v1/accounts/\d+/contact_inboxes/filter")),
    ("PATCH", re.compile(r"/api/v1/accounts/\d+/conversations/\d+/messages/\d+")),
    *(
        (method, re.compile(r"/api/v1/accounts/\d+/dashboard_apps(/\d+)?"))
        for method in ("GET", "POST", "PATCH", "DELETE")
    ),
    # Wants inbox_id as text here and as a number in the POST beside it.
    ("PATCH", re.compile(r"/api/v1/accounts/\d+/inbox_members")),
)
UNDESCRIBED_PARAMETERS = frozenset({"sort_by", "updated_within", "after", "before"})


class OpenApi:
    """The file, asked what it says about a request."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
        resource = Resource.from_contents(self.document, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource(ROOT, resource)
        self._routes = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path.count("{"), path) for path in self.document["paths"]
        ]

    def faults(self, request: httpx.Request) -> list[str]:
        """What the file has against a request, in words; empty when it agrees."""
        method, path = request.method, request.url.path
        if any(method == known and pattern.fullmatch(path) for known, pattern in UNDESCRIBED):
            return []
        found = sorted((holes, name) for pattern, holes, name in self._routes if pattern.fullmatch(path))
        operation = next(
            (
                (name, self.document["paths"][name])
                for _, name in found
                if method.lower() in self.document["paths"][name]
            ),
            None,
        )
        if operation is None:
            return [f"{method} {path}: no such route"]
        name, item = operation
        return [f"{method} {name}: {fault}" for fault in self._inside(request, item, item[method.lower()])]

    def _inside(self, request: httpx.Request, item: dict[str, Any], described: dict[str, Any]) -> list[str]:
        faults = []
        parameters = [self._follow(one) for one in item.get("parameters", []) + described.get("parameters", [])]
        known = {one["name"].removesuffix("[]") for one in parameters if one["in"] == "query"}
        faults += [
            f"unknown parameter {name}"
            for name in request.url.params
            if name.removesuffix("[]") not in known | UNDESCRIBED_PARAMETERS
        ]
        faults += [
            f"parameter {one['name']} is missing"
            for one in parameters
            if one["in"] == "query" and one.get("required") and one["name"] not in request.url.params
        ]
        if request.content:
            kinds = list(self._follow(described.get("requestBody", {})).get("content", {}).values())
            schema = kinds[0]["schema"] if kinds else None
            faults += ["takes no body"] if schema is None else self._body(json.loads(request.content), schema)
        return faults

    def _body(self, body: Any, schema: dict[str, Any]) -> list[str]:
        if len(body) == 1 and (name := next(iter(body))) in WRAPPERS:
            body = body[name]
        absolute = json.loads(json.dumps(schema).replace('"#/', f'"{ROOT}#/'))
        validator = Draft202012Validator(absolute, registry=self._registry)
        return [f"{error.json_path} {error.message}" for error in validator.iter_errors(body)]

    def _follow(self, item: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in item:
            target: Any = self.document
            for part in item["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            item = target
        return item
