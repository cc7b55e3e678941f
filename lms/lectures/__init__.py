"""Lectures (领导干部上讲台): topics, the yearly timetable, slides, recordings, and what the lecturer gets for it.

A *topic* is proposed by a leader or lecturer for a year, with a wished quarter; proposals after the year's deadline (31 January unless the
organiser sets another day) are marked as late and treated alike. An organiser who is not its lecturer approves it or returns it with a reason.
A *lecture* is one giving of an approved topic: its time, place, roll, leave and questionnaire are those of a gathering with the subject
("lecture", id), so nothing is written twice. Clashes of room or lecturer are shown before it is saved.

Invariants: slides are a resource of the studio, and a lecture is ready only while they are published, that is reviewed by two persons, the
second of whom confirmed that nothing in it is classified. The lecturer's hours follow in the transaction that closes or corrects the roll:
the first time a topic is given in a calendar year counts, further times stand in the ledger's notes. What a topic earns depends only on the
lectures and their rolls, never on the order in which rolls were closed.

Members see the lectures of their own unit and of those above, and those whose roll they stand on; everybody else is told nothing (404).
`LECTURE_PROPOSE` proposes topics and prepares own lectures, `LECTURE_MANAGE` decides, schedules and reads opinions and duties within its scope. Whether a
leader has given a lecture this year is shown to that leader and to the organiser, and listed nowhere else. A calendar feed is opened by an
unguessable address of one person, which can be revoked; it names nobody but lecturers.
"""
