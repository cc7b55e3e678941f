"""The read side of courses, one module per page family."""
