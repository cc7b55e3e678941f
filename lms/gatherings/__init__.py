"""Gatherings (活动): the one event engine under theme days, Party meetings, lectures and class meetings.

A gathering has a kind (`kind_rules.KINDS`), an owner (a branch or a unit, never both), a time, a place, a host and a recorder. What a
package above makes of it is said by a pair `subject` (kind, id); this package reads none. Due (应到) is the *roster of the day* on which
the gathering is held, never today's: while the roll is open it is read from the memberships, so a transfer is followed; closing the
roll writes it down, one *entry* for each person, and rates are counted from the entries from then on.

An *entry* is one person's line of the roll (到会, 请假, 缺席, 不计应到), unique for gathering and person. It comes from the keeper's tap,
from the rotating QR code, from the printed sheet, or from a visitor (来访) whom the keeper confirms. Rate = present ÷ due; leave stays
among the due. Present members get hours in the transaction that closes the roll; a correction withdraws or restores them.

Kinds with questions ask those who stood present on the closed roll, once each, for thirty days. Answers are shown as sums only, from five
replies on, to nobody with a name; whoever the roll is corrected to absent no longer counts.

Whoever plans an event is told what it collides with (`clash_queries`): its room, who speaks or presides, and those it expects; what they may
not read is told by its time only. It may be saved all the same.

The record is locked three working days after the day; whatever changes it later needs a reason. Each change is a line of the history.

Members see the gatherings of their own branch and unit and of those above, ask for leave and sign in. `GATHERING_HOLD` plans, takes
the roll and writes the minutes within its scope; `GATHERING_READ` (机关党委) reads within its scope. For everybody else there is nothing (404).
"""
