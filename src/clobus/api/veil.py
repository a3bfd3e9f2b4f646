"""What opens a client's talks in the chat widget, and who may hold it."""

from __future__ import annotations

from typing import Any

from clobus.core.auth import Principal, Role

# With the address of a contact Chatwoot's public API speaks as him, without any key; the token listens.
OPENS_THE_CHAT = frozenset({"source_id", "chatwoot_source_id", "chatwoot_pubsub_token"})


def may_chat(principal: Principal) -> bool:
    """The client himself, and a service that lets him in and has the scope for it."""
    return principal.role in (Role.CLIENT, Role.SERVICE) and principal.may("chat:token")


def veiled(answer: dict[str, Any], principal: Principal) -> dict[str, Any]:
    """The answer as this caller may have it: what opens the chat is null for others, one level down, too."""
    if may_chat(principal):
        return answer
    return {
        name: None if name in OPENS_THE_CHAT else veiled(value, principal) if isinstance(value, dict) else value
        for name, value in answer.items()
    }
