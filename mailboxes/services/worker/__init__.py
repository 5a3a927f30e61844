"""The worker service: its processes, what is due, and who may do it (leases).

What is done then: fetch, outbox, connection_test, sign_ins and drill.
"""
