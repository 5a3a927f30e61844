"""Forms: what a person types, for pages and the Django admin. Rules are in services."""
