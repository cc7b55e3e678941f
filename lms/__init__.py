"""Jiangtai (讲台): cadre education and competitions for a public administration."""
