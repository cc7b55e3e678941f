"""The archive (学习档案): a person's year on one page, from what all rooms hold; closed at the year's end.

An open year is read anew each time. *Closing* writes down what it says, once for each person: facts, their digest, and a numbered
certificate with a code that anybody can check. A closed year never changes; an *amendment* is a further version with its reason, and the
certificate of the former one says that it was replaced. Facts only, never a grade.

Everybody sees their own. `HOURS_MANAGE` closes years, amends, and takes out facts; whoever searches people (人才库) gives a reason, which
is in the audit log.
"""
