"""The back office: its shell, people and trees, imports, tasks, reports, and the pages of the three admins."""
