"""Backups of a running site in one file, and a site from such a file on an empty machine.

A backup holds one moment of the database, table by table in a form no database owns (so a site on SQLite can come back on PostgreSQL), the
stored files, and a manifest of everything with its SHA-256 as the last thing written: a file that was cut has none and is refused. Files are
never changed once stored, so reading them after the database's moment is enough: at worst a file is there that no row names yet.

Keys go into a sealed (encrypted) backup only. Without the key file phones stay unreadable and signatures cannot be renewed, so an open
backup says that the key file is to be kept apart, and is restored only beside the same key file.
"""
