"""The site as `flask` finds it, with the defect that DRILL_MUTANT names: `FLASK_APP=drill.commands`."""

from drill.inside import app

__all__ = ["app"]
