"""The audit log: who did what to what, append-only, each record chained to the one before by a hash.

A changed, deleted, reordered or cut record is named by `flask audit verify`. Only the audit admin reads it; nobody edits it.
"""
