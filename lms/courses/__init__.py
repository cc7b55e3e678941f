"""Courses: the library, its review, courses with lessons, verified study, and the lecturers' studio.

A resource is one item of the library; it is shown to nobody but its makers and reviewers until exactly the version on
hand passed a content review and a secrecy review by two persons who did not make it. A course is a row of lessons, each
one resource or one quiz, under sections if it has them. An audience is a unit and everything below it; none means everybody.

What locks a lesson (dates, prerequisites, the pre-test, an earlier lesson) is asked by the loaders of access_study, so it
holds for pages, files and the interface alike. Finished stays finished, whatever rule a course gets later. A lecturer sees
sums over at least five persons and no names. A lecturer's quick course is published by its second reviewer's approval
for the own unit only; whoever manages courses publishes it for everybody.
"""
