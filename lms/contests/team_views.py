"""Teams for their members and captains."""

from lms.contests import integrity_models, team_services  # noqa: F401
