"""The site looked at by who runs it: `flask doctor`, and the figures of `/metrics` that concern the whole site.

A line of the doctor is `ok`, `without` (the site does without it, the line says what is lost and how to get it) or `mend` (something is wrong,
the line says what to do). Looking changes nothing but a probe in the storage, which is removed again. Names of lines are the headings of
docs/doctor.md.
"""
