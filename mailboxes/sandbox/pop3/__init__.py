"""The fake POP3 server: connections and a session."""
