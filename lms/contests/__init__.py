"""Contests (比拼): a contest has rounds (轮次), a round has a paper, a time and a board.

Flow of a round: upcoming → live → ended (the last attempts are closed) → settling (every result is in) → reviewed → notice period
(公示, objections are answered) → published. Each step is one conditional update with an audit record. The board moves when an attempt
is handed in, never before; the own score shows at once, key and explanations when the round has closed for everybody.

A round is entered openly, by unit quota (the unit's admin enters so many before a deadline), or by advancement (晋级) from an earlier
round of the contest: the list is computed from the reviewed standings by one pure rule, previewed with a reason for each line,
published once by somebody else than the reviewer, and never changes; withdrawals are lines of their own, for which the reserve (候补)
moves up. Of the earlier score a share may count in the later round. Into rounds of teams teams advance. Rounds change in a draft only.

What follows from a publication is chosen before it (`award_rules`): honours with certificates, and hours. A task does it, each effect
once; the next version is held against the one before, and only what differs is done and told. A wrong key found later is approved
together with the corrected versions it leads to (`correction_services`).

People of the audience take part (CONTEST_ENTER). Organisers (CONTEST_MANAGE) prepare, open and end; a reviewer (RANKING_REVIEW) checks;
somebody else (RANKING_PUBLISH) publishes. Who keeps the contest's questions or papers takes part unranked.
"""
