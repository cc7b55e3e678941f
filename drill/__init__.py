"""Drills: what must hold when the process is killed, the network loses responses, or several sessions meet. `./dev drill`, see README.md.

A drill gives figures with limits, as rows of bench do. Its mutants are defects put back on purpose; a drill that holds in spite of one
would be worth nothing.
"""
