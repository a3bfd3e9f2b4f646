"""The schema's versions: Alembic, called in the process, over the migrations of the source tree."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, pool

from clobus.core.schema import directory


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` to `revision`; nothing happens when it is there. Raises what PostgreSQL says."""
    command.upgrade(_config(url), revision)


def current(url: str) -> str | None:
    """The revision the database at `url` stands at; None for an empty one."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1), poolclass=pool.NullPool)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(directory()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    return config
