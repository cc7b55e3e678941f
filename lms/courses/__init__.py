"""Courses: the library, its review, courses with lessons, and verified study.

A resource is one item of the library; it is shown to nobody but its makers and reviewers until exactly the version on
hand passed a content review and a secrecy review by two persons who did not make it. A course is a row of lessons, each
one resource. An audience is a unit and everything below it; none means everybody.
"""
