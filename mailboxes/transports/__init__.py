"""Wire: one module a protocol, one shape (base), the list of kinds (registry).

Knows core only: no Django database, no settings. services/connect alone builds one.
"""
