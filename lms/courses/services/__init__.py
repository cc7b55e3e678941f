"""The write side of courses, one module per aggregate."""
