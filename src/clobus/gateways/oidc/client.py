"""An OpenID Connect provider (Core 1.0): what it says of itself, and a code exchanged for an id token."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec

from clobus.core.errors import BadAnswer
from clobus.core.http import Form, Http, open_client, timeouts

SYSTEM = "oidc"


class Discovery(msgspec.Struct, kw_only=True):
    """What a provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Tokens(msgspec.Struct):
    id_token: str


def open_oidc(
    issuer: str, client_id: str, client_secret: str, *, verify: bool | str | Path = True,
    transport: httpx.AsyncBaseTransport | None = None,
) -> OidcClient:  # fmt: skip
    """Open the client of one provider."""
    http = open_client(
        SYSTEM, issuer, timeout=timeouts(5.0, 10.0), verify=verify, transport=transport,
        auth=httpx.BasicAuth(client_id, client_secret),
    )  # fmt: skip
    return OidcClient(http, issuer, client_id)


class OidcClient:
    """One provider. Every method that asks it raises a GatewayError of core/errors.py."""

    def __init__(self, http: Http, issuer: str, client_id: str) -> None:
        self.http = http
        self.issuer = issuer
        self.client_id = client_id
        self._known: Discovery | None = None

    async def discovery(self) -> Discovery:
        """What the provider says of itself, asked once. BadAnswer when it is another's word."""
        if self._known is None:
            answer = await self.http.get(f"{self.issuer}/.well-known/openid-configuration", route="discovery")
            found: Discovery = _decoded(answer, Discovery)
            if found.issuer.rstrip("/") != self.issuer.rstrip("/"):
                raise BadAnswer(SYSTEM, "the provider calls itself otherwise")
            self._known = found
        return self._known

    async def address(self, *, redirect_uri: str, scopes: str, state: str, nonce: str, challenge: str) -> str:
        """Where the browser goes to sign in there (with PKCE, RFC 7636)."""
        known = await self.discovery()
        asked = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": redirect_uri, "scope": scopes,
            "state": state, "nonce": nonce, "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        joint = "&" if urlsplit(known.authorization_endpoint).query else "?"
        return f"{known.authorization_endpoint}{joint}{urlencode(asked)}"

    async def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> str:
        """The id token for a code, not yet verified."""
        known = await self.discovery()
        fields = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier,
        }  # fmt: skip
        answer = await self.http.request("POST", known.token_endpoint, form=Form(fields, []), route="token")
        tokens: _Tokens = _decoded(answer, _Tokens)
        return tokens.id_token

    async def keys(self) -> dict[str, Any]:
        """The keys by which it signs, as a JSON web key set."""
        known = await self.discovery()
        found: dict[str, Any] = _decoded(await self.http.get(known.jwks_uri, route="keys"), dict[str, Any])
        return found

    async def close(self) -> None:
        """Close all connections."""
        await self.http.close()


def _decoded(answer: httpx.Response, kind: Any) -> Any:
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.MsgspecError:
        raise BadAnswer(SYSTEM, "the answer is not what the standard promises") from None
