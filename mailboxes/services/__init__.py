"""Services: what the product does. They know models, wire and core; no pages."""
