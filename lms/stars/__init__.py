"""Stars (学习之星, 业务标兵, 科技之星, 学习型党支部): an honour named by a procedure that everybody can follow.

A *programme* says who is honoured (persons, units or branches), how often (month, quarter, year, or once for each contest) and by which
*rule*: criteria with weights, gates, quotas. Rules are versions; a cycle follows the one that was in force when its period began. Criteria
come from a literal catalogue of facts (`catalogue_rules`); minutes online, logins and streaks are not in it and cannot be added by a form.

A *cycle* is one period of a programme, opened by the scheduler exactly once after the period is over. Its *candidates* are the roster of
the cut-off day; each score opens into parts and each part into single facts with a link to where they stand. The way of a cycle:
measuring → recommending (branch and unit) → reviewing → reviewed → notice (公示, objections with reply) → decided → published (an immutable
version with digest) → corrected (the next version, with what it changed). Each step is one conditional update with an audit record.
Reviewing and deciding take two people. Facts that changed after they were measured are shown as such.

`STAR_MANAGE` makes programmes, starts the notice period, decides and publishes; `STAR_REVIEW` reviews and answers objections;
`STAR_RECOMMEND` recommends within the own branch or unit. Everybody signed in sees the honours page: at most the first lines, names of
those who opted out as 不公开, and nothing at all while the one switch for rankings is off. The own score is always one's own to see.
"""
