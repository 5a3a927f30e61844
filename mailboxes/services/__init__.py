"""Services: what the product does. Know models, wire and core; no pages, no commands."""
