"""Persons, the unit tree, the Party-branch tree, roles and sign-in.

A person has one unit and at most one branch at a time; memberships have dates, so a roster is always "as of a day". Roles are granted on a
unit or branch and reach downwards. Three admins (system, security, audit) exclude each other; there is no super-user. Who is signed in is
a row in `sign_ins`: ending it ends the session everywhere at once.
"""
