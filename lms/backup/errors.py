"""Why a backup was not made or not taken."""


class BadBackup(Exception):
    """The file is no backup, is cut, was changed, or is sealed with another passphrase; the message says which."""


class NotEmpty(Exception):
    """A backup is restored on an empty site only."""


class OtherKeys(Exception):
    """The key file beside the site is not the one the backup was made with."""
