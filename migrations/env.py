"""Runs migrations on the connection that `flask migrate` hands over."""

from alembic import context

import lms.app  # noqa: F401  (imports every domain, so that the metadata is whole)
from lms.db import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=Base.metadata, render_as_batch=connection.dialect.name == "sqlite"
)
with context.begin_transaction():
    context.run_migrations()
