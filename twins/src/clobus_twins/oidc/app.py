"""The provider as an ASGI application: OpenID Connect Core 1.0 with the authorization code and PKCE (RFC 7636).

`/authorize` shows a form in which whoever tries the sandbox says who he is: there are no passwords here. The client's
id and secret are in `credentials.json`, the signing key in `key.pem`; codes live in memory and a minute.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import html
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from clobus_twins.control import Clock, Control, ControlMiddleware

CODE_SECONDS = 60
TOKEN_SECONDS = 300
KEPT = ("client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge")
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>1C account (twin)</title><link rel="icon" href="data:,">
<style>body{font:16px system-ui;max-width:22rem;margin:4rem auto;padding:0 1rem}
label{display:block;margin:1rem 0}input,button{font:inherit;padding:.6rem;width:100%;box-sizing:border-box}
button{margin:.3rem 0}</style><main><h1>1C account</h1><p>A twin: say who you are.</p><form method="post">HIDDEN
<label>E-mail<input name="email" type="email" required value="aziz@example.uz"></label>
<label>Name<input name="name" required value="Aziz"></label>
<button name="answer" value="yes">Sign in</button><button name="answer" value="no" formnovalidate>Refuse</button>
</form></main></html>"""


@dataclass(frozen=True, slots=True)
class Granted:
    """What a code stands for."""

    asked: Mapping[str, str]
    email: str
    name: str
    until: datetime


class Provider:
    """The state of the twin and its answers."""

    def __init__(self, data: Path, clock: Clock) -> None:
        self.clock = clock
        self.codes: dict[str, Granted] = {}
        self.known = _credentials(data / "credentials.json")
        self.key = _key(data / "key.pem")

    async def discovery(self, request: Request) -> Response:
        """OpenID Connect Discovery 1.0, section 3."""
        base = _base(request)
        return JSONResponse(
            {
                "issuer": base, "authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/token",
                "jwks_uri": f"{base}/keys", "response_types_supported": ["code"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"], "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "scopes_supported": ["openid", "email", "profile"],
            }
        )  # fmt: skip

    async def keys(self, request: Request) -> Response:
        """The public key as a JSON web key set."""
        shown = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return JSONResponse({"keys": [shown | {"kid": "twin", "use": "sig", "alg": "RS256"}]})

    async def authorize(self, request: Request) -> Response:
        """The form, and its answer: back with a code, or with `access_denied`."""
        given = parse_qs((await request.body()).decode()) if request.method == "POST" else {}
        asked = {name: values[0] for name, values in (given or parse_qs(request.url.query)).items()}
        if problem := self._refused(asked):
            return JSONResponse({"error": "invalid_request", "error_description": problem}, 400)
        if request.method == "GET":
            hidden = "".join(
                f'<input type="hidden" name="{name}" value="{html.escape(asked[name])}">'
                for name in KEPT if name in asked
            )  # fmt: skip
            return HTMLResponse(PAGE.replace("HIDDEN", hidden))
        back = {"state": asked.get("state", "")}
        if asked.get("answer") != "yes":
            return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back | {'error': 'access_denied'})}", 303)
        code = secrets.token_urlsafe(24)
        until = self.clock.now() + timedelta(seconds=CODE_SECONDS)
        self.codes[code] = Granted(asked, asked.get("email", "").strip().lower(), asked.get("name", ""), until)
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back | {'code': code})}", 303)

    def _refused(self, asked: Mapping[str, str]) -> str | None:
        if asked.get("client_id") != self.known["client_id"]:
            return "unknown client"
        where = urlsplit(asked.get("redirect_uri", ""))
        if where.scheme not in ("http", "https") or where.hostname not in ("127.0.0.1", "localhost", "::1"):
            return "the twin sends people back to this machine only"
        if "openid" not in asked.get("scope", "").split():
            return "the scope openid is missing"
        return None if asked.get("code_challenge") else "PKCE is needed"

    async def token(self, request: Request) -> Response:
        """A code for an id token, once (Core 1.0, 3.1.3)."""
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if not self._is_client(request.headers.get("authorization", "")):
            return JSONResponse({"error": "invalid_client"}, 401, {"www-authenticate": "Basic"})
        granted = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            granted is None or granted.until < self.clock.now() or form.get("grant_type") != "authorization_code"
            or granted.asked["redirect_uri"] != form.get("redirect_uri")
            or not hmac.compare_digest(granted.asked["code_challenge"], challenge)
        ):  # fmt: skip
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = jwt.encode(self._claims(granted, _base(request)), self.key, "RS256", {"kid": "twin"})
        answer = {"id_token": token, "access_token": secrets.token_urlsafe(24), "token_type": "Bearer",
                  "expires_in": TOKEN_SECONDS}  # fmt: skip
        return JSONResponse(answer, headers={"cache-control": "no-store"})

    def _is_client(self, header: str) -> bool:
        kind, _, text = header.partition(" ")
        try:
            name, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        same = hmac.compare_digest(unquote(secret).encode(), str(self.known["client_secret"]).encode())
        return kind.lower() == "basic" and unquote(name) == self.known["client_id"] and same

    def _claims(self, granted: Granted, issuer: str) -> dict[str, Any]:
        now = int(self.clock.now().timestamp())
        return {
            "iss": issuer, "aud": self.known["client_id"], "iat": now, "exp": now + TOKEN_SECONDS,
            "sub": hashlib.sha256(granted.email.encode()).hexdigest()[:24], "nonce": granted.asked.get("nonce", ""),
            "name": granted.name, "email": granted.email, "email_verified": True,
        }  # fmt: skip


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _credentials(path: Path) -> dict[str, str]:
    if not path.exists():
        made = {"client_id": "clobus", "client_secret": secrets.token_urlsafe(24), "name": "1C"}
        path.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
        path.chmod(0o600)
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _key(path: Path) -> rsa.RSAPrivateKey:
    if not path.exists():
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(pem)
        path.chmod(0o600)
    found = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(found, rsa.RSAPrivateKey):
        raise TypeError(f"{path} holds another kind of key")
    return found


def create_app(data_dir: Path) -> ControlMiddleware:
    """The twin over the state in `data_dir`."""
    data_dir.mkdir(parents=True, exist_ok=True)
    control = Control()
    provider = Provider(data_dir, control.clock)
    control.wipe = provider.codes.clear
    routes = [
        Route("/.well-known/openid-configuration", provider.discovery),
        Route("/keys", provider.keys),
        Route("/authorize", provider.authorize, methods=["GET", "POST"]),
        Route("/token", provider.token, methods=["POST"]),
    ]
    return ControlMiddleware(Starlette(routes=routes), control)
