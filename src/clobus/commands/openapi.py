"""`clobus openapi`: the document of the API, without a running instance."""

from __future__ import annotations

import json

import typer

from clobus.api.app import bare_app


def openapi() -> None:
    """Print the OpenAPI document of this version of the API."""
    typer.echo(json.dumps(bare_app().openapi(), ensure_ascii=False, indent=2, sort_keys=True))
