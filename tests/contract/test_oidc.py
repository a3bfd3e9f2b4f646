"""Log-ins by OpenID Connect: the gateway against the twin of a provider, also where the provider has to refuse."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from clobus.core.errors import GatewayError
from clobus.gateways.oidc.client import OidcClient, open_oidc
from clobus.modules.accounts import oidc
from tests.support.twins import TwinProcess

BACK = "http://127.0.0.1:1/api/auth/oidc/callback"
VERIFIER = "v" * 43


@pytest.fixture(scope="module")
def twin() -> Iterator[TwinProcess]:
    with TwinProcess("oidc") as found:
        yield found


@pytest.fixture
async def client(twin: TwinProcess) -> AsyncIterator[OidcClient]:
    known = twin.credentials
    found = open_oidc(twin.base_url, known["client_id"], known["client_secret"])
    yield found
    await found.close()


async def came_back(client: OidcClient, answer: str = "yes") -> dict[str, str]:
    """A person goes there and says who he is: what his browser brings back."""
    address = await client.address(
        redirect_uri=BACK, scopes="openid email", state="s", nonce="n", challenge=oidc.challenge(VERIFIER)
    )
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    async with httpx.AsyncClient() as browser:
        shown = await browser.get(address)
        assert (shown.status_code, "1C account" in shown.text) == (200, True)
        form = asked | {"email": "Aziz@example.uz", "name": "Aziz", "answer": answer}
        back = await browser.post(address.partition("?")[0], data=form)
    assert back.headers["location"].startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(back.headers["location"]).query).items()}


async def test_a_person_is_vouched_for(client: OidcClient) -> None:
    told = await came_back(client)
    assert told["state"] == "s"
    token = await client.exchange(told["code"], redirect_uri=BACK, verifier=VERIFIER)
    who = oidc.verify(token, await client.keys(), issuer=client.issuer, client_id=client.client_id, nonce="n")
    assert (who.email, who.name) == ("aziz@example.uz", "Aziz")
    with pytest.raises(GatewayError):  # a code is good once
        await client.exchange(told["code"], redirect_uri=BACK, verifier=VERIFIER)


async def test_what_the_twin_refuses(client: OidcClient, twin: TwinProcess) -> None:
    assert (await came_back(client, "no")) == {"state": "s", "error": "access_denied"}
    for change in ({"verifier": "w" * 43}, {"redirect_uri": BACK + "x"}):
        told = await came_back(client)
        with pytest.raises(GatewayError):
            await client.exchange(told["code"], **{"redirect_uri": BACK, "verifier": VERIFIER} | change)
    told = await came_back(client)
    twin.control("POST", "clock", {"shift_seconds": 120})
    with pytest.raises(GatewayError):
        await client.exchange(told["code"], redirect_uri=BACK, verifier=VERIFIER)
    twin.control("POST", "reset", {})
    stranger = open_oidc(twin.base_url, "clobus", "wrong")
    told = await came_back(client)
    with pytest.raises(GatewayError):
        await stranger.exchange(told["code"], redirect_uri=BACK, verifier=VERIFIER)
    await stranger.close()
    async with httpx.AsyncClient() as browser:
        elsewhere = await browser.get(
            f"{twin.base_url}/authorize",
            params={"client_id": "clobus", "redirect_uri": "https://evil.example", "scope": "openid",
                    "code_challenge": "c"},
        )  # fmt: skip
    assert elsewhere.status_code == 400
