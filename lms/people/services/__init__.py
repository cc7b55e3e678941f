"""Write side of people: one file per aggregate."""
