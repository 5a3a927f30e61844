"""Fake providers on loopback, with living mailboxes and faults by name (DESIGN D11).

As a program: __main__. In a test: server.Sandbox. Knows nothing of the product.
"""
