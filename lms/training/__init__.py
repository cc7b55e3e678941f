"""Training: classes (培训班) from proposal to certificates.

A class is proposed by a unit, approved by 人事教育处, built (places, quotas, audience, timetable), opened for enrolment, held and closed.
Its meetings (课次) are gatherings with the subject ("class", id): roll, rotating code, printed sheet and leave are theirs, no second roll is
written. Who has a place is the roster of every meeting that is still to come.

Invariants: a person enrols once per class; places and quotas are never exceeded; a place that becomes free goes to the first of the waiting
list whose unit still has room, exactly once. How much may be missed is said by the conversion policy of the class's last day. Closing
credits hours and numbers certificates in one transaction, exactly once; what the roll or the quiz is corrected to afterwards becomes
corrections of the ledger and withdrawn or new certificates.

Learners see open classes that are meant for them and those they enrolled in; for everybody else there is nothing (404). `CLASS_MANAGE`
proposes and runs the classes of its units, `CLASS_APPROVE` approves. A lecturer's marks and what single persons think of a class are seen
by nobody: opinions are shown from five replies on.

A yearly plan (培训计划) of a unit holds items: courses, classes, readings, quizzes of its own (attempts with the purpose "plan"), and series of
lectures of which so many are heard. Whom an item is for is worked out by the roster of its day, today's until the deadline and that of the
deadline from then on. A published plan always has 党的创新理论 in it; every change of an item is kept. Progress of persons is seen by
`CLASS_MANAGE` for its own units, also in plans from above, which it follows and does not change.
"""
