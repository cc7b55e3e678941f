"""Question bank, papers and attempts (试题 试卷 作答).

A *question* has versions; editing one makes the next version, so a score can always be read against what was asked. Its
key, explanation and basis live in `answer_keys`, which no query for candidates touches. A *paper* is fixed (chosen
questions) or drawn by rule. An *attempt* is one person's answers to one paper for one purpose and subject: its questions,
their order and the order of their options are stored at the start, its deadline is stored and never recomputed.

Invariants: at most one open attempt per person, purpose and subject · every saved choice is a row of the journal, unique
by (attempt, position, sequence), and the highest sequence is the current answer · nothing that arrives after deadline and
grace changes a score · score, key and explanation leave the server only after `release_rules.visible` (a person's own score:
after the attempt has ended) · one device holds the lease of an attempt, another one may take it over and both see it.

*Practice* (练习) is a run of questions answered one by one, each verdict after its answer is stored. Its journal is the truth,
the cards of the wrong-question book (错题本) are folded from it. It earns nothing, and only the person ever reads it.

Who: the person of an attempt writes it and reads it; QUESTION_MANAGE keeps the bank, PAPER_MANAGE the papers.
"""
