"""Chatwoot's platform API: users that need no e-mail to be confirmed (chatwoot.md §4)."""

from __future__ import annotations

from clobus.core.http import Http
from clobus.gateways.chatwoot.wire import PlatformUser, decode

ROOT = "platform/api/v1/"


class ChatwootPlatform:
    """The installation, through a platform app's token: it sees only what it created itself."""

    def __init__(self, http: Http) -> None:
        self.http = http

    async def create_user(self, name: str, email: str, password: str) -> PlatformUser:
        """Create a confirmed user, or get the one who has that e-mail (then the password stays as it was).

        The password needs 6 to 128 characters with an upper and a lower case letter, a digit and a special sign.
        """
        body = {"name": name, "email": email, "password": password}
        response = await self.http.request("POST", f"{ROOT}users", body=body, repeatable=True)
        return decode(response.content, PlatformUser)

    async def ensure_account_user(self, account_id: int, user_id: int, role: str = "agent") -> None:
        """Make a user a member of an account, or change the role."""
        body = {"user_id": user_id, "role": role}
        path = f"{ROOT}accounts/{account_id}/account_users"
        await self.http.request("POST", path, body=body, repeatable=True, route=f"{ROOT}accounts/{{id}}/account_users")

    async def close(self) -> None:
        """Close the connections."""
        await self.http.close()
