"""The fake sign-in of Google: server and pages."""
