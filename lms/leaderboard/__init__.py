"""Boards (榜): who stands where, exactly and at once, and what was published.

A *result* is one line of the append-only journal; its source (an attempt) can be recorded once. An *entry* is a person's best
result, the *histogram* counts entries by stretches of the order, *unit totals* add them up by unit: all three are derived from the
journal, follow it in the same transaction, and `flask boards verify` proves that they agree. A *standing* is a place on a live
board; a *published ranking* is an immutable numbered snapshot with a digest, and a correction is the next number.

Everybody sees at most the first lines (50 people, 10 units) and the own one; neighbours are figures without name or unit; who
opted out is 不公开. The complete list is for reviewers and publishers. One switch turns all rankings off.
"""
