"""Theme days and the life of a branch: duties, handbook, the committee's desk."""
