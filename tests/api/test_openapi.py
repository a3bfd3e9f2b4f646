"""The document of the API: kept in the tree, true to the code, and with examples that fit."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from typer.testing import CliRunner

from clobus.api.answers import MEDIA, STATUS
from clobus.api.app import bare_app
from clobus.cli import app as cli
from clobus.core import errors, i18n
from tests.api.conftest import Api
from tests.architecture import tree

KEPT = Path(__file__).with_name("openapi.json")
DOCUMENT: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))
# Pages and texts for programs that need no schema of ours.
PLAIN = ("/health", "/metrics", "/hooks", "/ops", "/api/managers")
AUDIENCES = {"client", "staff", "service", "public"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def bodies() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every request and answer by the media type, with its place."""
    for path, method, operation in operations():
        for media, body in operation.get("requestBody", {}).get("content", {}).items():
            yield f"{method} {path} request", media, body
        for status, answer in operation["responses"].items():
            for media, body in answer.get("content", {}).items():
                yield f"{method} {path} {status}", media, body


def test_the_kept_document_is_the_code_s() -> None:
    assert bare_app().openapi() == DOCUMENT, "run `make openapi`, look at the difference, commit it"


def test_the_command_prints_it() -> None:
    printed = CliRunner().invoke(cli, ["openapi"])
    assert json.loads(printed.stdout) == DOCUMENT


async def test_it_is_served(api: Api) -> None:
    assert (await api.http.get("/openapi.json")).json() == DOCUMENT


@pytest.mark.parametrize(("path", "method", "operation"), list(operations()))
def test_every_route_says_for_whom_and_what_it_does(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    audience = operation["x-audience"]
    assert audience
    assert set(audience) <= AUDIENCES
    assert set(audience) <= set(operation["tags"])
    refusals = {int(status) for status in operation["responses"] if int(status) >= 400}
    assert {429, 503} <= refusals
    assert ({401, 403} <= refusals) == (audience != ["public"])


def test_every_request_and_answer_has_an_example_that_fits() -> None:
    resource: Resource[Any] = Resource.from_contents(DOCUMENT, default_specification=DRAFT202012)
    named: Registry[Any] = Registry().with_resource("urn:doc", resource)
    checked = 0
    for place, media, body in bodies():
        if "json" not in media or any(f" {plain}" in place for plain in PLAIN):
            continue
        assert body.get("schema"), f"{place}: no schema"
        schema = json.loads(json.dumps(body["schema"]).replace('"#/components', '"urn:doc#/components'))
        examples = [one["value"] for one in body.get("examples", {}).values()] or [body["example"]]
        validator = Draft202012Validator(schema, registry=named, format_checker=Draft202012Validator.FORMAT_CHECKER)
        for example in examples:
            problems = [f"{place}: {error.json_path} {error.message}" for error in validator.iter_errors(example)]
            assert problems == []
            checked += 1
    assert checked > 100


def test_an_example_that_does_not_fit_is_found() -> None:
    schema = DOCUMENT["components"]["schemas"]["MoveOut"]
    assert list(Draft202012Validator(schema).iter_errors({"id": "x"}))


def test_refusals_are_problems_with_known_codes() -> None:
    for place, media, body in bodies():
        if media != MEDIA:
            continue
        status = int(place.rpartition(" ")[2])
        for code, example in body["examples"].items():
            assert STATUS[code] == status == example["value"]["status"], place
            assert example["value"]["title"], place


def test_each_code_has_its_text() -> None:
    texts = i18n.catalogue("en")
    bare = [code for code, status in STATUS.items() if {f"problem.{code}", f"problem.{status}"}.isdisjoint(texts)]
    assert bare == []


def raised() -> Iterator[tuple[str, int]]:
    """Every code that is raised by name in the tree, and the status of its class."""
    kinds = {name: kind.http_status for name, kind in vars(errors).items() if hasattr(kind, "http_status")}
    for path in tree.python_files("src"):
        for node in ast.walk(tree.parsed(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value in STATUS:
                    yield first.value, kinds[node.func.id]


def test_the_table_of_codes_is_the_code_s() -> None:
    found = list(raised())
    assert len(found) > 30
    assert [(code, status) for code, status in found if STATUS[code] != status] == []


def test_every_form_has_a_name_of_its_own() -> None:
    """Two models of one name get long names of their modules, and the name of the first changes for its users."""
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    assert [name for name in kept["components"]["schemas"] if "__" in name] == []
