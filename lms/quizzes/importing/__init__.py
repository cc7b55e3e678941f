"""Reading questions that people already have: the Excel template, other people's tables, pasted or Word text.

Nothing here touches the database. Every reader gives a `Reading`: the questions it understood and, for everything else, a
problem with row, column and the text quoted; no line that looks like part of a question is dropped silently.
"""
