"""Option sets as files: sections in, all or nothing; sections out.

    text ─▶ ini │ table ─▶ merged ─▶ kinds ─▶ shared, clients ─▶ plan ─▶ writing
    bytes   sections with lines      what each is   rules asked    rows, one transaction

`importing` runs that way, `exporting` is the way back, `drafts` keeps a checked file
between two pages. Rules of options are services/option_rules, and no rule stands here.
"""
