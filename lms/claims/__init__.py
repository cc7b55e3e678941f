"""Claims: hours somebody earned elsewhere (training outside, teaching outside, publications), with proof and two reviews.

Vocabulary: a claim is what a person says of one such event; a step is what somebody did with it. Submitted → endorsed by the unit →
approved by HR, in whose transaction the hours are credited; either level may return it for completion or refuse it, with a reason. The
person takes back what is not approved yet; what was approved is revoked as a correction of the ledger.

Invariants: no two live claims of a person are about the same kind, days and title; nobody reviews their own claim and nobody both levels;
a claim stands in one calendar year and comes at the latest on 31 January of the next. Proofs are shown to the claimant and to those who
review or keep the claim, to nobody else.
"""
