"""Training: classes (培训班) from proposal to certificates.

A class is proposed by a unit, approved by 人事教育处, built (places, quotas, audience, timetable), opened for enrolment, held and closed.
Its meetings (课次) are gatherings with the subject ("class", id): roll, rotating code, printed sheet and leave are theirs, no second roll is
written. Who has a place is the roster of every meeting that is still to come.

Invariants: a person enrols once per class; places and quotas are never exceeded; a place that becomes free goes to the first of the waiting
list whose unit still has room, exactly once. Closing credits hours and numbers certificates in one transaction, exactly once; what the roll
or the quiz is corrected to afterwards becomes corrections of the ledger and withdrawn or new certificates.

Learners see open classes that are meant for them and those they enrolled in; for everybody else there is nothing (404). `CLASS_MANAGE`
proposes and runs the classes of its units, `CLASS_APPROVE` approves. A lecturer's marks and what single persons think of a class are seen
by nobody: opinions are shown from five replies on.
"""
