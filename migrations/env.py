"""Run the migrations on one connection, each in its own transaction, never waiting long for a lock."""

import os

from alembic import context
from sqlalchemy import Connection, create_engine, pool, text

LOCK_TIMEOUT = "5s"
ONE_AT_A_TIME = 7_201_455  # any number that nobody else locks


def address() -> str:
    """The database in SQLAlchemy's words: from the caller's configuration, or from CLOBUS_DATABASE_URL."""
    url = context.config.attributes.get("url") or os.environ.get("CLOBUS_DATABASE_URL")
    if not url:
        raise SystemExit("CLOBUS_DATABASE_URL is not set: which database should be migrated?")
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return str(url)


def online() -> None:
    """Connect and migrate; a second migration at the same time waits for the first."""
    engine = create_engine(address(), poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": ONE_AT_A_TIME})
        connection.execute(text(f"set lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.commit()
        migrate(connection)
    engine.dispose()


def migrate(connection: Connection | None, **options: object) -> None:
    """Run what the command asked for."""
    context.configure(connection=connection, transaction_per_migration=True, **options)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    migrate(None, url=address(), literal_binds=True)
else:
    online()
