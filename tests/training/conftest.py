"""What the tests of classes share with those of media: a storage and the tasks that examine files."""

from tests.media.conftest import run_tasks, storage

__all__ = ["run_tasks", "storage"]
