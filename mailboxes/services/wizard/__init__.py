"""The wizard: takes an admin from an address to a mailbox that is fetched and sends.

What there is to choose stands in modes, what is asked in fields, the task list in
steps, all as data. drafts and saving write; making turns a draft into option sets.
"""
