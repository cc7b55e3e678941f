"""Packages: SCORM 1.2 and 2004 and plain HTML, uploaded as a ZIP, unpacked, and shown from an origin of their own.

The bytes of a package are served on the package host alone, below `/p/<token>/`, without cookies and under a policy of their own. A token is
a visit: one sign-in's look at one package. It lives ten minutes from its last extension; the site's page extends it, so that the address
stays the same and relative links inside the package keep working. What a package says of its learner is the browser's word.
"""
