"""What an option set holds: its values, read and kept, and what is in effect of them.

Which values may stand together: option_rules. Saving them: revisions.
"""
