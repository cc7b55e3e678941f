"""The final on stage (现场决赛): teams in the auditorium, a host, a jury, a big screen, and phones as buzzers.

Vocabulary: a *final* is the running of one round of kind STAGE. Its *journal* is a list of events with sequence numbers without gaps;
a *buzz* is a row of its own. A *turn* is the sequence number of the event that let teams buzz. *Segments*: 必答 抢答 风险题 加赛 观众题.

Invariants: what stands (scores, whose turn, who buzzed first) is `rules.replay` of journal and buzzes and nothing else; an event is
appended only after the last one its author saw; a team buzzes once in a turn; the same journal gives the same board on every screen.
A key leaves the server for screens and devices only after the event that reveals it; frozen scores only after theirs.

Who: organisers (contest:manage) host; reviewers (ranking:review) judge, correct with a reason and keep the score; a device is whoever
holds the token it was given for a team's code; the big screen is whoever has its address.
"""
