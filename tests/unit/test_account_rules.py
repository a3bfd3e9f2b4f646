"""Rules of accounts without a database: rights, waiting, passwords, codes, pages."""

from __future__ import annotations

import pyotp
import pytest

from clobus.api import app, oidc, people
from clobus.api.openapi import routes_of
from clobus.core.auth import Role, guard_of
from clobus.core.errors import Unprocessable
from clobus.modules.accounts import passwords, rights, second_factors, service, tries
from clobus.modules.accounts.passwords import Passwords


def guards() -> list[tuple[str, str, frozenset[Role]]]:
    """Every route that declares a scope, with the scope and the roles."""
    found = []
    for route in routes_of(app.bare_app().routes):
        for part in route.dependant.dependencies:
            guard = guard_of(part.call)
            if guard is not None and guard.scope is not None:
                found.append((route.path, guard.scope, guard.roles))
    return found


def test_every_scope_of_a_route_is_known_and_no_route_lets_in_more_than_the_table() -> None:
    assert len(guards()) > 30
    for path, scope, roles in guards():
        assert scope in service.SCOPES, path
        allowed = rights.STAFF_RIGHTS.get(scope)
        assert allowed is None or roles - {Role.CLIENT} <= allowed, path


def test_rights_of_members_grow_and_hold_nothing_of_the_staff() -> None:
    viewer, user, admin = (rights.MEMBERS[role] for role in rights.ROLES)
    assert viewer < user < admin
    assert not any(scope.endswith(":write") or "create" in scope for scope in viewer)
    for scope, roles in rights.STAFF_RIGHTS.items():
        if Role.SERVICE not in roles:
            assert scope not in admin | rights.KEYS, scope
    assert admin.isdisjoint({"events:read", "managers:read", "metrics:read", "ratings:read", "notifications:retry"})
    assert admin > rights.KEYS
    assert not rights.may(None, "organisation:read")
    # A person of no organisation holds something: no scopes at all would be all of them.
    assert rights.NOWHERE
    assert rights.NOWHERE.isdisjoint(service.SCOPES)


def test_whoever_guesses_waits_longer_each_time_and_a_quarter_of_an_hour_at_most() -> None:
    waits = [tries.wait(n, tries.NEAR) for n in range(14)]
    assert waits[:5] == [0.0] * 5
    assert waits[5:9] == [5.0, 10.0, 20.0, 40.0]
    assert waits == sorted(waits)
    assert waits[-1] == tries.LONGEST_WAIT


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.5", "203.0.113.77", True), ("203.0.113.5", "203.0.114.5", False),
        ("2001:db8:1:10::1", "2001:db8:1:ff::2", True), ("2001:db8:1:100::1", "2001:db8:1:200::1", False),
        ("unknown", "unknown", True),
    ],
)  # fmt: skip
def test_networks(one: str, other: str, same: bool) -> None:
    assert (tries.network(one) == tries.network(other)) is same


def test_a_known_device_is_counted_by_itself() -> None:
    stranger, own = tries.trial("a", "203.0.113.5", None), tries.trial("a", "203.0.113.5", "device")
    assert set(stranger.keys).isdisjoint(own.keys)
    assert len(stranger.counts) == 2


@pytest.mark.parametrize(
    ("password", "code"),
    [("password1", "password.breached"), ("TRUSTNO1", "password.breached"), ("nodira1990", "password.weak"),
     ("aaaaaaaaaaaa", "password.weak"), ("", "password.weak")],
)  # fmt: skip
def test_bad_passwords(password: str, code: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        passwords.ensure_good(password, ("nodira@example.uz", "Nodira"))
    assert caught.value.code == code


def test_a_phrase_is_taken_and_a_long_one_does_not_take_long() -> None:
    passwords.ensure_good("to'rtinchi qavatdagi moviy choynak")
    assert passwords.weigh("a1" * 64).score >= 0
    assert len(passwords.leaked()) > 3000  # more than ASVS asks for


async def test_hashes_are_argon2id_and_nobody_has_none() -> None:
    cheap, strong = Passwords(memory_kib=8, rounds=1), Passwords(memory_kib=16, rounds=1)
    kept = await cheap.hash("one")
    assert kept.startswith("$argon2id$")
    assert await cheap.matches(kept, "one")
    for wrong, given in ((kept, "two"), (None, "one"), (None, "nobody has this password"), ("broken", "one")):
        assert not await cheap.matches(wrong, given)
    assert not cheap.is_old(kept)
    assert strong.is_old(kept)


def test_codes_hold_for_a_step_either_way() -> None:
    secret, at = pyotp.random_base32(), 1_800_000_015
    totp = pyotp.TOTP(secret)
    steps = [second_factors.step_of(secret, totp.at(at + off), at) for off in (-60, -30, 0, 30, 60)]
    now = at // 30
    assert steps == [None, now - 1, now, now + 1, None]


def test_a_sealed_secret_opens_with_its_own_key_alone() -> None:
    sealed = second_factors.Vault("one").seal("secret")
    assert b"secret" not in sealed
    assert second_factors.Vault("one").open(sealed) == "secret"
    assert second_factors.Vault("two").open(sealed) is None


@pytest.mark.parametrize("page", ["/uz/", "/uz/request?id=7", "/"])
def test_pages_of_ours(page: str) -> None:
    assert oidc.local(page) == page


@pytest.mark.parametrize(
    "page",
    ["", "//evil.example", "/\\evil.example", "https://evil.example", "/uz/\r\nX: y", "uz", "/a@evil.example", "/a:b"],
)
def test_pages_of_others(page: str) -> None:
    assert oidc.local(page) is None


def test_a_change_of_a_person_names_what_really_changes() -> None:
    before = {"role": "head", "account_id": None, "locked_at": None}
    assert people._values({"role": "head", "locked": False}, before) == {}  # noqa: SLF001 - a pure rule of the route
    assert people._values({"role": None}, before) == {"role": None}  # noqa: SLF001 - as above
    assert set(people._values({"locked": True}, before)) == {"locked_at"}  # noqa: SLF001 - as above
