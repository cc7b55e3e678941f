"""The live quiz of everybody (全员同答): a host paces questions, up to 2,000 people answer on their own phones.

Vocabulary: a *quiz* is the running of one round of kind LIVE. Its *journal* is a list of events with sequence numbers without gaps. A
*turn* is the sequence number of the event that asked a question; an *answer* is a row of its own, one for each person and turn.

Invariants: what stands is `rules.replay` of the journal, and the standings are `rules.tally` of the answers, nothing else; the order in
which answers come in makes no difference; the key leaves the server after the event that reveals it, and once it has, nobody can answer.
At the end every person who answered has a graded attempt, and its result stands on the round's board as every other result does.

Who: organisers (contest:manage) host; the audience of the contest joins (contest:enter) at any time; the big screen is whoever has its
address.
"""
