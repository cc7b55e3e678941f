"""Contests (比拼): a contest has rounds (轮次), a round has a paper, a time and a board.

Flow of a round: upcoming → live → ended (the last attempts are closed) → settling (every result is in) → reviewed → notice period
(公示, objections are answered) → published. Each step is one conditional update with an audit record. The board moves when an attempt
is handed in, never before; the own score shows at once, key and explanations when the round has closed for everybody.

People of the audience take part (CONTEST_ENTER). Organisers (CONTEST_MANAGE) prepare, open and end; a reviewer (RANKING_REVIEW) checks;
somebody else (RANKING_PUBLISH) publishes. Who keeps the contest's questions or papers takes part unranked.
"""
