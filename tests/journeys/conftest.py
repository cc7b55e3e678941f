"""What journeys share with the tests of media: a storage and the tasks that examine files."""

from tests.media.conftest import run_tasks, storage

__all__ = ["run_tasks", "storage"]
