"""Which real systems the contract suites are asked of, and how they are reached: the platform's own settings.

`CLOBUS_LIVE=onec,chatwoot` switches it on; `CLOBUS_ONEC__BASE_URL`, `CLOBUS_CHATWOOT__TOKEN` and the others are those
of `.env.example` (or files in `CLOBUS_SECRETS_DIR`). Without it the suites start twins.
"""

from __future__ import annotations

import os

import pytest
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from clobus.settings import Chatwoot, Onec, Settings

SYSTEMS = ("onec", "chatwoot")


class _Onec(BaseSettings):
    model_config = Settings.model_config

    onec: Onec


class _Chatwoot(BaseSettings):
    model_config = Settings.model_config

    chatwoot: Chatwoot


def is_live(system: str) -> bool:
    """Whether CLOBUS_LIVE names the system; UsageError when it names one that there is not."""
    named = [name.strip() for name in os.environ.get("CLOBUS_LIVE", "").split(",") if name.strip()]
    if unknown := sorted(set(named) - set(SYSTEMS)):
        raise pytest.UsageError(f"CLOBUS_LIVE names {', '.join(unknown)}; there are: {', '.join(SYSTEMS)}")
    return system in named


def onec() -> Onec:
    """How the real 1C is reached."""
    try:
        return _Onec(_secrets_dir=os.environ.get("CLOBUS_SECRETS_DIR")).onec  # type: ignore[call-arg]  # from the environment
    except ValidationError as error:
        raise _incomplete(error) from None


def chatwoot() -> Chatwoot:
    """How the real Chatwoot is reached."""
    try:
        return _Chatwoot(_secrets_dir=os.environ.get("CLOBUS_SECRETS_DIR")).chatwoot  # type: ignore[call-arg]  # as above
    except ValidationError as error:
        raise _incomplete(error) from None


def _incomplete(error: ValidationError) -> pytest.UsageError:
    """Names of the variables that are absent or wrong, never their values."""
    names = ["CLOBUS_" + "__".join(str(part) for part in problem["loc"]).upper() for problem in error.errors()]
    return pytest.UsageError(f"CLOBUS_LIVE needs settings that are missing or wrong: {', '.join(sorted(set(names)))}")
